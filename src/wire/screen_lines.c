/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_kind.h"
#include "wire/screen_lines.h"

enum screen_line screen_client_line(const char *bytes, size_t count, size_t *length)
{
	size_t limit = count < SCREEN_LINE ? count : SCREEN_LINE;

	for (size_t i = 0; i < limit; i++) {
		bool cr = i > 0 && bytes[i - 1] == '\r';

		if (bytes[i] == '\n' && cr) {
			*length = i + 1;
			return LINE_WHOLE;
		}
		if (cr || bytes[i] == '\n' || bytes[i] == '\0')
			return LINE_BARE;
	}
	return limit == SCREEN_LINE ? LINE_LONG : LINE_PART;
}

enum screen_line screen_service_line(const char *bytes, size_t count, size_t *length)
{
	const char *end = memchr(bytes, '\n', count);

	if (end == NULL)
		return count >= SCREEN_LINE ? LINE_LONG : LINE_PART;
	*length = (size_t)(end - bytes) + 1;
	return *length > SCREEN_LINE ? LINE_LONG : LINE_WHOLE;
}

struct screen_step screen_not_whole(enum screen_line line, const char *too_long, const char *bare)
{
	switch (line) {
	case LINE_LONG: return screen_shut(STLS_FAULT_TOO_LONG, too_long);
	case LINE_BARE: return screen_shut(STLS_FAULT_SYNTAX, bare);
	case LINE_WHOLE:
	case LINE_PART: break;
	}
	return screen_hold();
}

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

size_t screen_base64(const char *bytes, size_t count)
{
	size_t length = 0;

	while (length < count && bytes[length] != '\0' &&
	       (is_alphanumeric(bytes[length]) || strchr("+/=*", bytes[length]) != NULL))
		length++;
	return length;
}

enum screen_line screen_response(const char *bytes, size_t count, size_t *length)
{
	*length = screen_base64(bytes, count);
	if (*length == count || (bytes[*length] == '\r' && *length + 1 == count))
		return LINE_PART;
	if (bytes[*length] != '\r' || bytes[*length + 1] != '\n')
		return *length > 0 ? LINE_PART : LINE_BARE;
	*length += 2;
	return LINE_WHOLE;
}

size_t screen_chomp(const char *line, size_t length)
{
	while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
		length--;
	return length;
}

void screen_copy(struct screen_text *copy, const char *line, size_t length)
{
	length = screen_chomp(line, length);
	if (length >= sizeof(copy->text))
		length = sizeof(copy->text) - 1;
	memcpy(copy->text, line, length);
	copy->text[length] = '\0';
}

unsigned screen_code(const char *line, size_t length, bool *last)
{
	char head[5] = ""; /* the code and what is behind it */
	const char *text;

	length = screen_chomp(line, length);
	memcpy(head, line, length < 4 ? length : 4);
	return reply_code(head, last, &text);
}

bool screen_has_verb(const char *line)
{
	size_t length = 0;

	while (is_alphanumeric(line[length]) || line[length] == '-')
		length++;
	return length > 0 && (line[length] == ' ' || line[length] == '\0');
}

/* However many zeros it begins with, it is a number to the service, too; one that
 * is too large for anything stays too large. */
static size_t literal_octets(const char *at, const char *end)
{
	size_t octets = 0;

	for (; at < end && octets < SIZE_MAX / 16; at++)
		octets = octets * 10 + (size_t)(*at - '0');
	return octets;
}

bool screen_literal(const char *line, size_t length, size_t *octets, bool *waits)
{
	const char *end = line + screen_chomp(line, length), *at;

	if (end - line < 3 || *--end != '}')
		return false;
	*waits = end[-1] != '+';
	if (!*waits)
		end--;
	for (at = end; at > line && at[-1] >= '0' && at[-1] <= '9'; at--)
		;
	if (at == end || at == line || at[-1] != '{')
		return false;
	*octets = literal_octets(at, end);
	return true;
}

/* The last one is of XEP-0484. */
bool screen_binds(const char *word, size_t length)
{
	if (length >= 5 && word_is(word + length - 5, 5, "-PLUS"))
		return true;
	return length >= 8 && word_is(word, 3, "HT-") && !word_is(word + length - 5, 5, "-NONE");
}

size_t screen_mechanisms(char *to, const char *from, size_t length)
{
	size_t written = 0;

	while (length > 0) {
		size_t word = 0, gap = 0;

		while (word < length && from[word] != ' ')
			word++;
		while (word + gap < length && from[word + gap] == ' ')
			gap++;
		if (!screen_binds(from, word)) {
			memcpy(to + written, from, word + gap);
			written += word + gap;
		}
		from += word + gap;
		length -= word + gap;
	}
	while (written > 0 && to[written - 1] == ' ')
		written--;
	return written;
}
