/* SPDX-License-Identifier: ISC */
#include "check/probe.h"

#include <stdio.h>
#include <string.h>

#include "wire/sasl.h"

/* How long a server may take to say goodbye: nobody waits for that in earnest. */
#define LEAVE_MILLISECONDS 500

static void set_fault(struct probe *probe, enum stls_fault fault, const char *detail)
{
	struct finding *finding = &probe->finding;

	if (finding->fault != STLS_FAULT_NONE)
		return;
	finding->fault = fault;
	tape_escape(finding->detail, sizeof(finding->detail), detail, strlen(detail));
}

static void finish(struct probe *probe)
{
	probe->state = PROBE_DONE;
	timer_close(probe->timer);
	probe->timer = NULL;
	probe->finding.milliseconds = loop_clock() - probe->begun;
	snprintf(probe->finding.peer, sizeof(probe->finding.peer), "%s", probe->reach.peer);
	probe->plan.done(probe->plan.owner);
}

/* ---- leaving ---- */

static void leave(struct probe *probe)
{
	stls_close(probe->dialogue);
	probe->dialogue = NULL;
	probe->state = PROBE_LEAVE;
	timer_set(probe->timer, LEAVE_MILLISECONDS);
}

/* Says goodbye, and hears the rest out, so that closing is not a reset. */
static void step_leave(struct probe *probe)
{
	const char *goodbye = sasl_goodbye(probe->plan.service->protocol);
	struct side *side = &probe->reach.side;
	char ignored[2048];
	ptrdiff_t n = 1;

	while (goodbye[probe->goodbye_sent] != '\0' && n > 0) {
		n = side_write(side, goodbye + probe->goodbye_sent,
		               strlen(goodbye + probe->goodbye_sent));
		probe->goodbye_sent += n > 0 ? (size_t)n : 0;
	}
	if (n == SIDE_WAIT || (n > 0 && side_finish(side) == SIDE_WAIT))
		return;
	do
		n = side_read(side, ignored, sizeof(ignored));
	while (n > 0);
	if (n != SIDE_WAIT)
		finish(probe);
}

/* ---- logging in ---- */

/* Nobody gets a password who has not shown who he is. */
static bool may_log_in(struct probe *probe)
{
	struct finding *finding = &probe->finding;

	if (probe->plan.account.user == NULL)
		return false;
	finding->user = probe->plan.account.user;
	if (finding->verified != STLS_TRUST_ANY && sasl_speaks(probe->plan.service->protocol))
		return true;
	finding->login = FINDING_LOGIN_SKIPPED;
	return false;
}

static void begin_login(struct probe *probe)
{
	struct finding *finding = &probe->finding;
	struct login_offer offer = {.protocol = probe->plan.service->protocol,
	                            .capabilities = (const char *const *)finding->capabilities,
	                            .count = finding->capability_count,
	                            .binds = finding->binds};

	finding->mechanism = login_mechanism(&offer);
	finding->login = FINDING_LOGIN_FAILED;
	if (finding->mechanism == NULL) {
		set_fault(probe, STLS_FAULT_NO_MECHANISM, "");
		leave(probe);
		return;
	}
	tape_note(&finding->tape, true, "the login, which is not shown");
	probe->reach.talk.tape = NULL;
	probe->state = PROBE_LOGIN;
	probe->login =
	    login_begin(&probe->reach.talk, &offer, finding->mechanism, &probe->plan.account);
	if (probe->login == NULL) {
		set_fault(probe, STLS_FAULT_MEMORY, "");
		leave(probe);
	}
}

static void step_login(struct probe *probe)
{
	switch (login_run(probe->login)) {
	case LOGIN_WAITS: return;
	case LOGIN_DONE: probe->finding.login = FINDING_LOGIN_DONE; break;
	case LOGIN_FAILED: set_fault(probe, STLS_FAULT_LOGIN, login_reason(probe->login)); break;
	}
	leave(probe);
}

/* ---- listing ---- */

static void after_list(struct probe *probe)
{
	stls_close(probe->dialogue);
	probe->dialogue = NULL;
	if (may_log_in(probe))
		begin_login(probe);
	else
		leave(probe);
}

