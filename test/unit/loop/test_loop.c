/* SPDX-License-Identifier: ISC */
/* The loop itself: timers, signals, the pool, readiness, listening, dialling. */
#include "pair.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "loop/dial.h"
#include "loop/ends.h"
#include "loop/listen.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "loop/timer.h"
#include "loop/watch.h"

struct scene {
	struct loop *loop;
	struct timer *limit;
	int count;
	int64_t when;
	bool expired;
	int fds[256];
};

static void expire(void *owner)
{
	struct scene *scene = owner;

	scene->expired = true;
	loop_stop(scene->loop);
}

static void stop(void *owner)
{
	struct scene *scene = owner;

	scene->count++;
	scene->when = loop_clock();
	loop_stop(scene->loop);
}

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->loop = loop_create();
	scene->limit = timer_open(scene->loop, expire, scene);
	timer_set(scene->limit, 5000);
	*state = scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	timer_close(scene->limit);
	loop_free(scene->loop);
	free(scene);
	return 0;
}

static void timer_rings_once_and_in_time(void **state)
{
	struct scene *scene = *state;
	struct timer *timer = timer_open(scene->loop, stop, scene);
	int64_t start = loop_clock();

	timer_set(timer, 30);
	assert_true(timer_is_set(timer));
	loop_run(scene->loop);
	assert_false(scene->expired);
	assert_int_equal(scene->count, 1);
	assert_true(scene->when - start >= 30);
	assert_false(timer_is_set(timer));
	timer_close(timer);
}

static void timer_is_put_off_and_brought_forward(void **state)
{
	struct scene *scene = *state;
	struct timer *timer = timer_open(scene->loop, stop, scene);
	int64_t start = loop_clock();

	timer_set(timer, 20);
	timer_set(timer, 80); /* later: the event comes early and is set again */
	loop_run(scene->loop);
	assert_true(scene->when - start >= 80);
	timer_set(timer, 4000);
	timer_set(timer, 10); /* earlier */
	loop_run(scene->loop);
	assert_int_equal(scene->count, 2);
	assert_true(scene->when - start < 2000);
	timer_close(timer);
}

static void timer_that_was_cleared_stays_silent(void **state)
{
	struct scene *scene = *state;
	struct timer *timer = timer_open(scene->loop, stop, scene);

	timer_set(timer, 10);
	timer_clear(timer);
	timer_set(scene->limit, 50);
	loop_run(scene->loop);
	assert_true(scene->expired);
	assert_int_equal(scene->count, 0);
	timer_close(timer);
}

static void signal_comes_within_the_loop(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(loop_signal(scene->loop, SIGUSR1, stop, scene), 0);
	kill(getpid(), SIGUSR1);
	loop_run(scene->loop);
	assert_int_equal(scene->count, 1);
	assert_false(scene->expired);
}

struct busy {
	struct timer *timer;
	unsigned turns;
};

static void go_round(void *owner)
{
	struct busy *busy = owner;

	if (++busy->turns == 100)
		kill(getpid(), SIGUSR1);
	timer_set(busy->timer, 0);
}

/* A loop that never waits hears of a signal, too. */
static void signal_comes_to_a_busy_loop(void **state)
{
	struct scene *scene = *state;
	struct busy busy = {0};

	busy.timer = timer_open(scene->loop, go_round, &busy);
	assert_int_equal(loop_signal(scene->loop, SIGUSR1, stop, scene), 0);
	timer_set(busy.timer, 0);
	loop_run(scene->loop);
	assert_int_equal(scene->count, 1);
	assert_false(scene->expired);
	timer_close(busy.timer);
}

static void pool_lends_and_takes_back(void **state)
{
	struct pool *pool = pool_create();
	char *lent[100];

	(void)state;
	for (int i = 0; i < 100; i++) {
		lent[i] = pool_borrow(pool);
		memset(lent[i], i, POOL_BUFFER);
	}
	assert_int_equal(pool_lent(pool), 100);
	for (int i = 0; i < 100; i++)
		pool_return(pool, lent[i]);
	assert_int_equal(pool_lent(pool), 0);
	pool_return(pool, NULL);
	assert_int_equal(pool_lent(pool), 0);
	pool_free(pool);
}

/* Of the large ones there are a few, and they do not become more. */
static void pool_has_few_large_ones(void **state)
{
	struct pool *pool = pool_create();
	char *lent[64];

	(void)state;
	for (int i = 0; i < 64; i++) {
		lent[i] = pool_borrow_large(pool);
		assert_non_null(lent[i]);
		memset(lent[i], i, POOL_LARGE);
	}
	assert_null(pool_borrow_large(pool));
	assert_int_equal(pool_lent(pool), 64);
	pool_return_large(pool, lent[0]);
	lent[0] = pool_borrow_large(pool);
	assert_non_null(lent[0]);
	for (int i = 0; i < 64; i++)
		pool_return_large(pool, lent[i]);
	assert_int_equal(pool_lent(pool), 0);
	pool_free(pool);
}

