/* SPDX-License-Identifier: ISC */
/* Plays a duet against the library. */
#ifndef DUETS_PLAYER_H
#define DUETS_PLAYER_H

#include "duet.h"

/* How what the peer says is cut into reads. */
enum cutting {
	CUT_NOT,   /* each burst is one read */
	CUT_BYTES, /* each octet is one read, and each of ours one write */
	CUT_AT     /* one burst is cut in two, at an octet counted from the beginning */
};

#define COMPLAINT_SIZE 4096

/* True when everything is as written; else the complaint tells what is not. */
bool duet_play(const struct duet *, enum cutting, size_t at, char complaint[COMPLAINT_SIZE]);

/* Whether there may be a cut before that octet. */
bool duet_cuttable(const struct duet *, size_t at);

#endif
