/* SPDX-License-Identifier: ISC */
/*
 * The pump with TLS on its near side: how a close and a cut look from either
 * side, and that bytes survive a slow reader.  The near peer is a side, too; the
 * far one is played by the test.
 */
#include "pair.h"

#include <fcntl.h>

#include "../tls/mail.h"
#include "loop/loop.h"
#include "loop/pump.h"
#include "loop/timer.h"

struct scene {
	struct loop *loop;
	struct timer *tick;
	struct side side[2];
	struct side client; /* the near peer */
	struct pump pump;
	int far;
};

static void wake(void *owner)
{
	loop_stop(((struct scene *)owner)->loop);
}

static void turn(struct scene *scene)
{
	timer_set(scene->tick, 2);
	loop_run(scene->loop);
}

static void shake(struct scene *scene)
{
	struct stls_receipt ours = pair_receipt(STLS_SMTP, STLS_SERVER);
	struct stls_receipt theirs = pair_receipt(STLS_SMTP, STLS_CLIENT);
	enum stls_need near = STLS_IN, peers = STLS_IN;

	assert_int_equal(side_start(&scene->side[0], server, &ours, NULL), 0);
	assert_int_equal(side_start(&scene->client, client, &theirs, &peer), 0);
	for (int i = 0; i < 100 && (near != STLS_DONE || peers != STLS_DONE); i++) {
		peers = side_shake(&scene->client);
		near = side_shake(&scene->side[0]);
		turn(scene);
	}
	assert_int_equal(near, STLS_DONE);
	assert_int_equal(peers, STLS_DONE);
}

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	int near[2], far[2];

	scene->loop = loop_create();
	scene->tick = timer_open(scene->loop, wake, scene);
	connect_pair(near);
	connect_pair(far);
	scene->far = far[1];
	fcntl(near[1], F_SETFL, O_NONBLOCK);
	scene->side[0] = scene->side[1] = scene->client = SIDE_NONE;
	end_open(&scene->side[0].end, scene->loop, near[0], wake, scene);
	end_open(&scene->side[1].end, scene->loop, far[0], wake, scene);
	end_open(&scene->client.end, scene->loop, near[1], wake, scene);
	shake(scene);
	pump_open(&scene->pump, loop_pool(scene->loop), &scene->side[0], &scene->side[1]);
	*state = scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	pump_close(&scene->pump);
	assert_int_equal(pool_lent(loop_pool(scene->loop)), 0);
	side_close(&scene->side[0]);
	side_close(&scene->side[1]);
	side_close(&scene->client);
	timer_close(scene->tick);
	loop_free(scene->loop);
	close(scene->far);
	free(scene);
	return 0;
}

static enum pump_state run(struct scene *scene)
{
	enum pump_state state = PUMP_WAITS;

	for (int quiet = 0; quiet < 5; quiet++) {
		state = pump_run(&scene->pump);
		if (state != PUMP_WAITS && state != PUMP_AGAIN)
			break;
		turn(scene);
	}
	return state;
}

static void say(struct scene *scene, const char *text)
{
	assert_int_equal(side_write(&scene->client, text, strlen(text)), strlen(text));
}

static void say_far(struct scene *scene, const char *text)
{
	assert_int_equal(write(scene->far, text, strlen(text)), strlen(text));
}

static void expect_far(struct scene *scene, const char *text)
{
	char bytes[64];

	assert_int_equal(recv(scene->far, bytes, sizeof(bytes), 0), strlen(text));
	assert_memory_equal(bytes, text, strlen(text));
}

/* What the near peer reads, after the loop had its chance. */
static ptrdiff_t hear(struct scene *scene, char *bytes, size_t size)
{
	turn(scene);
	return side_read(&scene->client, bytes, size);
}

static void bytes_cross(void **state)
{
	struct scene *scene = *state;
	char bytes[64];

	say(scene, "EHLO x\r\n");
	run(scene);
	expect_far(scene, "EHLO x\r\n");
	say_far(scene, "250 mx\r\n");
	run(scene);
	assert_int_equal(hear(scene, bytes, sizeof(bytes)), 8);
	assert_memory_equal(bytes, "250 mx\r\n", 8);
	assert_int_equal(pool_lent(loop_pool(scene->loop)), 0);
}

