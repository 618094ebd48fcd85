/* SPDX-License-Identifier: ISC */
/* Nobody is told of what may still be forgotten. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/policy_ledger.h"
#include "loop/timer.h"

static char folder[] = "/tmp/ledger-XXXXXX";
static struct loop *loop;
static struct timer *over;
static struct store *store;
static struct ledger *ledger;
static struct ledger_wait waits[3];
static char told[8]; /* who was, in order */

static struct store *opened(bool gather)
{
	const struct store_settings settings = {.state = folder, .gather = gather};
	struct store_error error;

	return store_open(&settings, loop_date(), &error);
}

static void put(const char *domain)
{
	struct store_policy policy = {.text = "version: STSv1\nmode: none\nmax_age: 86400\n"};

	policy.length = strlen(policy.text);
	policy.fetched = loop_date();
	policy.expires = policy.fetched + 86400;
	snprintf(policy.domain, sizeof(policy.domain), "%s", domain);
	assert_int_equal(store_policy_put(store, &policy, loop_date()), STORE_OK);
}

/* As another process sees it. */
static bool lasts(const char *domain)
{
	struct store *other = opened(false);
	struct store_policy policy;
	bool found;

	assert_non_null(other);
	found = store_policy_get(other, domain, loop_date(), &policy) == STORE_OK;
	store_close(other);
	return found;
}

static void written(void *owner)
{
	struct ledger_wait *wait = owner;
	size_t length = strlen(told);

	assert_true(lasts("a.example"));
	told[length] = (char)('0' + (wait - waits));
	if (wait == &waits[2])
		ledger_leave(&waits[1]);
}

static void stop(void *owner)
{
	loop_stop(owner);
}

static void run(void)
{
	timer_set(over, 20);
	assert_int_equal(loop_run(loop), 0);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	loop = loop_create();
	over = loop ? timer_open(loop, stop, loop) : NULL;
	store = opened(true);
	ledger = over && store ? ledger_open(loop, store) : NULL;
	for (size_t i = 0; i < 3; i++)
		waits[i] = (struct ledger_wait){.written = written, .owner = &waits[i]};
	memset(told, 0, sizeof(told));
	return ledger ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	ledger_close(ledger);
	store_close(store);
	timer_close(over);
	loop_free(loop);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static void test_told_when_it_lasts(void **state)
{
	(void)state;
	assert_true(ledger_lasts(ledger));
	put("a.example");
	assert_false(ledger_lasts(ledger));
	assert_false(lasts("a.example"));
	ledger_await(ledger, &waits[0]);
	put("b.example");
	ledger_await(ledger, &waits[1]);
	assert_string_equal(told, "");
	run();
	assert_string_equal(told, "01");
	assert_true(ledger_lasts(ledger));
	assert_true(lasts("b.example"));
}

static void test_who_has_left_is_not_told(void **state)
{
	(void)state;
	put("a.example");
	ledger_leave(&waits[0]);
	for (int i = 2; i >= 0; i--)
		ledger_await(ledger, &waits[i]);
	ledger_leave(&waits[0]);
	run();
	assert_string_equal(told, "2");
	ledger_await(ledger, &waits[0]);
	run();
	assert_string_equal(told, "20");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_told_when_it_lasts, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_who_has_left_is_not_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
