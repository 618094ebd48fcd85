/* SPDX-License-Identifier: ISC */
/*
 * The TXT record of MTA-STS (RFC 8461 section 3.1):
 *
 *	sts-text-record = sts-version 1*(sts-field-delim sts-field) [sts-field-delim]
 *	sts-version     = %s"v=STSv1"
 *	sts-field-delim = *WSP ";" *WSP
 *	sts-field       = sts-id / sts-extension
 *	sts-id          = %s"id=" 1*32(ALPHA / DIGIT)
 *	sts-extension   = sts-ext-name "=" sts-ext-value
 *	sts-ext-name    = (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")
 *	sts-ext-value   = 1*(%x21-3A / %x3C / %x3E-7E)
 */
#include <stdbool.h>
#include <string.h>

#include <starttls/sts.h>

#include "policy/sts_key.h"

struct reader {
	const char *at, *end;
	char *id;
	const char *wrong;
};

static void skip_space(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
		r->at++;
}

/* The value of a field: what goes on up to white space or ";". */
static struct stls_text read_value(struct reader *r)
{
	const char *start = r->at;

	while (r->at<r->end && * r->at> ' ' && *r->at < 127 && *r->at != ';' && *r->at != '=')
		r->at++;
	return (struct stls_text){start, (size_t)(r->at - start)};
}

static bool take_id(struct reader *r, struct stls_text value)
{
	if (value.length > STLS_STS_ID_LONGEST) {
		r->wrong = "the id in the record is longer than 32 characters";
		return false;
	}
	for (size_t i = 0; i < value.length; i++)
		if (!sts_key_alphanumeric(value.bytes[i])) {
			r->wrong =
			    "the id in the record has other characters than letters and digits";
			return false;
		}
	memcpy(r->id, value.bytes, value.length);
	r->id[value.length] = '\0';
	return true;
}

static bool read_field(struct reader *r)
{
	struct stls_text name = sts_key_read(r->at, r->end), value;

	r->at += name.length;
	if (name.length == 0 || r->at == r->end || *r->at++ != '=') {
		r->wrong = "the record has a field that is no name, \"=\" and value";
		return false;
	}
	value = read_value(r);
	if (value.length == 0) {
		r->wrong = "the record has a field without a value";
		return false;
	}
	/* The first one counts. */
	if (sts_key_is(name, "id") && r->id[0] == '\0')
		return take_id(r, value);
	return true;
}

/* Everything behind "v=STSv1;". */
static bool read_fields(struct reader *r)
{
	for (;;) {
		skip_space(r);
		if (r->at == r->end)
			break;
		if (!read_field(r))
			return false;
		skip_space(r);
		if (r->at < r->end && *r->at++ != ';') {
			r->wrong =
			    "the record has a field with characters that do not belong there";
			return false;
		}
	}
	if (r->id[0] == '\0')
		r->wrong = "the record has no id";
	return r->id[0] != '\0';
}

/* "Records that do not begin with v=STSv1; are discarded." */
static bool is_sts(struct stls_text record)
{
	return record.length >= 8 && memcmp(record.bytes, "v=STSv1;", 8) == 0;
}

static enum stls_sts_record malformed(const char **wrong, const char *why)
{
	if (wrong)
		*wrong = why;
	return STLS_STS_MALFORMED;
}

enum stls_sts_record stls_sts_record(const struct stls_text *records, size_t count, char *id,
                                     const char **wrong)
{
	const struct stls_text *found = NULL;
	struct reader reader = {.id = id};

	id[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (!is_sts(records[i]))
			continue;
		if (found)
			return malformed(wrong, "there are several MTA-STS records");
		found = &records[i];
	}
	if (!found)
		return STLS_STS_ABSENT;
	reader.at = found->bytes + 8;
	reader.end = found->bytes + found->length;
	if (!read_fields(&reader)) {
		id[0] = '\0';
		return malformed(wrong, reader.wrong);
	}
	return STLS_STS_PRESENT;
}
