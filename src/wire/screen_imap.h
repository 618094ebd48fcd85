/* SPDX-License-Identifier: ISC */
/*
 * IMAP through a gateway, until the login: afterwards there is nothing left to
 * hide.
 *
 *	screen_imap.c          what a client says
 *	screen_imap_reply.c    what a service answers
 *	screen_imap_list.c     capabilities
 *	screen_imap_id.c       the ID command
 *
 * Before the login one command crosses at a time, with its literals counted
 * (RFC 9051 section 4.3).  A literal that does not wait for consent (RFC 7888) is
 * made one that does: a service that does not take it for a literal would take
 * its octets for commands, and some services do so in a command that they
 * reject.
 */
#ifndef WIRE_SCREEN_IMAP_H
#define WIRE_SCREEN_IMAP_H

#include "wire/screen_kind.h"
#include "wire/screen_lines.h"

#define IMAP_TAG 64
#define IMAP_WITH (SCREEN_LINE + 64)

enum imap_turn {
	TURN_COMMAND,  /* the client begins a command */
	TURN_REST,     /* ... goes on with it, behind a literal */
	TURN_CONSENT,  /* the service has to consent to a literal */
	TURN_RESPONSE, /* the client responds to a challenge, or ends a long AUTHENTICATE */
	TURN_SERVICE   /* the service has to answer */
};

struct imap {
	enum imap_turn turn;
	enum imap_turn then; /* TURN_RESPONSE: what is next */
	bool begun;          /* TURN_RESPONSE: part of the line has passed */
	bool login;          /* the command is LOGIN or AUTHENTICATE */
	bool authenticate;   /* ... the latter */
	bool unasked;        /* TURN_CONSENT: the client does not wait for it */
	bool dropping;       /* the rest of a command that is refused */
	bool tail;           /* service: the line goes on behind a literal */
	size_t offered;      /* octets of the literal that waits for consent */
	size_t literal[2];   /* octets still to come, by side */
	char tag[IMAP_TAG];
};

struct screen_step imap_literal(struct imap *, enum screen_side, size_t count);
struct screen_step imap_reply(struct screen *, const char *bytes, size_t count);

/* A line of the service's, with its capabilities as they are for this client. */
struct screen_step imap_list(struct screen *, const char *bytes, size_t length);

/* IMID-02: the pairs of an ID list, beginning behind "(", without those that only
 * a gateway may say; "" when none is left.  False when it is no such list. */
bool imap_id(char *to, size_t size, const char *list);

#endif
