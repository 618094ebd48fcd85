/* SPDX-License-Identifier: ISC */
/*
 * The ID command (RFC 2971) of a client.  Fields that begin with "x-" tell a
 * service on whose behalf a gateway speaks (IMID-02).  Only the plainest form is
 * understood, quoted strings and NIL on one line, so that nobody understands
 * more.
 */
#include <stdio.h>
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_imap.h"

/* The length of a quoted string with its quotes, 0 if there is none. */
static size_t quoted(const char *at)
{
	size_t length = 1;

	if (*at != '"')
		return 0;
	while (at[length] != '"') {
		if (at[length] == '\\')
			length++;
		if (at[length] == '\0')
			return 0;
		length++;
	}
	return length + 1;
}

/* A backslash only makes sense in a field that does not want to be recognised. */
static bool is_ours(const char *field, size_t length)
{
	return text_begins(field + 1, "x-") || memchr(field, '\\', length) != NULL;
}

bool imap_id(char *to, size_t size, const char *at)
{
	size_t written = 0;

	to[0] = '\0';
	for (at += strspn(at, " "); *at != ')'; at += strspn(at, " ")) {
		size_t field = quoted(at), value;
		const char *pair = at;

		if (field == 0 || at[field] != ' ')
			return false;
		at += field + strspn(at + field, " ");
		value = text_begins(at, "NIL") ? 3 : quoted(at);
		if (value == 0 || (at[value] != ' ' && at[value] != ')'))
			return false;
		if (!is_ours(pair, field))
			written += (size_t)snprintf(to + written, size - written, "%s%.*s %.*s",
			                            written > 0 ? " " : "", (int)field, pair,
			                            (int)value, at);
		at += value;
	}
	return at[1] == '\0';
}
