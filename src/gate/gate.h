/* SPDX-License-Identifier: ISC */
/* The daemon, as the command line starts it. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

/* Checks all that can be checked without binding and connecting: the
 * configuration, certificates, keys, names.  Complaints go to standard error; the
 * exit status of the process. */
int gate_test(const char *path);

/* Serves until SIGTERM or SIGINT; the exit status of the process. */
int gate_run(const char *path);

#endif
