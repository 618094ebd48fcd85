/* SPDX-License-Identifier: ISC */
/* Plans that were made by hand: what is shown of them, and the status they give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "cli/explain.h"

#define NOW 1795500000 /* 2026-11-24 */
#define DAY 86400

static char *shown(bool colours, const struct explanation *told)
{
	char *out = NULL;
	size_t size;
	FILE *to = open_memstream(&out, &size);

	assert_non_null(to);
	if (told != NULL)
		explain_text(to, colours, told);
	fclose(to);
	return out;
}

/* ---- one that has everything ---- */

static const unsigned char data[64] = {0xab, 0xcd, 0xef};

static const struct stls_tlsa records[] = {
    {3, 1, 2, data, 64},
    {3, 1, 1, data, 32},
    {2, 0, 0, data, 3},
    {1, 1, 1, data, 32},
};
static const struct stls_tlsa counting[] = {{3, 1, 2, data, 64}, {2, 0, 0, data, 3}};
static const struct stls_id names[] = {{STLS_DNS_ID, "mx.example.org", 14},
                                       {STLS_DNS_ID, "example.org", 11}};
static const struct stls_host first = {.name = "mx.example.org",
                                       .port = 25,
                                       .preference = 10,
                                       .level = STLS_LEVEL_DANE,
                                       .wanted = names,
                                       .wanted_count = 2,
                                       .tlsa = counting,
                                       .tlsa_count = 2,
                                       .found = records,
                                       .found_count = 4,
                                       .proven = 1};
static const struct stls_host second = {
    .name = "192.0.2.1", .port = 25, .preference = 20, .level = STLS_LEVEL_MAY, .address = 1};
static const struct stls_host third = {
    .name = "mx3.example.org", .port = 25, .preference = 30, .skip = STLS_FAULT_BOGUS};
static const struct stls_host *const all[] = {&first, &second, &third};

static const struct stls_step steps[] = {
    {"", "RFC 5321 section 5.1", "it has 3 mail hosts, and the answer is secure", 0},
    {"mx.example.org", "RFC 7672 section 2.2", "the TLSA records must match", 1},
    {"mx3.example.org", "RFC 7672 section 2.1.2",
     "its address is signed wrongly (\033[2J validation failure <mx3.example.org. A IN>: no keys): "
     "this host is left out",
     3},
};

static const char policy[] = "version: STSv1\nmode: testing\nmx: *.example.org\n"
                             "mx: mx.example.net\nmax_age: 86400\n";

static struct stls_plan full(void)
{
	struct stls_plan plan = {
	    .size = sizeof(plan),
	    .outcome = STLS_DELIVER,
	    .reason = "",
	    .domain = "example.org",
	    .hosts = all,
	    .host_count = 3,
	    .steps = steps,
	    .step_count = 3,
	    .sts = {.memory = {.id = "7", .text = policy, .fetched = NOW - 3 * 3600},
	            .expires = NOW + DAY}};

	plan.sts.policy.size = sizeof(plan.sts.policy);
	assert_null(stls_sts_policy(&plan.sts.policy, policy, strlen(policy)));
	plan.sts.mode = plan.sts.policy.mode;
	return plan;
}

