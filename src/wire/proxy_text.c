/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "wire/proxy_text.h"

#define GROUPS 8

int proxy_text_number(unsigned *number, const char *text, size_t length, unsigned max)
{
	unsigned value = 0;
	if (length == 0 || length > 5 || (length > 1 && text[0] == '0'))
		return -1;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	*number = value;
	return value <= max ? 0 : -1;
}

size_t proxy_text_put4(char out[PROXY_TEXT_MAX], const uint8_t address[4])
{
	return (size_t)snprintf(out, PROXY_TEXT_MAX, "%u.%u.%u.%u", address[0], address[1],
	                        address[2], address[3]);
}

int proxy_text_get4(uint8_t address[4], const char *text, size_t length)
{
	for (int i = 0; i < 4; i++) {
		const char *dot = i < 3 ? memchr(text, '.', length) : text + length;
		unsigned number;
		if (!dot || proxy_text_number(&number, text, (size_t)(dot - text), 255))
			return -1;
		address[i] = (uint8_t)number;
		if (i < 3) {
			length -= (size_t)(dot - text) + 1;
			text = dot + 1;
		}
	}
	return 0;
}

static unsigned group_at(const uint8_t address[16], int group)
{
	const uint8_t *at = address + (ptrdiff_t)group * 2;

	return (unsigned)at[0] << 8 | at[1];
}

/* The first of the longest runs of zero groups, of two at least (RFC 5952
 * section 4.2); begin = end when there is none. */
static void longest_gap(const uint8_t address[16], int *begin, int *end)
{
	*begin = *end = -1;
	for (int i = 0, from = 0; i <= GROUPS; i++) {
		if (i < GROUPS && group_at(address, i) == 0)
			continue;
		if (i - from > 1 && i - from > *end - *begin) {
			*begin = from;
			*end = i;
		}
		from = i + 1;
	}
}

size_t proxy_text_put6(char out[PROXY_TEXT_MAX], const uint8_t address[16])
{
	size_t at = 0;
	int begin, end;
	longest_gap(address, &begin, &end);
	for (int i = 0; i < GROUPS; i++) {
		if (i == begin) {
			/* One colon here, one before the next group. */
			out[at++] = ':';
			i = end - 1;
			if (end == GROUPS)
				out[at++] = ':';
			continue;
		}
		at += (size_t)snprintf(out + at, PROXY_TEXT_MAX - at, "%s%x", i > 0 ? ":" : "",
		                       group_at(address, i));
	}
	out[at] = '\0';
	return at;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int read_group(uint8_t out[2], const char *text, size_t length)
{
	unsigned value = 0;
	if (length == 0 || length > 4)
		return -1;
	for (size_t i = 0; i < length; i++) {
		int digit = hex_digit(text[i]);
		if (digit < 0)
			return -1;
		value = value << 4 | (unsigned)digit;
	}
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
	return 0;
}

/* Colon-separated groups, the last of which may be a dotted quad (RFC 4291
 * section 2.2).  The number of bytes, or -1. */
static int read_groups(uint8_t out[16], const char *text, size_t length)
{
	int count = 0;
	while (length > 0) {
		const char *colon = memchr(text, ':', length);
		size_t piece = colon ? (size_t)(colon - text) : length;
		int quad = !colon && memchr(text, '.', piece) != NULL;
		if (count + (quad ? 4 : 2) > 16)
			return -1;
		if (quad ? proxy_text_get4(out + count, text, piece)
		         : read_group(out + count, text, piece))
			return -1;
		count += quad ? 4 : 2;
		if (!colon)
			return count;
		text = colon + 1;
		length -= piece + 1;
		if (length == 0)
			return -1; /* a colon with nothing behind it */
	}
	return count;
}

static const char *double_colon(const char *text, size_t length)
{
	for (size_t i = 0; i + 1 < length; i++)
		if (text[i] == ':' && text[i + 1] == ':')
			return text + i;
	return NULL;
}

int proxy_text_get6(uint8_t address[16], const char *text, size_t length)
{
	uint8_t head[16], tail[16];
	const char *gap = double_colon(text, length);
	if (!gap) {
		if (read_groups(head, text, length) != 16)
			return -1;
		memcpy(address, head, 16);
		return 0;
	}
	size_t before = (size_t)(gap - text);
	if (memchr(text, '.', before))
		return -1; /* a dotted quad is the end of an address */
	int first = read_groups(head, text, before);
	int last = read_groups(tail, gap + 2, length - before - 2);
	if (first < 0 || last < 0 || first + last > 14) /* "::" is one group at least */
		return -1;
	memset(address, 0, 16);
	memcpy(address, head, (size_t)first);
	memcpy(address + 16 - last, tail, (size_t)last);
	return 0;
}
