/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "wire/netstring.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

ptrdiff_t netstring_read(const char *bytes, size_t count, size_t most, const char **body,
                         size_t *length)
{
	size_t at = 0, size = 0;

	for (; at < count && is_digit(bytes[at]); at++) {
		if (at > 0 && size == 0)
			return -1;
		size = size * 10 + (size_t)(bytes[at] - '0');
		if (size > most)
			return -1;
	}
	if (at == count)
		return 0;
	if (at == 0 || bytes[at] != ':')
		return -1;
	at++;
	if (count - at <= size)
		return 0;
	if (bytes[at + size] != ',')
		return -1;
	*body = bytes + at;
	*length = size;
	return (ptrdiff_t)(at + size + 1);
}

size_t netstring_write(char *out, size_t room, const char *body, size_t length)
{
	int head = snprintf(out, room, "%zu:", length);

	if (head < 0 || (size_t)head + length + 1 > room)
		return 0;
	memcpy(out + head, body, length);
	out[(size_t)head + length] = ',';
	return (size_t)head + length + 1;
}
