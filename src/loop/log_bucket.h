/* SPDX-License-Identifier: ISC */
/* How often something may happen: so many times a second in the long run, and twice
 * that at once after a rest.  All zero: always. */
#ifndef LOOP_LOG_BUCKET_H
#define LOOP_LOG_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct log_bucket {
	unsigned rate;  /* a second */
	int64_t filled; /* when, in the milliseconds of loop_clock() */
	int64_t drops;  /* a thousand of them let one through */
};

/* A full one. */
struct log_bucket log_bucket_of(unsigned rate, int64_t now);

bool log_bucket_lets(struct log_bucket *, int64_t now);

#endif
