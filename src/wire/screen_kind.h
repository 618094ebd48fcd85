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
	void (*begin)(struct screen *, const struct screen_spec *); /* NULL: zeroed is right */
	struct screen_step (*from_client)(struct screen *, const char *bytes, size_t count);
	struct screen_step (*from_service)(struct screen *, const char *bytes, size_t count);
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
struct screen_step screen_pass(size_t take); /* 0: hold */
struct screen_step screen_hold(void);
struct screen_step screen_drop(size_t take);
struct screen_step screen_answer(size_t take, const char *with);
struct screen_step screen_shut(enum stls_fault, const char *with);
/* screen->with, of which length bytes were filled in, instead of take bytes */
struct screen_step screen_replace(struct screen *, size_t take, size_t length);

#endif
