/* SPDX-License-Identifier: ISC */
/* What a process that serves gives up. */
#ifndef GATE_CONFINE_H
#define GATE_CONFINE_H

#include "gate/worker.h"

/* Becomes the user of the configuration.  0, or -1 and that was said. */
int confine_user(const struct worker_order *);

/* Everything is open that is needed: no file and no other privilege from now on,
 * unless the configuration forgoes it.  What cannot be had is said, once for all
 * processes. */
void confine_rest(const struct worker_order *);

/* The same for the process that looks up and remembers: it has its state, and what it
 * needs to know whom to trust. */
void confine_names(const struct worker_order *);

#endif
