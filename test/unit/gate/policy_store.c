/* SPDX-License-Identifier: ISC */
/* What is remembered of policies, and told of them. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/policy_store.h"

#define DAY INT64_C(86400)
#define ENFORCE "version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 604800\n"
#define TESTING "version: STSv1\nmode: testing\nmx: mx.a.test\nmax_age: 604800\n"

struct scene {
	struct desk_order order;
	struct log log;
	int pipe[2];
	int64_t now;
	char folder[64];
};

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct store_error error;

	scene->now = loop_date();
	assert_int_equal(pipe(scene->pipe), 0);
	scene->log = (struct log){.fd = scene->pipe[1], .level = LOG_LEVEL_INFO};
	scene->order.log = &scene->log;
	strcpy(scene->folder, P_tmpdir "/starttls-unit-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	scene->order.store =
	    store_open(&(struct store_settings){.state = scene->folder}, scene->now, &error);
	assert_non_null(scene->order.store);
	store_tend(scene->order.store, scene->now);
	*state = scene;
	return 0;
}

static void remove_file(const struct scene *scene, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", scene->folder, name);
	unlink(path);
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	store_close(scene->order.store);
	remove_file(scene, "starttls.db");
	remove_file(scene, "starttls.db-wal");
	remove_file(scene, "starttls.db-shm");
	assert_int_equal(rmdir(scene->folder), 0);
	close(scene->pipe[0]);
	close(scene->pipe[1]);
	free(scene);
	return 0;
}

/* The one line that was written since, or "". */
static const char *told(struct scene *scene)
{
	static char line[LOG_LINE + 1];
	ssize_t count;

	assert_int_equal(write(scene->pipe[1], "", 1), 1);
	count = read(scene->pipe[0], line, sizeof(line) - 1);
	assert_true(count > 0);
	line[count] = '\0';
	return strstr(line, "level=") ? strstr(line, "level=") : line;
}

static struct stls_plan plan_of(struct scene *scene, const char *policy, const char *id,
                                int64_t fetched)
{
	struct stls_plan plan = {
	    .size = sizeof(plan),
	    .outcome = STLS_DELIVER,
	    .reason = "",
	    .domain = "a.test",
	    .sts = {.policy.size = sizeof(plan.sts.policy),
	            .changed = 1,
	            .record_id = "",
	            .detail = "",
	            .memory = {.size = sizeof(plan.sts.memory), .id = id, .failed_id = ""}},
	};

	if (!policy)
		return plan;
	assert_null(stls_sts_policy(&plan.sts.policy, policy, strlen(policy)));
	plan.sts.mode = plan.sts.policy.mode;
	plan.sts.memory.text = policy;
	plan.sts.memory.length = strlen(policy);
	plan.sts.memory.fetched = scene->now - fetched;
	plan.sts.expires = stls_sts_expires(&plan.sts.memory);
	return plan;
}

static struct stls_plan fetched(struct scene *scene, const char *policy, const char *id)
{
	struct stls_plan plan = plan_of(scene, policy, id, 0);

	plan.sts.renewed = 1;
	return plan;
}

static struct stls_plan failed(struct scene *scene, const char *policy, unsigned failures)
{
	struct stls_plan plan = plan_of(scene, policy, policy ? "1" : "", 10);

	plan.sts.memory.failed = scene->now;
	plan.sts.memory.failed_id = "2";
	plan.sts.memory.failures = failures;
	plan.sts.memory.fault = STLS_FAULT_STS_FETCH;
	plan.sts.detail = "nobody is there";
	return plan;
}

