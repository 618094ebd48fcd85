/* SPDX-License-Identifier: ISC */
/* MTA-STS: what is wrong with records and policies, which hosts are named, when to look
 * again.  Which decision follows is test/golden. */
#include "common.h"

#include <stdlib.h>

#include <starttls/sts.h>

#define HEAD "version: STSv1\nmode: enforce\nmax_age: 86400\n"
#define NOW INT64_C(1800000000)
enum { HOUR = 3600, DAY = 86400 };

static enum stls_sts_record read_record(const char *text, char *id, const char **wrong)
{
	struct stls_text record = {text, strlen(text)};

	return stls_sts_record(&record, 1, id, wrong);
}

static void records(void **unused)
{
	static const struct {
		const char *text, *id, *wrong; /* neither: it is not one of ours */
	} cases[] = {
	    {"v=STSv1; id=20260101T000000;", "20260101T000000", NULL},
	    {"v=STSv1;id=a", "a", NULL},
	    {"v=STSv1;;id=a", NULL, "no name"},
	    {"v=STSv1;id=a;b.c-d_e=f!g", "a", NULL},
	    {"v=STSv1;id=a b", NULL, "do not belong"},
	    {"v=STSv1;id=a;b=c=d", NULL, "do not belong"},
	    {"v=STSv1;id=a;=d", NULL, "no name"},
	    {"v=STSv1;id=a;b=", NULL, "without a value"},
	    {"v=STSv1;id=a-b", NULL, "letters and digits"},
	    {"v=STSv1;", NULL, "no id"},
	    {"v=STSv1;x=y", NULL, "no id"},
	    {"v=STSv1;id=123456789012345678901234567890123", NULL, "32"},
	    {"v=STSv1;a23456789012345678901234567890123=x;id=a", NULL, "no name"},
	    {"v=STSv1", NULL, NULL},
	    {"v=STSv1 ;id=a", NULL, NULL},
	    {"V=STSv1;id=a", NULL, NULL},
	    {"v=spf1 -all", NULL, NULL},
	    {"", NULL, NULL},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char id[STLS_STS_ID_LONGEST + 1] = "old";
		const char *wrong = NULL;
		enum stls_sts_record found = read_record(cases[i].text, id, &wrong);

		assert_int_equal(found, cases[i].id      ? STLS_STS_PRESENT
		                        : cases[i].wrong ? STLS_STS_MALFORMED
		                                         : STLS_STS_ABSENT);
		assert_string_equal(id, cases[i].id ? cases[i].id : "");
		if (cases[i].wrong)
			assert_non_null(strstr(wrong, cases[i].wrong));
	}
}

/* Nothing is read behind the length; a NUL is no end. */
static void record_bounds(void **unused)
{
	const struct stls_text cut = {"v=STSv1;id=abc", 12}, nul = {"v=STSv1;id=a\0;", 14};
	char id[STLS_STS_ID_LONGEST + 1];

	(void)unused;
	assert_int_equal(stls_sts_record(&cut, 1, id, NULL), STLS_STS_PRESENT);
	assert_string_equal(id, "a");
	assert_int_equal(stls_sts_record(&nul, 1, id, NULL), STLS_STS_MALFORMED);
	assert_int_equal(stls_sts_record(NULL, 0, id, NULL), STLS_STS_ABSENT);
}

static const char *read_policy(struct stls_sts_policy *policy, const char *text)
{
	policy->size = sizeof(*policy);
	return stls_sts_policy(policy, text, strlen(text));
}

