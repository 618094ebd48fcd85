/* SPDX-License-Identifier: ISC */
/* The daemon: all fronts of a configuration, on one loop. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "gate/config.h"

/* Checks all that can be checked without binding and connecting: certificates,
 * keys, names.  Complaints go to standard error; 0 or -1. */
int gate_test(const char *path, const struct config *);

/* Serves until SIGTERM or SIGINT; the exit status of the process. */
int gate_run(const char *path, const struct config *);

#endif
