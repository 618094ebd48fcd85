/* SPDX-License-Identifier: ISC */
/*
 * The text of a configuration before the parser sees it.
 *
 * libconfuse lets an unclosed comment swallow the rest of a file, skips characters
 * it does not know, puts the environment into values and loses count of lines
 * behind comments.  So comments are blanked out here, and what would be
 * misunderstood is a complaint.
 */
#ifndef GATE_CONFIG_TEXT_H
#define GATE_CONFIG_TEXT_H

#include <stddef.h>

#include "gate/config_complain.h"

/* A file larger than this is no configuration. */
#define CONFIG_TEXT_MAX (1u << 20)

/* The whole file, NUL-terminated, to be freed; NULL with a complaint. */
char *config_text_load(const struct complaints *, size_t *length);

/* Blanks out comments, in place. 0, or -1 with a complaint. */
int config_text_clean(const struct complaints *, char *text, size_t length);

#endif
