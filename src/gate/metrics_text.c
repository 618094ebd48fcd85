/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/metrics_text.h"

void metrics_escape(char out[METRICS_VALUE], const char *value)
{
	size_t length = 0;

	out[0] = '\0';
	for (; *value && length + 6 < METRICS_VALUE; value++) {
		unsigned char c = (unsigned char)*value;

		/* Of "\x1b" the backslash is escaped, too: the format knows no such escape. */
		if (c < ' ' || c > '~')
			length +=
			    (size_t)snprintf(out + length, METRICS_VALUE - length, "\\\\x%02x", c);
		else
			length += (size_t)snprintf(out + length, METRICS_VALUE - length, "%s%c",
			                           c == '"' || c == '\\' ? "\\" : "", c);
	}
}

static bool make_room(struct metrics_text *text, size_t count)
{
	size_t room = text->room ? text->room : 16384;
	char *bytes;

	if (text->broken)
		return false;
	while (room - text->length < count)
		room *= 2;
	if (room == text->room)
		return true;
	bytes = realloc(text->bytes, room);
	text->broken = !bytes;
	if (!bytes)
		return false;
	text->bytes = bytes;
	text->room = room;
	return true;
}

__attribute__((format(printf, 2, 3))) static void say(struct metrics_text *text, const char *format,
                                                      ...)
{
	va_list list, again;
	int length;

	va_start(list, format);
	va_copy(again, list);
	length = vsnprintf(NULL, 0, format, list);
	if (length >= 0 && make_room(text, (size_t)length + 1)) {
		vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
		text->length += (size_t)length;
	}
	va_end(again);
	va_end(list);
}

/* OpenMetrics calls the family of a counter as the counter without "_total". */
static int family_length(const struct metrics_text *text, const char *name, const char *type)
{
	size_t length = strlen(name);

	if (text->open && strcmp(type, "counter") == 0)
		length -= strlen("_total");
	return (int)length;
}

void metrics_family(struct metrics_text *text, const char *name, const char *type, const char *help)
{
	int length = family_length(text, name, type);

	say(text, "# HELP %.*s %s\n# TYPE %.*s %s\n", length, name, help, length, name, type);
}

static void say_name(struct metrics_text *text, const char *name, const char *labels)
{
	say(text, *labels ? "%s{%s} " : "%s%s ", name, labels);
}

void metrics_number(struct metrics_text *text, const char *name, const char *labels, uint64_t value)
{
	say_name(text, name, labels);
	say(text, "%" PRIu64 "\n", value);
}

void metrics_seconds(struct metrics_text *text, const char *name, const char *labels,
                     uint64_t milliseconds)
{
	say_name(text, name, labels);
	say(text, "%" PRIu64 ".%03u\n", milliseconds / 1000, (unsigned)(milliseconds % 1000));
}

void metrics_end(struct metrics_text *text)
{
	if (text->open)
		say(text, "# EOF\n");
}
