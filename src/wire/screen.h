/* SPDX-License-Identifier: ISC */
/*
 * The screen: what a gateway lets pass between a client and the service behind
 * it, once the two have been brought together.
 *
 * Almost everything crosses untouched.  A screen takes out of the service's
 * lists what is not true of this connection (STARTTLS inside TLS; AUTH without
 * it), and out of the client's commands what only a gateway may say (XCLIENT,
 * XFORWARD, ID fields that begin with "x-") or what has become impossible
 * (STARTTLS inside TLS).  It never alters a message, and it keeps count of
 * literals, DATA and BDAT, so that a message is never mistaken for a command.
 *
 * The bytes stay in the owner's buffers.  The owner shows the front of what
 * came from one side, and is told what to do with it.
 */
#ifndef WIRE_SCREEN_H
#define WIRE_SCREEN_H

#include <stddef.h>

#include <starttls/dialogue.h>

enum screen_side { SCREEN_CLIENT, SCREEN_SERVICE };

enum screen_move {
	SCREEN_PASS,    /* send "take" bytes to the other side as they are */
	SCREEN_REPLACE, /* drop "take" bytes and send "with" to the other side instead */
	SCREEN_ANSWER,  /* drop "take" bytes and send "with" back to where they came from */
	SCREEN_HOLD,    /* nothing yet: more bytes are needed, or the other side has to speak */
	SCREEN_CLOSE    /* send "with" to the client, then close both sides; see "fault" */
};

struct screen_step {
	enum screen_move move;
	size_t take;
	const char *with; /* lives until the next call */
	size_t length;
	enum stls_fault fault;
};

struct screen_spec {
	enum stls_protocol protocol;
	int tls; /* whether the client's side is TLS */
	/* The service's greeting, or one in its place, is still to come through the
	 * screen: it is then no answer to what an impatient client says before it. */
	int greets;
	/* SMTP, LMTP: the service has said that it takes BDAT, and the client has
	 * been told so, before the screen was there. */
	int chunks;
};

/* The longest piece (line, tag, capability list) that a screen wants to see at
 * once: the owner's buffers must hold that much. */
#define SCREEN_VIEW 8192

struct screen *screen_open(const struct screen_spec *);
void screen_close(struct screen *);

/* What to do with the bytes that came from one side: count > 0, and all that is
 * there.  With PASS and REPLACE, take may be less than count: ask again with the
 * rest. */
struct screen_step screen_next(struct screen *, enum screen_side, const char *bytes, size_t count);

/* True once nothing is left to look for: from then on everything may cross
 * without asking (a login is done, and the protocol has nothing more to hide). */
int screen_over(const struct screen *);

#endif
