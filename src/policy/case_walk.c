/* SPDX-License-Identifier: ISC */
/* The walk as a whole: what it begins with, and how a plan is made of it. */
#include <string.h>

#include "policy/case.h"
#include "policy/faults.h"
#include "policy/name.h"

enum { DAY = 86400 };

void case_expire(struct walk *w, int64_t moment)
{
	if (moment < w->valid_until)
		w->valid_until = moment;
}

bool case_over(const struct walk *w)
{
	return w->c->plan.outcome != 0;
}

void case_end(struct walk *w, enum stls_fault fault, const char *rule, const char *reason)
{
	struct stls_plan *plan = &w->c->plan;

	plan->outcome = faults_permanent(fault) ? STLS_FAIL : STLS_DEFER;
	plan->fault = fault;
	plan->reason = case_text(w, reason);
	case_step(w, "", rule, reason);
}

struct stls_host *case_host(struct walk *w, const char *name, unsigned port)
{
	struct host_link *link = arena_take(w->arena, 1, sizeof(*link));

	if (!link)
		return NULL;
	link->host.name = name;
	link->host.port = port;
	link->host.policy_type = "no-policy-found";
	*w->hosts_end = link;
	w->hosts_end = &link->next;
	w->host_count++;
	return &link->host;
}

void case_skip(struct stls_host *host, enum stls_fault fault)
{
	host->skip = fault;
	host->level = (enum stls_level)0;
	host->wanted_count = host->tlsa_count = 0;
}

/* The last thing that was said of a host. */
static const struct stls_step *last_step(const struct walk *w, const char *about)
{
	const struct stls_step *last = NULL;

	for (const struct step_link *link = w->steps; link; link = link->next)
		if (strcmp(link->step.about, about) == 0)
			last = &link->step;
	return last;
}

/* Of hosts that cannot be used, the first one that may get better speaks for all. */
static const struct stls_host *speaker(const struct walk *w)
{
	for (const struct host_link *link = w->hosts; link; link = link->next)
		if (!faults_permanent(link->host.skip))
			return &link->host;
	return w->hosts ? &w->hosts->host : NULL;
}

void case_sum(struct walk *w)
{
	const struct stls_host *host;
	const struct stls_step *step;

	for (const struct host_link *link = w->hosts; link; link = link->next)
		if (link->host.skip == STLS_FAULT_NONE) {
			w->c->plan.outcome = STLS_DELIVER;
			return;
		}
	host = speaker(w);
	if (!host) {
		case_end(w, STLS_FAULT_NO_ADDRESS, "RFC 5321 section 5.1", "there is no host");
		return;
	}
	step = last_step(w, host->name);
	case_end(w, host->skip, step ? step->rule : "", step ? step->text : "");
}

/* A broken arena has lost something, perhaps what forbids delivery: nothing that
 * the walk has found counts. */
static void give_in(stls_case *c)
{
	c->waits = 0;
	c->plan = (struct stls_plan){.size = sizeof(c->plan),
	                             .outcome = STLS_DEFER,
	                             .fault = STLS_FAULT_MEMORY,
	                             .reason = "there is not memory enough for all the answers",
	                             .domain = c->to.name,
	                             .valid_until = c->spec.now};
	c->plan.sts.memory = c->sts;
	c->plan.sts.record_id = c->plan.sts.detail = c->plan.sts.policy.text = "";
}

static enum stls_level least(const struct walk *w)
{
	bool unseen = w->sts.unseen && w->sts.state.mode == STLS_STS_UNKNOWN;

	if (w->requiretls)
		return STLS_LEVEL_SECURE;
	if (w->local)
		return w->c->local.level;
	return w->sts.lost || unseen ? STLS_LEVEL_SECURE : w->floor;
}

static void make_plan(struct walk *w)
{
	struct stls_plan *plan = &w->c->plan;
	const struct stls_host **hosts = arena_take(w->arena, w->host_count, sizeof(*hosts));
	struct stls_step *steps = arena_take(w->arena, w->step_count, sizeof(*steps));
	size_t i = 0;

	if (!hosts || !steps)
		return;
	for (const struct host_link *link = w->hosts; link; link = link->next)
		hosts[i++] = &link->host;
	i = 0;
	for (const struct step_link *link = w->steps; link; link = link->next)
		steps[i++] = link->step;
	plan->hosts = hosts;
	plan->host_count = w->host_count;
	plan->steps = steps;
	plan->step_count = w->step_count;
	plan->mx = w->mx;
	plan->sts = w->sts.state;
	plan->least = least(w);
	plan->valid_until = w->valid_until > w->c->spec.now ? w->valid_until : w->c->spec.now;
}

/* Rows 1 to 3 of the decision table: whose word counts. */
static void demands(struct walk *w)
{
	const struct stls_case_spec *spec = &w->c->spec;

	w->requiretls = spec->requiretls != 0;
	w->optional = spec->tls_optional && !spec->requiretls;
	w->floor = spec->floor != 0 ? spec->floor : STLS_LEVEL_MAY;
	if (w->optional && spec->tls_overrules) {
		w->floor = STLS_LEVEL_MAY;
		return;
	}
	if (!spec->local)
		return;
	w->local = spec->now < spec->local->expires;
	if (w->local)
		case_expire(w, spec->local->expires);
	else
		case_say(w, "", "local policy", "the override has expired (\"%s\")",
		         spec->local->reason);
}

static void begin(struct walk *w, stls_case *c, bool last)
{
	arena_clear(&c->scratch);
	c->waits = 0;
	c->plan = (struct stls_plan){.size = sizeof(c->plan), .reason = "", .domain = c->to.name};
	*w = (struct walk){
	    .c = c, .arena = &c->scratch, .last = last, .valid_until = c->spec.now + DAY};
	w->steps_end = &w->steps;
	w->hosts_end = &w->hosts;
	w->sts.state.memory = c->sts;
	w->sts.state.record_id = w->sts.state.detail = w->sts.state.policy.text = "";
	w->sts.state.policy.size = sizeof(w->sts.state.policy);
	w->sts.state.next_look = c->next_look;
}

static void walk(struct walk *w, stls_case *c, bool last)
{
	begin(w, c, last);
	demands(w);
	if (c->spec.service == STLS_SERVICE_RELAY)
		walk_relay(w);
	else
		walk_service(w);
}

void case_walk(stls_case *c)
{
	struct walk w;

	walk(&w, c, false);
	if (!case_over(&w) && c->waits == 0) {
		walk(&w, c, true);
		case_sum(&w);
	}
	if (case_over(&w)) {
		c->waits = 0;
		walk_sts_end(&w);
		make_plan(&w);
		c->plan.overridden = w.local;
	}
	if (c->scratch.broken || c->kept.broken)
		give_in(c);
}
