/* SPDX-License-Identifier: ISC */
/* What a protocol brings to a screen, and what they share. */
#ifndef WIRE_SCREEN_KIND_H
#define WIRE_SCREEN_KIND_H

#include <stdbool.h>

#include "wire/screen.h"

struct screen;

struct screen_kind {
	size_t own_size;  /* state of its own, at screen->own; zeroed */
	size_t with_size; /* the longest line that it rewrites */
	struct screen_step (*next)(struct screen *, enum screen_side, const char *bytes,
	                           size_t count);
};

struct screen {
	const struct screen_kind *kind;
	enum stls_protocol protocol;
	bool tls;  /* the client's side is TLS */
	bool over; /* nothing is left to look for */
	void *own;
	char *with;
};

extern const struct screen_kind screen_smtp, screen_imap, screen_pop3, screen_sieve, screen_nntp,
    screen_xmpp;

/* The steps that there are. */
struct screen_step screen_pass(size_t take);
struct screen_step screen_hold(void);
struct screen_step screen_drop(size_t take);
struct screen_step screen_answer(size_t take, const char *with);
struct screen_step screen_shut(enum stls_fault, const char *with);
/* screen->with, of which length bytes were filled in, instead of take bytes */
struct screen_step screen_replace(struct screen *, size_t take, size_t length);

/* A line at the front of the view. */
enum screen_line {
	LINE_WHOLE, /* it ends with CR LF; length counts both */
	LINE_PART,  /* its end is not there yet */
	LINE_LONG,  /* ... and it is longer than anything that a screen waits for */
	LINE_BARE   /* a bare CR, a bare LF or a NUL is in it */
};

#define SCREEN_LINE 4096

/* For clients: strictly.  For services, whom the operator chose, a bare LF ends
 * a line as well. */
enum screen_line screen_client_line(const char *bytes, size_t count, size_t *length);
enum screen_line screen_service_line(const char *bytes, size_t count, size_t *length);

/* The octets of a literal ("{n}", "{n+}") that a line ends with: true if there is
 * one; waits tells whether it needs the other side's consent. */
bool screen_literal(const char *line, size_t length, size_t *octets, bool *waits);

/* CB-04: channel binding ends at a gateway, so mechanisms that need it are taken
 * out of a list of words.  Returns the length that is left in to. */
size_t screen_mechanisms(char *to, const char *from, size_t length);

/* A copy of a line without its end, as far as it fits, for the word helpers. */
struct screen_text {
	char text[512];
};
void screen_copy(struct screen_text *, const char *line, size_t length);

#endif