/* The descriptor of the peer. */
static int open_end(struct scene *scene, struct end *end)
{
	int pair[2];

	connect_pair(pair);
	assert_int_equal(end_open(end, scene->loop, pair[0], stop, scene), 0);
	return pair[1];
}

static void end_is_woken_and_tells_how_it_ended(void **state)
{
	struct scene *scene = *state;
	struct end end;
	char bytes[8];
	int other = open_end(scene, &end);

	assert_int_equal(end_recv(&end, bytes, sizeof(bytes)), END_WAIT);
	assert_int_equal(end_send(&end, "hello", 5), 5);
	assert_int_equal(read(other, bytes, sizeof(bytes)), 5);
	assert_int_equal(write(other, "abc", 3), 3);
	while (!(end.ready & WATCH_READ))
		loop_run(scene->loop);
	assert_int_equal(end_recv(&end, bytes, sizeof(bytes)), 3);
	assert_int_equal(end_recv(&end, bytes, sizeof(bytes)), END_WAIT);
	close(other);
	loop_run(scene->loop);
	assert_int_equal(end_recv(&end, bytes, sizeof(bytes)), END_EOF);
	end_close(&end);
	assert_false(scene->expired);
}

static void end_that_is_reset_says_cut(void **state)
{
	struct scene *scene = *state;
	struct end end;
	char bytes[8];
	int other = open_end(scene, &end);

	cut(other);
	while (!(end.ready & WATCH_READ))
		loop_run(scene->loop);
	assert_int_equal(end_recv(&end, bytes, sizeof(bytes)), END_CUT);
	assert_int_equal(end.error, ECONNRESET);
	/* What was cut once does not become an end of file. */
	assert_int_equal(end_recv(&end, bytes, sizeof(bytes)), END_CUT);
	assert_int_equal(end_send(&end, "x", 1), END_CUT);
	end_close(&end);
}

static void end_that_aborts_resets_and_one_that_closes_does_not(void **state)
{
	struct scene *scene = *state;
	struct end end;
	char bytes[8];
	int other = open_end(scene, &end);

	end_close(&end);
	assert_int_equal(read(other, bytes, sizeof(bytes)), 0);
	close(other);

	other = open_end(scene, &end);
	end_abort(&end);
	assert_int_equal(read(other, bytes, sizeof(bytes)), -1);
	assert_int_equal(errno, ECONNRESET);
	close(other);
}

static void on_accepted(void *owner, int fd, const struct sockaddr *peer, socklen_t length)
{
	struct scene *scene = owner;

	assert_true(length >= sizeof(peer->sa_family));
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	scene->fds[scene->count++] = fd;
	loop_stop(scene->loop);
}

static void on_troubled(void *owner, int error)
{
	struct scene *scene = owner;

	assert_int_equal(error, EMFILE);
	scene->when++;
	loop_stop(scene->loop);
}

static struct listener *listen_on(struct scene *scene, int fd)
{
	struct listener_acts acts = {on_accepted, on_troubled, scene};

	assert_true(fd >= 0);
	return listener_open(scene->loop, fd, &acts);
}

