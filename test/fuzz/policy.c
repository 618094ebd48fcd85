/* SPDX-License-Identifier: ISC */
/*
 * A whole case, fed with whatever: the input decides what is wanted, what is known, and
 * each answer.  Whatever the world says,
 *
 *	- the case ends, after no more questions than it may have;
 *	- TLSA records are asked for only where an address or an alias is secure;
 *	- what is bogus or failed is never taken for "insecure" or "nothing there";
 *	- an enforced policy that is known never becomes less, but by an override, by what
 *	  the message wants, or by another policy that was fetched;
 *	- mail goes without TLS only where the plan says so;
 *	- the same answers in another order make the same plan.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starttls/policy.h>

#include "policy/postfix.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { ANSWERS = 256, RECORDS = 8 };
#define NOW INT64_C(1800000000)
#define HEAD "version: STSv1\nmax_age: 604800\n"

static const char *const names[] = {"a.test", "b.test",    "d.test", "w.test", "A.Test.",
                                    ".",      "192.0.2.1", "b d",    "",       "c.d.test"};
static const char *const policies[] = {HEAD "mode: enforce\nmx: a.test\n",
                                       HEAD "mode: enforce\nmx: *.test\nmx: d.test\n",
                                       HEAD "mode: testing\nmx: b.test\n",
                                       HEAD "mode: none\n",
                                       "version: STSv1\nmode: enforce\nmax_age: 0\nmx: a.test\n",
                                       HEAD "mode: enforce\nmx: *\n"};

static void require(int truth)
{
	if (!truth)
		abort();
}

/* ---- what the input says ---- */

struct input {
	const uint8_t *data;
	size_t left;
};

static unsigned take(struct input *in, unsigned below)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->data++ % below;
}

static const char *take_name(struct input *in)
{
	return names[take(in, sizeof(names) / sizeof(names[0]))];
}

static struct stls_text take_text(struct input *in)
{
	size_t length = take(in, 64);
	struct stls_text text = {(const char *)in->data, length < in->left ? length : in->left};

	in->data += text.length;
	in->left -= text.length;
	return text;
}

/* An answer, and what it points to. */
struct told {
	enum stls_question_kind kind;
	const char *name; /* of the case that was asked first */
	struct stls_answer answer;
	struct stls_mx mx[RECORDS];
	struct stls_srv srv[RECORDS];
	struct stls_text texts[RECORDS];
	struct stls_tlsa tlsa[RECORDS];
};

static void take_tlsa(struct input *in, struct stls_tlsa *record)
{
	static const unsigned char digest[64];
	static const size_t lengths[] = {32, 64, 0, 31};

	*record = (struct stls_tlsa){(uint8_t)take(in, 6), (uint8_t)take(in, 3),
	                             (uint8_t)take(in, 4), digest, lengths[take(in, 4)]};
}

static void take_record(struct input *in, struct told *told, size_t i)
{
	static const struct stls_text one = {"v=STSv1; id=1;", 14}, two = {"v=STSv1;id=2", 12};
	unsigned choice;

	switch (told->kind) {
	case STLS_ASK_MX: told->mx[i] = (struct stls_mx){take(in, 4), take_name(in)}; break;
	case STLS_ASK_SRV:
		told->srv[i].priority = take(in, 3);
		told->srv[i].weight = take(in, 200);
		told->srv[i].port = take(in, 4) * 331;
		told->srv[i].host = take_name(in);
		break;
	case STLS_ASK_TLSA: take_tlsa(in, &told->tlsa[i]); break;
	case STLS_ASK_STS_RECORD:
		choice = take(in, 3);
		told->texts[i] = choice == 0 ? one : choice == 1 ? two : take_text(in);
		break;
	default: break;
	}
}

static void take_body(struct input *in, struct stls_answer *answer)
{
	static const int statuses[] = {200, 200, 200, 404, 301};
	static const enum stls_fault faults[] = {STLS_FAULT_NONE, STLS_FAULT_NONE,
	                                         STLS_FAULT_STS_FETCH, STLS_FAULT_STS_WEBPKI,
	                                         STLS_FAULT_TIMEOUT};
	unsigned choice = take(in, 8);

	answer->status = statuses[take(in, 5)];
	answer->fault = faults[take(in, 5)];
	answer->content_type = take(in, 8) ? "text/plain" : "text/html";
	answer->body = take_text(in);
	if (choice < sizeof(policies) / sizeof(policies[0]))
		answer->body = (struct stls_text){policies[choice], strlen(policies[choice])};
}

