/* SPDX-License-Identifier: ISC */
/* Screens: opened for a protocol, asked, closed; and the steps they answer. */
#include <stdlib.h>
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_kind.h"

static const struct screen_kind *kind_of(enum stls_protocol protocol)
{
	switch (protocol) {
	case STLS_SMTP:
	case STLS_LMTP: return &screen_smtp;
	case STLS_IMAP: return &screen_imap;
	case STLS_POP3: return &screen_pop3;
	case STLS_SIEVE: return &screen_sieve;
	case STLS_NNTP: return &screen_nntp;
	case STLS_XMPP_CLIENT:
	case STLS_XMPP_SERVER: return &screen_xmpp;
	default: return NULL;
	}
}

struct screen *screen_open(const struct screen_spec *spec)
{
	const struct screen_kind *kind = kind_of(spec->protocol);
	size_t size = (sizeof(struct screen) + 15) & ~(size_t)15;
	struct screen *screen = kind ? calloc(1, size + kind->own_size + kind->with_size) : NULL;

	if (screen == NULL)
		return NULL;
	screen->kind = kind;
	screen->protocol = spec->protocol;
	screen->tls = spec->tls != 0;
	screen->own = (char *)screen + size;
	screen->with = (char *)screen + size + kind->own_size;
	return screen;
}

void screen_close(struct screen *screen)
{
	free(screen);
}

struct screen_step screen_next(struct screen *screen, enum screen_side side, const char *bytes,
                               size_t count)
{
	return screen->over ? screen_pass(count) : screen->kind->next(screen, side, bytes, count);
}

int screen_over(const struct screen *screen)
{
	return screen->over;
}

/* ---- steps ---- */

struct screen_step screen_pass(size_t take)
{
	return (struct screen_step){.move = SCREEN_PASS, .take = take};
}

struct screen_step screen_hold(void)
{
	return (struct screen_step){.move = SCREEN_HOLD};
}

struct screen_step screen_drop(size_t take)
{
	return (struct screen_step){.move = SCREEN_REPLACE, .take = take, .with = ""};
}

struct screen_step screen_replace(struct screen *screen, size_t take, size_t length)
{
	return (struct screen_step){
	    .move = SCREEN_REPLACE, .take = take, .with = screen->with, .length = length};
}

struct screen_step screen_answer(size_t take, const char *with)
{
	return (struct screen_step){
	    .move = SCREEN_ANSWER, .take = take, .with = with, .length = strlen(with)};
}

struct screen_step screen_shut(enum stls_fault fault, const char *with)
{
	return (struct screen_step){
	    .move = SCREEN_CLOSE, .with = with, .length = strlen(with), .fault = fault};
}

/* ---- lines ---- */

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
	return LINE_WHOLE;
}

void screen_copy(struct screen_text *copy, const char *line, size_t length)
{
	while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
		length--;
	if (length >= sizeof(copy->text))
		length = sizeof(copy->text) - 1;
	memcpy(copy->text, line, length);
	copy->text[length] = '\0';
}

bool screen_literal(const char *line, size_t length, size_t *octets, bool *waits)
{
	const char *at = line + length;
	size_t unit = 1;

	while (at > line && (at[-1] == '\n' || at[-1] == '\r'))
		at--;
	if (at - line < 3 || *--at != '}')
		return false;
	*waits = at[-1] != '+';
	if (!*waits)
		at--;
	*octets = 0;
	while (--at > line && *at >= '0' && *at <= '9' && unit <= 1000000000) {
		*octets += (size_t)(*at - '0') * unit;
		unit *= 10;
	}
	return *at == '{' && unit > 1;
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
		if (word < 5 || !word_is(from + word - 5, 5, "-PLUS")) {
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
