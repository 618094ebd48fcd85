/* SPDX-License-Identifier: ISC */
/* A plan as one JSON object on one line (RFC 8259), in ASCII. */
#ifndef POLICY_PLAN_JSON_H
#define POLICY_PLAN_JSON_H

#include <starttls/policy.h>

/* Writes what fits, and a NUL behind it; returns how long all of it is, as
 * snprintf(3) does.  destination: as it was asked for. */
size_t plan_json(char *out, size_t room, const char *destination, const struct stls_plan *);

/* The same where there is no plan. */
size_t plan_json_none(char *out, size_t room, const char *destination, const char *outcome,
                      const char *reason);

#endif
