/* SPDX-License-Identifier: ISC */
/* Who may stay, and who makes room. */
/* pipe2(2) */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/limits.h"
#include "proc/memory.h"
#include "proc/shared.h"

#define GUESTS 64
#define FD 9 /* any that is far from the last one */

/* A worker with sessions that are nothing but seats. */
static struct {
	struct config_limits config;
	struct tally_board board;
	struct loop *loop;
	struct log log;
	int told; /* the log's other end */
	struct limits *limits, *others;
	struct limits_seat seats[GUESTS];
	int evicted[GUESTS], evictions; /* in this order */
	enum board_refusal why;
} here;

static void evict(void *owner)
{
	struct limits_seat *seat = owner;

	here.evicted[here.evictions++] = (int)(seat - here.seats);
	limits_leave(here.limits, seat);
}

static struct limits *open_limits(size_t workers)
{
	const struct limits_order order = {
	    .config = &here.config,
	    .workers = workers,
	    .board = &here.board,
	    .own = tally_take(&here.board),
	    .loop = here.loop,
	    .log = &here.log,
	    .evict = evict,
	};

	return limits_open(&order);
}

static void begin(const struct config_limits *config, size_t workers)
{
	int ends[2];

	memset(&here, 0, sizeof(here));
	here.config = *config;
	here.board.shared = proc_shared(sizeof(*here.board.shared));
	assert_non_null(here.board.shared);
	assert_int_equal(tally_begin(&here.board), 0);
	here.loop = loop_create();
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	here.told = ends[0];
	here.log = (struct log){.fd = ends[1], .level = LOG_LEVEL_INFO};
	here.limits = open_limits(workers);
	assert_non_null(here.limits);
}

static int end(void **state)
{
	(void)state;
	limits_close(here.others);
	limits_close(here.limits);
	loop_free(here.loop);
	proc_shared_free(here.board.shared, sizeof(*here.board.shared));
	close(here.told);
	close(here.log.fd);
	return 0;
}

static unsigned lines(void)
{
	char bytes[8192];
	ssize_t count = read(here.told, bytes, sizeof(bytes));
	unsigned found = 0;

	for (ssize_t i = 0; i < count; i++)
		found += bytes[i] == '\n';
	return found;
}

static const struct sockaddr *from(const char *text)
{
	static struct sockaddr_in in;

	in = (struct sockaddr_in){.sin_family = AF_INET};
	assert_int_equal(inet_pton(AF_INET, text, &in.sin_addr), 1);
	return (struct sockaddr *)&in;
}

static bool come_with(int guest, const char *address, int fd)
{
	if (!limits_admit(here.limits, fd, address ? from(address) : NULL, &here.why))
		return false;
	limits_sit(here.limits, &here.seats[guest], address ? from(address) : NULL,
	           &here.seats[guest]);
	return true;
}

static bool come(int guest, const char *address)
{
	return come_with(guest, address, FD);
}

static void advance(int guest, enum limits_progress progress)
{
	limits_advance(here.limits, &here.seats[guest], progress);
}

static void leave(int guest)
{
	limits_leave(here.limits, &here.seats[guest]);
}

/* ---- in all ---- */

static void without_limits_there_are_none(void **state)
{
	(void)state;
	begin(&(struct config_limits){0}, 1);
	for (int i = 0; i < GUESTS; i++)
		assert_true(come(i, "192.0.2.1"));
	for (int i = 0; i < GUESTS; i++)
		assert_true(limits_handshake(here.limits, &here.seats[i]));
	assert_int_equal(here.evictions, 0);
}

