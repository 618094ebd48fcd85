/* SPDX-License-Identifier: ISC */
/* What honest services at the far end of a pipe share: they hear lines, answer when they
 * are let, and toss coins that the input has chosen.  Each has one as its first member. */
#ifndef FUZZ_SCREEN_SERVICE_H
#define FUZZ_SCREEN_SERVICE_H

#include "screen_pipe.h"

#define SERVICE_LINE 16384
#define SERVICE_TURN 0xfe /* in the input: the service may speak */

struct service {
	void (*hear)(struct service *, char octet);
	unsigned luck;
	int forgiving; /* a bare LF ends a line, too */
	int deaf;      /* what is sent to it is of no interest any more */
	char line[SERVICE_LINE];
	size_t length;
	size_t heard; /* of what was sent to it */
	char replies[PIPE_ROOM];
	size_t said; /* ... by it, and not on its way yet */
};

/* Less than 256. */
unsigned service_toss(struct service *);

void service_reply(struct service *, const char *text);

/* Another octet of a line: true when that is its end, and service->line the line. */
int service_hears_line(struct service *, char octet);

/* The client says all of this, octet by octet, and the service has the last word.  Then
 * nothing is on its way any more, and no line can be waiting. */
void service_talk(struct service *, struct pipe *, const uint8_t *said, size_t count);

/* Whether a line begins with the verb, as those who forgive have it: behind it comes any
 * white space, or the end. */
int service_is_verb(const char *line, const char *verb);

#endif