/* Each is refused, and for the right reason. */
static void refusals(void **unused)
{
	static const struct {
		const char *text, *wrong;
	} cases[] = {
	    {"", "no version"},
	    {"mode: enforce\nmax_age: 1\nmx: a\n", "no version"},
	    {"version: STSv1\nmax_age: 1\nmx: a\n", "no mode"},
	    {"version: STSv1\nmode: enforce\nmx: a\n", "no max_age"},
	    {HEAD, "no mx"},
	    {"version: STSv2\nmode: enforce\nmax_age: 1\nmx: a\n", "version"},
	    {"version: STSv1\nmode: strict\nmax_age: 1\nmx: a\n", "mode"},
	    {"version: STSv1\nmode: enforce\nmax_age: x\nmx: a\n", "digits"},
	    {"version: STSv1\nmode: enforce\nmax_age: 31557601\nmx: a\n", "a year"},
	    {HEAD "mx: \n", "empty"},
	    {HEAD "mx: *\n", "every host"},
	    {HEAD "mx: 192.0.2.1\n", "an address"},
	    {HEAD "mx: ::1\n", "no name"},
	    {HEAD "mx: a..b\n", "no name"},
	    {HEAD "mx: -\x01\n", "control"},
	    {HEAD "mx: a\nprose\n", "no key"},
	    {HEAD "mx: a\n: b\n", "no key"},
	    {"\xef\xbb\xbf" HEAD "mx: a\n", "no key"}, /* a byte order mark */
	};
	struct stls_sts_policy policy;

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *wrong = read_policy(&policy, cases[i].text);

		if (!wrong || !strstr(wrong, cases[i].wrong))
			fail_msg("\"%s\": %s", cases[i].text, wrong ? wrong : "accepted");
		assert_int_equal(policy.mode, STLS_STS_UNKNOWN);
		assert_int_equal(policy.mx_count, 0);
		assert_int_equal(stls_sts_names(&policy, "a"), 0);
	}
	assert_null(read_policy(&policy, HEAD "mx: a\n"));
}

static void size(void **unused)
{
	struct stls_sts_policy policy = {.size = sizeof(policy)};
	char *text = malloc(STLS_STS_LARGEST + 1);

	(void)unused;
	memset(text, '\n', STLS_STS_LARGEST + 1);
	memcpy(text, HEAD "mx: a\n", strlen(HEAD "mx: a\n"));
	assert_null(stls_sts_policy(&policy, text, STLS_STS_LARGEST));
	assert_non_null(stls_sts_policy(&policy, text, STLS_STS_LARGEST + 1));
	free(text);
}

static void contents(void **unused)
{
	struct stls_sts_policy policy;
	struct stls_text pattern;

	(void)unused;
	assert_null(read_policy(&policy, HEAD "mx: a.test\r\nother: mx: b\nmx:  *.c.test \n"));
	assert_int_equal(policy.mode, STLS_STS_ENFORCE);
	assert_int_equal(policy.max_age, 86400);
	assert_int_equal(policy.mx_count, 2);
	pattern = stls_sts_pattern(&policy, 1);
	assert_int_equal(pattern.length, strlen("*.c.test"));
	assert_memory_equal(pattern.bytes, "*.c.test", pattern.length);
	assert_int_equal(stls_sts_pattern(&policy, 2).length, 0);
	assert_string_equal(stls_sts_mode_name(policy.mode), "enforce");
	assert_string_equal(stls_sts_mode_name(STLS_STS_TESTING), "testing");
	assert_string_equal(stls_sts_mode_name(STLS_STS_NONE), "none");
	assert_string_equal(stls_sts_mode_name((enum stls_sts_mode)77), "");
}

/* STS-07 */
static void names(void **unused)
{
	static const struct {
		const char *pattern, *host;
		int named;
	} cases[] = {
	    {"mx.test", "mx.test", 1},       {"mx.test", "MX.TEST.", 1},
	    {"mx.test", "mx.test..", 0},     {"mx.test", "amx.test", 0},
	    {"mx.test", "a.mx.test", 0},     {"*.test", "a.test", 1},
	    {"*.test", "test", 0},           {"*.test", ".test", 0},
	    {"*.test", "a.b.test", 0},       {"*.b.test", "a.b.test", 1},
	    {"*.b.test", "ab.test", 0},      {"*.test", "192.0.2.test", 0},
	    {"*.0.2.test", "1.0.2.test", 1}, {"*.test", "", 0},
	    {"*.test", "*.test", 0},         {"mx.test", "mx.test\xff", 0},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stls_sts_policy policy;
		char text[200];

		snprintf(text, sizeof(text), HEAD "mx: %s\n", cases[i].pattern);
		assert_null(read_policy(&policy, text));
		if (stls_sts_names(&policy, cases[i].host) != cases[i].named)
			fail_msg("%s %s", cases[i].pattern, cases[i].host);
	}
}

/* A caller that was built against a smaller struct. */
static void smaller(void **unused)
{
	struct {
		struct stls_sts_policy policy;
		char behind[8];
	} one = {.behind = "untold"};

	(void)unused;
	one.policy.size = offsetof(struct stls_sts_policy, mx_count);
	one.policy.mx_count = 7;
	assert_null(stls_sts_policy(&one.policy, HEAD "mx: a\n", strlen(HEAD "mx: a\n")));
	assert_int_equal(one.policy.max_age, 86400);
	assert_int_equal(one.policy.mx_count, 7);
	assert_int_equal(one.policy.size, offsetof(struct stls_sts_policy, mx_count));
	assert_string_equal(one.behind, "untold");
}

