/* SPDX-License-Identifier: ISC */
/* The keys of session tickets: how they come and go. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "gate/tickets.h"

struct scene {
	struct loop *loop;
	stls_tls_context *context;
	struct tickets tickets;
};

static void open_scene(struct scene *scene)
{
	const struct stls_tls_settings settings = {.size = sizeof(settings), .role = STLS_SERVER};
	struct stls_tls_error error;

	scene->loop = loop_create();
	scene->context = stls_tls_context_new(&settings, &error);
	assert_non_null(scene->context);
	assert_int_equal(tickets_open(&scene->tickets, scene->loop, scene->context), 0);
}

static void close_scene(struct scene *scene)
{
	tickets_close(&scene->tickets);
	stls_tls_context_free(scene->context);
	loop_free(scene->loop);
}

static void newest_comes_first_and_the_oldest_goes(void **state)
{
	struct scene scene;
	unsigned char first[STLS_TICKET_KEY_SIZE];

	(void)state;
	open_scene(&scene);
	assert_int_equal(scene.tickets.count, 1);
	memcpy(first, scene.tickets.keys[0], sizeof(first));
	for (size_t i = 1; i < STLS_TICKET_KEYS; i++) {
		assert_int_equal(tickets_turn(&scene.tickets), 0);
		assert_int_equal(scene.tickets.count, i + 1);
		assert_memory_not_equal(scene.tickets.keys[0], first, sizeof(first));
		assert_memory_equal(scene.tickets.keys[i], first, sizeof(first));
	}
	assert_int_equal(tickets_turn(&scene.tickets), 0);
	assert_int_equal(scene.tickets.count, STLS_TICKET_KEYS);
	for (size_t i = 0; i < STLS_TICKET_KEYS; i++)
		assert_memory_not_equal(scene.tickets.keys[i], first, sizeof(first));
	close_scene(&scene);
}

static void keys_are_wiped(void **state)
{
	struct scene scene;
	static const unsigned char nothing[STLS_TICKET_KEY_SIZE];

	(void)state;
	open_scene(&scene);
	assert_memory_not_equal(scene.tickets.keys[0], nothing, sizeof(nothing));
	close_scene(&scene);
	assert_memory_equal(scene.tickets.keys[0], nothing, sizeof(nothing));
}

static void no_two_fronts_have_the_same_key(void **state)
{
	struct scene one, other;

	(void)state;
	open_scene(&one);
	open_scene(&other);
	assert_memory_not_equal(one.tickets.keys[0], other.tickets.keys[0], STLS_TICKET_KEY_SIZE);
	close_scene(&one);
	close_scene(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(newest_comes_first_and_the_oldest_goes),
	    cmocka_unit_test(keys_are_wiped),
	    cmocka_unit_test(no_two_fronts_have_the_same_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
