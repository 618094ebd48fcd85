/* SPDX-License-Identifier: ISC */
/*
 * The pump between two bare sides.  The test plays both peers: the "near" one
 * behind side 0 and the "far" one behind side 1.  (With TLS on a side: the tests
 * of the daemon.)
 */
#include "pair.h"

#include <fcntl.h>

#include "loop/loop.h"
#include "loop/pump.h"
#include "loop/timer.h"

struct scene {
	struct loop *loop;
	struct timer *tick;
	struct side side[2];
	struct pump pump;
	enum pump_state state;
	int near, far;
};

static void wake(void *owner)
{
	loop_stop(((struct scene *)owner)->loop);
}

static void set_size(int fd, int what, int size)
{
	setsockopt(fd, SOL_SOCKET, what, &size, sizeof(size));
}

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	int near[2], far[2];

	scene->loop = loop_create();
	scene->tick = timer_open(scene->loop, wake, scene);
	connect_pair(near);
	connect_pair(far);
	scene->near = near[1];
	scene->far = far[1];
	/* Small ones, so that a slow reader is felt soon. */
	set_size(near[0], SO_SNDBUF, 8192);
	set_size(far[0], SO_SNDBUF, 8192);
	end_open(&scene->side[0].end, scene->loop, near[0], wake, scene);
	end_open(&scene->side[1].end, scene->loop, far[0], wake, scene);
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
	timer_close(scene->tick);
	loop_free(scene->loop);
	close(scene->near);
	close(scene->far);
	free(scene);
	return 0;
}

/* Runs the pump until nothing happens for a while, or it is over. */
static enum pump_state run(struct scene *scene)
{
	int quiet = 0;

	while (quiet < 5) {
		uint64_t before = scene->pump.lane[0].moved + scene->pump.lane[1].moved;

		scene->state = pump_run(&scene->pump);
		if (scene->state != PUMP_WAITS && scene->state != PUMP_AGAIN)
			break;
		if (scene->state == PUMP_AGAIN)
			continue;
		timer_set(scene->tick, 2);
		loop_run(scene->loop);
		if (before == scene->pump.lane[0].moved + scene->pump.lane[1].moved)
			quiet++;
	}
	return scene->state;
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void expect(int fd, const char *text)
{
	char bytes[512] = {0};
	size_t length = strlen(text), got = 0;

	while (got < length) {
		ssize_t n = recv(fd, bytes + got, length - got, 0);

		assert_true(n > 0);
		got += (size_t)n;
	}
	assert_memory_equal(bytes, text, length);
}

static void expect_nothing(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void expect_close(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, 0), 0);
}

static void expect_cut(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
}

static void bytes_cross_both_ways(void **state)
{
	struct scene *scene = *state;

	say(scene->near, "EHLO there\r\n");
	say(scene->far, "250 here\r\n");
	assert_int_equal(run(scene), PUMP_WAITS);
	expect(scene->far, "EHLO there\r\n");
	expect(scene->near, "250 here\r\n");
	assert_int_equal(scene->pump.lane[0].moved, 12);
	assert_int_equal(scene->pump.lane[1].moved, 10);
}

static void idle_pump_holds_no_buffer(void **state)
{
	struct scene *scene = *state;

	say(scene->near, "x");
	run(scene);
	expect(scene->far, "x");
	assert_int_equal(pool_lent(loop_pool(scene->loop)), 0);
}

static void close_is_passed_on_and_the_other_way_stays_open(void **state)
{
	struct scene *scene = *state;

	say(scene->near, "last words");
	shutdown(scene->near, SHUT_WR);
	assert_int_equal(run(scene), PUMP_WAITS);
	expect(scene->far, "last words");
	expect_close(scene->far);
	say(scene->far, "answer");
	run(scene);
	expect(scene->near, "answer");
	shutdown(scene->far, SHUT_WR);
	assert_int_equal(run(scene), PUMP_CLOSED);
	expect_close(scene->near);
}

static void far_side_may_close_first(void **state)
{
	struct scene *scene = *state;

	say(scene->far, "221 bye\r\n");
	shutdown(scene->far, SHUT_WR);
	assert_int_equal(run(scene), PUMP_WAITS);
	expect(scene->near, "221 bye\r\n");
	expect_close(scene->near);
	say(scene->near, "thanks");
	shutdown(scene->near, SHUT_WR);
	assert_int_equal(run(scene), PUMP_CLOSED);
	expect(scene->far, "thanks");
	expect_close(scene->far);
}