static void the_oldest_makes_room(void **state)
{
	(void)state;
	begin(&(struct config_limits){.connections = 3}, 1);
	for (int i = 0; i < 3; i++)
		assert_true(come(i, "192.0.2.1"));
	assert_int_equal(here.evictions, 0);
	leave(1);
	assert_true(come(3, "192.0.2.1"));
	assert_int_equal(here.evictions, 0);
	assert_true(come(4, "192.0.2.1"));
	assert_true(come(5, "192.0.2.1"));
	assert_true(come(6, "192.0.2.1"));
	assert_int_equal(here.evictions, 3);
	assert_int_equal(here.evicted[0], 0);
	assert_int_equal(here.evicted[1], 2);
	assert_int_equal(here.evicted[2], 3);
}

static void who_is_served_is_left_alone(void **state)
{
	(void)state;
	begin(&(struct config_limits){.connections = 3}, 1);
	for (int i = 0; i < 3; i++) {
		assert_true(come(i, "192.0.2.1"));
		advance(i, LIMITS_WAITING);
		advance(i, LIMITS_SERVED);
	}
	assert_false(come(3, "192.0.2.2"));
	assert_int_equal(here.why, BOARD_REFUSED_CONNECTIONS);
	assert_int_equal(here.evictions, 0);
	leave(1);
	assert_true(come(3, "192.0.2.2"));
	assert_true(come(4, "192.0.2.2"));
	assert_int_equal(here.evictions, 1);
	assert_int_equal(here.evicted[0], 3);
}

/* The many that hold on: either those who have not got to TLS, or those who wait for
 * a service that does not answer. */
static void room_is_made_where_the_many_are(void **state)
{
	(void)state;
	begin(&(struct config_limits){.connections = 5}, 1);
	for (int i = 0; i < 5; i++)
		assert_true(come(i, "192.0.2.1"));
	for (int i = 0; i < 3; i++)
		advance(i, LIMITS_WAITING);
	assert_true(come(5, "192.0.2.1"));
	assert_int_equal(here.evicted[0], 0);
	assert_true(come(6, "192.0.2.1")); /* three have not got to TLS by now */
	assert_int_equal(here.evicted[1], 3);
}

/* Where nearly all are served, those who come would only make each other go. */
static void few_do_not_make_each_other_go(void **state)
{
	(void)state;
	begin(&(struct config_limits){.connections = 33}, 1);
	for (int i = 0; i < 33; i++)
		assert_true(come(i, "192.0.2.1"));
	for (int i = 0; i < 31; i++)
		advance(i, LIMITS_SERVED);
	assert_false(come(33, "192.0.2.1"));
	advance(30, LIMITS_OPENING);
	assert_true(come(33, "192.0.2.1"));
	assert_int_equal(here.evicted[0], 31);
}

static void workers_share(void **state)
{
	(void)state;
	begin(&(struct config_limits){.connections = 5}, 2);
	for (int i = 0; i < 3; i++)
		assert_true(come(i, "192.0.2.1"));
	assert_int_equal(here.evictions, 0);
	assert_true(come(3, "192.0.2.1"));
	assert_int_equal(here.evictions, 1);
}

/* What retired processes still have is not there for those who serve, but they keep
 * a quarter. */
static void the_retired_have_what_they_have(void **state)
{
	struct limits_seat theirs[12] = {0};

	(void)state;
	begin(&(struct config_limits){.connections = 12}, 1);
	here.others = open_limits(1);
	for (int i = 0; i < 12; i++)
		limits_sit(here.others, &theirs[i], from("192.0.2.9"), &theirs[i]);
	for (int i = 0; i < 4; i++)
		assert_true(come(i, "192.0.2.1"));
	assert_int_equal(here.evictions, 0); /* they are not ours */
	limits_retire(here.others);
	usleep(120000); /* longer than a look is good for */
	assert_true(come(4, "192.0.2.1"));
	assert_int_equal(here.evictions, 1);
	for (int i = 0; i < 6; i++)
		limits_leave(here.others, &theirs[i]);
	usleep(120000);
	assert_true(come(5, "192.0.2.1"));
	assert_true(come(6, "192.0.2.1"));
	assert_int_equal(here.evictions, 1);
	for (int i = 6; i < 12; i++)
		limits_leave(here.others, &theirs[i]);
}

