/* SPDX-License-Identifier: ISC */
/*
 * Everything that is not printable ASCII is escaped, also letters of other scripts: a
 * terminal takes some characters for commands, and others turn text around.
 *
 * Where a line is for people, octets are shown as they are (\xc3\xbc); where it is for
 * programs, JSON has to be text, and what is not UTF-8 becomes U+FFFD.
 */
#include <string.h>

#include "loop/log_form.h"

static const char hex[] = "0123456789abcdef";

/* What both forms write in the same way, or 0. */
static size_t escape_common(char out[LOG_ESCAPE], unsigned char c)
{
	static const char letters[] = "\"\"\\\\\nn\rr\tt";

	for (const char *letter = letters; *letter; letter += 2) {
		if ((unsigned char)*letter == c) {
			out[0] = '\\';
			out[1] = letter[1];
			return 2;
		}
	}
	return 0;
}

size_t log_escape_logfmt(char out[LOG_ESCAPE], size_t *length, const unsigned char *bytes,
                         size_t count)
{
	(void)count;
	*length = escape_common(out, bytes[0]);
	if (*length > 0)
		return 1;
	memcpy(out, "\\x", 2);
	out[2] = hex[bytes[0] >> 4];
	out[3] = hex[bytes[0] & 15];
	*length = 4;
	return 1;
}

/* RFC 3629 section 3: how long the character is that begins so, or 0. */
static size_t utf8_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Octets of the character that the bytes begin with, or 0 when they do not. */
static size_t utf8_read(uint32_t *point, const unsigned char *bytes, size_t count)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = utf8_length(bytes[0]);

	if (length == 0 || length > count)
		return 0;
	*point = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (bytes[i] & 0x3f);
	}
	if (*point < least[length] || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000))
		return 0;
	return length;
}

static size_t put_unit(char *out, uint32_t unit)
{
	memcpy(out, "\\u", 2);
	for (int i = 0; i < 4; i++)
		out[2 + i] = hex[unit >> (12 - 4 * i) & 15];
	return 6;
}

/* RFC 8259 section 7: as one UTF-16 unit or as two. */
static size_t put_point(char out[LOG_ESCAPE], uint32_t point)
{
	if (point < 0x10000)
		return put_unit(out, point);
	point -= 0x10000;
	return put_unit(out, 0xd800 + (point >> 10)) + put_unit(out + 6, 0xdc00 + (point & 0x3ff));
}

size_t log_escape_json(char out[LOG_ESCAPE], size_t *length, const unsigned char *bytes,
                       size_t count)
{
	uint32_t point;
	size_t taken = utf8_read(&point, bytes, count);

	*length = escape_common(out, bytes[0]);
	if (*length > 0)
		return 1;
	*length = put_point(out, taken > 0 ? point : 0xfffd);
	return taken > 0 ? taken : 1;
}
