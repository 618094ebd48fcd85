/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/policy_errand.h"
#include "gate/policy_words.h"

#define SECOND INT64_C(1000)
#define LEAST 60      /* s for which an answer is good, whatever DNS says */
#define MOST 3600     /* s; and what is known of a policy may change meanwhile */
#define TROUBLED 30   /* s for which trouble is not looked into again */
#define PAUSE 300     /* s between two looks at a policy */
#define QUICK 500     /* destinations that are found out at once */
#define PATIENCE 2000 /* ms: those that take longer make room for others */
#define SLOW 5000     /* of them */
#define WAITING 50000 /* whose turn is still to come */

/* Without an answer there was no memory for one. */
static void wake(struct entry *entry, bool answered)
{
	entry->held = true;
	while (entry->waits) {
		struct desk_wait *wait = entry->waits;

		desk_leave(wait);
		wait->told(wait,
		           answered ? entry_reply(entry, wait->form) : (struct desk_reply){0});
	}
	entry->held = false;
}

static int64_t good_for(const struct stls_plan *plan)
{
	int64_t seconds = plan ? plan->valid_until - loop_date() : LEAST;

	if (plan && plan->outcome == STLS_DEFER)
		return TROUBLED;
	return seconds < LEAST ? LEAST : seconds > MOST ? MOST : seconds;
}

static bool is_as_plain(const struct entry *entry, const char *bytes, size_t length)
{
	return bytes && entry->length[DESK_PLAIN] == length &&
	       memcmp(entry->reply[DESK_PLAIN], bytes, length) == 0;
}

static void set_replies(struct desk *desk, struct entry *entry, const struct stls_plan *plan,
                        const char *why)
{
	for (int form = 0; form < DESK_FORMS; form++) {
		size_t length = 0;
		char *bytes = policy_words(desk->order.policy->speaks, (enum desk_form)form,
		                           entry->key, plan, why, &length);

		if (form != DESK_PLAIN && is_as_plain(entry, bytes, length)) {
			free(bytes);
			bytes = NULL;
			length = 0;
		}
		entry_set(&desk->table, entry, (enum desk_form)form, bytes, length);
	}
}

static bool is_trouble(const struct stls_plan *plan)
{
	return plan && plan->outcome == STLS_DEFER;
}

/* No host may be used by what is demanded now: that is known, and no trouble of finding out. */
static bool is_demanded(const struct stls_plan *plan)
{
	return plan->fault == STLS_FAULT_STS_MX || plan->fault == STLS_FAULT_DANE_REQUIRED;
}

/* Trouble while something else is known, and good for a while yet: it stays. */
static bool keeps_what_it_has(const struct entry *entry, const struct stls_plan *plan, int64_t now)
{
	return is_trouble(plan) && !is_demanded(plan) && entry->reply[DESK_PLAIN] &&
	       now < entry->valid_until;
}

static void renew_at(struct desk *desk, struct entry *entry, int64_t when)
{
	entry->renew_from = when;
	due_set(&desk->due, entry, when / SECOND + 1);
}

static void take(struct desk *desk, struct entry *entry, const struct stls_plan *plan,
                 const char *why)
{
	int64_t now = loop_clock(), length = good_for(plan) * SECOND;

	if (keeps_what_it_has(entry, plan, now)) {
		renew_at(desk, entry, now + TROUBLED * SECOND);
		return;
	}
	set_replies(desk, entry, plan, why);
	entry->valid_until = now + length;
	entry->asked = false;
	renew_at(desk, entry, now + length * 3 / 4);
}

static void tell_trouble(struct desk *desk, const struct entry *entry, const struct stls_plan *plan)
{
	struct log_line line;

	log_begin_stranger(&line, desk->order.log, LOG_LEVEL_WARNING, "deferred");
	log_text(&line, "policy", desk->order.policy->name);
	log_text(&line, "destination", entry->key);
	log_text(&line, "fault", stls_fault_name(plan->fault));
	log_text(&line, "reason", plan->reason);
	log_end(&line);
}

