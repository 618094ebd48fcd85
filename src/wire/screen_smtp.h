/* SPDX-License-Identifier: ISC */
/*
 * SMTP and LMTP through a gateway:
 *
 *	screen_smtp.c        what a client says: commands, messages, chunks
 *	screen_smtp_reply.c  what a service answers, and to which of them
 *	screen_smtp_list.c   its answer to EHLO
 *
 * XCLIENT is legal between any two messages, so this screen stays for the whole
 * session.  Everything depends on screen and service agreeing on what is a
 * command and what a message, so whatever makes that doubtful ends the session.
 */
#ifndef WIRE_SCREEN_SMTP_H
#define WIRE_SCREEN_SMTP_H

#include "wire/screen_dots.h"
#include "wire/screen_kind.h"

#define SMTP_LIST_LINE 1024 /* the longest line of a list */
#define SMTP_QUEUE 64       /* commands without a reply; then the client waits */

enum smtp_sent {
	SENT_OTHER,
	SENT_HELLO, /* EHLO, LHLO: its reply is a list */
	SENT_RESET, /* MAIL, RSET, HELO: where they succeed, recipients are forgotten */
	SENT_RCPT,
	SENT_DATA,
	SENT_AUTH,
	SENT_CHUNK,
	SENT_LAST, /* BDAT LAST */
	SENT_END   /* the end of a message */
};

enum smtp_mode {
	MODE_COMMAND,
	MODE_WAIT,     /* for the reply to DATA or AUTH */
	MODE_RESPONSE, /* the client's part of an AUTH exchange, or the rest of AUTH */
	MODE_MESSAGE,
	MODE_CHUNK
};

struct smtp {
	enum smtp_mode mode;
	enum smtp_mode then;             /* MODE_RESPONSE: what is next */
	bool begun;                      /* MODE_RESPONSE: part of the line has passed */
	bool chunking;                   /* the service has said that it knows BDAT */
	bool greeted;                    /* the client has said who it is, inside TLS */
	unsigned char queue[SMTP_QUEUE]; /* enum smtp_sent, a ring: what waits for a reply */
	unsigned first, waiting;
	unsigned recipients;     /* accepted; LMTP answers for each (LMTP-03) */
	unsigned answers;        /* replies still to come for the end of a message */
	unsigned lines;          /* of the list that is being rewritten */
	size_t chunk;            /* octets of BDAT still to come */
	struct screen_dots text; /* the message */
};

void smtp_push(struct smtp *, enum smtp_sent);
enum smtp_sent smtp_first(const struct smtp *); /* of what waits; there is one */

struct screen_step smtp_reply(struct screen *, const char *bytes, size_t count);

/* One line of the list, at the front of bytes. */
struct screen_step smtp_list_line(struct screen *, const char *bytes, size_t count, size_t length);

#endif
