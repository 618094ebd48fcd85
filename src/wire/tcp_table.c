/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "wire/tcp_table.h"

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_plain(char c)
{
	return c > ' ' && c < 0x7f && c != '%';
}

/* The octet at the front of an encoded text, and how many characters it takes; 0
 * when there is none. */
static size_t decode(const char *text, size_t count, char *octet)
{
	if (text[0] != '%') {
		*octet = text[0];
		return is_plain(text[0]) ? 1 : 0;
	}
	if (count < 3 || digit_of(text[1]) < 0 || digit_of(text[2]) < 0)
		return 0;
	*octet = (char)(digit_of(text[1]) * 16 + digit_of(text[2]));
	return *octet != '\0' && *octet != '\n' ? 3 : 0;
}

ptrdiff_t tcp_table_read(const char *bytes, size_t count, char *out, size_t *length)
{
	size_t most = count < TCP_TABLE_LINE ? count : TCP_TABLE_LINE;
	const char *end = memchr(bytes, '\n', most);
	size_t at = strlen("get ");

	if (!end)
		return count < TCP_TABLE_LINE ? 0 : -1;
	if ((size_t)(end - bytes) <= at || memcmp(bytes, "get ", at) != 0)
		return -1;
	for (*length = 0; bytes + at < end; ++*length) {
		size_t taken = decode(bytes + at, (size_t)(end - bytes) - at, &out[*length]);

		if (!taken)
			return -1;
		at += taken;
	}
	return end - bytes + 1;
}

size_t tcp_table_write(char *out, size_t room, unsigned code, const char *text, size_t length)
{
	size_t most = room < TCP_TABLE_LINE ? room : TCP_TABLE_LINE;
	int head = snprintf(out, most, "%03u ", code);
	size_t at = head > 0 ? (size_t)head : most;

	for (size_t i = 0; i < length; i++) {
		bool plain = is_plain(text[i]);

		if (at + (plain ? 1 : 3) + 1 > most)
			return 0;
		if (plain)
			out[at++] = text[i];
		else
			at += (size_t)snprintf(out + at, 4, "%%%02X", (unsigned char)text[i]);
	}
	if (at + 1 > most)
		return 0;
	out[at++] = '\n';
	return at;
}
