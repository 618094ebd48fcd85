/* SPDX-License-Identifier: ISC */
/* MTA-STS of a domain: the policy that counts, from the record, from what can be
 * fetched and from what is remembered (RFC 8461 section 3). */
#include <string.h>

#include "policy/case.h"
#include "policy/faults.h"

/* What is wrong is told, and reported; it is remembered when it was fetching that
 * failed. */
static void trouble(struct walk *w, enum stls_fault fault, const char *detail)
{
	w->sts.state.fault = fault;
	w->sts.state.detail = detail;
}

static void count_failure(struct walk *w, const char *id)
{
	struct stls_sts_memory *memory = &w->sts.state.memory;

	memory->failed = w->c->spec.now;
	memory->failed_id = id;
	memory->failures++;
	memory->fault = w->sts.state.fault;
	w->sts.state.changed = 1;
}

/* Whether there is a policy is not known, and "none" would be a guess. */
static void lose(struct walk *w, enum stls_fault fault, const char *rule, const char *what)
{
	w->sts.lost = fault;
	case_say(w, "", rule, "%s: hosts that it might forbid cannot be used", what);
}

/* Nothing better is known: the remembered policy counts, or there is none. */
static void fall_back(struct walk *w, const char *what)
{
	struct stls_sts_state *state = &w->sts.state;
	const char *both;

	if (w->c->valid) {
		case_say(w, "", "RFC 8461 section 3.3",
		         "%s: the policy that is known (%s) holds for another %s", what,
		         stls_sts_mode_name(state->mode),
		         case_seconds(w, stls_sts_expires(&w->c->sts) - w->c->spec.now));
		return;
	}
	if (w->c->spec.sts_unseen) {
		case_print(w, &both, "%s, and what is remembered cannot be read", what);
		lose(w, STLS_FAULT_LOOKUP, "RFC 8461 section 3.3", both);
		return;
	}
	case_say(w, "", "RFC 8461 section 3.1", "%s, and no policy is known%s", what,
	         w->c->sts.text ? " any more" : "");
}

static bool is_plain_text(const char *type)
{
	static const char plain[] = "text/plain";
	size_t i = 0;

	if (!type)
		return false;
	while (plain[i] && (type[i] | 0x20) == plain[i])
		i++;
	return plain[i] == '\0' && (type[i] == '\0' || strchr("; \t", type[i]));
}

/* NONE when the answer is a policy. */
static enum stls_fault judge_body(struct walk *w, const struct asked *asked, const char **what)
{
	const struct stls_answer *answer = &asked->answer;

	*what = "its policy could not be fetched";
	if (answer->fault != STLS_FAULT_NONE) {
		case_print(w, what, "its policy could not be fetched%s", case_detail(w, answer));
		return answer->fault == STLS_FAULT_STS_WEBPKI ? STLS_FAULT_STS_WEBPKI
		                                              : STLS_FAULT_STS_FETCH;
	}
	if (answer->status != 200) {
		case_print(w, what, "its policy could not be fetched: HTTP status %d",
		           answer->status);
		return STLS_FAULT_STS_FETCH;
	}
	if (!is_plain_text(answer->content_type)) {
		*what = "what is there instead of its policy is not text/plain";
		return STLS_FAULT_STS_FETCH;
	}
	if (!asked->malformed)
		return STLS_FAULT_NONE;
	case_print(w, what, "its policy is malformed: %s", asked->malformed);
	return STLS_FAULT_STS_INVALID;
}

static void take_policy(struct walk *w, const struct asked *asked, const char *id)
{
	const struct stls_sts_policy *policy = &asked->policy;
	struct stls_sts_state *state = &w->sts.state;

	state->policy = *policy;
	state->mode = policy->mode;
	state->renewed = state->changed = 1;
	state->memory = (struct stls_sts_memory){.size = sizeof(state->memory),
	                                         .text = asked->answer.body.bytes,
	                                         .length = asked->answer.body.length,
	                                         .id = id,
	                                         .fetched = w->c->spec.now,
	                                         .failed_id = ""};
	case_say(w, "", "RFC 8461 section 3.2", "its policy was fetched: %s, for %s, %zu mx",
	         stls_sts_mode_name(policy->mode), case_seconds(w, policy->max_age),
	         policy->mx_count);
}

/* There is a record, and the policy cannot be had. */
static void no_policy(struct walk *w, bool defers, const char *rule, const char *what)
{
	if (defers && !w->c->valid)
		lose(w, w->sts.state.fault, rule, what);
	else
		fall_back(w, what);
}

static void not_fetched(struct walk *w, const char *what)
{
	no_policy(w, w->c->spec.unfetched_defers, "local policy", what);
}

/* Nobody has asked the policy's host: that is no answer of its domain's. */
static bool is_unasked(const struct stls_answer *answer)
{
	return answer->fault == STLS_FAULT_BUSY || answer->fault == STLS_FAULT_MEMORY;
}

