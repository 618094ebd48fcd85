/* SPDX-License-Identifier: ISC */
/* What a protocol brings to a login. */
#ifndef WIRE_SASL_KIND_H
#define WIRE_SASL_KIND_H

#include "wire/sasl.h"

struct sasl_kind {
	size_t initial_limit; /* the longest initial response that fits into the command */
	void (*begin)(struct sasl *, const char *mechanism, const char *initial);
	void (*respond)(struct sasl *, const char *response);
	void (*give_up)(struct sasl *);
	size_t (*feed)(struct sasl *, const char *bytes, size_t count);
};

extern const struct sasl_kind sasl_smtp, sasl_imap, sasl_pop3, sasl_xmpp;

/* sasl.c */
void sasl_say(struct sasl *, ...) __attribute__((sentinel)); /* strings, then NULL */
void sasl_challenged(struct sasl *, const char *base64);
void sasl_granted(struct sasl *, const char *base64);
void sasl_denied(struct sasl *, const char *reason);

/* sasl_lines.c: takes one line; meaning is told each without its CR LF */
size_t sasl_feed_lines(struct sasl *, const char *bytes, size_t count,
                       void (*hear)(struct sasl *, const char *line));

#endif
