/* SPDX-License-Identifier: ISC */
/*
 * The syntax of the configuration, with the sections and keys of config_keys.h.  The
 * only file that names libconfuse; values come out as the words that were written,
 * each with its line, and what they mean is for others to say.
 */
#ifndef GATE_CONFIG_GRAMMAR_H
#define GATE_CONFIG_GRAMMAR_H

#include "gate/config_complain.h"

struct cfg_t; /* a section */

struct grammar_value {
	struct grammar *grammar;
	const char *key;
	unsigned line;
	char text[];
};

/* The file as a section; NULL with a complaint.  Text is cleaned before. */
struct cfg_t *grammar_parse(const struct complaints *, const char *text);
void grammar_free(struct cfg_t *);

/* The sections of that name inside of another, from index 0 on; NULL behind the
 * last one. */
struct cfg_t *grammar_section(struct cfg_t *, const char *name, size_t index);
/* The section of that name, of which there is at most one; NULL when there is none. */
struct cfg_t *grammar_only(const struct complaints *, struct cfg_t *, const char *name);
const char *grammar_title(const struct cfg_t *);
unsigned grammar_line(struct cfg_t *);

/* The values of a key, from index 0 on; NULL behind the last one. */
const struct grammar_value *grammar_value(struct cfg_t *, const char *key, size_t index);
size_t grammar_count(struct cfg_t *, const char *key);
/* Whether it is there at all: {} has no values. */
int grammar_given(struct cfg_t *, const char *key);

#endif
