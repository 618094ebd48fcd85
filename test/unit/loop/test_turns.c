/* SPDX-License-Identifier: ISC */
/* Who is next, of those whose work is heavy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "loop/base.h"
#include "loop/timer.h"
#include "loop/turns.h"

#define CROWD 40
#define AT_ONCE 8

struct one {
	struct scene *scene;
	struct turn turn;
	unsigned woken; /* in which turn of the loop; 0: it was not */
	int place;      /* the how manyth */
};

struct scene {
	struct loop *loop;
	struct turns *turns;
	struct timer *limit;
	struct one all[CROWD];
	int count;
};

static void on_turn(void *owner)
{
	struct one *one = owner;

	assert_true(turns_take(one->scene->turns, &one->turn, one));
	one->woken = loop_turn(one->scene->loop);
	one->place = ++one->scene->count;
}

static void on_limit(void *owner)
{
	loop_stop(((struct scene *)owner)->loop);
}

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->loop = loop_create();
	scene->turns = turns_open(scene->loop, on_turn);
	scene->limit = timer_open(scene->loop, on_limit, scene);
	for (int i = 0; i < CROWD; i++)
		scene->all[i].scene = scene;
	*state = scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	timer_close(scene->limit);
	turns_close(scene->turns);
	loop_free(scene->loop);
	free(scene);
	return 0;
}

static bool take(struct scene *scene, int number)
{
	return turns_take(scene->turns, &scene->all[number].turn, &scene->all[number]);
}

static void take_all(struct scene *scene)
{
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(take(scene, i), i < AT_ONCE);
}

static void run(struct scene *scene)
{
	timer_set(scene->limit, 100);
	loop_run(scene->loop);
}

static void a_few_at_once(void **state)
{
	take_all(*state);
}

static void whose_turn_it_was_goes_on(void **state)
{
	struct scene *scene = *state;

	take_all(scene);
	assert_true(take(scene, 0));
	assert_false(take(scene, CROWD - 1));
	run(scene);
	assert_true(take(scene, CROWD - 1));
}

static void the_newest_is_first(void **state)
{
	struct scene *scene = *state;

	take_all(scene);
	run(scene);
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(scene->all[i].place, i < AT_ONCE ? 0 : CROWD - i);
}

static void a_turn_of_the_loop_has_time_for_a_few(void **state)
{
	struct scene *scene = *state;

	take_all(scene);
	run(scene);
	for (int i = AT_ONCE; i + AT_ONCE < CROWD; i++)
		assert_true(scene->all[i].woken > scene->all[i + AT_ONCE].woken);
}

static void who_has_left_is_not_woken(void **state)
{
	struct scene *scene = *state;

	take_all(scene);
	turns_leave(&scene->all[0].turn); /* is not in it */
	turns_leave(&scene->all[AT_ONCE].turn);
	turns_leave(&scene->all[20].turn);
	turns_leave(&scene->all[CROWD - 1].turn);
	run(scene);
	assert_int_equal(scene->count, CROWD - AT_ONCE - 3);
	assert_int_equal(scene->all[20].woken, 0);
}

static void when_all_have_left_it_begins_anew(void **state)
{
	struct scene *scene = *state;

	take_all(scene);
	for (int i = AT_ONCE; i < CROWD; i++)
		turns_leave(&scene->all[i].turn);
	run(scene);
	assert_int_equal(scene->count, 0);
	assert_true(take(scene, CROWD - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_few_at_once, open_scene, close_scene),
	    cmocka_unit_test_setup_teardown(whose_turn_it_was_goes_on, open_scene, close_scene),
	    cmocka_unit_test_setup_teardown(the_newest_is_first, open_scene, close_scene),
	    cmocka_unit_test_setup_teardown(a_turn_of_the_loop_has_time_for_a_few, open_scene,
	                                    close_scene),
	    cmocka_unit_test_setup_teardown(who_has_left_is_not_woken, open_scene, close_scene),
	    cmocka_unit_test_setup_teardown(when_all_have_left_it_begins_anew, open_scene,
	                                    close_scene),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