static struct stls_sts_memory remember(const char *text, int64_t age)
{
	return (struct stls_sts_memory){.size = sizeof(struct stls_sts_memory),
	                                .text = text,
	                                .length = strlen(text),
	                                .id = "1",
	                                .failed_id = "",
	                                .fetched = NOW - age};
}

/* STS-12 */
static void validity(void **unused)
{
	struct stls_sts_memory day = remember(HEAD "mx: a\n", DAY - 1), bad = remember("prose", 0);
	struct stls_sts_memory none = {.size = sizeof(none)};

	(void)unused;
	assert_true(stls_sts_valid(&day, NOW, NULL));
	assert_false(stls_sts_valid(&day, NOW + 1, NULL));
	assert_true(stls_sts_valid(&day, NOW - 100 * DAY, NULL));
	assert_int_equal(stls_sts_expires(&day), NOW + 1);
	assert_false(stls_sts_valid(&bad, NOW, NULL));
	assert_int_equal(stls_sts_expires(&bad), 0);
	assert_false(stls_sts_valid(&none, NOW, NULL));
	assert_int_equal(stls_sts_next_look(&none, NOW), 0);
}

/* STS-13 */
static void looks(void **unused)
{
	struct stls_sts_memory week =
	    remember("version: STSv1\nmode: enforce\nmax_age: 604800\nmx: a\n", 0);
	struct stls_sts_memory testing =
	    remember("version: STSv1\nmode: testing\nmax_age: 604800\nmx: a\n", 0);
	struct stls_sts_memory brief =
	    remember("version: STSv1\nmode: enforce\nmax_age: 60\nmx: a\n", 0);

	(void)unused;
	assert_int_equal(stls_sts_next_look(&week, NOW), NOW + DAY);
	assert_int_equal(stls_sts_next_look(&testing, NOW), NOW + HOUR);
	assert_int_equal(stls_sts_next_look(&brief, NOW), NOW + 300);
	assert_int_equal(stls_sts_next_look(&week, NOW - 1), NOW - 1); /* the clock was set back */
	week.failed = NOW + DAY;
	for (week.failures = 1; week.failures < 9; week.failures++) {
		static const int pauses[] = {300, 600, 1200, 2400, 4800, 4800, 4800, 4800};

		assert_int_equal(stls_sts_next_look(&week, NOW + DAY),
		                 NOW + DAY + pauses[week.failures - 1]);
	}
	week.failures = UINT32_MAX;
	assert_int_equal(stls_sts_next_look(&week, NOW + DAY), NOW + DAY + 4800);
}

/* STS-04, STS-13 */
static void pauses_and_alerts(void **unused)
{
	struct stls_sts_memory memory = remember(HEAD "mx: a\n", 0);
	struct stls_sts_memory none = remember("version: STSv1\nmode: none\nmax_age: 86400\n", 0);

	(void)unused;
	assert_true(stls_sts_may_fetch(&memory, "2", NOW));
	memory.failed = NOW;
	memory.failed_id = "2";
	assert_false(stls_sts_may_fetch(&memory, "2", NOW));
	assert_false(stls_sts_may_fetch(&memory, "2", NOW + 299));
	assert_true(stls_sts_may_fetch(&memory, "2", NOW + 300));
	assert_true(stls_sts_may_fetch(&memory, "2", NOW - 1));
	assert_true(stls_sts_may_fetch(&memory, "3", NOW));
	memory.failures = none.failures = 2;
	assert_false(stls_sts_alert(&memory, NOW));
	memory.failures = none.failures = 3;
	assert_true(stls_sts_alert(&memory, NOW));
	assert_false(stls_sts_alert(&none, NOW));
	assert_false(stls_sts_alert(&memory, NOW + DAY)); /* it has expired: nothing is at stake */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records),  cmocka_unit_test(record_bounds),
	    cmocka_unit_test(refusals), cmocka_unit_test(size),
	    cmocka_unit_test(contents), cmocka_unit_test(names),
	    cmocka_unit_test(smaller),  cmocka_unit_test(validity),
	    cmocka_unit_test(looks),    cmocka_unit_test(pauses_and_alerts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
