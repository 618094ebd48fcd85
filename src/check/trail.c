/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "check/trail.h"

static void give_in(struct trail *trail, enum stls_fault fault, const char *detail)
{
	trail->over = true;
	trail->fault = fault;
	snprintf(trail->detail, sizeof(trail->detail), "%s", detail);
}

static void pass(struct trail *trail, const char *host, enum stls_fault fault, const char *detail)
{
	struct trail_passed *passed;

	if (trail->passed_count == TRAIL_ROOM)
		return;
	passed = &trail->passed[trail->passed_count++];
	passed->fault = fault;
	snprintf(passed->host, sizeof(passed->host), "%s", host);
	snprintf(passed->detail, sizeof(passed->detail), "%s", detail);
}

/* ---- hosts of a plan ---- */

static bool is_usable(const struct stls_host *host)
{
	return host->skip == STLS_FAULT_NONE && !host->ask;
}

static const char *last_step(const struct stls_plan *plan, const char *about)
{
	const char *text = "";

	for (size_t i = 0; i < plan->step_count; i++)
		if (strcmp(plan->steps[i].about, about) == 0)
			text = plan->steps[i].text;
	return text;
}

static void pass_unusable(struct trail *trail, const struct stls_host *host)
{
	struct service service;
	char url[SERVICE_URL], detail[400];

	service_of_host(&service, host, url);
	if (host->skip != STLS_FAULT_NONE) {
		pass(trail, url, host->skip, last_step(trail->hosts, host->name));
		return;
	}
	snprintf(detail, sizeof(detail),
	         "it is outside of %s, and the answer that names it is not signed: if you know "
	         "that it is right, say --accept %s",
	         trail->hosts->domain, host->name);
	pass(trail, url, STLS_FAULT_UNPROVEN, detail);
}

static void take(struct trail *trail, const struct stls_host *host)
{
	trail->host = host;
	service_of_host(&trail->service, host, trail->url);
	service_names_of(host, trail->hosts->domain, &trail->names);
	trail->dane_counts = host->tlsa_count > 0;
}

static void advance(struct trail *trail)
{
	const struct stls_plan *plan = trail->hosts;

	while (trail->next < plan->host_count) {
		const struct stls_host *host = plan->hosts[trail->next++];

		if (is_usable(host)) {
			take(trail, host);
			return;
		}
		pass_unusable(trail, host);
	}
	if (plan->fault != STLS_FAULT_NONE || trail->passed_count == 0)
		give_in(trail, plan->fault, plan->reason);
	else
		give_in(trail, trail->passed[trail->passed_count - 1].fault,
		        trail->passed[trail->passed_count - 1].detail);
}

/* ---- the host of a URL ---- */

/* RFC 7672 section 3.1.2: where records count, the name that is asked for is theirs. */
static void heed_records(struct trail *trail)
{
	const struct stls_plan *plan = trail->hosts;
	bool counts = trail->plan.goal.dane == TRAIL_DANE_COUNTS;

	trail->host = plan->host_count > 0 ? plan->hosts[0] : NULL;
	if (trail->host == NULL)
		return;
	if (counts && trail->host->skip != STLS_FAULT_NONE) {
		give_in(trail, trail->host->skip, plan->reason);
		return;
	}
	trail->dane_counts = counts && trail->host->tlsa_count > 0;
	if (trail->dane_counts && trail->plan.goal.servername == NULL)
		trail->names.sni = trail->host->tlsa_base;
}

static void take_url(struct trail *trail)
{
	const struct trail_goal *goal = &trail->plan.goal;

	trail->next = 1;
	trail->service = *goal->url;
	service_names(goal->url, goal->servername, goal->served, &trail->names);
	if (trail->hosts != NULL)
		heed_records(trail);
}

/* ---- beginning ---- */

static void on_plan(void *owner)
{
	struct trail *trail = owner;

	trail->hosts = decision_plan(&trail->decision);
	if (trail->plan.goal.url != NULL)
		take_url(trail);
	else
		advance(trail);
	trail->plan.ready(trail->plan.owner);
}

static void on_turn(void *owner)
{
	struct trail *trail = owner;

	trail->plan.ready(trail->plan.owner);
}

static void ask(struct trail *trail, const struct stls_case_spec *spec)
{
	const struct decision_wish wish = {
	    .loop = trail->plan.loop,
	    .resolver = trail->plan.resolver,
	    .milliseconds = trail->plan.milliseconds,
	    .done = on_plan,
	    .owner = trail,
	};
	const char *wrong = decision_begin(&trail->decision, spec, &wish);

	if (wrong == NULL)
		return;
	give_in(trail, STLS_FAULT_LOOKUP, wrong);
	timer_set(trail->turn, 0);
}

static void ask_for_service(struct trail *trail)
{
	struct stls_case_spec spec = {
	    .size = sizeof(spec),
	    .domain = trail->plan.goal.domain,
	    .service = trail->plan.goal.kind,
	    .now = loop_date(),
	    .dane = 1,
	    .accepted = trail->plan.goal.accepted,
	};

	if (getrandom(&spec.random, sizeof(spec.random), GRND_NONBLOCK) < 0)
		spec.random = (uint64_t)loop_clock();
	ask(trail, &spec);
}

/* The host and its port, and nothing else that may be published: whoever names it has
 * vouched for it. */
static void ask_for_records(struct trail *trail)
{
	const struct address *address = &trail->plan.goal.url->address;
	char destination[300];
	struct stls_case_spec spec = {
	    .size = sizeof(spec), .domain = destination, .now = loop_date(), .dane = 1};

	snprintf(destination, sizeof(destination), "[%s]:%u", address->host, address->port);
	ask(trail, &spec);
}

void trail_begin(struct trail *trail, const struct trail_plan *plan)
{
	const struct trail_goal *goal = &plan->goal;

	*trail = (struct trail){.plan = *plan, .due = loop_clock() + plan->milliseconds};
	trail->turn = timer_open(plan->loop, on_turn, trail);
	if (trail->turn == NULL) {
		give_in(trail, STLS_FAULT_MEMORY, "");
		plan->ready(plan->owner);
	} else if (goal->url == NULL) {
		ask_for_service(trail);
	} else if (goal->dane != TRAIL_NO_DANE && goal->url->address.kind == ADDRESS_NAME) {
		ask_for_records(trail);
	} else {
		take_url(trail);
		timer_set(trail->turn, 0);
	}
}

/* ---- going on ---- */

bool trail_has_more(const struct trail *trail)
{
	const struct stls_plan *plan = trail->hosts;

	if (trail->plan.goal.url != NULL || plan == NULL)
		return false;
	for (size_t i = trail->next; i < plan->host_count; i++)
		if (is_usable(plan->hosts[i]))
			return true;
	return false;
}

void trail_next(struct trail *trail, enum stls_fault fault, const char *detail)
{
	pass(trail, trail->service.url, fault, detail);
	if (trail->plan.goal.url != NULL)
		give_in(trail, fault, detail);
	else
		advance(trail);
	timer_set(trail->turn, 0);
}

/* One that does not answer must not use up the time of the others. */
int64_t trail_milliseconds(const struct trail *trail)
{
	int64_t left = trail->due - loop_clock();

	if (trail_has_more(trail))
		left /= 2;
	return left > 1 ? left : 1;
}

void trail_end(struct trail *trail)
{
	decision_end(&trail->decision);
	timer_close(trail->turn);
	trail->turn = NULL;
}
