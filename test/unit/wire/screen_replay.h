/* SPDX-License-Identifier: ISC */
/* Plays a conversation through a screen as a gateway would: in pieces of every
 * size, and cut in two at every position.  What arrives on either side must be
 * the same each time. */
#ifndef TEST_SCREEN_REPLAY_H
#define TEST_SCREEN_REPLAY_H

#include "wire/screen.h"

#define SCREEN_NUL "\x01" /* stands for a NUL, which a string cannot hold */

struct screen_said {
	char by; /* 'C' the client, 'S' the service, 0 the end */
	const char *bytes;
};

struct screen_case {
	const char *name; /* with the requirement IDs */
	enum stls_protocol protocol;
	int tls, greets, chunks;
	struct screen_said said[24];
	const char *to_service, *to_client;
	enum stls_fault fault; /* how it is closed; STLS_FAULT_NONE: it is not */
	int over;              /* whether nothing is left to look for in the end */
};

/* Fails the running test with the case's name when something differs. */
void screen_replay(const struct screen_case *, size_t count);

#define SCREEN_TEST(cases)                                                                         \
	static void screen_of_##cases(void **state)                                                \
	{                                                                                          \
		(void)state;                                                                       \
		screen_replay(cases, sizeof(cases) / sizeof(cases[0]));                            \
	}

#endif
