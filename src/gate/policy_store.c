/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "gate/policy_store.h"

static enum stls_fault fault_named(const char *name)
{
	for (int fault = 1; fault < STLS_FAULT_COUNT; fault++)
		if (strcmp(stls_fault_name((enum stls_fault)fault), name) == 0)
			return (enum stls_fault)fault;
	return STLS_FAULT_NONE;
}

static struct stls_sts_memory memory_of(const struct store_policy *kept)
{
	return (struct stls_sts_memory){
	    .size = sizeof(struct stls_sts_memory),
	    .text = kept->text,
	    .length = kept->length,
	    .id = kept->id,
	    .fetched = kept->fetched,
	    .failed = kept->failed,
	    .failed_id = kept->failed_id,
	    .failures = (unsigned)kept->failures,
	    .fault = fault_named(kept->failure),
	};
}

bool policy_remembered(const struct desk_order *order, const char *domain,
                       struct policy_memory *memory)
{
	if (store_policy_get(order->store, domain, loop_date(), &memory->kept) != STORE_OK)
		return false;
	memory->memory = memory_of(&memory->kept);
	return true;
}

static void keep(const struct desk_order *order, const struct stls_plan *plan)
{
	const struct stls_sts_memory *memory = &plan->sts.memory;
	int64_t now = loop_date();
	struct store_policy kept = {
	    .text = memory->text,
	    .length = memory->length,
	    .fetched = memory->fetched,
	    .expires = stls_sts_expires(memory),
	    .looked = now,
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
	store_policy_put(order->store, &kept, now);
}

void policy_remember(const struct desk_order *order, const struct stls_plan *plan)
{
	if (plan->sts.changed)
		keep(order, plan);
}

bool policy_next(const struct desk_order *order, char domain[254], int64_t *when)
{
	struct store_policy kept;
	struct stls_sts_memory memory;

	if (store_policy_next(order->store, domain, &kept) != STORE_OK)
		return false;
	memory = memory_of(&kept);
	memcpy(domain, kept.domain, sizeof(kept.domain));
	*when = stls_sts_next_look(&memory, loop_date());
	return true;
}