static void over(struct errand *errand)
{
	errand->entry->errands[errand->kind] = NULL;
	errand->desk->unasked -= errand->unasked;
	flight_end(errand->flight);
	free(errand);
}

static void give_up(struct errand *errand)
{
	if (!errand)
		return;
	lanes_leave(&errand->desk->lanes, &errand->seat);
	over(errand);
}

/* No host is named by a policy that is known: it may have been changed without another id,
 * which is wrong of its domain, and happens.  Who asks again is told of what is there then. */
static void look_again(struct desk *desk, struct entry *entry, const struct stls_plan *plan)
{
	int64_t now = loop_clock();

	if (!plan || plan->fault != STLS_FAULT_STS_MX || plan->sts.renewed)
		return;
	if (!entry->renewed || now - entry->renewed >= PAUSE * SECOND)
		errand_begin(desk, entry, ERRAND_RENEW, true);
}

/* Who only looks after a policy and fails has nothing to say to those who wait.  Who has
 * fetched one has the last word: the other may have set out from what was before. */
static void found_out(void *owner, const struct stls_plan *plan, const char *why)
{
	struct errand *errand = owner;
	struct desk *desk = errand->desk;
	struct entry *entry = errand->entry;
	bool renewed = plan && plan->sts.renewed;
	bool counts = errand->kind == ERRAND_ANSWER || !is_trouble(plan) || renewed;

	desk->counts.found_out++;
	desk->counts.troubled += is_trouble(plan);
	if (is_trouble(plan))
		tell_trouble(desk, entry, plan);
	if (errand->kind == ERRAND_RENEW)
		entry->renewed = loop_clock();
	if (counts)
		take(desk, entry, plan, why);
	if (renewed)
		give_up(entry->errands[!errand->kind]);
	look_again(desk, entry, plan);
	give_up(errand); /* with its plan */
	if (counts)
		wake(entry, true);
}

static struct errand *errand_of(struct lane_seat *seat)
{
	return LINK_OWNER(seat, struct errand, seat);
}

/* Those who asked may have gone meanwhile. */
static bool start(void *owner, struct lane_seat *seat)
{
	struct errand *errand = errand_of(seat);
	struct desk *desk = owner;

	if (!errand->entry->waits && !errand->unasked)
		return false;
	errand->flight = flight_begin(&desk->order, errand->entry->key,
	                              errand->kind == ERRAND_RENEW, found_out, errand);
	return errand->flight;
}

static void dropped(void *owner, struct lane_seat *seat)
{
	struct errand *errand = errand_of(seat);
	struct entry *entry = errand->entry;
	bool counts = errand->kind == ERRAND_ANSWER;

	(void)owner;
	over(errand);
	if (counts)
		wake(entry, false);
}

bool errand_begin(struct desk *desk, struct entry *entry, enum errand_kind kind, bool unasked)
{
	struct errand *errand;

	if (entry->errands[kind])
		return true;
	errand = calloc(1, sizeof(*errand));
	if (!errand)
		return false;
	errand->desk = desk;
	errand->entry = entry;
	errand->kind = kind;
	errand->unasked = unasked;
	if (!lanes_queue(&desk->lanes, &errand->seat)) {
		free(errand);
		return false;
	}
	entry->errands[kind] = errand;
	desk->unasked += unasked;
	return true;
}

int errands_open(struct desk *desk)
{
	const struct lanes_settings settings = {.quick = QUICK,
	                                        .slow = SLOW,
	                                        .waiting = WAITING,
	                                        .patience = PATIENCE,
	                                        .start = start,
	                                        .dropped = dropped,
	                                        .owner = desk};

	return lanes_open(&desk->lanes, desk->order.loop, &settings);
}

void errands_close(struct desk *desk)
{
	for (struct entry *entry = desk->table.oldest; entry; entry = entry->younger)
		for (int kind = 0; kind < ERRANDS; kind++)
			if (entry->errands[kind])
				over(entry->errands[kind]);
	lanes_close(&desk->lanes);
}
