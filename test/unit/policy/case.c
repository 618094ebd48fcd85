/* SPDX-License-Identifier: ISC */
/* How a case behaves: questions, answers, ends.  What it decides is test/golden. */
#include "common.h"

#include <stdlib.h>

#include <starttls/policy.h>

#include "policy/srv.h"

#define NOW INT64_C(1800000000)

static struct stls_case_spec spec(void)
{
	return (struct stls_case_spec){.size = sizeof(struct stls_case_spec),
	                               .domain = "d.test",
	                               .now = NOW,
	                               .dane = 1,
	                               .mta_sts = 1};
}

static stls_case *open_case(const struct stls_case_spec *wanted)
{
	const char *wrong = "unset";
	stls_case *c = stls_case_open(wanted, &wrong);

	assert_null(wrong);
	assert_non_null(c);
	return c;
}

static unsigned id_of(const stls_case *c, enum stls_question_kind kind, const char *name)
{
	const struct stls_question *question;

	for (unsigned id = 1; (question = stls_case_question(c, id)) != NULL; id++)
		if (question->kind == kind && strcmp(question->name, name) == 0)
			return id;
	fail_msg("nobody asks for %s", name);
	return 0;
}

static struct stls_answer answer(enum stls_dns security, enum stls_absent absent)
{
	return (struct stls_answer){
	    .size = sizeof(struct stls_answer), .security = security, .absent = absent, .ttl = 60};
}

static void give_mx(stls_case *c, const char *host)
{
	const struct stls_mx mx = {10, host};
	struct stls_answer one = answer(STLS_DNS_SECURE, STLS_THERE);

	one.mx = &mx;
	one.count = 1;
	stls_case_answer(c, id_of(c, STLS_ASK_MX, "d.test"), &one);
}

static void give_absence(stls_case *c, enum stls_question_kind kind, const char *name)
{
	struct stls_answer none = answer(STLS_DNS_SECURE, STLS_NO_RECORDS);

	stls_case_answer(c, id_of(c, kind, name), &none);
}

static void give_address(stls_case *c, const char *name)
{
	struct stls_answer one = answer(STLS_DNS_SECURE, STLS_THERE);

	one.count = 2;
	stls_case_answer(c, id_of(c, STLS_ASK_ADDRESS, name), &one);
}

/* Questions come up when they may be asked, each once, with numbers without gaps. */
static void questions(void **unused)
{
	struct stls_case_spec wanted = spec();
	stls_case *c = open_case(&wanted);

	(void)unused;
	assert_int_equal(stls_case_waits(c), 2);
	assert_null(stls_case_plan(c));
	assert_int_equal(id_of(c, STLS_ASK_MX, "d.test"), 1);
	assert_int_equal(id_of(c, STLS_ASK_STS_RECORD, "_mta-sts.d.test"), 2);
	assert_null(stls_case_question(c, 0));
	assert_null(stls_case_question(c, 3));
	give_mx(c, "MX1.test.");
	assert_int_equal(id_of(c, STLS_ASK_ADDRESS, "mx1.test"), 3);
	assert_null(stls_case_question(c, 4));
	give_address(c, "mx1.test");
	assert_int_equal(id_of(c, STLS_ASK_TLSA, "_25._tcp.mx1.test"), 4);
	give_absence(c, STLS_ASK_TLSA, "_25._tcp.mx1.test");
	assert_int_equal(stls_case_waits(c), 1);
	give_absence(c, STLS_ASK_STS_RECORD, "_mta-sts.d.test");
	assert_int_equal(stls_case_waits(c), 0);
	assert_int_equal(stls_case_plan(c)->outcome, STLS_DELIVER);
	assert_int_equal(stls_case_plan(c)->host_count, 1);
	stls_case_close(c);
}

/* The first answer counts; what nobody has asked for is passed over; a plan stays. */
static void second_answers(void **unused)
{
	struct stls_answer bogus = answer(STLS_DNS_BOGUS, STLS_THERE);
	struct stls_case_spec wanted = spec();
	const struct stls_plan *plan;
	stls_case *c;

	(void)unused;
	wanted.mta_sts = wanted.dane = 0;
	c = open_case(&wanted);
	give_mx(c, "mx1.test");
	stls_case_answer(c, 1, &bogus);
	stls_case_answer(c, 99, &bogus);
	assert_int_equal(stls_case_waits(c), 1);
	give_address(c, "mx1.test");
	plan = stls_case_plan(c);
	assert_int_equal(plan->outcome, STLS_DELIVER);
	stls_case_answer(c, 2, &bogus);
	stls_case_give_up(c, "late");
	assert_ptr_equal(stls_case_plan(c), plan);
	assert_string_equal(plan->hosts[0]->name, "mx1.test");
	stls_case_close(c);
	stls_case_close(NULL);
}