static void goes_there_and_back(void **state)
{
	struct scene *scene = *state;
	struct stls_plan plan = fetched(scene, ENFORCE, "20240101");
	struct store_recalled memory;

	assert_int_equal(policy_remembered(&scene->order, "a.test", &memory), STORE_NOT_THERE);
	policy_remember(&scene->order, &plan, true);
	assert_int_equal(policy_remembered(&scene->order, "a.test", &memory), STORE_OK);
	assert_int_equal(memory.memory.length, strlen(ENFORCE));
	assert_memory_equal(memory.memory.text, ENFORCE, memory.memory.length);
	assert_string_equal(memory.memory.id, "20240101");
	assert_true(memory.memory.fetched == scene->now);
	assert_int_equal(memory.memory.failures, 0);
	assert_string_equal(memory.kept.mode, "enforce");
	assert_true(memory.kept.expires == scene->now + 604800);
	plan = failed(scene, ENFORCE, 7);
	plan.sts.memory.fetched = scene->now;
	policy_remember(&scene->order, &plan, true);
	assert_int_equal(policy_remembered(&scene->order, "a.test", &memory), STORE_OK);
	assert_memory_equal(memory.memory.text, ENFORCE, memory.memory.length);
	assert_int_equal(memory.memory.failures, 7);
	assert_string_equal(memory.memory.failed_id, "2");
	assert_true(memory.memory.failed == scene->now);
	assert_int_equal(memory.memory.fault, STLS_FAULT_STS_FETCH);
}

static void nothing_to_remember(void **state)
{
	struct scene *scene = *state;
	struct stls_plan plan = plan_of(scene, NULL, "", 0);
	struct store_recalled memory;

	plan.sts.changed = 0;
	policy_remember(&scene->order, &plan, true);
	assert_int_equal(policy_remembered(&scene->order, "a.test", &memory), STORE_NOT_THERE);
	assert_string_equal(told(scene), "");
}

/* Who set out earlier has an old policy in hand, and the store a newer one. */
static void who_is_late_changes_nothing(void **state)
{
	struct scene *scene = *state;
	struct stls_plan plan = fetched(scene, ENFORCE, "2");
	struct store_recalled memory;

	policy_remember(&scene->order, &plan, true);
	plan = failed(scene, TESTING, 1);
	policy_remember(&scene->order, &plan, true);
	assert_int_equal(policy_remembered(&scene->order, "a.test", &memory), STORE_OK);
	assert_string_equal(memory.kept.mode, "enforce");
	assert_int_equal(memory.memory.failures, 0);
}

/* The clock was years ahead when it was fetched, and has been set since. */
static void what_is_from_the_future_does_not_stay(void **state)
{
	struct scene *scene = *state;
	struct stls_plan plan = plan_of(scene, TESTING, "1", -1000 * DAY);
	struct store_recalled memory;

	plan.sts.renewed = 1;
	policy_remember(&scene->order, &plan, true);
	/* whoever has fetched none knows no better */
	plan = failed(scene, ENFORCE, 1);
	policy_remember(&scene->order, &plan, true);
	assert_int_equal(policy_remembered(&scene->order, "a.test", &memory), STORE_OK);
	assert_string_equal(memory.kept.mode, "testing");
	plan = fetched(scene, ENFORCE, "2");
	policy_remember(&scene->order, &plan, true);
	assert_int_equal(policy_remembered(&scene->order, "a.test", &memory), STORE_OK);
	assert_string_equal(memory.kept.mode, "enforce");
	assert_true(memory.memory.fetched == scene->now);
}

static void changes_are_told(void **state)
{
	struct scene *scene = *state;
	struct stls_plan plan = fetched(scene, TESTING, "1");
	char wanted[256];

	policy_remember(&scene->order, &plan, true);
	snprintf(wanted, sizeof(wanted),
	         "level=info event=sts-policy domain=a.test mode=testing id=1 expires=%lld\n",
	         (long long)plan.sts.expires);
	assert_string_equal(told(scene), wanted);
	/* the same again is no news */
	policy_remember(&scene->order, &plan, true);
	assert_string_equal(told(scene), "");
	plan = fetched(scene, ENFORCE, "2");
	policy_remember(&scene->order, &plan, false);
	assert_non_null(strstr(told(scene),
	                       "level=info event=sts-policy domain=a.test mode=enforce "
	                       "before=testing id=2 "));
	/* weaker than before */
	plan = fetched(scene, TESTING, "2");
	policy_remember(&scene->order, &plan, false);
	assert_non_null(strstr(told(scene), "level=warning event=sts-policy domain=a.test "
	                                    "mode=testing before=enforce id=2 "));
}

