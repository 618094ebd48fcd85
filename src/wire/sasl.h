/* SPDX-License-Identifier: ISC */
/*
 * The framing of SASL (RFC 4422) in SMTP (RFC 4954), IMAP (RFC 9051 section
 * 6.2.2, RFC 4959), POP3 (RFC 5034) and XMPP (RFC 6120 section 6), client role.
 * What the mechanism has to say crosses in base64 and is not looked into here.
 *
 *	need	SASL_OUT	send sasl->out from out_sent on, count it in out_sent
 *		SASL_IN		give what came: sasl_feed()
 *		SASL_STEP	sasl->challenge is for the mechanism: sasl_respond()
 *		SASL_YES	logged in; sasl->challenge is what the server said with it
 *		SASL_NO		the server rejected it
 *		SASL_FAILED	this is no answer at all
 *
 * A login is for inside TLS only: who calls this has proof of that.
 */
#ifndef WIRE_SASL_H
#define WIRE_SASL_H

#include <stdbool.h>
#include <stddef.h>

#include <starttls/dialogue.h>

#define SASL_LINE 12288 /* RFC 4954 section 4 */

enum sasl_need { SASL_OUT, SASL_IN, SASL_STEP, SASL_YES, SASL_NO, SASL_FAILED };

struct sasl {
	enum stls_protocol protocol;
	enum sasl_need next;  /* once there is nothing left to send */
	char line[SASL_LINE]; /* what is being heard: a line, or an XML element */
	size_t line_length;
	char challenge[SASL_LINE]; /* base64 */
	char reason[256];          /* SASL_NO: in the server's words */
	char held[SASL_LINE];      /* an initial response that has to wait for a challenge */
	bool holds;
	char out[SASL_LINE + 256];
	size_t out_length, out_sent;
};

/* Whether there is a login for the protocol here. */
bool sasl_speaks(enum stls_protocol);

/* Whether a capability, as stls_capability() tells them, offers the mechanism. */
bool sasl_offers(enum stls_protocol, const char *capability, const char *mechanism);
/* Whether it says that an initial response may come with the command (RFC 4959). */
bool sasl_offers_initial(enum stls_protocol, const char *capability);

/* Whether what a server said in plaintext tempts a client to send it a password
 * there (RFC 2595 section 2.3, RFC 9051 section 6.1.1). */
bool sasl_tempts(enum stls_protocol, const char *said, size_t count);

/* Starts: initial is the mechanism's first word in base64, NULL if it has none.
 * in_command says whether it may come with the command. */
void sasl_begin(struct sasl *, enum stls_protocol, const char *mechanism, const char *initial,
                bool in_command);
enum sasl_need sasl_need(const struct sasl *);
/* Takes bytes while SASL_IN is needed; returns how many. */
size_t sasl_feed(struct sasl *, const char *bytes, size_t count);
/* Answers a challenge, with base64; "" is an empty answer, NULL gives up. */
void sasl_respond(struct sasl *, const char *response);
/* Forgets all of it. */
void sasl_wipe(struct sasl *);

/* The protocol's word of leaving, or "". */
const char *sasl_goodbye(enum stls_protocol);

#endif