/* ---- of an address ---- */

static void an_address_has_its_limit(void **state)
{
	(void)state;
	begin(&(struct config_limits){.connections_per_address = 2}, 1);
	assert_true(come(0, "192.0.2.1"));
	assert_true(come(1, "192.0.2.1"));
	assert_false(come(2, "192.0.2.1"));
	assert_int_equal(here.why, BOARD_REFUSED_ADDRESS);
	assert_true(come(2, "192.0.2.2"));
	advance(0, LIMITS_SERVED); /* counts as before */
	assert_false(come(3, "192.0.2.1"));
	leave(0);
	assert_true(come(3, "192.0.2.1"));
	assert_int_equal(here.evictions, 0);
}

/* Who has too many does not make others go. */
static void a_greedy_one_makes_nobody_go(void **state)
{
	(void)state;
	begin(&(struct config_limits){.connections = 2, .connections_per_address = 1}, 1);
	assert_true(come(0, "192.0.2.1"));
	assert_true(come(1, "192.0.2.2"));
	assert_false(come(2, "192.0.2.2"));
	assert_int_equal(here.evictions, 0);
}

static void handshakes_have_their_limit(void **state)
{
	(void)state;
	begin(&(struct config_limits){.handshakes_per_address = 2}, 1);
	for (int i = 0; i < 3; i++)
		assert_true(come(i, "192.0.2.1"));
	assert_true(limits_handshake(here.limits, &here.seats[0]));
	assert_true(limits_handshake(here.limits, &here.seats[1]));
	assert_false(limits_handshake(here.limits, &here.seats[2]));
	assert_false(come(3, "192.0.2.1"));
	assert_int_equal(here.why, BOARD_REFUSED_RATE);
	leave(0); /* it has been */
	assert_false(come(3, "192.0.2.1"));
	assert_true(come(3, "192.0.2.2"));
	assert_true(limits_handshake(here.limits, &here.seats[3]));
}

/* Behind a load balancer the address comes later. */
static void an_address_may_come_later(void **state)
{
	(void)state;
	begin(&(struct config_limits){.connections_per_address = 1}, 1);
	for (int i = 0; i < 3; i++)
		assert_true(come(i, NULL));
	assert_true(limits_know(here.limits, &here.seats[0], from("192.0.2.1"), &here.why));
	assert_false(limits_know(here.limits, &here.seats[1], from("192.0.2.1"), &here.why));
	assert_int_equal(here.why, BOARD_REFUSED_ADDRESS);
	assert_true(limits_know(here.limits, &here.seats[2], from("192.0.2.2"), &here.why));
	leave(1);
	leave(0);
	assert_true(come(0, "192.0.2.1"));
}

/* ---- descriptors ---- */

static void descriptors_run_out(void **state)
{
	(void)state;
	begin(&(struct config_limits){0}, 1);
	assert_true(come(0, "192.0.2.1"));
	assert_true(come_with(1, "192.0.2.1", INT32_MAX));
	assert_int_equal(here.evictions, 1);
	assert_int_equal(here.evicted[0], 0);
	advance(1, LIMITS_SERVED);
	assert_false(come_with(2, "192.0.2.1", INT32_MAX));
	assert_int_equal(here.why, BOARD_REFUSED_CONNECTIONS);
	assert_true(come(2, "192.0.2.1"));
	assert_int_equal(lines(), 1); /* a minute */
}

/* One for a service is needed by a session that is not the one to go. */
static void services_need_descriptors(void **state)
{
	(void)state;
	begin(&(struct config_limits){0}, 1);
	for (int i = 0; i < 2; i++)
		assert_true(come(i, "192.0.2.1"));
	limits_opened(here.limits, &here.seats[0], FD);
	assert_int_equal(here.evictions, 0);
	limits_opened(here.limits, &here.seats[0], -1); /* it was not */
	assert_int_equal(here.evictions, 0);
	limits_opened(here.limits, &here.seats[0], INT32_MAX);
	assert_int_equal(here.evictions, 1);
	assert_int_equal(here.evicted[0], 1);
	limits_opened(here.limits, &here.seats[0], INT32_MAX);
	assert_int_equal(here.evictions, 1);
}