/* RFC 8461 section 3.3. */
static void repeated_failures_are_told(void **state)
{
	struct scene *scene = *state;
	struct stls_plan plan = plan_of(scene, ENFORCE, "1", 10);

	policy_remember(&scene->order, &plan, true);
	told(scene);
	for (unsigned failures = 1; failures < 3; failures++) {
		plan = failed(scene, ENFORCE, failures);
		policy_remember(&scene->order, &plan, false);
		assert_string_equal(told(scene), "");
	}
	plan = failed(scene, ENFORCE, 3);
	policy_remember(&scene->order, &plan, false);
	assert_non_null(strstr(told(scene), "level=warning event=sts-renewal domain=a.test "
	                                    "mode=enforce fault=sts-fetch-failed reason=\"nobody "
	                                    "is there\" failures=3 expires="));
	/* a look that was not another failure is no news */
	policy_remember(&scene->order, &plan, false);
	assert_string_equal(told(scene), "");
}

static int64_t next_of(struct scene *scene)
{
	char domain[254] = "";
	int64_t when = -1;

	assert_true(policy_next(&scene->order, domain, &when));
	assert_string_equal(domain, "a.test");
	assert_false(policy_next(&scene->order, domain, &when));
	return when;
}

static void looked_at_again(void **state)
{
	struct scene *scene = *state;
	struct stls_plan plan = fetched(scene, ENFORCE, "1");

	policy_remember(&scene->order, &plan, true);
	assert_true(next_of(scene) == scene->now + DAY);
	plan = fetched(scene, TESTING, "1");
	policy_remember(&scene->order, &plan, true);
	assert_true(next_of(scene) == scene->now + 3600);
}

static void a_failure_alone_is_left_alone(void **state)
{
	struct scene *scene = *state;
	struct stls_plan plan = failed(scene, NULL, 1);

	policy_remember(&scene->order, &plan, true);
	assert_true(next_of(scene) == 0);
}

static void put_wanted(struct scene *scene, int64_t ago)
{
	struct store_recalled memory;

	assert_int_equal(policy_remembered(&scene->order, "a.test", &memory), STORE_OK);
	memory.kept.wanted = scene->now - ago;
	store_policy_put(scene->order.store, &memory.kept, scene->now);
}

static int64_t wanted_ago(struct scene *scene)
{
	struct store_recalled memory;

	assert_int_equal(policy_remembered(&scene->order, "a.test", &memory), STORE_OK);
	assert_string_equal(memory.kept.mode, "enforce");
	return scene->now - memory.kept.wanted;
}

/* Nobody mails there any more. */
static void what_nobody_wants_is_not_renewed(void **state)
{
	struct scene *scene = *state;
	struct stls_plan plan = fetched(scene, ENFORCE, "1");

	policy_remember(&scene->order, &plan, true);
	put_wanted(scene, 89 * DAY);
	assert_true(next_of(scene) == scene->now + DAY);
	put_wanted(scene, 91 * DAY);
	assert_true(next_of(scene) == 0);
	/* renewing it is no wanting, and asking is */
	policy_remember(&scene->order, &plan, false);
	assert_true(wanted_ago(scene) == 91 * DAY);
	plan.sts.changed = plan.sts.renewed = 0;
	policy_remember(&scene->order, &plan, true);
	assert_true(wanted_ago(scene) <= 0);
	assert_true(next_of(scene) == scene->now + DAY);
	/* once a day is enough */
	put_wanted(scene, DAY - 100);
	policy_remember(&scene->order, &plan, true);
	assert_true(wanted_ago(scene) == DAY - 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(goes_there_and_back),
	    TEST(nothing_to_remember),
	    TEST(what_is_from_the_future_does_not_stay),
	    TEST(who_is_late_changes_nothing),
	    TEST(changes_are_told),
	    TEST(repeated_failures_are_told),
	    TEST(looked_at_again),
	    TEST(a_failure_alone_is_left_alone),
	    TEST(what_nobody_wants_is_not_renewed),
	};
	return cmocka_run_group_tests_name("gate/policy_store", tests, NULL, NULL);
}