/* What was given may be gone at once. */
static void everything_is_copied(void **unused)
{
	char domain[] = "d.test", host[] = "mx1.test", reason[] = "because", name[] = "n.test";
	const char *names[] = {name, NULL};
	struct stls_override local = {.size = sizeof(local),
	                              .level = STLS_LEVEL_SECURE,
	                              .names = names,
	                              .reason = reason,
	                              .expires = STLS_NEVER};
	struct stls_case_spec wanted = spec();
	const struct stls_plan *plan;
	stls_case *c;

	(void)unused;
	wanted.domain = domain;
	wanted.local = &local;
	c = open_case(&wanted);
	memset(domain, 'x', sizeof(domain) - 1);
	memset(reason, 'x', sizeof(reason) - 1);
	memset(name, 'x', sizeof(name) - 1);
	memset(&local, 0, sizeof(local));
	names[0] = NULL;
	give_mx(c, host);
	memset(host, 'x', sizeof(host) - 1);
	give_address(c, "mx1.test");
	plan = stls_case_plan(c);
	assert_string_equal(plan->domain, "d.test");
	assert_string_equal(plan->hosts[0]->name, "mx1.test");
	assert_int_equal(plan->hosts[0]->wanted_count, 1);
	assert_memory_equal(plan->hosts[0]->wanted[0].bytes, "n.test", 6);
	assert_non_null(strstr(plan->steps[0].text, "because"));
	stls_case_close(c);
}

/* Whoever cannot wait longer: what has not come has failed. */
static void giving_up(void **unused)
{
	struct stls_case_spec wanted = spec();
	stls_case *c = open_case(&wanted);

	(void)unused;
	give_mx(c, "mx1.test");
	stls_case_give_up(c, "after 10 s");
	assert_int_equal(stls_case_waits(c), 0);
	assert_int_equal(stls_case_plan(c)->outcome, STLS_DEFER);
	assert_int_equal(stls_case_plan(c)->fault, STLS_FAULT_LOOKUP);
	assert_non_null(strstr(stls_case_plan(c)->reason, "after 10 s"));
	stls_case_close(c);
}

/* An answer that is all zero is a failure, and so is one that says no size. */
static void zero_is_failure(void **unused)
{
	struct stls_answer sizeless = answer(STLS_DNS_SECURE, STLS_NO_NAME);
	const struct stls_answer zero = {.size = sizeof(zero)};
	struct stls_case_spec wanted = spec();
	stls_case *c = open_case(&wanted);

	(void)unused;
	stls_case_answer(c, 1, &zero);
	assert_int_equal(stls_case_plan(c)->fault, STLS_FAULT_LOOKUP);
	stls_case_close(c);
	sizeless.size = 0;
	c = open_case(&wanted);
	stls_case_answer(c, 1, &sizeless);
	assert_int_equal(stls_case_plan(c)->fault, STLS_FAULT_LOOKUP);
	stls_case_close(c);
}

static void refusals(void **unused)
{
	struct stls_override local = {.size = sizeof(local), .level = STLS_LEVEL_MAY};
	struct stls_case_spec wanted = spec();
	const char *wrong = NULL;

	(void)unused;
	wanted.local = &local;
	assert_null(stls_case_open(&wanted, &wrong));
	assert_non_null(strstr(wrong, "reason"));
	wanted = spec();
	wanted.domain = NULL;
	assert_null(stls_case_open(&wanted, &wrong));
	wanted.domain = "a b";
	assert_null(stls_case_open(&wanted, NULL));
	wanted = spec();
	wanted.service = (enum stls_service)42;
	assert_null(stls_case_open(&wanted, &wrong));
	wanted = spec();
	wanted.size = 0;
	assert_null(stls_case_open(&wanted, &wrong));
}

