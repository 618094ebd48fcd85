/* SPDX-License-Identifier: ISC */
/* Requests as they are read, and decisions as they are said: MAP-01 to MAP-04, MAP-10. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/policy_request.h"
#include "gate/policy_words.h"

/* ---- requests ---- */

#define SOCKETMAP CONFIG_POLICY_SOCKETMAP
#define TABLE CONFIG_POLICY_TCP_TABLE
#define JSON CONFIG_POLICY_JSON

static void requests(void **state)
{
	static const struct {
		enum config_policy_speaks speaks;
		const char *bytes;
		ptrdiff_t whole;
		const char *key;
		enum desk_form form;
	} cases[] = {
	    {SOCKETMAP, "8:p a.test,rest", 11, "a.test", DESK_PLAIN},
	    {SOCKETMAP, "8: p a.tes,", 11, "p a.tes", DESK_PLAIN},
	    {SOCKETMAP, "2:p ,", 5, "", DESK_PLAIN},
	    {SOCKETMAP, "9:p a test ,", 12, "a test ", DESK_PLAIN},
	    {SOCKETMAP, "8:p a.test", 0, NULL, DESK_PLAIN},
	    {SOCKETMAP, "6:a.test,", -1, NULL, DESK_PLAIN},
	    {SOCKETMAP, "13:tlsrpt a.test,", 17, "a.test", DESK_TLSRPT},
	    {SOCKETMAP, "22:QUERYwithTLSRPT a.test,", 26, "a.test", DESK_TLSRPT},
	    {SOCKETMAP, "12:QUERY a.test,", 16, "a.test", DESK_PLAIN},
	    {SOCKETMAP, "14:TLSRPTs a.test,", 18, "a.test", DESK_PLAIN},
	    {TABLE, "get a.test\nget", 11, "a.test", DESK_PLAIN},
	    {TABLE, "get %5Ba.test%5d:25\n", 20, "[a.test]:25", DESK_PLAIN},
	    {TABLE, "get a.test", 0, NULL, DESK_PLAIN},
	    {TABLE, "get a test\n", -1, NULL, DESK_PLAIN},
	    {TABLE, "GET a.test\n", -1, NULL, DESK_PLAIN},
	    {TABLE, "put a.test b\n", -1, NULL, DESK_PLAIN},
	    {JSON, "a.test\nb", 7, "a.test", DESK_PLAIN},
	    {JSON, "a.test\r\nb", 8, "a.test", DESK_PLAIN},
	    {JSON, "\n", 1, "", DESK_PLAIN},
	    {JSON, "\r\n", 2, "", DESK_PLAIN},
	    {JSON, "a.test", 0, NULL, DESK_PLAIN},
	    {JSON, "", 0, NULL, DESK_PLAIN},
	    {TABLE, "", 0, NULL, DESK_PLAIN},
	    {SOCKETMAP, "", 0, NULL, DESK_PLAIN},
	};
	struct request request;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ptrdiff_t whole =
		    request_read(cases[i].speaks, cases[i].bytes, strlen(cases[i].bytes), &request);

		if (whole != cases[i].whole)
			fail_msg("%s: %td, not %td", cases[i].bytes, whole, cases[i].whole);
		if (whole <= 0)
			continue;
		assert_int_equal(request.length, strlen(cases[i].key));
		assert_memory_equal(request.key, cases[i].key, request.length);
		assert_int_equal(request.form, cases[i].form);
	}
}

static void bounds(void **state)
{
	static char bytes[20000];
	struct request request;

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	assert_int_equal(request_read(JSON, bytes, REQUEST_LONGEST - 1, &request), 0);
	assert_int_equal(request_read(JSON, bytes, REQUEST_LONGEST, &request), -1);
	memcpy(bytes, "10000:p ", 8);
	bytes[10006] = ',';
	assert_int_equal(request_read(SOCKETMAP, bytes, 10006, &request), 0);
	assert_int_equal(request_read(SOCKETMAP, bytes, 10007, &request), 10007);
	assert_int_equal(request.length, 9998);
	memcpy(bytes, "10001:p ", 8);
	assert_int_equal(request_read(SOCKETMAP, bytes, 6, &request), -1);
	memset(bytes, 'a', sizeof(bytes));
	memcpy(bytes, "get ", 4);
	assert_int_equal(request_read(TABLE, bytes, 4095, &request), 0);
	assert_int_equal(request_read(TABLE, bytes, 4096, &request), -1);
	bytes[4095] = '\n';
	assert_int_equal(request_read(TABLE, bytes, 4096, &request), 4096);
	assert_int_equal(request.length, 4091);
}