static void close_notify_becomes_an_end_of_file(void **state)
{
	struct scene *scene = *state;
	char bytes[64];

	say(scene, "last");
	assert_int_equal(side_finish(&scene->client), 0);
	assert_int_equal(run(scene), PUMP_WAITS);
	expect_far(scene, "last");
	assert_int_equal(recv(scene->far, bytes, 1, 0), 0);
	/* and the other way is open still */
	say_far(scene, "answer");
	run(scene);
	assert_int_equal(hear(scene, bytes, sizeof(bytes)), 6);
}

static void end_of_file_becomes_a_close_notify(void **state)
{
	struct scene *scene = *state;
	char bytes[64];

	say_far(scene, "221 bye\r\n");
	shutdown(scene->far, SHUT_WR);
	run(scene);
	assert_int_equal(hear(scene, bytes, sizeof(bytes)), 9);
	assert_int_equal(hear(scene, bytes, sizeof(bytes)), SIDE_CLOSED);
	assert_int_equal(stls_tls_end(scene->client.tls), STLS_END_CLOSED);
	assert_int_equal(side_finish(&scene->client), 0);
	assert_int_equal(run(scene), PUMP_CLOSED);
}

static void expect_reset_far(struct scene *scene)
{
	char byte;

	assert_int_equal(recv(scene->far, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
}

/* RFC 8446 section 6.1: without a close_notify it is no end. */
static void end_of_file_without_close_notify_becomes_a_cut(void **state)
{
	struct scene *scene = *state;

	say(scene, "half a mess");
	run(scene);
	expect_far(scene, "half a mess");
	end_shut(&scene->client.end);
	assert_int_equal(run(scene), PUMP_CUTOFF);
	assert_int_equal(scene->pump.first, 0);
	side_abort(&scene->side[1]);
	expect_reset_far(scene);
}

static void reset_of_the_service_becomes_a_cut(void **state)
{
	struct scene *scene = *state;
	char bytes[64];

	say_far(scene, "half an ans");
	run(scene);
	cut(scene->far);
	scene->far = dup(scene->side[0].end.fd);
	assert_int_equal(run(scene), PUMP_CUTOFF);
	close(scene->far);
	scene->far = dup(STDIN_FILENO);
	side_abort(&scene->side[0]);
	assert_int_equal(hear(scene, bytes, sizeof(bytes)), 11);
	assert_int_equal(hear(scene, bytes, sizeof(bytes)), SIDE_CUT);
	assert_int_equal(stls_tls_end(scene->client.tls), STLS_END_CUT);
}

static void garbage_in_a_record_becomes_a_cut(void **state)
{
	struct scene *scene = *state;

	assert_true(end_send(&scene->client.end, "\x17\x03\x03\x00\x05hello", 10) == 10);
	assert_int_equal(run(scene), PUMP_CUTOFF);
	side_abort(&scene->side[1]);
	expect_reset_far(scene);
}

/* Megabytes towards a near peer that reads a little at a time. */
static void slow_reader_gets_every_byte(void **state)
{
	struct scene *scene = *state;
	size_t total = 4 << 20, sent = 0, got = 0;
	char block[8192];

	fcntl(scene->far, F_SETFL, O_NONBLOCK);
	while (got < total) {
		ptrdiff_t n;

		for (size_t i = 0; i < sizeof(block); i++)
			block[i] = (char)((sent + i) % 251);
		if (sent < total && (n = write(scene->far, block, sizeof(block))) > 0)
			sent += (size_t)n;
		pump_run(&scene->pump);
		assert_true(pool_lent(loop_pool(scene->loop)) <= 2);
		n = side_read(&scene->client, block, 3000);
		for (ptrdiff_t i = 0; i < n; i++)
			if (block[i] != (char)((got + (size_t)i) % 251))
				fail_msg("byte %zu is wrong", got + (size_t)i);
		if (n > 0)
			got += (size_t)n;
		timer_set(scene->tick, 0);
		loop_run(scene->loop);
	}
	assert_int_equal(hear(scene, block, sizeof(block)), SIDE_WAIT);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SCENE(bytes_cross),
	    SCENE(close_notify_becomes_an_end_of_file),
	    SCENE(end_of_file_becomes_a_close_notify),
	    SCENE(end_of_file_without_close_notify_becomes_a_cut),
	    SCENE(reset_of_the_service_becomes_a_cut),
	    SCENE(garbage_in_a_record_becomes_a_cut),
	    SCENE(slow_reader_gets_every_byte),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
