/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "store/merge.h"

/* What is over is kept for a while, as clocks are wrong at times. */
#define GRACE INT64_C(2592000)
/* A failure to fetch is no news after this. */
#define FAILURE_KEPT INT64_C(604800)

static int64_t later(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

/* Of two moments of which 0 is never. */
static int64_t earlier(int64_t one, int64_t other)
{
	if (one == 0 || other == 0)
		return later(one, other);
	return one < other ? one : other;
}

/* ---- policies ---- */

int64_t merge_policy_moment(const union record *record)
{
	return later(record->policy.fetched, record->policy.failed);
}

int64_t merge_policy_until(const union record *record, int64_t keep_host)
{
	const struct store_policy *policy = &record->policy;

	(void)keep_host;
	if (policy->text)
		return policy->expires + GRACE;
	return later(policy->failed, policy->looked) + FAILURE_KEPT;
}

/* Failures are those in a row, and so are over where a policy was fetched after them. */
void merge_policy(union record *mine, const union record *theirs)
{
	struct store_policy both = mine->policy;
	const struct store_policy *other = &theirs->policy;
	const struct store_policy *fetched = other->fetched > both.fetched ? other : &mine->policy;
	const struct store_policy *failed = other->failed > both.failed ? other : &mine->policy;

	both.text = fetched->text;
	both.length = fetched->length;
	memcpy(both.id, fetched->id, sizeof(both.id));
	memcpy(both.mode, fetched->mode, sizeof(both.mode));
	both.fetched = fetched->fetched;
	both.expires = fetched->expires;
	both.looked = later(both.looked, other->looked);
	both.wanted = later(both.wanted, other->wanted);
	if (fetched->fetched > failed->failed && failed != fetched)
		failed = fetched;
	both.failed = failed->failed;
	both.failures = failed->failures;
	memcpy(both.failed_id, failed->failed_id, sizeof(both.failed_id));
	memcpy(both.failure, failed->failure, sizeof(both.failure));
	mine->policy = both;
}

/* ---- hosts ---- */

int64_t merge_host_moment(const union record *record)
{
	const struct store_host *host = &record->host;

	return later(later(host->last_seen, host->lost), host->set);
}

/* What the operator has pinned stays. */
int64_t merge_host_until(const union record *record, int64_t keep_host)
{
	if (record->host.pinned)
		return INT64_MAX;
	return later(merge_host_moment(record), record->host.hold_until) + keep_host;
}

/* Counters go up only, so that the larger one knows of more; whether a host is in a hold
 * is known best by who has seen it last. */
void merge_host(union record *mine, const union record *theirs)
{
	struct store_host *host = &mine->host;
	const struct store_host *other = &theirs->host;

	if (later(other->last_seen, other->lost) > later(host->last_seen, host->lost)) {
		host->vanished = other->vanished;
		host->authenticated = other->authenticated;
		host->authenticated_days = other->authenticated_days;
		host->held_since = other->held_since;
		host->hold_until = other->hold_until;
	}
	host->first_seen = earlier(host->first_seen, other->first_seen);
	host->last_seen = later(host->last_seen, other->last_seen);
	host->lost = later(host->lost, other->lost);
	host->occasions = later(host->occasions, other->occasions);
	host->days = later(host->days, other->days);
	if (other->set > host->set) {
		host->set = other->set;
		host->pinned = other->pinned;
		memcpy(host->note, other->note, sizeof(host->note));
	}
}

/* ---- overrides ---- */

int64_t merge_override_moment(const union record *record)
{
	return record->override.set;
}

/* One that is over is still shown for a while. */
int64_t merge_override_until(const union record *record, int64_t keep_host)
{
	(void)keep_host;
	return record->override.expires ? record->override.expires + GRACE : INT64_MAX;
}

void merge_override(union record *mine, const union record *theirs)
{
	if (theirs->override.set > mine->override.set)
		mine->override = theirs->override;
}

/* ---- ticket keys ---- */

int64_t merge_tickets_moment(const union record *record)
{
	return record->tickets.made[0];
}

/* Of a front that is no more. */
int64_t merge_tickets_until(const union record *record, int64_t keep_host)
{
	(void)keep_host;
	return record->tickets.made[0] + GRACE;
}

/* Who came first has made them. */
void merge_tickets(union record *mine, const union record *theirs)
{
	if (theirs->tickets.number >= mine->tickets.number)
		mine->tickets = theirs->tickets;
}