static void take_answer(struct input *in, struct told *told, const struct stls_question *question)
{
	struct stls_answer *answer = &told->answer;

	told->kind = question->kind;
	told->name = question->name;
	*answer = (struct stls_answer){.size = sizeof(*answer), .ttl = take(in, 255)};
	answer->security = (enum stls_dns)(3 - take(in, 4));
	answer->absent = (enum stls_absent)(take(in, 8) < 6 ? 0 : 1 + take(in, 2));
	if (take(in, 3) == 2)
		answer->canonical = take_name(in);
	answer->count = take(in, RECORDS + 1);
	for (size_t i = 0; i < answer->count; i++)
		take_record(in, told, i);
	answer->mx = told->mx;
	answer->srv = told->srv;
	answer->texts = told->texts;
	answer->tlsa = told->tlsa;
	if (told->kind == STLS_ASK_STS_POLICY)
		take_body(in, answer);
}

struct wanted {
	struct stls_case_spec spec;
	struct stls_override local;
	struct stls_sts_memory memory;
};

static void take_memory(struct input *in, struct wanted *wanted)
{
	const char *text = policies[take(in, 4)];

	wanted->memory = (struct stls_sts_memory){.size = sizeof(wanted->memory),
	                                          .text = text,
	                                          .length = strlen(text),
	                                          .id = take(in, 2) ? "2" : "1",
	                                          .failed_id = take(in, 2) ? "2" : "1",
	                                          .fetched = NOW - 10000 * (int64_t)take(in, 80),
	                                          .fault = STLS_FAULT_STS_FETCH};
	if (take(in, 3) == 2)
		wanted->memory.failed = NOW - take(in, 255) * 2;
	wanted->spec.sts = &wanted->memory;
}

static void take_wanted(struct input *in, struct wanted *wanted)
{
	static const char *const domains[] = {"d.test", "d.test:587", "[a.test]", "192.0.2.1"};
	struct stls_case_spec *spec = &wanted->spec;
	unsigned flags = take(in, 256);

	*wanted = (struct wanted){.local = {.size = sizeof(wanted->local)}};
	*spec = (struct stls_case_spec){.size = sizeof(*spec), .now = NOW};
	spec->domain = domains[take(in, 8) < 5 ? 0 : take(in, 4)];
	spec->dane = !(flags & 1);
	spec->mta_sts = !(flags & 2);
	spec->both = flags & 4;
	spec->unfetched_defers = flags & 8;
	spec->requiretls = (flags & 0x70) == 0x10;
	spec->tls_optional = (flags & 0x70) == 0x20;
	spec->tls_overrules = flags & 0x80;
	spec->refresh = take(in, 3) == 2;
	spec->floor = (enum stls_level)(take(in, 3) + STLS_LEVEL_MAY);
	if (spec->floor == STLS_LEVEL_DANE)
		spec->floor = STLS_LEVEL_SECURE;
	if (take(in, 4) == 3)
		spec->service = (enum stls_service)take(in, 7);
	spec->random = take(in, 256);
	if (take(in, 2))
		take_memory(in, wanted);
	wanted->local.level = (enum stls_level)(take(in, 5) + STLS_LEVEL_PLAIN);
	wanted->local.reason = "fuzz";
	wanted->local.expires = NOW + 10 - take(in, 20);
	if (take(in, 4) == 3)
		spec->local = &wanted->local;
}

/* ---- driving ---- */

struct history {
	struct told told[ANSWERS];
	size_t count;
};

static const struct told *find(const struct history *history, enum stls_question_kind kind,
                               const char *name)
{
	for (size_t i = 0; i < history->count; i++)
		if (history->told[i].kind == kind && strcmp(history->told[i].name, name) == 0)
			return &history->told[i];
	return NULL;
}

static int is_secure(const struct history *history, enum stls_question_kind kind, const char *name)
{
	const struct told *told = find(history, kind, name);

	return told && told->answer.security == STLS_DNS_SECURE &&
	       told->answer.absent == STLS_THERE;
}