static void unasked(struct walk *w, const struct stls_answer *answer)
{
	const char *what;

	case_print(w, &what, "its policy could not be asked for%s", case_detail(w, answer));
	trouble(w, answer->fault, what);
	no_policy(w, true, "RFC 8461 section 10.2", what);
}

static void fetch(struct walk *w, const char *id)
{
	const struct asked *asked;
	const char *url, *what;
	enum stls_fault fault;

	if (!stls_sts_may_fetch(&w->c->sts, id, w->c->spec.now)) {
		trouble(w, w->c->sts.fault, "fetching it has failed a moment ago");
		not_fetched(w, "its policy could not be fetched a moment ago");
		return;
	}
	case_print(w, &url, "https://mta-sts.%s/.well-known/mta-sts.txt", w->c->to.name);
	asked = case_asked(w, STLS_ASK_STS_POLICY, url);
	w->sts.found = asked != NULL;
	if (!asked)
		return;
	if (is_unasked(&asked->answer)) {
		unasked(w, &asked->answer);
		return;
	}
	fault = judge_body(w, asked, &what);
	if (fault == STLS_FAULT_NONE) {
		take_policy(w, asked, id);
		return;
	}
	trouble(w, fault, what);
	count_failure(w, id);
	not_fetched(w, what);
}

static void with_record(struct walk *w, const char *id)
{
	struct stls_sts_state *state = &w->sts.state;
	bool valid = w->c->valid;
	bool same = valid && strcmp(w->c->sts.id, id) == 0;

	state->record_id = case_text(w, id);
	if (same && !w->c->spec.refresh) {
		case_say(w, "", "RFC 8461 section 3.1",
		         "its policy (%s) is known under the id that is published",
		         stls_sts_mode_name(state->mode));
		return;
	}
	if (valid && !same)
		case_say(w, "", "RFC 8461 section 5.1",
		         "it has published a new id: there is another policy");
	fetch(w, state->record_id);
}

/* The record could not be had.  It is not for a name server to make us forget a
 * policy, nor for one that is attacked to say that there is none. */
static void without_record(struct walk *w, const struct stls_answer *answer)
{
	bool bogus = answer->security == STLS_DNS_BOGUS;
	enum stls_fault fault = bogus ? STLS_FAULT_BOGUS : STLS_FAULT_LOOKUP;
	const char *what;

	case_print(w, &what, "its MTA-STS record %s%s",
	           bogus ? "is signed wrongly" : "could not be looked up", case_detail(w, answer));
	trouble(w, fault, what);
	if (!w->c->valid)
		lose(w, fault, "RFC 8461 section 10.2", what);
	else if (w->c->spec.refresh)
		fetch(w, w->c->sts.id);
	else
		fall_back(w, what);
}

static void with_answer(struct walk *w, const struct stls_answer *answer)
{
	char id[STLS_STS_ID_LONGEST + 1];
	const char *wrong = "", *what;

	if (answer->security <= STLS_DNS_BOGUS) {
		without_record(w, answer);
		return;
	}
	switch (stls_sts_record(answer->texts, answer->count, id, &wrong)) {
	case STLS_STS_PRESENT: with_record(w, id); break;
	case STLS_STS_ABSENT: fall_back(w, "it publishes no MTA-STS record"); break;
	case STLS_STS_MALFORMED:
		case_print(w, &what, "its MTA-STS record does not count: %s", wrong);
		trouble(w, STLS_FAULT_STS_INVALID, what);
		fall_back(w, what);
		break;
	}
}

void walk_sts_end(struct walk *w)
{
	struct stls_sts_state *state = &w->sts.state;
	int64_t now = w->c->spec.now;

	if (!w->sts.found)
		return;
	if (w->c->spec.refresh && (state->memory.text || state->memory.failed != 0)) {
		state->memory.looked = now;
		state->changed = 1;
	}
	state->new_id = state->mode != STLS_STS_UNKNOWN && state->record_id[0] != '\0' &&
	                strcmp(state->record_id, state->memory.id) != 0;
	state->next_look = stls_sts_next_look(&state->memory, now);
	if (state->mode != STLS_STS_UNKNOWN) {
		state->expires = stls_sts_expires(&state->memory);
		case_expire(w, state->expires);
	}
	/* A policy that could not be fetched is looked at again after the pause. */
	if (state->fault != STLS_FAULT_NONE && state->memory.failed != 0)
		case_expire(w, state->memory.failed + 300);
}

void walk_sts(struct walk *w)
{
	const struct stls_answer *answer;
	const char *name;

	/* What is known holds until something better is, also when the walk ends early. */
	w->sts.state.policy = w->c->known;
	w->sts.state.mode = w->c->known.mode;
	w->sts.unseen = w->c->spec.sts_unseen != 0;
	case_print(w, &name, "_mta-sts.%s", w->c->to.name);
	answer = case_ask(w, STLS_ASK_STS_RECORD, name);
	w->sts.found = answer != NULL;
	if (answer)
		with_answer(w, answer);
}
