/* SPDX-License-Identifier: ISC */
#include "loop/log_bucket.h"

#define ONE 1000        /* drops */
#define BURST 2         /* seconds' worth */
#define FULL_AFTER 2000 /* ms: a bucket holds no more than those bring */

static int64_t most(const struct log_bucket *bucket)
{
	return (int64_t)bucket->rate * BURST * ONE;
}

struct log_bucket log_bucket_of(unsigned rate, int64_t now)
{
	struct log_bucket bucket = {.rate = rate, .filled = now};

	bucket.drops = most(&bucket);
	return bucket;
}

static void fill(struct log_bucket *bucket, int64_t now)
{
	int64_t passed = now - bucket->filled;

	bucket->filled = now;
	if (passed > FULL_AFTER)
		passed = FULL_AFTER;
	/* A line a second is a drop a millisecond. */
	bucket->drops += passed * bucket->rate;
	if (bucket->drops > most(bucket))
		bucket->drops = most(bucket);
}

bool log_bucket_lets(struct log_bucket *bucket, int64_t now)
{
	if (bucket->rate == 0)
		return true;
	fill(bucket, now);
	if (bucket->drops < ONE)
		return false;
	bucket->drops -= ONE;
	return true;
}