static void cut_is_passed_on_as_a_cut(void **state)
{
	struct scene *scene = *state;

	for (int side = 0; side < 2; side++) {
		int from = side ? scene->far : scene->near;
		int to = side ? scene->near : scene->far;

		say(from, "half a mess");
		run(scene);
		expect(to, "half a mess");
		cut(from);
		*(side ? &scene->far : &scene->near) = dup(to);
		assert_int_equal(run(scene), PUMP_CUTOFF);
		side_abort(&scene->side[0]);
		side_abort(&scene->side[1]);
		expect_cut(to);
		if (!side) {
			void *again = scene;

			close_scene(&again);
			open_scene(state);
			scene = *state;
		}
	}
}

static void what_was_said_before_a_reset_is_still_delivered(void **state)
{
	struct scene *scene = *state;

	/* The far side refuses and is gone, without having read what we send. */
	say(scene->near, "EHLO x\r\n");
	run(scene);
	say(scene->far, "421 too busy\r\n");
	cut(scene->far);
	scene->far = dup(scene->near);
	say(scene->near, "MAIL FROM:<>\r\n");
	assert_int_equal(run(scene), PUMP_CUTOFF);
	expect(scene->near, "421 too busy\r\n");
}

/* A reader that does not read stops the writer, within bounds, and loses nothing. */
static void slow_reader_is_waited_for(void **state)
{
	struct scene *scene = *state;
	size_t total = 8 << 20, sent = 0, got = 0;
	char block[4096], byte = 0;
	uint64_t stuck;

	fcntl(scene->near, F_SETFL, O_NONBLOCK);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (char)i;
	while (sent < total) {
		ssize_t n = write(scene->near, block, sizeof(block));

		if (n > 0)
			sent += (size_t)n;
		if (n < (ssize_t)sizeof(block) && run(scene) == PUMP_WAITS && n < 0)
			break;
	}
	assert_true(sent < total); /* the writer was stopped */
	assert_true(pool_lent(loop_pool(scene->loop)) <= 2);
	stuck = scene->pump.lane[0].moved;
	assert_int_equal(run(scene), PUMP_WAITS);
	assert_int_equal(scene->pump.lane[0].moved, stuck);
	shutdown(scene->near, SHUT_WR);
	fcntl(scene->far, F_SETFL, O_NONBLOCK);
	while (!scene->pump.lane[0].done || got < sent) {
		ssize_t n = read(scene->far, block, sizeof(block));

		for (ssize_t i = 0; i < n; i++)
			if (block[i] != byte++)
				fail_msg("byte %zu is wrong", got + (size_t)i);
		if (n > 0)
			got += (size_t)n;
		else
			run(scene);
	}
	assert_int_equal(got, sent);
	run(scene);
	fcntl(scene->far, F_SETFL, 0);
	expect_close(scene->far);
}

static void busy_pair_lets_others_have_their_turn(void **state)
{
	struct scene *scene = *state;
	static char much[1 << 20];
	enum pump_state first;

	set_size(scene->far, SO_RCVBUF, 1 << 20);
	set_size(scene->side[1].end.fd, SO_SNDBUF, 1 << 20);
	set_size(scene->side[0].end.fd, SO_RCVBUF, 1 << 20);
	fcntl(scene->near, F_SETFL, O_NONBLOCK);
	assert_true(write(scene->near, much, sizeof(much)) > 300000);
	timer_set(scene->tick, 20);
	loop_run(scene->loop);
	first = pump_run(&scene->pump);
	assert_int_equal(first, PUMP_AGAIN);
	assert_true(scene->pump.lane[0].moved <= 8 * POOL_LARGE);
}

static void bytes_from_before_come_first(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(pump_prime(&scene->pump, 0, "HELO a\r\n", 8), 0);
	assert_int_equal(pump_prime(&scene->pump, 0, "MAIL", 4), 0);
	say(scene->near, " FROM:<>\r\n");
	run(scene);
	expect(scene->far, "HELO a\r\nMAIL FROM:<>\r\n");
}

static void more_than_fits_is_not_primed(void **state)
{
	struct scene *scene = *state;
	static char much[POOL_BUFFER + 1];

	assert_int_equal(pump_prime(&scene->pump, 0, much, sizeof(much)), -1);
	assert_int_equal(pump_prime(&scene->pump, 0, much, POOL_BUFFER), 0);
	assert_int_equal(pump_prime(&scene->pump, 0, much, 1), -1);
}

/* A judge for lines: what their first letter says is done with them. */
static struct pump_step by_first_letter(void *owner, int from, const char *bytes, size_t count,
                                        bool last)
{
	const char *end = memchr(bytes, '\n', count);
	struct pump_step step = {.move = PUMP_HOLD};
	bool *loose = owner;

	if (!end && last)
		return (struct pump_step){.move = PUMP_REPLACE, .take = count};
	if (!end)
		return step;
	step.take = (size_t)(end - bytes) + 1;
	switch (bytes[0]) {
	case 'R':
		step.move = PUMP_REPLACE;
		step.with = "replaced\n";
		break;
	case 'A':
		step.move = PUMP_ANSWER;
		step.with = "answered\n";
		break;
	case 'Q':
		step.move = PUMP_CLOSE;
		step.with = "closed\n";
		break;
	case 'W': step.move = *loose ? PUMP_PASS : PUMP_HOLD; break;
	default: step.move = PUMP_PASS;
	}
	if (from == 1)
		*loose = true;
	step.length = step.with ? strlen(step.with) : 0;
	return step;
}

