/* SPDX-License-Identifier: ISC */
/* What a client does, a step after the other. */
#ifndef BENCH_SCRIPT_H
#define BENCH_SCRIPT_H

enum step_kind {
	STEP_CONNECT,
	STEP_TLS,
	STEP_SAY,
	STEP_EXPECT,   /* a line that begins with the text and a space */
	STEP_ANSWERED, /* the first command has been: this is what latency means */
	STEP_GET,      /* so many octets as the measurement says */
	STEP_PUT,
	STEP_STAY, /* until all are told to go */
	STEP_END   /* the other side closes, in order */
};

struct step {
	enum step_kind kind;
	const char *text;
};

/* NULL when there is no such script. */
const struct step *script_find(const char *name);

#endif