/* An alias whose expansion is asked for: somebody's secure address ends there. */
static int is_expansion(const struct history *history, const char *base)
{
	for (size_t i = 0; i < history->count; i++) {
		const struct stls_answer *answer = &history->told[i].answer;
		const char *end = answer->canonical;

		if (history->told[i].kind != STLS_ASK_ADDRESS || !end ||
		    answer->security != STLS_DNS_SECURE)
			continue;
		if (strcmp(end, base) == 0 ||
		    (strcmp(end, "A.Test.") == 0 && strcmp(base, "a.test") == 0))
			return 1;
	}
	return 0;
}

static void check_question(const struct history *history, const struct stls_question *question)
{
	const char *base;

	if (question->kind != STLS_ASK_TLSA)
		return;
	base = strstr(question->name, "._tcp.");
	require(base != NULL);
	base += strlen("._tcp.");
	require(is_secure(history, STLS_ASK_ADDRESS, base) ||
	        is_secure(history, STLS_ASK_CNAME, base) || is_expansion(history, base));
}

static void ask_forward(stls_case *c, struct input *in, struct history *history)
{
	const struct stls_question *question;

	for (unsigned id = 1; stls_case_waits(c) > 0; id++) {
		struct told *told = &history->told[history->count];

		question = stls_case_question(c, id);
		require(question != NULL && history->count < ANSWERS);
		check_question(history, question);
		take_answer(in, told, question);
		history->count++;
		stls_case_answer(c, id, &told->answer);
	}
}

static void ask_backward(stls_case *c, const struct history *history)
{
	while (stls_case_waits(c) > 0) {
		const struct stls_question *question, *last = NULL;
		const struct told *told;

		for (unsigned id = 1; (question = stls_case_question(c, id)) != NULL; id++)
			if (!question->answered)
				last = question;
		require(last != NULL);
		told = find(history, last->kind, last->name);
		if (told)
			stls_case_answer(c, last->id, &told->answer);
		else
			stls_case_give_up(c, NULL);
	}
}

/* ---- what must be true of a plan ---- */

static int is_broken(const struct told *told)
{
	return told && told->answer.security <= STLS_DNS_BOGUS;
}

/* Whether the TLSA records of hosts have a say at all. */
static int asks_tlsa(const struct wanted *wanted)
{
	const struct stls_case_spec *spec = &wanted->spec;
	int local = spec->local && spec->local->expires > NOW &&
	            !(spec->tls_optional && spec->tls_overrules);

	return spec->service == STLS_SERVICE_RELAY && spec->dane &&
	       (spec->requiretls || (!spec->tls_optional && !local));
}

/* Of a host that may be used nothing is broken: not its address, and not the TLSA
 * records that it was decided by. */
static void check_lookups(const struct wanted *wanted, const struct history *history,
                          const struct stls_host *host)
{
	const char *base = host->tlsa_base ? host->tlsa_base : host->name;
	char name[300];

	if (host->skip || host->address)
		return;
	require(!is_broken(find(history, STLS_ASK_ADDRESS, host->name)));
	if (!asks_tlsa(wanted) || (!host->tlsa_base && host->found_count > 0))
		return;
	snprintf(name, sizeof(name), "_%u._tcp.%s", host->port, base);
	if (host->tlsa_base || is_secure(history, STLS_ASK_ADDRESS, base) ||
	    is_secure(history, STLS_ASK_CNAME, base))
		require(!is_broken(find(history, STLS_ASK_TLSA, name)));
}

static int nothing_overrules(const struct wanted *wanted)
{
	const struct stls_case_spec *spec = &wanted->spec;

	return spec->service == STLS_SERVICE_RELAY && spec->domain[0] == 'd' && spec->mta_sts &&
	       !(spec->tls_optional && !spec->requiretls) &&
	       (!spec->local || spec->local->expires <= NOW);
}

static int enforces(const struct wanted *wanted)
{
	struct stls_sts_policy policy = {.size = sizeof(policy)};

	return wanted->spec.sts && stls_sts_valid(wanted->spec.sts, NOW, &policy) &&
	       policy.mode == STLS_STS_ENFORCE && nothing_overrules(wanted);
}

static void check_enforced(const struct stls_plan *plan)
{
	struct postfix_wish wish = {310, 1};
	char text[POSTFIX_ROOM];
	enum postfix_reply reply = postfix_map(text, sizeof(text), plan, &wish);

	require(plan->sts.mode == STLS_STS_ENFORCE && plan->sts.memory.text != NULL);
	for (size_t i = 0; i < plan->host_count; i++) {
		const struct stls_host *host = plan->hosts[i];

		require(host->skip || host->level >= STLS_LEVEL_DANE);
		require(host->skip || host->level != STLS_LEVEL_DANE ||
		        (plan->mx == STLS_DNS_SECURE && host->tlsa_count > 0));
	}
	require(reply == POSTFIX_TEMPORARY ||
	        (reply == POSTFIX_FOUND &&
	         (strncmp(text, "secure match=", 13) == 0 || strcmp(text, "dane-only") == 0)));
}