#define GOLDEN                                                                                     \
	"example.org\n"                                                                            \
	"  RFC 5321 section 5.1      it has 3 mail hosts, and the answer is secure\n"              \
	"  MTA-STS                   testing, id 7, fetched 3 hours ago, holds for 1 day until "   \
	"2026-11-25\n"                                                                             \
	"  MTA-STS mx                *.example.org, mx.example.net\n"                              \
	"  memory                    a policy, as remembered since 2026-11-22\n"                   \
	"  TLS reports               mailto:tls@example.org\n"                                     \
	"\n"                                                                                       \
	"  10 mx.example.org:25  dane: TLS, and the TLSA records match\n"                          \
	"    RFC 7672 section 2.2    the TLSA records must match\n"                                \
	"    TLSA 3 1 2              abcdef000000000000000000... counts\n"                         \
	"    TLSA 3 1 1              abcdef000000000000000000... is left out: there is a "         \
	"stronger "                                                                                \
	"digest of\n"                                                                              \
	"                            the same kind\n"                                              \
	"    TLSA 2 0 0              abcdef counts\n"                                              \
	"    TLSA 1 1 1              abcdef000000000000000000... is left out: usages 0 and 1 "     \
	"mean "                                                                                    \
	"nothing on\n"                                                                             \
	"                            port 25\n"                                                    \
	"    certificate for         mx.example.org, or example.org\n"                             \
	"\n"                                                                                       \
	"  20 192.0.2.1:25  may: TLS when it can be had, else in the clear\n"                      \
	"\n"                                                                                       \
	"  30 mx3.example.org:25  dnssec-bogus: this host is not used\n"                           \
	"    RFC 7672 section 2.1.2  its address is signed wrongly (\\x1b[2J validation failure\n" \
	"                            <mx3.example.org. A IN>: no keys): this host is left out\n"   \
	"\n"                                                                                       \
	"  authenticated: TLS, and 1 of 2 hosts must prove who they are\n"

static void golden(void **state)
{
	struct stls_plan plan = full();
	char *out = shown(false, &(struct explanation){.destination = "example.org",
	                                               .plan = &plan,
	                                               .memory = EXPLAIN_REMEMBERED,
	                                               .remembered = NOW - 2 * DAY,
	                                               .reports = "mailto:tls@example.org",
	                                               .now = NOW});

	(void)state;
	assert_string_equal(out, GOLDEN);
	free(out);
}

static void colours(void **state)
{
	struct stls_plan plan = full();
	char *out = shown(
	    true, &(struct explanation){.destination = "example.org", .plan = &plan, .now = NOW});

	(void)state;
	assert_non_null(strstr(out, "\033[1mexample.org\033[0m\n"));
	assert_non_null(strstr(out, "\033[32mdane\033[0m: TLS"));
	assert_non_null(strstr(out, "\033[33mmay\033[0m: TLS"));
	assert_non_null(strstr(out, "\033[31mdnssec-bogus\033[0m: this"));
	assert_non_null(strstr(out, "\033[32mauthenticated\033[0m: "));
	assert_null(strstr(out, "\033[2J"));
	free(out);
}

/* ---- what a plan comes to ---- */

struct row {
	struct stls_host host;
	enum stls_outcome outcome;
	enum stls_fault fault;
	int status;
	const char *word;
};

