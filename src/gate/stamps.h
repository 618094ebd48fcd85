/* SPDX-License-Identifier: ISC */
/* The files that a configuration names, and whether they are still the same. */
#ifndef GATE_STAMPS_H
#define GATE_STAMPS_H

#include <sys/stat.h>

#include "gate/config.h"

struct stamp {
	const char *path; /* the configuration's */
	struct stat file; /* all zero where there is none */
};

struct stamps {
	struct stamp *list;
	size_t count;
};

/* Takes down how they are now, in place of what was known.  0, or -1 when memory
 * is out.  The configuration outlives the stamps. */
int stamps_take(struct stamps *, const struct config *);

/* Whether any of them is not as it was then. */
bool stamps_differ(const struct stamps *);

void stamps_forget(struct stamps *);

#endif