/* RFC 5321 has no limit, and we have one. */
static void many_hosts(void **unused)
{
	struct stls_mx mx[100];
	char names[100][16];
	struct stls_answer one = answer(STLS_DNS_INSECURE, STLS_THERE);
	struct stls_case_spec wanted = spec();
	stls_case *c;

	(void)unused;
	wanted.mta_sts = 0;
	for (unsigned i = 0; i < 100; i++) {
		snprintf(names[i], sizeof(names[i]), "m%u.test", i);
		mx[i] = (struct stls_mx){100 - i, names[i]};
	}
	one.mx = mx;
	one.count = 100;
	c = open_case(&wanted);
	stls_case_answer(c, 1, &one);
	assert_int_equal(stls_case_waits(c), 32);
	stls_case_give_up(c, NULL);
	assert_int_equal(stls_case_plan(c)->host_count, 32);
	assert_string_equal(stls_case_plan(c)->hosts[0]->name, "m99.test");
	assert_int_equal(stls_case_plan(c)->hosts[31]->preference, 32);
	stls_case_close(c);
}

/* More than memory is there for: nothing that was found counts, for some of it is lost. */
static void too_much(void **unused)
{
	const size_t large = 64 * 1024, count = 70;
	struct stls_tlsa *records = calloc(count, sizeof(*records));
	unsigned char *data = calloc(1, large);
	struct stls_answer one = answer(STLS_DNS_SECURE, STLS_THERE);
	struct stls_case_spec wanted = spec();
	stls_case *c = open_case(&wanted);

	(void)unused;
	for (size_t i = 0; i < count; i++)
		records[i] = (struct stls_tlsa){3, 1, 0, data, large};
	one.tlsa = records;
	one.count = count;
	give_mx(c, "mx1.test");
	give_address(c, "mx1.test");
	stls_case_answer(c, id_of(c, STLS_ASK_TLSA, "_25._tcp.mx1.test"), &one);
	assert_int_equal(stls_case_waits(c), 0);
	assert_int_equal(stls_case_plan(c)->outcome, STLS_DEFER);
	assert_int_equal(stls_case_plan(c)->fault, STLS_FAULT_MEMORY);
	assert_int_equal(stls_case_plan(c)->host_count, 0);
	stls_case_close(c);
	free(records);
	free(data);
}

/* A verdict for what is not in the plan, and for a plan that is to be deferred. */
static void no_verdict(void **unused)
{
	const struct stls_attempt attempt = {
	    .size = sizeof(attempt), .encrypted = 1, .offered = 1, .verified = STLS_TRUST_PKIX};
	struct stls_verdict verdict = {.size = sizeof(verdict)};
	struct stls_case_spec wanted = spec();
	stls_case *c;

	(void)unused;
	wanted.mta_sts = wanted.dane = 0;
	c = open_case(&wanted);
	give_mx(c, "mx1.test");
	give_address(c, "mx1.test");
	stls_verdict(stls_case_plan(c), 0, &attempt, &verdict);
	assert_int_equal(verdict.action, STLS_GO);
	stls_verdict(stls_case_plan(c), 1, &attempt, &verdict);
	assert_int_equal(verdict.action, STLS_LATER);
	stls_case_close(c);
	c = open_case(&wanted);
	stls_case_give_up(c, NULL);
	stls_verdict(stls_case_plan(c), 0, &attempt, &verdict);
	assert_int_equal(verdict.action, STLS_LATER);
	stls_case_close(c);
}

/* RFC 2782: over many draws, a host is first as often as its weight says. */
static void weights(void **unused)
{
	unsigned first[3] = {0};

	(void)unused;
	for (uint64_t random = 1; random <= 20000; random++) {
		struct srv_target targets[] = {{{10, 10, 1, "a"}, true, true},
		                               {{10, 30, 2, "b"}, true, true},
		                               {{10, 60, 3, "c"}, true, true}};

		srv_order(targets, 3, random * UINT64_C(0x9e3779b97f4a7c15), true);
		first[targets[0].srv.port - 1]++;
	}
	assert_in_range(first[0], 1700, 2300);
	assert_in_range(first[1], 5500, 6500);
	assert_in_range(first[2], 11400, 12600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(questions),
	    cmocka_unit_test(second_answers),
	    cmocka_unit_test(everything_is_copied),
	    cmocka_unit_test(giving_up),
	    cmocka_unit_test(zero_is_failure),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(many_hosts),
	    cmocka_unit_test(too_much),
	    cmocka_unit_test(no_verdict),
	    cmocka_unit_test(weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
