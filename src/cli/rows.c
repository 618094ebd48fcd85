/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "check/tape.h"
#include "cli/rows.h"

const char *rows_colour(const struct rows *rows, const char *code)
{
	return rows->colours ? code : "";
}

static void put_about(const struct rows *rows, size_t indent, const char *about)
{
	int width = (int)(ROWS_TEXT - indent);
	char escaped[256];

	tape_escape(escaped, sizeof(escaped), about, strlen(about));
	fprintf(rows->to, "%*s%s%-*s%s", (int)indent, "", rows_colour(rows, ROWS_DIM), width - 1,
	        escaped, rows_colour(rows, ROWS_PLAIN));
}

/* How much of the text goes into one line: whole words, or a word that is too long. */
static size_t line_of(const char *text)
{
	size_t room = ROWS_WIDTH - ROWS_TEXT, at = 0, end = strlen(text);

	if (end <= room)
		return end;
	for (size_t i = 0; i <= room; i++)
		if (text[i] == ' ')
			at = i;
	return at > 0 ? at : strcspn(text, " ");
}

void rows_put(const struct rows *rows, size_t indent, const char *about, const char *text)
{
	char escaped[4096], *rest = escaped;

	tape_escape(escaped, sizeof(escaped), text, strlen(text));
	put_about(rows, indent, about);
	for (;;) {
		size_t count = line_of(rest);

		fprintf(rows->to, " %.*s\n", (int)count, rest);
		rest += count;
		rest += strspn(rest, " ");
		if (*rest == '\0')
			return;
		fprintf(rows->to, "%*s", ROWS_TEXT - 1, "");
	}
}