/* CHK-01, CORE-12: what is offered now, after everything before was forgotten. */
static void begin_list(struct probe *probe)
{
	enum stls_layer layer =
	    probe->plan.service->layer == STLS_IMPLICIT ? STLS_AFTER_IMPLICIT : STLS_AFTER_STARTTLS;
	struct stls_spec spec = reach_spec(&probe->reach, layer, STLS_LIST);

	if (stls_footprint(&spec) == 0) { /* the protocol has no list */
		after_list(probe);
		return;
	}
	probe->state = PROBE_LIST;
	probe->dialogue = stls_open(&spec);
	if (probe->dialogue == NULL) {
		set_fault(probe, STLS_FAULT_MEMORY, "");
		leave(probe);
	}
}

static void step_list(struct probe *probe)
{
	enum stls_need need = talk_run(&probe->reach.talk, probe->dialogue);

	if (need == STLS_IN || need == STLS_OUT)
		return;
	if (need != STLS_DONE) {
		set_fault(probe, stls_fault(probe->dialogue), "inside of TLS");
		leave(probe);
	} else if (finding_capabilities(&probe->finding, probe->dialogue) < 0) {
		set_fault(probe, STLS_FAULT_MEMORY, "");
		leave(probe);
	} else {
		after_list(probe);
	}
}

/* ---- reaching ---- */

static void look_at_records(struct probe *probe)
{
	const struct stls_host *host = probe->plan.trail != NULL ? probe->plan.trail->host : NULL;
	struct stls_tls_peer peer = reach_peer(probe->plan.names, host, STLS_TRUST_DANE);

	finding_records(&probe->finding, probe->reach.side.tls, &peer);
}

static void step_reach(struct probe *probe)
{
	struct reach *reach = &probe->reach;

	if (!probe->reached)
		return;
	if (reach->state == REACH_FAILED) {
		set_fault(probe, reach->fault, reach->detail);
		finish(probe);
	} else if (finding_facts(&probe->finding, reach->side.tls) < 0) {
		set_fault(probe, STLS_FAULT_MEMORY, "");
		finish(probe);
	} else {
		look_at_records(probe);
		begin_list(probe);
	}
}

static void step_once(struct probe *probe)
{
	switch (probe->state) {
	case PROBE_REACH: step_reach(probe); break;
	case PROBE_LIST: step_list(probe); break;
	case PROBE_LOGIN: step_login(probe); break;
	case PROBE_LEAVE: step_leave(probe); break;
	case PROBE_DONE: break;
	}
}

static void step(struct probe *probe)
{
	enum probe_state before;

	do {
		before = probe->state;
		step_once(probe);
	} while (probe->state != before);
}

static void on_woken(void *owner)
{
	struct probe *probe = owner;

	probe->reached = true;
	step(probe);
}

static void on_time(void *owner)
{
	struct probe *probe = owner;

	if (probe->state != PROBE_LEAVE)
		set_fault(probe, STLS_FAULT_TIMEOUT, "inside of TLS");
	finish(probe);
}

void probe_begin(struct probe *probe, const struct probe_plan *plan)
{
	struct reach_plan way = {
	    .loop = plan->loop,
	    .service = plan->service,
	    .names = plan->names,
	    .context = plan->context,
	    .trust = STLS_TRUST_ANY,
	    .dns = plan->dns,
	    .ask = STLS_MAY,
	    .our_name = plan->our_name,
	    .milliseconds = plan->milliseconds,
	    .tape = &probe->finding.tape,
	    .woken = on_woken,
	    .owner = probe,
	};

	*probe = (struct probe){.plan = *plan, .begun = loop_clock()};
	probe->finding.service = plan->service;
	probe->finding.trail = plan->trail;
	probe->timer = timer_open(plan->loop, on_time, probe);
	if (probe->timer == NULL) {
		set_fault(probe, STLS_FAULT_MEMORY, "");
		finish(probe);
		return;
	}
	/* The way has a deadline of its own, which tells more: it comes first. */
	timer_set(probe->timer, plan->milliseconds + 100);
	reach_begin(&probe->reach, &way);
}

void probe_end(struct probe *probe)
{
	login_end(probe->login);
	probe->login = NULL;
	stls_close(probe->dialogue);
	probe->dialogue = NULL;
	timer_close(probe->timer);
	probe->timer = NULL;
	reach_end(&probe->reach);
}
