/* SPDX-License-Identifier: ISC */
/* Addresses in text (RFC 4291 section 2.2), without asking the system. */
#include <string.h>

#include "policy/name.h"

/* One number of "192.0.2.1"; what is left of it, or NULL. */
static const char *read_octet(const char *at, const char *end, unsigned char *octet)
{
	const char *start = at;
	unsigned value = 0;

	while (at < end && at - start < 3 && *at >= '0' && *at <= '9')
		value = value * 10 + (unsigned)(*at++ - '0');
	if (at == start || value > 255 || (*start == '0' && at - start > 1))
		return NULL;
	*octet = (unsigned char)value;
	return at;
}

static bool read_ip4(const char *at, const char *end, unsigned char *out)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0 && (at == end || *at++ != '.'))
			return false;
		at = read_octet(at, end, &out[i]);
		if (!at)
			return false;
	}
	return at == end;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *read_group(const char *at, const char *end, unsigned char *out)
{
	const char *start = at;
	unsigned value = 0;

	while (at < end && at - start < 4 && hex(*at) >= 0)
		value = value * 16 + (unsigned)hex(*at++);
	out[0] = (unsigned char)(value >> 8);
	out[1] = (unsigned char)value;
	return at > start ? at : NULL;
}

/* Groups with ":" between them, the last ones may be an IPv4 address. The octets, or
 * -1. */
static int read_groups(const char *at, const char *end, unsigned char out[16])
{
	int used = 0;

	while (at < end && used < 16) {
		const char *next;

		if (used <= 12 && read_ip4(at, end, out + used))
			return used + 4;
		next = read_group(at, end, out + used);
		used += 2;
		if (!next || (next < end && (*next != ':' || next + 1 == end)))
			return -1;
		at = next < end ? next + 1 : end;
	}
	return at == end ? used : -1;
}

static bool read_ip6(const char *at, const char *end, unsigned char out[16])
{
	unsigned char tail[16];
	const char *gap = at;
	int before, behind;

	while (gap < end && !(gap[0] == ':' && gap + 1 < end && gap[1] == ':'))
		gap++;
	memset(out, 0, 16);
	if (gap == end)
		return read_groups(at, end, out) == 16;
	if (memchr(at, '.', (size_t)(gap - at)))
		return false;
	before = read_groups(at, gap, out);
	behind = read_groups(gap + 2, end, tail);
	if (before < 0 || behind < 0 || before + behind > 14)
		return false;
	memcpy(out + 16 - behind, tail, (size_t)behind);
	return true;
}

size_t name_address(unsigned char out[16], const char *text, size_t length)
{
	const char *end = text + length;

	if (read_ip4(text, end, out))
		return 4;
	return length >= 2 && memchr(text, ':', length) && read_ip6(text, end, out) ? 16 : 0;
}

/* A name whose last label is a number is taken for an address by somebody (RFC 1123
 * section 2.1). */
bool name_is_address(const char *name)
{
	size_t length = strlen(name);

	if (strchr(name, ':'))
		return true;
	while (length > 0 && name[length - 1] >= '0' && name[length - 1] <= '9')
		length--;
	return name[0] != '\0' && name[length] != '\0' && (length == 0 || name[length - 1] == '.');
}
