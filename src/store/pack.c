/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "store/pack.h"

struct text {
	const char *bytes;
	size_t length;
};

/* Little-endian, so that a file may be taken to another machine. */
static unsigned char *put_number(unsigned char *out, uint64_t number)
{
	for (int i = 0; i < 8; i++, number >>= 8)
		*out++ = (unsigned char)number;
	return out;
}

static uint64_t number_in(const unsigned char *packed)
{
	uint64_t number = 0;

	for (int i = 8; i-- > 0;)
		number = number << 8 | packed[i];
	return number;
}

static struct text text_of(const struct field *field, const char *base)
{
	struct text text;

	memcpy(&text, base + field->offset, sizeof(text));
	return text;
}

static size_t size_of(const struct field *field, const char *base)
{
	switch (field->type) {
	case FIELD_TEXT: return strlen(base + field->offset) + 1;
	case FIELD_LONG: return 8 + text_of(field, base).length;
	default: return field->size;
	}
}

size_t pack_size(enum kind kind, const union record *record)
{
	const struct kind_rules *rules = kind_rules(kind);
	size_t size = 0;

	for (size_t i = 0; i < rules->count; i++)
		size += size_of(&rules->fields[i], (const char *)record);
	return size;
}

static void pack_field(const struct field *field, const char *base, unsigned char *out)
{
	struct text text;
	int64_t number;

	switch (field->type) {
	case FIELD_NUMBER:
		memcpy(&number, base + field->offset, sizeof(number));
		put_number(out, (uint64_t)number);
		break;
	case FIELD_LONG:
		text = text_of(field, base);
		out = put_number(out, text.length);
		if (text.length)
			memcpy(out, text.bytes, text.length);
		break;
	default: memcpy(out, base + field->offset, size_of(field, base));
	}
}

void pack(enum kind kind, const union record *record, unsigned char *out)
{
	const struct kind_rules *rules = kind_rules(kind);

	for (size_t i = 0; i < rules->count; i++) {
		pack_field(&rules->fields[i], (const char *)record, out);
		out += size_of(&rules->fields[i], (const char *)record);
	}
}

/* Returns how many octets it was. */
static size_t unpack_field(const struct field *field, const unsigned char *packed, char *base)
{
	struct text text = {NULL, 0};
	int64_t number;
	size_t size = field->size;

	switch (field->type) {
	case FIELD_NUMBER:
		number = (int64_t)number_in(packed);
		memcpy(base + field->offset, &number, sizeof(number));
		return sizeof(number);
	case FIELD_LONG:
		text.length = number_in(packed);
		if (text.length)
			text.bytes = (const char *)packed + 8;
		memcpy(base + field->offset, &text, sizeof(text));
		return 8 + text.length;
	case FIELD_TEXT: size = strlen((const char *)packed) + 1; break;
	default: break;
	}
	memcpy(base + field->offset, packed, size);
	return size;
}

void unpack(enum kind kind, const unsigned char *packed, union record *record)
{
	const struct kind_rules *rules = kind_rules(kind);

	memset(record, 0, sizeof(*record));
	for (size_t i = 0; i < rules->count; i++)
		packed += unpack_field(&rules->fields[i], packed, (char *)record);
}

static bool field_is(const struct field *field, const unsigned char *packed, const char *base)
{
	struct text text;
	int64_t number;

	switch (field->type) {
	case FIELD_NUMBER:
		memcpy(&number, base + field->offset, sizeof(number));
		return number == (int64_t)number_in(packed);
	case FIELD_LONG:
		text = text_of(field, base);
		return text.length == number_in(packed) &&
		       (text.length == 0 || memcmp(text.bytes, packed + 8, text.length) == 0);
	default: return memcmp(base + field->offset, packed, size_of(field, base)) == 0;
	}
}

/* The sizes being the same, no field is looked for behind the end: each one before it has
 * been found to be the same. */
bool pack_is(enum kind kind, const unsigned char *packed, size_t length, const union record *record)
{
	const struct kind_rules *rules = kind_rules(kind);

	if (pack_size(kind, record) != length)
		return false;
	for (size_t i = 0; i < rules->count; i++) {
		if (!field_is(&rules->fields[i], packed, (const char *)record))
			return false;
		packed += size_of(&rules->fields[i], (const char *)record);
	}
	return true;
}

void pack_bare(enum kind kind, const char *key, union record *record)
{
	size_t room = kind_rules(kind)->fields[0].size;

	memset(record, 0, sizeof(*record));
	memcpy(record, key, strnlen(key, room - 1));
}
