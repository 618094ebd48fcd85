/* SPDX-License-Identifier: ISC */
/* Plays a conversation through a screen as a gateway would, in chunks of every
 * size, and holds what arrives on either side against what should. */
#ifndef TEST_SCREEN_REPLAY_H
#define TEST_SCREEN_REPLAY_H

#include "wire/screen.h"

struct screen_said {
	char by; /* 'C' the client, 'S' the service, 0 the end */
	const char *bytes;
};

struct screen_case {
	const char *name; /* with the requirement IDs */
	enum stls_protocol protocol;
	int tls;
	struct screen_said said[14];
	const char *to_service, *to_client;
	enum stls_fault fault; /* how it is closed; STLS_FAULT_NONE: it is not */
	int over;              /* whether nothing is left to look for in the end */
};

/* Fails the running test with the case's name when something differs. */
void screen_replay(const struct screen_case *, size_t count);

#endif
