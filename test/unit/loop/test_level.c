/* SPDX-License-Identifier: ISC */
/* Readiness that is told as long as it lasts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/level.h"
#include "loop/timer.h"

struct seen {
	struct loop *loop;
	struct level *level;
	int ends[2];
	unsigned what, count, stop_after;
	int close;
};

static void on_ready(void *owner, unsigned what)
{
	struct seen *seen = owner;

	seen->what |= what;
	if (++seen->count < seen->stop_after)
		return;
	if (seen->close) {
		level_close(seen->level);
		seen->level = NULL;
	}
	loop_stop(seen->loop);
}

static void stop(void *owner)
{
	loop_stop(owner);
}

/* Runs until it has been told so often, or for a while. */
static void run(struct seen *seen, unsigned stop_after)
{
	struct timer *timer = timer_open(seen->loop, stop, seen->loop);

	seen->what = seen->count = 0;
	seen->stop_after = stop_after;
	timer_set(timer, stop_after ? 2000 : 50);
	assert_int_equal(loop_run(seen->loop), 0);
	timer_close(timer);
}

static int set_up(void **state)
{
	static struct seen seen;

	memset(&seen, 0, sizeof(seen));
	seen.loop = loop_create();
	seen.level = level_open(seen.loop, on_ready, &seen);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, seen.ends), 0);
	*state = &seen;
	return 0;
}

static int tear_down(void **state)
{
	struct seen *seen = *state;

	level_close(seen->level);
	close(seen->ends[0]);
	close(seen->ends[1]);
	loop_free(seen->loop);
	return 0;
}

static void as_long_as_it_lasts(void **state)
{
	struct seen *seen = *state;
	char byte;

	assert_int_equal(level_set(seen->level, seen->ends[0], WATCH_READ, LEVEL_FOREVER), 0);
	run(seen, 0);
	assert_int_equal(seen->count, 0);
	assert_int_equal(write(seen->ends[1], "x", 1), 1);
	run(seen, 3);
	assert_int_equal(seen->count, 3);
	assert_int_equal(seen->what, WATCH_READ);
	assert_int_equal(read(seen->ends[0], &byte, 1), 1);
	run(seen, 0);
	assert_int_equal(seen->count, 0);
}

static void only_what_is_asked_for(void **state)
{
	struct seen *seen = *state;

	assert_int_equal(write(seen->ends[1], "x", 1), 1);
	level_set(seen->level, seen->ends[0], WATCH_WRITE, LEVEL_FOREVER);
	run(seen, 2);
	assert_int_equal(seen->what, WATCH_WRITE);
	level_set(seen->level, seen->ends[0], WATCH_READ | WATCH_WRITE, LEVEL_FOREVER);
	run(seen, 2);
	assert_int_equal(seen->what, WATCH_READ | WATCH_WRITE);
	level_clear(seen->level);
	run(seen, 0);
	assert_int_equal(seen->count, 0);
}

static void time_passes(void **state)
{
	struct seen *seen = *state;

	level_set(seen->level, -1, 0, 1);
	run(seen, 1);
	assert_int_equal(seen->what, LEVEL_TIME);
	run(seen, 0);
	assert_int_equal(seen->count, 0); /* once */
	level_set(seen->level, seen->ends[0], WATCH_READ, 1);
	run(seen, 3);
	assert_int_equal(seen->count, 3); /* again and again */
	assert_int_equal(seen->what, LEVEL_TIME);
}

static void closed_from_within(void **state)
{
	struct seen *seen = *state;

	seen->close = 1;
	level_set(seen->level, seen->ends[0], WATCH_WRITE, LEVEL_FOREVER);
	run(seen, 1);
	assert_int_equal(seen->count, 1);
	run(seen, 0);
	assert_int_equal(seen->count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(as_long_as_it_lasts, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(only_what_is_asked_for, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(time_passes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(closed_from_within, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("loop/level", tests, NULL, NULL);
}
