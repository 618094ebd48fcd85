/* SPDX-License-Identifier: ISC */
/* Why something of a configuration cannot be had. */
#ifndef GATE_REASON_H
#define GATE_REASON_H

struct reason {
	unsigned line; /* of the configuration; 0: none in particular */
	char text[640];
};

/* -1, to be returned. */
__attribute__((format(printf, 3, 4))) int reason_say(struct reason *, unsigned line,
                                                     const char *format, ...);

#endif
