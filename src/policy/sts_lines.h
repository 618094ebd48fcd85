/* SPDX-License-Identifier: ISC */
/* The patterns of a policy one after the other: there may be ten thousand. */
#ifndef POLICY_STS_LINES_H
#define POLICY_STS_LINES_H

#include <stdbool.h>

#include <starttls/sts.h>

/* at: where to go on, NULL to begin.  False behind the last one. */
bool sts_lines_pattern(const struct stls_sts_policy *, const char **at, struct stls_text *pattern);

#endif
