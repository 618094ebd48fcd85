/* SPDX-License-Identifier: ISC */
/* What starttls can be told to do; each gives the exit status. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/options.h"

int command_connect(const struct options *);
int command_probe(const struct options *);
int command_policy(const struct options *);
int command_ratchet(const struct options *);

/* Without a command: how each one is called; with --help, what its options are. */
extern const char usage_commands[];
void usage_print(void);

#endif