static void judge_replaces_and_answers_in_order(void **state)
{
	struct scene *scene = *state;
	bool loose = false;

	scene->pump.judge = (struct pump_judge){by_first_letter, &loose};
	say(scene->near, "one\nR\ntwo\nA\nthree\nhal");
	assert_int_equal(run(scene), PUMP_WAITS);
	expect(scene->far, "one\nreplaced\ntwo\nthree\n");
	expect_nothing(scene->far);
	expect(scene->near, "answered\n");
	say(scene->near, "f\n");
	run(scene);
	expect(scene->far, "half\n");
	assert_int_equal(pool_lent(loop_pool(scene->loop)), 0);
}

static void judge_may_wait_for_the_other_side(void **state)
{
	struct scene *scene = *state;
	bool loose = false;

	scene->pump.judge = (struct pump_judge){by_first_letter, &loose};
	say(scene->near, "W\nx\n");
	shutdown(scene->near, SHUT_WR);
	assert_int_equal(run(scene), PUMP_WAITS);
	expect_nothing(scene->far);
	say(scene->far, "go\n");
	run(scene);
	expect(scene->far, "W\nx\n");
	expect_close(scene->far);
	expect(scene->near, "go\n");
}

static void judge_hears_when_nothing_more_will_come(void **state)
{
	struct scene *scene = *state;
	bool loose = false;

	scene->pump.judge = (struct pump_judge){by_first_letter, &loose};
	say(scene->near, "one\nhalf a li");
	assert_int_equal(run(scene), PUMP_WAITS);
	expect(scene->far, "one\n");
	expect_nothing(scene->far);
	shutdown(scene->near, SHUT_WR);
	run(scene);
	expect_close(scene->far);
}

/* Leaves after the first line. */
static struct pump_step once(void *owner, int from, const char *bytes, size_t count, bool last)
{
	struct pump *pump = owner;

	(void)from, (void)last;
	pump->judge.next = NULL;
	return (struct pump_step){
	    .move = PUMP_PASS,
	    .take = (size_t)((const char *)memchr(bytes, '\n', count) - bytes) + 1};
}

static void judge_may_leave(void **state)
{
	struct scene *scene = *state;

	scene->pump.judge = (struct pump_judge){once, &scene->pump};
	say(scene->near, "one\ntwo\nthr");
	assert_int_equal(run(scene), PUMP_WAITS);
	expect(scene->far, "one\ntwo\nthr");
}

static void judge_may_end_it(void **state)
{
	struct scene *scene = *state;
	bool loose = false;

	scene->pump.judge = (struct pump_judge){by_first_letter, &loose};
	say(scene->far, "before\n");
	say(scene->near, "A\nQ\nnever\n");
	assert_int_equal(run(scene), PUMP_REFUSED);
	expect_nothing(scene->far);
}

static void answers_stop_when_they_are_not_read(void **state)
{
	struct scene *scene = *state;
	bool loose = false;
	char lines[2048];
	size_t sent = 0;

	scene->pump.judge = (struct pump_judge){by_first_letter, &loose};
	for (size_t i = 0; i < sizeof(lines); i += 2)
		memcpy(lines + i, "A\n", 2);
	fcntl(scene->near, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 20000; i++) {
		ssize_t n = write(scene->near, lines, sizeof(lines));

		if (n > 0)
			sent += (size_t)n;
		else if (run(scene) == PUMP_WAITS)
			break;
	}
	assert_true(sent < (size_t)20000 * sizeof(lines));
	assert_true(pool_lent(loop_pool(scene->loop)) <= 4);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SCENE(bytes_cross_both_ways),
	    SCENE(idle_pump_holds_no_buffer),
	    SCENE(close_is_passed_on_and_the_other_way_stays_open),
	    SCENE(far_side_may_close_first),
	    SCENE(cut_is_passed_on_as_a_cut),
	    SCENE(what_was_said_before_a_reset_is_still_delivered),
	    SCENE(slow_reader_is_waited_for),
	    SCENE(busy_pair_lets_others_have_their_turn),
	    SCENE(bytes_from_before_come_first),
	    SCENE(more_than_fits_is_not_primed),
	    SCENE(judge_replaces_and_answers_in_order),
	    SCENE(judge_may_wait_for_the_other_side),
	    SCENE(judge_hears_when_nothing_more_will_come),
	    SCENE(judge_may_leave),
	    SCENE(judge_may_end_it),
	    SCENE(answers_stop_when_they_are_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
