/* SPDX-License-Identifier: ISC */
/* Moves bytes between a side and whoever talks over it, and tapes them. */
#ifndef CHECK_TALK_H
#define CHECK_TALK_H

#include <starttls/dialogue.h>

#include "check/tape.h"
#include "loop/side.h"

struct talk {
	struct side *side;
	struct tape *tape; /* NULL: nothing is taped */
	size_t head, tail; /* of what was read and not taken */
	char unread[8192];
};

/*
 * Goes as far as it can, and says what the dialogue needs then: STLS_IN and
 * STLS_OUT mean that the side is to be waited for, anything else that it is over.
 */
enum stls_need talk_run(struct talk *, stls_dialogue *);

/* More bytes into unread: a count, or what side_read() says. */
ptrdiff_t talk_read(struct talk *);

#endif
