/* SPDX-License-Identifier: ISC */
/* Capabilities, in a response of their own or in a response code. */
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_imap.h"

/* CORE-19, CB-04, IMAP-S-05, IMAP-S-06 */
static bool is_dropped(const struct screen *screen, const char *word, size_t length)
{
	if (word_is(word, length, "STARTTLS") || word_is(word, length, "LOGINDISABLED"))
		return true;
	if (length > 5 && word_is(word, 5, "AUTH="))
		return !screen->tls || screen_binds(word + 5, length - 5);
	return !screen->tls && word_is(word, length, "SASL-IR");
}

/* Copies those that stay; from begins behind "CAPABILITY". */
static size_t write_list(const struct screen *screen, char *to, const char *from, size_t length)
{
	static const char disabled[] = " LOGINDISABLED";
	size_t written = 0;

	while (length > 0) {
		size_t gap = 0, word = 0;

		while (gap < length && from[gap] == ' ')
			gap++;
		while (gap + word < length && from[gap + word] != ' ')
			word++;
		if (word > 0 && !is_dropped(screen, from + gap, word)) {
			to[written++] = ' ';
			memcpy(to + written, from + gap, word);
			written += word;
		}
		from += gap + word;
		length -= gap + word;
	}
	if (!screen->tls) {
		memcpy(to + written, disabled, sizeof(disabled) - 1);
		written += sizeof(disabled) - 1;
	}
	return written;
}

static bool word_at(const char *bytes, size_t length, size_t at, const char *word)
{
	size_t end = at + strlen(word);

	return end <= length && word_is(bytes + at, strlen(word), word) &&
	       (end == length || bytes[end] == ' ' || bytes[end] == ']');
}

/* Where a response code begins, behind the tag and the status; 0: nowhere. */
static size_t find_code(const char *bytes, size_t length)
{
	const char *end = bytes + length, *status = memchr(bytes, ' ', length), *code;

	if (status == NULL)
		return 0;
	status++;
	code = memchr(status, ' ', (size_t)(end - status));
	if (code == NULL || code + 1 == end || code[1] != '[')
		return 0;
	return (size_t)(code + 2 - bytes);
}

/* Where the list begins and ends within a line of that length. */
static bool find_list(const char *bytes, size_t length, size_t *begin, size_t *end)
{
	static const char word[] = "CAPABILITY";
	size_t code = find_code(bytes, length);
	const char *close;

	*end = length;
	*begin = sizeof("* CAPABILITY") - 1;
	if (length >= 2 && memcmp(bytes, "* ", 2) == 0 && word_at(bytes, length, 2, word))
		return true;
	if (code == 0 || !word_at(bytes, length, code, word))
		return false;
	*begin = code + sizeof(word) - 1;
	close = memchr(bytes + *begin, ']', length - *begin);
	*end = close ? (size_t)(close - bytes) : 0;
	return close != NULL;
}

struct screen_step imap_list(struct screen *screen, const char *bytes, size_t length)
{
	size_t begin, end, written;

	if (!find_list(bytes, screen_chomp(bytes, length), &begin, &end))
		return screen_pass(length);
	memcpy(screen->with, bytes, begin);
	written = begin + write_list(screen, screen->with + begin, bytes + begin, end - begin);
	memcpy(screen->with + written, bytes + end, length - end);
	return screen_replace(screen, length, written + length - end);
}
