/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/policy_flight.h"
#include "gate/policy_ledger.h"
#include "gate/policy_store.h"
#include "loop/timer.h"
#include "names/inquiry.h"

struct flight {
	const struct desk_order *order;
	stls_case *subject;
	struct inquiry *inquiry;
	bool refresh;       /* and nobody waits for it */
	struct timer *soon; /* there is no case: that is told later, as all is */
	const char *wrong;
	struct ledger_wait written; /* what is to be remembered of it */
	flight_done *done;
	void *owner;
};

const struct config_override *policy_override(const struct config *config,
                                              const struct stls_destination *to, int64_t now)
{
	for (size_t i = 0; i < config->override_count; i++) {
		const struct config_override *one = &config->overrides[i];

		if (one->to.kind == to->kind && one->to.port == to->port &&
		    strcmp(one->to.name, to->name) == 0)
			return one->expires > now ? one : NULL;
	}
	return NULL;
}

static bool find_override(const struct desk_order *order, const struct stls_destination *to,
                          struct stls_override *rule)
{
	const struct config_override *found = policy_override(order->config, to, loop_date());

	if (!found)
		return false;
	*rule = (struct stls_override){
	    .size = sizeof(*rule),
	    .level = found->level,
	    .names = (const char *const *)found->names,
	    .reason = found->reason,
	    .expires = found->expires,
	};
	return true;
}

static void fill_in(struct stls_case_spec *spec, const struct config_policy *policy)
{
	spec->floor = policy->floor;
	spec->dane = policy->dane;
	spec->mta_sts = policy->mta_sts;
	spec->both = policy->both;
	spec->unfetched_defers = policy->unfetched_defers;
	spec->now = loop_date();
}

/* NULL: it is no destination, and wrong is why; or, if that is NULL, memory is out. */
static stls_case *open_case(const struct desk_order *order, const char *destination, bool refresh,
                            const char **wrong)
{
	struct stls_case_spec spec = {.size = sizeof(spec), .domain = destination};
	struct stls_destination parsed = {.size = sizeof(parsed)};
	struct stls_override rule;
	struct store_recalled recalled;
	enum store_result result;

	*wrong = stls_destination_parse(&parsed, destination);
	if (!*wrong && parsed.kind == STLS_DESTINATION_PARENT)
		*wrong = "a parent domain is no destination";
	if (*wrong)
		return NULL;
	fill_in(&spec, order->policy);
	spec.refresh = refresh;
	if (find_override(order, &parsed, &rule))
		spec.local = &rule;
	result = policy_remembered(order, parsed.name, &recalled);
	if (result == STORE_OK)
		spec.sts = &recalled.memory;
	spec.sts_unseen = result == STORE_TROUBLE;
	return stls_case_open(&spec, NULL);
}

static void on_plan(void *owner)
{
	struct flight *flight = owner;

	flight->done(flight->owner, stls_case_plan(flight->subject), "");
}

/* Nothing is answered that might be forgotten. */
static void on_case(void *owner)
{
	struct flight *flight = owner;
	const struct stls_plan *plan = stls_case_plan(flight->subject);

	policy_remember(flight->order, plan, !flight->refresh);
	if (ledger_lasts(flight->order->ledger))
		on_plan(flight);
	else
		ledger_await(flight->order->ledger, &flight->written);
}

static void on_soon(void *owner)
{
	struct flight *flight = owner;

	flight->done(flight->owner, NULL, flight->wrong);
}

struct flight *flight_begin(const struct desk_order *order, const char *destination, bool refresh,
                            flight_done *done, void *owner)
{
	struct flight *flight = calloc(1, sizeof(*flight));

	if (!flight)
		return NULL;
	*flight = (struct flight){.order = order, .refresh = refresh, .done = done, .owner = owner};
	flight->written = (struct ledger_wait){.written = on_plan, .owner = flight};
	flight->subject = open_case(order, destination, refresh, &flight->wrong);
	if (flight->subject)
		flight->inquiry =
		    inquiry_begin(order->loop, order->dns, order->fetcher, flight->subject,
		                  (int64_t)order->policy->deadline * 1000, on_case, flight);
	else if (flight->wrong && (flight->soon = timer_open(order->loop, on_soon, flight)))
		timer_set(flight->soon, 0);
	if (flight->inquiry || flight->soon)
		return flight;
	flight_end(flight);
	return NULL;
}

void flight_end(struct flight *flight)
{
	if (!flight)
		return;
	ledger_leave(&flight->written);
	inquiry_end(flight->inquiry);
	timer_close(flight->soon);
	stls_case_close(flight->subject);
	free(flight);
}