static int loopback_listener(struct sockaddr_storage *address, socklen_t *length, int family)
{
	struct sockaddr_in four = {.sin_family = AF_INET,
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	const void *any = family == AF_INET ? (void *)&four : (void *)&six;
	int fd = listen_socket(any, family == AF_INET ? sizeof(four) : sizeof(six));

	*length = sizeof(*address);
	if (fd >= 0)
		getsockname(fd, (struct sockaddr *)address, length);
	return fd;
}

static void listens_and_dials(void **state)
{
	struct scene *scene = *state;
	struct sockaddr_storage address;
	socklen_t length;
	struct listener *listener = listen_on(scene, loopback_listener(&address, &length, AF_INET));
	struct end end;
	enum dial dial =
	    dial_begin(&end, scene->loop, (struct sockaddr *)&address, length, stop, scene);

	while (dial == DIAL_WAIT) {
		loop_run(scene->loop);
		dial = dial_check(&end);
	}
	assert_int_equal(dial, DIAL_DONE);
	while (!scene->fds[0] && !scene->expired)
		loop_run(scene->loop);
	assert_int_equal(end_send(&end, "x", 1), 1);
	close(scene->fds[0]);
	end_close(&end);
	listener_close(listener);

	/* Nobody is there any more. */
	dial = dial_begin(&end, scene->loop, (struct sockaddr *)&address, length, stop, scene);
	while (dial == DIAL_WAIT) {
		loop_run(scene->loop);
		dial = dial_check(&end);
	}
	assert_int_equal(dial, DIAL_FAILED);
	assert_int_equal(end.error, ECONNREFUSED);
	end_close(&end);
}

/* False when the port is somebody else's in the other family. */
static bool both_families(int six, const struct sockaddr_storage *address)
{
	struct sockaddr_in four = {
	    .sin_family = AF_INET,
	    .sin_port = ((const struct sockaddr_in6 *)(const void *)address)->sin6_port};
	int fd = listen_socket((struct sockaddr *)&four, sizeof(four));

	close(six);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void listens_on_both_families_at_one_port(void **state)
{
	struct sockaddr_storage address;
	socklen_t length;
	bool both = false;
	int on = 0;

	(void)state;
	for (int turn = 0; turn < 20 && !both; turn++) {
		int six = loopback_listener(&address, &length, AF_INET6);

		if (six < 0)
			skip(); /* a machine without IPv6 */
		length = sizeof(on);
		assert_int_equal(getsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &on, &length), 0);
		assert_int_equal(on, 1);
		both = both_families(six, &address);
	}
	assert_true(both);
}

/* Out of descriptors it waits, says so once, and serves when there are some. */
static void goes_on_serving_after_running_out_of_descriptors(void **state)
{
	struct scene *scene = *state;
	struct sockaddr_storage address;
	socklen_t length;
	struct listener *listener = listen_on(scene, loopback_listener(&address, &length, AF_INET));
	struct rlimit before, few;
	int client = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)client + 1;
	assert_int_equal(connect(client, (struct sockaddr *)&address, length), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	loop_run(scene->loop);
	assert_int_equal(scene->when, 1);
	assert_int_equal(scene->count, 0);
	timer_set(scene->limit, 500); /* two more tries, without a word */
	loop_run(scene->loop);
	assert_true(scene->expired);
	assert_int_equal(scene->when, 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	timer_set(scene->limit, 5000);
	loop_run(scene->loop);
	assert_int_equal(scene->count, 1);
	close(scene->fds[0]);
	close(client);
	listener_close(listener);
}

/* Its owner gives one up, once. */
static bool make_room(void *owner)
{
	struct scene *scene = owner;
	int spare = scene->fds[1];

	scene->fds[1] = -1;
	return spare >= 0 && close(spare) == 0;
}

static void accepts_where_room_is_made(void **state)
{
	struct scene *scene = *state;
	struct listener_acts acts = {on_accepted, on_troubled, scene, make_room};
	struct sockaddr_storage address;
	socklen_t length;
	struct listener *listener =
	    listener_open(scene->loop, loopback_listener(&address, &length, AF_INET), &acts);
	struct rlimit before, few;
	int client = socket(AF_INET, SOCK_STREAM, 0);

	scene->fds[1] = dup(client);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)scene->fds[1] + 1;
	assert_int_equal(connect(client, (struct sockaddr *)&address, length), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	timer_set(scene->limit, 5000);
	loop_run(scene->loop);
	assert_int_equal(scene->count, 1);
	assert_int_equal(scene->when, 1); /* it is said all the same */
	assert_int_equal(scene->fds[1], -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	close(scene->fds[0]);
	close(client);
	listener_close(listener);
}

/* Whoever is turned away hears why, also where it has spoken first: unheard bytes would
 * turn the end into a reset. */
static void turns_away_with_a_word(void **state)
{
	char heard[16] = "";
	int pair[2];

	(void)state;
	connect_pair(pair);
	assert_int_equal(write(pair[1], "hello", 5), 5);
	end_turn_away(pair[0], "no", 2);
	assert_int_equal(read(pair[1], heard, sizeof(heard)), 2);
	assert_string_equal(heard, "no");
	assert_int_equal(read(pair[1], heard, sizeof(heard)), 0);
	close(pair[1]);
	connect_pair(pair);
	end_turn_away(pair[0], "", 0);
	assert_int_equal(read(pair[1], heard, sizeof(heard)), 0);
	close(pair[1]);
}

static void accepts_more_than_fit_in_one_turn(void **state)
{
	struct scene *scene = *state;
	struct sockaddr_storage address;
	socklen_t length;
	struct listener *listener = listen_on(scene, loopback_listener(&address, &length, AF_INET));
	int clients[150];

	for (int i = 0; i < 150; i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(connect(clients[i], (struct sockaddr *)&address, length), 0);
	}
	while (scene->count < 150 && !scene->expired)
		loop_run(scene->loop);
	assert_int_equal(scene->count, 150);
	for (int i = 0; i < 150; i++) {
		close(clients[i]);
		close(scene->fds[i]);
	}
	listener_close(listener);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SCENE(timer_rings_once_and_in_time),
	    SCENE(timer_is_put_off_and_brought_forward),
	    SCENE(timer_that_was_cleared_stays_silent),
	    SCENE(signal_comes_within_the_loop),
	    SCENE(signal_comes_to_a_busy_loop),
	    cmocka_unit_test(pool_lends_and_takes_back),
	    cmocka_unit_test(pool_has_few_large_ones),
	    SCENE(end_is_woken_and_tells_how_it_ended),
	    SCENE(end_that_is_reset_says_cut),
	    SCENE(end_that_aborts_resets_and_one_that_closes_does_not),
	    SCENE(listens_and_dials),
	    SCENE(listens_on_both_families_at_one_port),
	    SCENE(goes_on_serving_after_running_out_of_descriptors),
	    SCENE(accepts_where_room_is_made),
	    SCENE(turns_away_with_a_word),
	    SCENE(accepts_more_than_fit_in_one_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