/* ---- replies ---- */

static const struct stls_host encrypted = {.name = "mx.a.test", .level = STLS_LEVEL_ENCRYPT};
static const struct stls_host as_it_comes = {.name = "mx.a.test", .level = STLS_LEVEL_MAY};
static const struct stls_host secure = {.name = "mx.a.test", .level = STLS_LEVEL_SECURE};

#define POLICY "version: STSv1\nmode: enforce\nmx: mx.a.test\nmx: *.b.test\nmax_age: 86400\n"
#define TESTING "version: STSv1\nmode: testing\nmx: mx.a.test\nmax_age: 86400\n"

static struct stls_plan plan_of(const struct stls_host *const *host, const char *policy)
{
	struct stls_plan plan = {
	    .size = sizeof(plan),
	    .outcome = STLS_DELIVER,
	    .reason = "",
	    .hosts = host,
	    .host_count = 1,
	    .mx = STLS_DNS_INSECURE,
	    .domain = "a.test",
	    .sts = {.policy.size = sizeof(plan.sts.policy), .record_id = "", .detail = ""},
	};

	if (policy) {
		assert_null(stls_sts_policy(&plan.sts.policy, policy, strlen(policy)));
		plan.sts.mode = plan.sts.policy.mode;
		plan.sts.memory.id = "1";
	}
	return plan;
}

static void assert_words(enum config_policy_speaks speaks, enum desk_form form,
                         const struct stls_plan *plan, const char *text)
{
	size_t length = 0;
	char *words = policy_words(speaks, form, "a.test", plan, "why", &length);

	assert_non_null(words);
	if (length != strlen(text) || memcmp(words, text, length) != 0)
		fail_msg("%.*s\nnot\n%s", (int)length, words, text);
	free(words);
}

static void levels(void **state)
{
	const struct stls_host *hosts[] = {&encrypted};
	struct stls_plan plan = plan_of(hosts, NULL);

	(void)state;
	assert_words(SOCKETMAP, DESK_PLAIN, &plan, "10:OK encrypt,");
	assert_words(SOCKETMAP, DESK_TLSRPT, &plan, "10:OK encrypt,");
	assert_words(TABLE, DESK_PLAIN, &plan, "200 encrypt\n");
	hosts[0] = &as_it_comes;
	assert_words(SOCKETMAP, DESK_PLAIN, &plan, "9:NOTFOUND ,");
	assert_words(TABLE, DESK_PLAIN, &plan, "500 not%20found\n");
	assert_words(SOCKETMAP, DESK_PLAIN, NULL, "9:NOTFOUND ,");
	assert_words(TABLE, DESK_PLAIN, NULL, "500 not%20found\n");
	assert_words(JSON, DESK_PLAIN, NULL,
	             "{\"destination\":\"a.test\",\"outcome\":\"none\",\"reason\":\"why\"}\n");
}

static void trouble(void **state)
{
	struct stls_plan plan = plan_of(NULL, NULL);

	(void)state;
	plan.host_count = 0;
	plan.outcome = STLS_DEFER;
	plan.fault = STLS_FAULT_LOOKUP;
	plan.reason = "a % and \xc3\xbc";
	assert_words(SOCKETMAP, DESK_PLAIN, &plan, "15:TEMP a % and \xc3\xbc,");
	assert_words(TABLE, DESK_PLAIN, &plan, "400 a%20%25%20and%20%C3%BC\n");
	plan.outcome = STLS_FAIL;
	assert_words(SOCKETMAP, DESK_PLAIN, &plan, "9:NOTFOUND ,");
}