static void statuses(void **state)
{
	static const struct row rows[] = {
	    {{.level = STLS_LEVEL_DANE, .proven = 1}, STLS_DELIVER, 0, 0, "authenticated"},
	    {{.level = STLS_LEVEL_SECURE}, STLS_DELIVER, 0, 0, "authenticated"},
	    {{.level = STLS_LEVEL_BOTH}, STLS_DELIVER, 0, 0, "authenticated"},
	    /* RFC 7672 section 2.2.1: the MX is not signed */
	    {{.level = STLS_LEVEL_DANE}, STLS_DELIVER, 0, 1, "encrypted"},
	    {{.level = STLS_LEVEL_ENCRYPT, .proven = 1}, STLS_DELIVER, 0, 1, "encrypted"},
	    {{.level = STLS_LEVEL_MAY, .proven = 1}, STLS_DELIVER, 0, 1, "opportunistic"},
	    {{.level = STLS_LEVEL_PLAIN}, STLS_DELIVER, 0, 1, "plain"},
	    {{.skip = STLS_FAULT_BOGUS}, STLS_DEFER, STLS_FAULT_BOGUS, 2, "deferred"},
	    {{.skip = STLS_FAULT_STS_MX}, STLS_DEFER, STLS_FAULT_STS_MX, 2, "deferred"},
	    {{.skip = STLS_FAULT_NULL_MX}, STLS_FAIL, STLS_FAULT_NULL_MX, 2, "refused"},
	    {{.skip = STLS_FAULT_NO_ADDRESS}, STLS_FAIL, STLS_FAULT_NO_ADDRESS, 2, "refused"},
	    {{.skip = STLS_FAULT_LOOKUP}, STLS_DEFER, STLS_FAULT_LOOKUP, 3, "unknown"},
	    {{.skip = STLS_FAULT_MEMORY}, STLS_DEFER, STLS_FAULT_MEMORY, 3, "unknown"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct stls_host *host = &rows[i].host;
		const struct stls_plan plan = {.outcome = rows[i].outcome,
		                               .fault = rows[i].fault,
		                               .hosts = &host,
		                               .host_count = 1};

		assert_int_equal(explain_status(&plan), rows[i].status);
		assert_string_equal(explain_word(&plan), rows[i].word);
	}
}

/* A host that must not be used demands nothing. */
static void one_of_two(void **state)
{
	static const struct stls_host skipped = {.level = STLS_LEVEL_SECURE,
	                                         .skip = STLS_FAULT_LOOKUP},
	                              plain = {.level = STLS_LEVEL_MAY};
	static const struct stls_host *const hosts[] = {&skipped, &plain};
	const struct stls_plan plan = {.outcome = STLS_DELIVER, .hosts = hosts, .host_count = 2};

	(void)state;
	assert_int_equal(explain_status(&plan), EXPLAIN_NOT);
	assert_string_equal(explain_word(&plan), "opportunistic");
}

/* ---- JSON ---- */

static void json(void **state)
{
	struct stls_plan plan = full();
	const struct explanation told = {.destination = "example.org",
	                                 .plan = &plan,
	                                 .memory = EXPLAIN_REMEMBERED,
	                                 .remembered = NOW - 2 * DAY,
	                                 .now = NOW};
	char *out = NULL;
	size_t size;
	FILE *to = open_memstream(&out, &size);

	(void)state;
	explain_json(to, &told);
	fclose(to);
	assert_ptr_equal(strchr(out, '\n'), out + size - 1);
	assert_non_null(strstr(out, "\"mx\":[\"*.example.org\",\"mx.example.net\"]"));
	assert_non_null(strstr(out, "\"tlsa_left_out\":[{\"record\":\"3 1 1 abcdef00"));
	assert_non_null(strstr(out, "\"verdict\":\"authenticated\",\"exit\":0"));
	assert_non_null(strstr(out, "\"memory\":{\"state\":\"policy\",\"fetched\":1795327200}"));
	assert_non_null(strstr(out, "\"tls_reports\":null"));
	assert_non_null(strstr(out, "\\u001B[2J"));
	free(out);
}

/* A policy may have thousands of patterns, and each is found once. */
static void patterns(void **state)
{
	enum { MANY = 13000 };
	static const char head[] = "version:STSv1\nmode:enforce\nmax_age:86400\n";
	char *text = malloc(sizeof(head) + MANY * 5), *out = NULL;
	struct stls_plan plan = full();
	const struct explanation told = {.destination = "example.org", .plan = &plan, .now = NOW};
	size_t size;
	clock_t begun;
	FILE *to = open_memstream(&out, &size);

	(void)state;
	memcpy(text, head, sizeof(head));
	for (size_t i = 0; i < MANY; i++)
		memcpy(text + sizeof(head) - 1 + i * 5, "mx:a\n", 5);
	plan.sts.policy.size = sizeof(plan.sts.policy);
	assert_null(stls_sts_policy(&plan.sts.policy, text, sizeof(head) - 1 + MANY * 5));
	assert_int_equal(plan.sts.policy.mx_count, MANY);
	begun = clock();
	explain_json(to, &told);
	explain_text(to, false, &told);
	assert_true(clock() - begun < CLOCKS_PER_SEC);
	fclose(to);
	assert_non_null(strstr(out, "\"mx\":[\"a\",\"a\","));
	assert_non_null(strstr(out, "a, a, a"));
	free(out);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(golden),     cmocka_unit_test(colours), cmocka_unit_test(statuses),
	    cmocka_unit_test(one_of_two), cmocka_unit_test(json),    cmocka_unit_test(patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
