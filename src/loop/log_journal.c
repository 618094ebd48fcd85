/* SPDX-License-Identifier: ISC */
/*
 * The journal's own protocol: a datagram with a field a line.  Values have no newline,
 * as that is escaped, so the form for those that do is not needed.
 */
#include <stdio.h>
#include <string.h>

#include "loop/log_deliver.h"
#include "loop/log_form.h"

static const char truncated[] = "STARTTLS_TRUNCATED=true\n";

/* Fields are named with capitals, digits and "_". */
static void put_name(struct log_draft *draft, const char *key)
{
	log_put_text(draft, "STARTTLS_");
	for (; *key; key++) {
		char c = *key;

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		else if (c == '-' || c == '.')
			c = '_';
		log_put(draft, &c, 1);
	}
	log_put_text(draft, "=");
}

static void put_field(struct log_draft *draft, const struct log_pair *pair, const char *value)
{
	size_t before = draft->length;

	put_name(draft, pair->key);
	if (draft->full || draft->length == draft->room) {
		draft->full = true;
		draft->length = before;
		return;
	}
	draft->room--;
	log_put_escaped(draft, log_escape_logfmt, value, pair->length);
	draft->room++;
	draft->bytes[draft->length++] = '\n';
}

static void put_fields(struct log_draft *draft, const struct log_line *line)
{
	const char *value = line->bytes;

	draft->room -= strlen(truncated);
	for (size_t i = 0; i < line->count && !draft->full; i++) {
		if (i >= LOG_FROM_EVENT)
			put_field(draft, &line->pairs[i], value);
		value += line->pairs[i].length;
	}
	draft->room += strlen(truncated);
	if (draft->full || line->full)
		log_put_text(draft, truncated);
}

bool log_to_journal(struct log *log, const struct log_line *line)
{
	char head[128], text[LOG_LINE], pairs[2 * LOG_LINE];
	struct log_draft message = {.bytes = text, .room = sizeof(text) - 1};
	struct log_draft fields = {.bytes = pairs, .room = sizeof(pairs)};
	int length = snprintf(head, sizeof(head),
	                      "PRIORITY=%d\nSYSLOG_FACILITY=%d\n"
	                      "SYSLOG_IDENTIFIER=" LOG_IDENTIFIER "\nMESSAGE=",
	                      log_severity(line->level), LOG_FACILITY);

	log_form(&message, line, log->format, LOG_FROM_EVENT);
	text[message.length++] = '\n';
	put_fields(&fields, line);
	struct iovec parts[] = {
	    {head, (size_t)length}, {text, message.length}, {pairs, fields.length}};
	return log_send(log, parts, 3);
}
