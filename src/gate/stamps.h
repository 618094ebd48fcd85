/* SPDX-License-Identifier: ISC */
/* The files that a configuration leads to and that are read once, and whether they are still
 * the same. */
#ifndef GATE_STAMPS_H
#define GATE_STAMPS_H

#include <sys/stat.h>

#include "gate/config.h"

struct stamp {
	const char *path; /* the configuration's, or one that is always there */
	struct stat file; /* all zero where there is none */
	bool is_text;     /* only what it says counts */
	uint64_t text;    /* a hash of that */
};

struct stamps {
	struct stamp *list;
	size_t count;
};

/* Takes down how they are now, in place of what was known.  0, or -1 when memory
 * is out.  The configuration outlives the stamps. */
int stamps_take(struct stamps *, const struct config *);

/* One that is not as it was then; NULL: all are. */
const char *stamps_changed(const struct stamps *);

void stamps_forget(struct stamps *);

#endif