static void policies(void **state)
{
	const struct stls_host *hosts[] = {&secure};
	struct stls_plan plan = plan_of(hosts, POLICY);

	(void)state;
	assert_words(SOCKETMAP, DESK_PLAIN, &plan,
	             "53:OK secure match=mx.a.test:.b.test servername=hostname,");
	assert_words(TABLE, DESK_PLAIN, &plan,
	             "200 secure%20match=mx.a.test:.b.test%20servername=hostname\n");
	assert_words(SOCKETMAP, DESK_TLSRPT, &plan,
	             "312:OK secure match=mx.a.test:.b.test servername=hostname policy_type=sts "
	             "policy_domain=a.test { policy_string = version: STSv1 } { policy_string = "
	             "mode: enforce } { policy_string = mx: mx.a.test } { policy_string = mx: "
	             "*.b.test } { policy_string = max_age: 86400 } mx_host_pattern=mx.a.test "
	             "mx_host_pattern=*.b.test,");
	hosts[0] = &as_it_comes;
	plan = plan_of(hosts, TESTING);
	assert_words(SOCKETMAP, DESK_PLAIN, &plan, "9:NOTFOUND ,");
	assert_words(
	    SOCKETMAP, DESK_TLSRPT, &plan,
	    "181:OK may policy_type=sts policy_domain=a.test { policy_string = version: "
	    "STSv1 } { policy_string = mode: testing } { policy_string = mx: mx.a.test } { "
	    "policy_string = max_age: 86400 },");
}

static void assert_begins(enum config_policy_speaks speaks, enum desk_form form,
                          const struct stls_plan *plan, const char *text)
{
	size_t length;
	char *words = policy_words(speaks, form, "a.test", plan, "", &length);

	assert_true(length >= strlen(text));
	assert_memory_equal(words, text, strlen(text));
	free(words);
}

/* One that a table cannot hold is trouble, and not another policy; but there are domains with
 * many hosts, and socketmap_table(5) has room for a hundred thousand octets. */
static void too_long(void **state)
{
	static const struct {
		int patterns;
		enum desk_form form;
		const char *socketmap, *table;
	} rows[] = {
	    {100, DESK_PLAIN, "1235:OK secure match=mx00", "200 secure%20match=mx00"},
	    {500, DESK_PLAIN, "6035:OK secure match=mx00", "400 the%20answer%20does%20not%20fit"},
	    {500, DESK_TLSRPT, "38176:OK secure match=mx00", "400 the%20answer%20does%20not%20fit"},
	    {4000, DESK_TLSRPT, "42:TEMP the policy is too long for this table,",
	     "400 the%20policy%20is%20too%20long%20for%20this%20table\n"},
	};
	static char policy[STLS_STS_LARGEST];
	const struct stls_host *hosts[] = {&secure};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t length =
		    (size_t)sprintf(policy, "version: STSv1\nmode: enforce\nmax_age: 86400\n");
		struct stls_plan plan;

		for (int j = 0; j < rows[i].patterns; j++)
			length += (size_t)sprintf(policy + length, "mx:mx%02d.a.test\n", j % 100);
		plan = plan_of(hosts, policy);
		assert_begins(SOCKETMAP, rows[i].form, &plan, rows[i].socketmap);
		assert_begins(TABLE, rows[i].form, &plan, rows[i].table);
	}
}

static void assert_these(char *words, size_t length, const char *text)
{
	assert_int_equal(length, strlen(text));
	assert_memory_equal(words, text, length);
	free(words);
}

static void no_plan(void **state)
{
	size_t length;
	char *words = policy_words_none(SOCKETMAP, &length);

	(void)state;
	assert_these(words, length, "9:NOTFOUND ,");
	words = policy_words_defer(SOCKETMAP, "memory, is out", &length);
	assert_these(words, length, "19:TEMP memory, is out,");
	words = policy_words_defer(TABLE, "memory, is out", &length);
	assert_these(words, length, "400 memory,%20is%20out\n");
	words = policy_words_defer(JSON, "memory, is out", &length);
	assert_these(
	    words, length,
	    "{\"destination\":null,\"outcome\":\"defer\",\"reason\":\"memory, is out\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests), cmocka_unit_test(bounds),   cmocka_unit_test(levels),
	    cmocka_unit_test(trouble),  cmocka_unit_test(policies), cmocka_unit_test(too_long),
	    cmocka_unit_test(no_plan),
	};
	return cmocka_run_group_tests_name("gate/policy_words", tests, NULL, NULL);
}
