/* SPDX-License-Identifier: ISC */
/* Whose turn it is: in order, so many at once, and nobody waits for the slow. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "gate/policy_lanes.h"

#define PATIENCE 50 /* ms */
#define SEATS 12

static struct loop *loop;
static struct timer *over;
static struct lanes lanes;
static struct lane_seat seats[SEATS];
static char story[256];    /* what became of the seats, in order */
static const char *unwell; /* those that do not want to when it is their turn */

static void note(const struct lane_seat *seat, char what)
{
	size_t length = strlen(story);

	snprintf(story + length, sizeof(story) - length, "%s%c%c", length ? " " : "", what,
	         (char)('a' + (seat - seats)));
}

static bool start(void *owner, struct lane_seat *seat)
{
	assert_ptr_equal(owner, &lanes);
	assert_int_equal(seat->lane, LANE_QUICK);
	if (unwell && strchr(unwell, (char)('a' + (seat - seats))))
		return false;
	note(seat, '+');
	return true;
}

static void dropped(void *owner, struct lane_seat *seat)
{
	assert_ptr_equal(owner, &lanes);
	assert_int_equal(seat->lane, LANE_NONE);
	note(seat, '-');
}

static void stop(void *owner)
{
	loop_stop(owner);
}

static void run(int64_t milliseconds)
{
	timer_set(over, milliseconds);
	assert_int_equal(loop_run(loop), 0);
}

static int set_up(void **state)
{
	(void)state;
	loop = loop_create();
	over = loop ? timer_open(loop, stop, loop) : NULL;
	memset(seats, 0, sizeof(seats));
	story[0] = '\0';
	unwell = NULL;
	return over ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	lanes_close(&lanes);
	timer_close(over);
	loop_free(loop);
	return 0;
}

static void open_lanes(unsigned quick, unsigned slow, unsigned waiting)
{
	const struct lanes_settings settings = {.quick = quick,
	                                        .slow = slow,
	                                        .waiting = waiting,
	                                        .patience = PATIENCE,
	                                        .start = start,
	                                        .dropped = dropped,
	                                        .owner = &lanes};

	assert_int_equal(lanes_open(&lanes, loop, &settings), 0);
}

static void queue(const char *names)
{
	for (; *names; names++)
		assert_true(lanes_queue(&lanes, &seats[*names - 'a']));
}

static void leave(const char *names)
{
	for (; *names; names++)
		lanes_leave(&lanes, &seats[*names - 'a']);
}

static void test_never_at_once(void **state)
{
	(void)state;
	open_lanes(2, 2, 10);
	queue("a");
	assert_string_equal(story, "");
	run(5);
	assert_string_equal(story, "+a");
}

static void test_in_order(void **state)
{
	(void)state;
	open_lanes(2, 0, 10);
	queue("abcde");
	run(5);
	assert_string_equal(story, "+a +b");
	leave("b");
	assert_string_equal(story, "+a +b +c");
	leave("ac");
	assert_string_equal(story, "+a +b +c +d +e");
	leave("de");
	assert_int_equal(lanes.quick_count + lanes.slow_count + lanes.waiting_count, 0);
}

static void test_slow_ones_make_room(void **state)
{
	(void)state;
	open_lanes(2, 2, 10);
	queue("abc");
	run(PATIENCE / 2);
	assert_string_equal(story, "+a +b");
	run(PATIENCE);
	assert_string_equal(story, "+a +b +c");
	assert_int_equal(seats[0].lane, LANE_SLOW);
	assert_int_equal(seats[2].lane, LANE_QUICK);
	leave("abc");
	assert_int_equal(lanes.quick_count + lanes.slow_count + lanes.waiting_count, 0);
}

/* When there is no room for the slow any more they are waited for. */
static void test_slow_ones_have_bounds(void **state)
{
	(void)state;
	open_lanes(1, 1, 10);
	queue("abcd");
	run(PATIENCE * 5);
	assert_string_equal(story, "+a +b");
	assert_int_equal(seats[1].lane, LANE_QUICK);
	leave("a");
	assert_string_equal(story, "+a +b +c");
	assert_int_equal(seats[1].lane, LANE_SLOW);
}

static void test_too_many_wait(void **state)
{
	(void)state;
	open_lanes(1, 1, 2);
	queue("a");
	run(5);
	queue("bc");
	assert_false(lanes_queue(&lanes, &seats[3]));
	assert_int_equal(seats[3].lane, LANE_NONE);
	leave("b");
	queue("d");
	leave("a");
	leave("c");
	assert_string_equal(story, "+a +c +d");
}

/* Whoever has left, or does not want to any more, takes nobody's turn away. */
static void test_who_does_not_want_to(void **state)
{
	(void)state;
	open_lanes(1, 1, 10);
	queue("abcdef");
	unwell = "ace";
	leave("b");
	run(5);
	assert_string_equal(story, "-a -c +d");
	leave("d");
	assert_string_equal(story, "-a -c +d -e +f");
	leave("bb");
	assert_int_equal(lanes.quick_count, 1);
}

static void test_again(void **state)
{
	(void)state;
	open_lanes(1, 1, 10);
	queue("ab");
	run(5);
	leave("a");
	queue("a");
	leave("b");
	assert_string_equal(story, "+a +b +a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_never_at_once, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_in_order, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_slow_ones_make_room, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_slow_ones_have_bounds, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_too_many_wait, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_who_does_not_want_to, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_again, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