static void waiting_is_said_once_a_minute(void **state)
{
	(void)state;
	begin(&(struct config_limits){0}, 1);
	for (int i = 0; i < 100; i++)
		limits_complain(here.limits, EMFILE);
	assert_int_equal(lines(), 1);
	assert_false(limits_make_room(here.limits, NULL));
	assert_true(come(0, "192.0.2.1"));
	assert_false(limits_make_room(here.limits, &here.seats[0])); /* not for itself */
	assert_true(limits_make_room(here.limits, NULL));
	assert_int_equal(here.evictions, 1);
}

/* ---- memory ---- */

#define MUCH (18u << 20)

/* Sanitizers have an allocator that does not tell. */
static bool memory_is_told(void)
{
	return proc_memory().used > 0;
}

static void memory_runs_out(void **state)
{
	char *much;

	(void)state;
	begin(&(struct config_limits){.memory = 20}, 1);
	if (!memory_is_told())
		skip();
	for (int i = 0; i < 20; i++)
		assert_true(come(i, "192.0.2.1"));
	advance(0, LIMITS_SERVED);
	assert_int_equal(here.evictions, 0);
	much = malloc(MUCH);
	assert_non_null(much);
	much[0] = 1;
	usleep(120000); /* longer than a look is good for */
	assert_true(come(20, "192.0.2.1"));
	assert_in_range(here.evictions, 2, 19);
	assert_int_equal(here.evicted[0], 1);
	for (int i = 1; i < 20; i++)
		leave(i);
	leave(20);
	assert_false(come(21, "192.0.2.1"));
	assert_int_equal(here.why, BOARD_REFUSED_MEMORY);
	free(much);
	usleep(120000);
	assert_true(come(21, "192.0.2.1"));
}

/* However many there are. */
static void workers_have_some_memory(void **state)
{
	(void)state;
	begin(&(struct config_limits){.memory = 64}, 64);
	assert_true(come(0, "192.0.2.1"));
	advance(0, LIMITS_SERVED);
	assert_true(come(1, "192.0.2.1"));
	assert_int_equal(here.evictions, 0);
}

/* A session that begins TLS needs more of it, and is not the one to go. */
static void handshakes_need_memory(void **state)
{
	char *much;

	(void)state;
	begin(&(struct config_limits){.memory = 20}, 1);
	if (!memory_is_told())
		skip();
	for (int i = 0; i < 2; i++)
		assert_true(come(i, "192.0.2.1"));
	much = malloc(MUCH);
	assert_non_null(much);
	much[0] = 1;
	usleep(120000);
	assert_true(limits_handshake(here.limits, &here.seats[0]));
	assert_int_equal(here.evictions, 1);
	assert_int_equal(here.evicted[0], 1);
	free(much);
}

#define CASE(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(without_limits_there_are_none),
	    CASE(the_oldest_makes_room),
	    CASE(who_is_served_is_left_alone),
	    CASE(room_is_made_where_the_many_are),
	    CASE(few_do_not_make_each_other_go),
	    CASE(workers_share),
	    CASE(the_retired_have_what_they_have),
	    CASE(an_address_has_its_limit),
	    CASE(a_greedy_one_makes_nobody_go),
	    CASE(handshakes_have_their_limit),
	    CASE(an_address_may_come_later),
	    CASE(descriptors_run_out),
	    CASE(services_need_descriptors),
	    CASE(waiting_is_said_once_a_minute),
	    CASE(memory_runs_out),
	    CASE(handshakes_need_memory),
	    CASE(workers_have_some_memory),
	};

	return cmocka_run_group_tests_name("gate-limits", tests, NULL, NULL);
}
