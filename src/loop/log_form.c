/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "loop/log_form.h"

/* True: the value is there, if perhaps not all of it. */
typedef bool value_form(struct log_draft *, const char *bytes, const struct log_pair *);

struct form {
	const char *open, *between, *before_key, *after_key;
	value_form *value;
	const char *truncated, *close;
};

void log_put(struct log_draft *draft, const char *bytes, size_t count)
{
	if (count > draft->room - draft->length) {
		draft->full = true;
		return;
	}
	memcpy(draft->bytes + draft->length, bytes, count);
	draft->length += count;
}

void log_put_text(struct log_draft *draft, const char *text)
{
	log_put(draft, text, strlen(text));
}

/* How much is there to be written as it is, in any form. */
static size_t plain_run(const unsigned char *bytes, size_t count)
{
	size_t n = 0;

	while (n < count && bytes[n] >= ' ' && bytes[n] < 0x7f && bytes[n] != '"' &&
	       bytes[n] != '\\')
		n++;
	return n;
}

static size_t put_run(struct log_draft *draft, const unsigned char *bytes, size_t count)
{
	size_t room = draft->room - draft->length, run = plain_run(bytes, count);

	if (run > room) {
		draft->full = true;
		run = room;
	}
	memcpy(draft->bytes + draft->length, bytes, run);
	draft->length += run;
	return run;
}

void log_put_escaped(struct log_draft *draft, log_escape *escape, const char *bytes, size_t count)
{
	const unsigned char *at = (const unsigned char *)bytes, *end = at + count;
	char escaped[LOG_ESCAPE];
	size_t length;

	for (;;) {
		at += put_run(draft, at, (size_t)(end - at));
		if (at == end || draft->full)
			return;
		at += escape(escaped, &length, at, (size_t)(end - at));
		log_put(draft, escaped, length);
		if (draft->full)
			return;
	}
}

/* Whatever is cut off, the closing quote has its place. */
static bool put_quoted(struct log_draft *draft, log_escape *escape, const char *bytes, size_t count)
{
	if (draft->room - draft->length < 2) {
		draft->full = true;
		return false;
	}
	draft->room--;
	log_put_text(draft, "\"");
	log_put_escaped(draft, escape, bytes, count);
	draft->room++;
	draft->bytes[draft->length++] = '"';
	return true;
}

static bool is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
}

static bool needs_quotes(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_plain((unsigned char)bytes[i]))
			return true;
	return count == 0;
}

static bool put_plain(struct log_draft *draft, const char *bytes, size_t count)
{
	log_put(draft, bytes, count);
	return !draft->full;
}

static bool logfmt_value(struct log_draft *draft, const char *bytes, const struct log_pair *pair)
{
	size_t room = draft->room - draft->length;

	if (needs_quotes(bytes, pair->length) || (pair->length > room && !pair->number))
		return put_quoted(draft, log_escape_logfmt, bytes, pair->length);
	return put_plain(draft, bytes, pair->length);
}

static bool json_value(struct log_draft *draft, const char *bytes, const struct log_pair *pair)
{
	if (pair->number)
		return put_plain(draft, bytes, pair->length);
	return put_quoted(draft, log_escape_json, bytes, pair->length);
}

static const struct form forms[] = {
    [LOG_LOGFMT] = {"", " ", "", "=", logfmt_value, " truncated=true", ""},
    [LOG_JSON] = {"{", ",", "\"", "\":", json_value, ",\"truncated\":true", "}"},
};

/* A pair of which nothing fits is left out as a whole. */
static void put_pair(struct log_draft *draft, const struct form *form, const char *between,
                     const struct log_pair *pair, const char *value)
{
	size_t before = draft->length;

	log_put_text(draft, between);
	log_put_text(draft, form->before_key);
	log_put_text(draft, pair->key);
	log_put_text(draft, form->after_key);
	if (draft->full || !form->value(draft, value, pair))
		draft->length = before;
}

void log_form(struct log_draft *draft, const struct log_line *line, enum log_format format,
              enum log_from from)
{
	const struct form *form = &forms[format];
	const char *value = line->bytes;
	size_t kept_free = strlen(form->truncated) + strlen(form->close);

	draft->room -= kept_free;
	log_put_text(draft, form->open);
	for (size_t i = 0; i < line->count && !draft->full; i++) {
		const struct log_pair *pair = &line->pairs[i];

		if (i >= from)
			put_pair(draft, form, i > from ? form->between : "", pair, value);
		value += pair->length;
	}
	draft->room += kept_free;
	if (draft->full || line->full)
		log_put_text(draft, form->truncated);
	log_put_text(draft, form->close);
}
