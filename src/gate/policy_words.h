/* SPDX-License-Identifier: ISC */
/* A decision in the words of whoever asked. */
#ifndef GATE_POLICY_WORDS_H
#define GATE_POLICY_WORDS_H

#include "gate/policy_desk.h"

/* The reply for a plan, or for why there is none; to be freed.  NULL when memory is
 * out. */
char *policy_words(enum config_policy_speaks, enum desk_form, const char *key,
                   const struct stls_plan *, const char *why, size_t *length);

/* One that fits any question: nothing is known of it, or not now, and why. */
char *policy_words_none(enum config_policy_speaks, size_t *length);
char *policy_words_defer(enum config_policy_speaks, const char *why, size_t *length);

#endif