static void check_plan(const struct wanted *wanted, const struct history *history,
                       const struct stls_plan *plan)
{
	const struct told *mx = find(history, STLS_ASK_MX, "d.test");
	size_t usable = 0;

	require(!is_broken(mx) || plan->outcome == STLS_DEFER);
	for (size_t i = 0; i < plan->host_count; i++) {
		const struct stls_host *host = plan->hosts[i];

		require(!host->skip == (host->level != 0));
		usable += host->skip == STLS_FAULT_NONE;
		check_lookups(wanted, history, host);
		require(host->skip || wanted->spec.service == STLS_SERVICE_RELAY ||
		        host->level >= STLS_LEVEL_DANE);
		require(host->skip || !wanted->spec.requiretls ||
		        wanted->spec.service != STLS_SERVICE_RELAY ||
		        host->level >= STLS_LEVEL_DANE);
	}
	require((plan->outcome == STLS_DELIVER) == (usable > 0));
	if (enforces(wanted) && !plan->sts.renewed)
		check_enforced(plan);
}

static void check_verdicts(struct input *in, const struct stls_plan *plan)
{
	for (size_t i = 0; i < plan->host_count; i++) {
		struct stls_verdict verdict = {.size = sizeof(verdict)};
		struct stls_attempt attempt = {.size = sizeof(attempt)};
		enum stls_level level = plan->hosts[i]->level;

		attempt.fault = (enum stls_fault)take(in, STLS_FAULT_COUNT);
		attempt.offered = (int)take(in, 2);
		attempt.encrypted = (int)take(in, 2);
		attempt.retried = (int)take(in, 2);
		attempt.verified = (enum stls_trust)take(in, 3);
		attempt.ruling = (enum stls_ruling)take(in, 3);
		stls_verdict(plan, i, &attempt, &verdict);
		require(verdict.action >= STLS_GO && verdict.action <= STLS_BOUNCE);
		require(verdict.action != STLS_RETRY_CLEAR || level == STLS_LEVEL_MAY);
		if (verdict.action != STLS_GO)
			continue;
		require(plan->outcome == STLS_DELIVER && !plan->hosts[i]->skip);
		require(attempt.encrypted || level <= STLS_LEVEL_MAY);
		require(level < STLS_LEVEL_DANE || attempt.verified != STLS_TRUST_ANY);
		require(attempt.ruling != STLS_RULING_HOLD || level == STLS_LEVEL_PLAIN);
	}
}

static void check_same(const struct stls_plan *one, const struct stls_plan *other)
{
	if (one->outcome != STLS_DELIVER && other->outcome != STLS_DELIVER)
		return;
	require(one->outcome == other->outcome && one->host_count == other->host_count);
	require(one->valid_until == other->valid_until && one->sts.mode == other->sts.mode);
	for (size_t i = 0; i < one->host_count; i++)
		require(strcmp(one->hosts[i]->name, other->hosts[i]->name) == 0 &&
		        one->hosts[i]->level == other->hosts[i]->level &&
		        one->hosts[i]->skip == other->hosts[i]->skip &&
		        one->hosts[i]->wanted_count == other->hosts[i]->wanted_count &&
		        one->hosts[i]->tlsa_count == other->hosts[i]->tlsa_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct history *history = calloc(1, sizeof(*history));
	struct wanted wanted;
	stls_case *forward, *backward;

	if (!history)
		return 0;
	take_wanted(&in, &wanted);
	forward = stls_case_open(&wanted.spec, NULL);
	backward = stls_case_open(&wanted.spec, NULL);
	require(!forward == !backward);
	if (forward) {
		ask_forward(forward, &in, history);
		ask_backward(backward, history);
		check_plan(&wanted, history, stls_case_plan(forward));
		check_same(stls_case_plan(forward), stls_case_plan(backward));
		check_verdicts(&in, stls_case_plan(forward));
	}
	stls_case_close(forward);
	stls_case_close(backward);
	free(history);
	return 0;
}
