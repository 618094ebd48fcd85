/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define REPEATS 200000

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool pair(const char *at, char *octet)
{
	if (digit(at[0]) < 0 || digit(at[1]) < 0)
		return false;
	*octet = (char)(digit(at[0]) * 16 + digit(at[1]));
	return true;
}

/* One escape at *at, behind its backslash. */
static bool escape(const char **at, char *octet)
{
	static const char names[] = "rnt0\\", values[] = {'\r', '\n', '\t', '\0', '\\'};
	const char *name = **at != '\0' ? strchr(names, **at) : NULL;

	if (**at == 'x' && pair(*at + 1, octet)) {
		*at += 3;
		return true;
	}
	if (name == NULL)
		return false;
	*octet = values[name - names];
	(*at)++;
	return true;
}

static bool octet_at(const char **at, char *octet)
{
	if (**at == '\0')
		return false;
	if (**at == '\\') {
		(*at)++;
		return escape(at, octet);
	}
	*octet = *(*at)++;
	return true;
}

/* "{20}a" */
static bool repetition(const char **at, struct octets *octets)
{
	char *end, octet;
	unsigned long times = strtoul(*at + 1, &end, 10);

	if (*end != '}' || times > REPEATS)
		return false;
	*at = end + 1;
	if (!octet_at(at, &octet))
		return false;
	while (times-- > 0)
		octets_add(octets, &octet, 1);
	return true;
}

bool text_escaped(struct octets *octets, const char *text)
{
	char octet;

	octets_add(octets, "", 0);
	while (*text != '\0') {
		if (text[0] == '\\' && text[1] == '{') {
			text++;
			if (!repetition(&text, octets))
				return false;
		} else {
			if (!octet_at(&text, &octet))
				return false;
			octets_add(octets, &octet, 1);
		}
	}
	return true;
}

static bool quoted(struct octets *octets, const char **text)
{
	const char *end = strchr(*text + 1, '"');

	if (end == NULL)
		return false;
	octets_add(octets, *text + 1, (size_t)(end - *text - 1));
	*text = end + 1;
	return true;
}

bool text_hexadecimal(struct octets *octets, const char *text)
{
	char octet;

	while (*text != '\0') {
		if (isspace((unsigned char)*text)) {
			text++;
		} else if (*text == '"') {
			if (!quoted(octets, &text))
				return false;
		} else {
			if (!pair(text, &octet))
				return false;
			octets_add(octets, &octet, 1);
			text += 2;
		}
	}
	return true;
}

char *text_shown(const char *bytes, size_t count)
{
	size_t most = 400, at = 0;
	char *shown = malloc(most * 4 + 8);

	if (shown == NULL)
		abort();
	shown[0] = '\0';
	for (size_t i = 0; i < count && i < most; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == '\r' || c == '\n')
			at += (size_t)sprintf(shown + at, "\\%c", c == '\r' ? 'r' : 'n');
		else if (c < ' ' || c > '~')
			at += (size_t)sprintf(shown + at, "\\x%02x", c);
		else
			at += (size_t)sprintf(shown + at, "%c", c);
	}
	if (count > most)
		strcpy(shown + at, "...");
	return shown;
}
