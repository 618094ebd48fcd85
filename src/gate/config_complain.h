/* SPDX-License-Identifier: ISC */
/* How the files of the configuration tell what is wrong. */
#ifndef GATE_CONFIG_COMPLAIN_H
#define GATE_CONFIG_COMPLAIN_H

#include "gate/config.h"

struct complaints {
	const char *path;
	struct config_error *error;
};

/* Line 0: about the file as a whole. */
__attribute__((format(printf, 3, 4))) void complain(const struct complaints *, unsigned line,
                                                    const char *format, ...);

/* Of some words, the one that was meant: NULL when none is near. */
const char *complain_nearest(const char *word, const char *const *words, size_t count);

/* "a, b, c" into out. */
void complain_list(char *out, size_t room, const char *const *words, size_t count);

#endif
