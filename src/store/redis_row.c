/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/pack.h"
#include "store/redis.h"

/* ---- writing ---- */

static void number_word(struct redis_command *command, char **numbers, int64_t number)
{
	int length = sprintf(*numbers, "%lld", (long long)number);

	redis_octets(command, *numbers, (size_t)length);
	*numbers += length + 1;
}

static void field_words(const struct field *field, const char *base, struct redis_command *command,
                        char **numbers)
{
	const char *at = base + field->offset;
	const void *bytes;
	size_t length;
	int64_t number;

	redis_word(command, field->name);
	switch (field->type) {
	case FIELD_NUMBER:
		memcpy(&number, at, sizeof(number));
		number_word(command, numbers, number);
		break;
	case FIELD_TEXT: redis_word(command, at); break;
	case FIELD_OCTETS: redis_octets(command, at, field->size); break;
	case FIELD_LONG:
		memcpy(&bytes, at, sizeof(bytes));
		memcpy(&length, at + sizeof(bytes), sizeof(length));
		redis_octets(command, length ? bytes : "", length);
		break;
	}
}

void redis_row_words(const struct row *row, struct redis_command *command,
                     char numbers[REDIS_NUMBERS])
{
	const struct kind_rules *rules = kind_rules(row->kind);

	redis_word(command, "gone");
	number_word(command, &numbers, row->gone);
	for (size_t i = 0; i < rules->count; i++)
		field_words(&rules->fields[i], (const char *)&row->record, command, &numbers);
}

/* ---- reading ---- */

static bool read_number(const redisReply *value, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(value->str, &end, 10);
	return value->len && *end == '\0' && errno == 0;
}

static bool read_field(const redisReply *value, const struct field *field, char *base)
{
	const char *bytes = value->len ? value->str : NULL;
	int64_t number;

	switch (field->type) {
	case FIELD_NUMBER:
		if (!read_number(value, &number))
			return false;
		memcpy(base + field->offset, &number, sizeof(number));
		return true;
	case FIELD_LONG:
		memcpy(base + field->offset, &bytes, sizeof(bytes));
		memcpy(base + field->offset + sizeof(bytes), &value->len, sizeof(value->len));
		return true;
	case FIELD_TEXT:
		if (value->len >= field->size || memchr(value->str, '\0', value->len))
			return false;
		break;
	case FIELD_OCTETS:
		if (value->len != field->size)
			return false;
		break;
	}
	memcpy(base + field->offset, value->str, value->len);
	return true;
}

/* What is not known was written by a newer version, and is left out. */
static bool read_pair(const redisReply *name, const redisReply *value, struct row *row)
{
	const struct kind_rules *rules = kind_rules(row->kind);
	int64_t number;

	if (name->type != REDIS_REPLY_STRING || value->type != REDIS_REPLY_STRING)
		return false;
	if (strcmp(name->str, "version") == 0) {
		if (!read_number(value, &number))
			return false;
		row->version = (uint64_t)number;
		return true;
	}
	if (strcmp(name->str, "gone") == 0)
		return read_number(value, &row->gone);
	for (size_t i = 0; i < rules->count; i++)
		if (strcmp(name->str, rules->fields[i].name) == 0)
			return read_field(value, &rules->fields[i], (char *)&row->record);
	return true;
}

/* The key inside must be the one outside.  All is read in any case: the version may come
 * last. */
static bool read_all(const redisReply *reply, struct row *row)
{
	union record asked = row->record;
	bool good = true;

	if (reply->type != REDIS_REPLY_ARRAY)
		return false;
	memset(&row->record, 0, sizeof(row->record));
	for (size_t i = 0; i + 1 < reply->elements; i += 2)
		good = read_pair(reply->element[i], reply->element[i + 1], row) && good;
	return good && row->version && kind_is_sound(row->kind, &row->record) &&
	       strcmp(record_key(&asked), record_key(&row->record)) == 0;
}

bool redis_row_read(const redisReply *reply, struct row *row)
{
	union record asked = row->record;

	row->version = 0;
	row->gone = 0;
	row->lost = false;
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 0)
		return false;
	if (!read_all(reply, row)) {
		row->lost = true;
		row->record = asked;
	}
	return true;
}
