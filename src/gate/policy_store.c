/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "gate/policy_store.h"

#define DAY INT64_C(86400)
/* Policies that nobody has asked for that long are not fetched again: who mails there
 * after all finds out then. */
#define WANTED (90 * DAY)

enum store_result policy_remembered(const struct desk_order *order, const char *domain,
                                    struct store_recalled *recalled)
{
	return store_recall(order->store, domain, loop_date(), recalled);
}

static void keep(const struct desk_order *order, const struct stls_plan *plan, int64_t wanted)
{
	const struct stls_sts_memory *memory = &plan->sts.memory;
	struct store_policy kept = {
	    .text = memory->text,
	    .length = memory->length,
	    .fetched = memory->fetched,
	    .expires = stls_sts_expires(memory),
	    .looked = memory->looked,
	    .wanted = wanted,
	    .failed = memory->failed,
	    .failures = memory->failures,
	};

	snprintf(kept.domain, sizeof(kept.domain), "%s", plan->domain);
	snprintf(kept.id, sizeof(kept.id), "%s", memory->id ? memory->id : "");
	snprintf(kept.mode, sizeof(kept.mode), "%s", stls_sts_mode_name(plan->sts.mode));
	snprintf(kept.failed_id, sizeof(kept.failed_id), "%s",
	         memory->failed_id ? memory->failed_id : "");
	snprintf(kept.failure, sizeof(kept.failure), "%s",
	         memory->fault ? stls_fault_name(memory->fault) : "");
	store_policy_put(order->store, &kept, loop_date());
}

/* ---- what operators want to know ---- */

static void begin(struct log_line *line, const struct desk_order *order, enum log_level level,
                  const char *event, const struct stls_plan *plan)
{
	log_begin_stranger(line, order->log, level, event);
	log_text(line, "domain", plan->domain);
	log_text(line, "mode", stls_sts_mode_name(plan->sts.mode));
}

/* Another policy; who has none any more, or a weaker one, may be attacked. */
static void tell_change(const struct desk_order *order, const struct stls_plan *plan,
                        const struct stls_sts_memory *before)
{
	struct stls_sts_policy old = {.size = sizeof(old)};
	struct log_line line;

	if (!stls_sts_valid(before, loop_date(), &old))
		old.mode = STLS_STS_UNKNOWN;
	if (old.mode == plan->sts.mode && strcmp(before->id, plan->sts.memory.id) == 0)
		return;
	begin(&line, order, old.mode > plan->sts.mode ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
	      "sts-policy", plan);
	if (old.mode)
		log_text(&line, "before", stls_sts_mode_name(old.mode));
	log_text(&line, "id", plan->sts.memory.id);
	log_number(&line, "expires", plan->sts.expires);
	log_end(&line);
}

/* RFC 8461 section 3.3: one that cannot be renewed, time and again. */
static void tell_failure(const struct desk_order *order, const struct stls_plan *plan,
                         const struct stls_sts_memory *before)
{
	struct log_line line;

	if (plan->sts.memory.failures <= before->failures ||
	    !stls_sts_alert(&plan->sts.memory, loop_date()))
		return;
	begin(&line, order, LOG_LEVEL_WARNING, "sts-renewal", plan);
	log_text(&line, "fault", stls_fault_name(plan->sts.memory.fault));
	log_text(&line, "reason", plan->sts.detail);
	log_number(&line, "failures", plan->sts.memory.failures);
	log_number(&line, "expires", plan->sts.expires);
	log_end(&line);
}

static void tell(const struct desk_order *order, const struct stls_plan *plan,
                 const struct stls_sts_memory *before)
{
	if (plan->sts.renewed)
		tell_change(order, plan, before);
	else if (plan->sts.changed)
		tell_failure(order, plan, before);
}

/* Somebody else was quicker, and has fetched another one meanwhile.  But one from the future
 * is of a clock that is wrong, and does not stay until then: one that was fetched now
 * replaces it. */
static bool is_late(const struct stls_plan *plan, const struct store_policy *kept, int64_t now)
{
	if (plan->sts.renewed && kept->fetched > now)
		return false;
	return kept->text && kept->fetched > plan->sts.memory.fetched;
}

void policy_remember(const struct desk_order *order, const struct stls_plan *plan, bool asked)
{
	struct store_recalled before = {.kept = {.domain = ""}};
	int64_t now = loop_date();

	if (!plan->sts.changed && !plan->sts.memory.text)
		return;
	if (policy_remembered(order, plan->domain, &before) != STORE_OK)
		before.memory = store_memory_of(&before.kept);
	if (plan->sts.changed && !is_late(plan, &before.kept, now)) {
		tell(order, plan, &before.memory);
		keep(order, plan, asked ? now : before.kept.wanted);
	} else if (asked && before.kept.text && now - before.kept.wanted >= DAY) {
		before.kept.wanted = now;
		store_policy_put(order->store, &before.kept, now);
	}
}

/* A failure alone is nothing to look after. */
static int64_t next_look(const struct store_policy *kept, int64_t now)
{
	const struct stls_sts_memory memory = store_memory_of(kept);
	int64_t wanted = kept->wanted ? kept->wanted : kept->fetched;

	return memory.text && now - wanted < WANTED ? stls_sts_next_look(&memory, now) : 0;
}

bool policy_next(const struct desk_order *order, char domain[254], int64_t *when)
{
	struct store_policy kept;

	if (store_policy_next(order->store, domain, &kept) != STORE_OK)
		return false;
	memcpy(domain, kept.domain, sizeof(kept.domain));
	*when = next_look(&kept, loop_date());
	return true;
}
