/* SPDX-License-Identifier: ISC */
/* What is remembered of a domain's policy: how long it counts, and when to look at it
 * again (RFC 8461 section 3.3, 5.1, 10.2). */
#include <stdbool.h>
#include <string.h>

#include <starttls/sts.h>

#include "policy/sized.h"

enum { HOUR = 3600, DAY = 86400, PAUSE = 300 };

/* How often in a row a policy may fail to be fetched until somebody should know. */
static const unsigned worth_an_alert = 3;

static bool known(const struct stls_sts_memory *memory, struct stls_sts_policy *policy)
{
	policy->size = sizeof(*policy);
	return memory->text && !stls_sts_policy(policy, memory->text, memory->length);
}

int64_t stls_sts_expires(const struct stls_sts_memory *memory)
{
	struct stls_sts_policy policy;

	return known(memory, &policy) ? memory->fetched + (int64_t)policy.max_age : 0;
}

int stls_sts_valid(const struct stls_sts_memory *memory, int64_t now,
                   struct stls_sts_policy *policy)
{
	struct stls_sts_policy found;
	bool valid = known(memory, &found) && now < memory->fetched + (int64_t)found.max_age;

	if (!valid)
		found = (struct stls_sts_policy){.text = ""};
	if (policy)
		sized_out(policy, policy->size, &found, sizeof(found));
	return valid;
}

/* Five minutes, then twice as long each time, up to a bit more than an hour. */
static int64_t pause_after(const struct stls_sts_memory *memory)
{
	unsigned doublings = memory->failures > 1 ? memory->failures - 1 : 0;

	return (int64_t)PAUSE << (doublings < 4 ? doublings : 4);
}

static int64_t routine(const struct stls_sts_policy *policy)
{
	int64_t half = (int64_t)policy->max_age / 2;
	int64_t often = policy->mode == STLS_STS_TESTING ? HOUR : DAY;

	if (half < PAUSE)
		return PAUSE;
	return half < often ? half : often;
}

/* The later moment, of those that are not in the future: whatever is has been told by
 * another clock. */
static int64_t last_of(int64_t one, int64_t other, int64_t now)
{
	if (one > now)
		one = 0;
	if (other > now)
		other = 0;
	return one > other ? one : other;
}

int64_t stls_sts_next_look(const struct stls_sts_memory *memory, int64_t now)
{
	struct stls_sts_policy policy = {.size = sizeof(policy)};
	int64_t last = last_of(memory->fetched, memory->looked, now);
	int64_t failed = last_of(memory->failed, 0, now);

	if (failed != 0 && failed >= last)
		return failed + pause_after(memory);
	if (!stls_sts_valid(memory, now, &policy))
		return 0;
	return last != 0 ? last + routine(&policy) : now;
}

int stls_sts_may_fetch(const struct stls_sts_memory *memory, const char *id, int64_t now)
{
	if (memory->failed == 0 || now < memory->failed || now - memory->failed >= PAUSE)
		return 1;
	return !memory->failed_id || strcmp(memory->failed_id, id) != 0;
}

int stls_sts_alert(const struct stls_sts_memory *memory, int64_t now)
{
	struct stls_sts_policy policy;

	return memory->failures >= worth_an_alert && known(memory, &policy) &&
	       stls_sts_valid(memory, now, NULL) && policy.mode != STLS_STS_NONE;
}
