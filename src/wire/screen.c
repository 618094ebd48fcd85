/* SPDX-License-Identifier: ISC */
/* Screens: opened for a protocol, asked, closed; and the steps they answer. */
#include <stdlib.h>
#include <string.h>

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

static size_t align(size_t size)
{
	return (size + 15) & ~(size_t)15;
}

struct screen *screen_open(const struct screen_spec *spec)
{
	const struct screen_kind *kind = kind_of(spec->protocol);
	size_t size = align(sizeof(struct screen));
	struct screen *screen = kind ? calloc(1, size + kind->own_size + kind->with_size) : NULL;

	if (screen == NULL)
		return NULL;
	screen->kind = kind;
	screen->protocol = spec->protocol;
	screen->tls = spec->tls != 0;
	screen->own = (char *)screen + size;
	screen->with = (char *)screen + size + kind->own_size;
	if (kind->begin != NULL)
		kind->begin(screen, spec);
	return screen;
}

void screen_close(struct screen *screen)
{
	free(screen);
}

struct screen_step screen_next(struct screen *screen, enum screen_side side, const char *bytes,
                               size_t count)
{
	const struct screen_kind *kind = screen->kind;

	if (screen->over)
		return screen_pass(count);
	return side == SCREEN_CLIENT ? kind->from_client(screen, bytes, count)
	                             : kind->from_service(screen, bytes, count);
}

int screen_over(const struct screen *screen)
{
	return screen->over;
}

/* ---- steps ---- */

struct screen_step screen_pass(size_t take)
{
	if (take == 0)
		return screen_hold();
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
