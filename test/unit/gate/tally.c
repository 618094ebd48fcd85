/* SPDX-License-Identifier: ISC */
/* Who has how much, added up over processes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/siphash.h"
#include "gate/tally.h"

#define MINUTE ((int64_t)TALLY_WINDOW)

static struct tally_board board;

static int set_up(void **state)
{
	(void)state;
	board.shared = calloc(1, sizeof(*board.shared));
	return board.shared ? tally_begin(&board) : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free(board.shared);
	return 0;
}

static struct tally_mark mark_of(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return tally_mark(&board, (struct sockaddr *)&in);
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return tally_mark(&board, (struct sockaddr *)&in6);
}

static uint32_t connections(const char *text)
{
	struct tally_mark mark = mark_of(text);

	return tally_connections(&board, &mark);
}

static void come(struct tally *tally, const char *text, int count)
{
	struct tally_mark mark = mark_of(text);

	while (count--)
		tally_come(tally, &mark);
}

static void go(struct tally *tally, const char *text, int count)
{
	struct tally_mark mark = mark_of(text);

	while (count--)
		tally_go(tally, &mark);
}

static void shake(struct tally *tally, const char *text, int count, int64_t now)
{
	struct tally_mark mark = mark_of(text);

	while (count--)
		tally_handshake(tally, &mark, now);
}

static uint32_t handshakes(const char *text, int64_t now)
{
	struct tally_mark mark = mark_of(text);

	return tally_handshakes(&board, &mark, now);
}

/* ---- the hash ---- */

static void siphash_is_siphash(void **state)
{
	uint8_t key[16], message[15];

	(void)state;
	for (uint8_t i = 0; i < 16; i++)
		key[i] = i;
	for (uint8_t i = 0; i < 15; i++)
		message[i] = i;
	/* From its authors. */
	assert_int_equal(siphash(key, message, 0), 0x726fdb47dd0e0e31);
	assert_int_equal(siphash(key, message, 8), 0x93f5f5799a932462);
	assert_int_equal(siphash(key, message, 15), 0xa129ca6149be45e5);
}

static void cells_are_secret(void **state)
{
	struct tally_mark before = mark_of("192.0.2.1"), after;

	(void)state;
	assert_int_equal(tally_begin(&board), 0);
	after = mark_of("192.0.2.1");
	assert_memory_not_equal(before.cells, after.cells, sizeof(before.cells));
}

/* ---- addresses ---- */

static void an_address_is_counted(void **state)
{
	struct tally *tally = tally_take(&board);

	(void)state;
	come(tally, "192.0.2.1", 3);
	assert_int_equal(connections("192.0.2.1"), 3);
	assert_int_equal(connections("192.0.2.2"), 0);
	go(tally, "192.0.2.1", 1);
	assert_int_equal(connections("192.0.2.1"), 2);
	go(tally, "192.0.2.1", 2);
	assert_int_equal(connections("192.0.2.1"), 0);
}

static void an_ipv6_address_is_its_network(void **state)
{
	struct tally *tally = tally_take(&board);

	(void)state;
	come(tally, "2001:db8:1:2::1", 1);
	come(tally, "2001:db8:1:2:ffff::2", 1);
	assert_int_equal(connections("2001:db8:1:2:abcd::"), 2);
	assert_int_equal(connections("2001:db8:1:3::1"), 0);
}

static void a_mapped_address_is_the_one_inside(void **state)
{
	struct tally *tally = tally_take(&board);

	(void)state;
	come(tally, "::ffff:192.0.2.1", 1);
	assert_int_equal(connections("192.0.2.1"), 1);
	assert_int_equal(connections("::ffff:192.0.2.2"), 0);
}

static void unix_sockets_are_not_counted(void **state)
{
	struct tally *tally = tally_take(&board);
	struct sockaddr local = {.sa_family = AF_UNIX};
	struct tally_mark mark = tally_mark(&board, &local);

	(void)state;
	assert_false(mark.counted);
	tally_come(tally, &mark);
	tally_handshake(tally, &mark, 1);
	assert_int_equal(tally_connections(&board, &mark), 0);
	assert_int_equal(tally_handshakes(&board, &mark, 1), 0);
	assert_int_equal(atomic_load(&tally->connections), 1);
	tally_go(tally, &mark);
	assert_int_equal(atomic_load(&tally->connections), 0);
}

/* Many others: none is counted too low, and hardly anybody too high. */
static void crowds_do_not_blur_it(void **state)
{
	struct tally *tally = tally_take(&board);
	char text[32];
	unsigned wrong = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "10.1.%d.%d", i / 200, i % 200);
		come(tally, text, 1);
	}
	come(tally, "192.0.2.1", 50);
	for (int i = 0; i < 20000; i++) {
		uint32_t count;

		snprintf(text, sizeof(text), "10.1.%d.%d", i / 200, i % 200);
		count = connections(text);
		assert_true(count >= 1);
		wrong += count > 10;
	}
	assert_in_range(connections("192.0.2.1"), 50, 60);
	assert_in_range(wrong, 0, 20);
}

/* ---- processes ---- */

static void processes_are_added_up(void **state)
{
	struct tally *one = tally_take(&board), *other = tally_take(&board);

	(void)state;
	assert_ptr_not_equal(one, other);
	come(one, "192.0.2.1", 2);
	come(other, "192.0.2.1", 3);
	shake(one, "192.0.2.1", 4, MINUTE);
	shake(other, "192.0.2.1", 5, MINUTE);
	assert_int_equal(connections("192.0.2.1"), 5);
	assert_int_equal(handshakes("192.0.2.1", MINUTE), 9);
}

static void who_is_gone_has_nothing(void **state)
{
	struct tally *one = tally_take(&board), *other = tally_take(&board);

	(void)state;
	come(one, "192.0.2.1", 2);
	shake(one, "192.0.2.1", 2, MINUTE);
	come(other, "192.0.2.1", 3);
	tally_release(one);
	assert_int_equal(connections("192.0.2.1"), 3);
	assert_int_equal(handshakes("192.0.2.1", MINUTE), 0);
	assert_ptr_equal(tally_take(&board), one);
}

static void there_is_always_a_tally(void **state)
{
	struct tally *last = &board.shared->list[TALLY_COUNT - 1];

	(void)state;
	for (int i = 0; i < TALLY_COUNT - 1; i++)
		assert_ptr_not_equal(tally_take(&board), last);
	assert_ptr_equal(tally_take(&board), last);
	assert_ptr_equal(tally_take(&board), last);
	come(last, "192.0.2.1", 2);
	assert_int_equal(connections("192.0.2.1"), 0);
	tally_release(&board.shared->list[7]);
	assert_ptr_equal(tally_take(&board), &board.shared->list[7]);
}

static void the_retired_are_told_apart(void **state)
{
	struct tally *one = tally_take(&board), *other = tally_take(&board);
	struct tally_retired sum;

	(void)state;
	come(one, "192.0.2.1", 2);
	come(other, "192.0.2.1", 3);
	atomic_store(&other->memory, 100);
	sum = tally_retired(&board);
	assert_int_equal(sum.connections, 0);
	atomic_store(&other->retired, true);
	sum = tally_retired(&board);
	assert_int_equal(sum.connections, 3);
	assert_int_equal(sum.memory, 100);
	assert_int_equal(connections("192.0.2.1"), 5);
}

/* ---- handshakes ---- */

static void a_minute_slides(void **state)
{
	struct tally *tally = tally_take(&board);
	int64_t begin = 10 * MINUTE;

	(void)state;
	shake(tally, "192.0.2.1", 60, begin);
	assert_int_equal(handshakes("192.0.2.1", begin), 60);
	assert_int_equal(handshakes("192.0.2.1", begin + MINUTE - 1), 60);
	assert_int_equal(handshakes("192.0.2.1", begin + MINUTE + MINUTE / 4), 45);
	assert_int_equal(handshakes("192.0.2.1", begin + MINUTE + MINUTE / 2), 30);
	assert_int_equal(handshakes("192.0.2.1", begin + 2 * MINUTE), 0);
	shake(tally, "192.0.2.1", 10, begin + MINUTE + MINUTE / 2);
	assert_int_equal(handshakes("192.0.2.1", begin + MINUTE + MINUTE / 2), 40);
	assert_int_equal(handshakes("192.0.2.2", begin + MINUTE + MINUTE / 2), 0);
}

static void an_old_minute_is_forgotten(void **state)
{
	struct tally *tally = tally_take(&board);

	(void)state;
	shake(tally, "192.0.2.1", 60, 10 * MINUTE);
	shake(tally, "192.0.2.1", 1, 11 * MINUTE);
	shake(tally, "192.0.2.1", 1, 14 * MINUTE);
	assert_int_equal(handshakes("192.0.2.1", 14 * MINUTE), 1);
	shake(tally, "192.0.2.1", 1, 16 * MINUTE);
	assert_int_equal(handshakes("192.0.2.1", 16 * MINUTE), 1);
	/* Nobody has been there since. */
	assert_int_equal(handshakes("192.0.2.1", 18 * MINUTE), 0);
}

/* One process is in the new minute already, the other one has had nothing to do. */
static void minutes_may_differ(void **state)
{
	struct tally *one = tally_take(&board), *other = tally_take(&board);

	(void)state;
	shake(one, "192.0.2.1", 8, 10 * MINUTE);
	shake(other, "192.0.2.1", 8, 10 * MINUTE);
	shake(other, "192.0.2.1", 3, 11 * MINUTE);
	assert_int_equal(handshakes("192.0.2.1", 11 * MINUTE), 19);
	assert_int_equal(handshakes("192.0.2.1", 11 * MINUTE + MINUTE / 2), 11);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(siphash_is_siphash),
	    CASE(cells_are_secret),
	    CASE(an_address_is_counted),
	    CASE(an_ipv6_address_is_its_network),
	    CASE(a_mapped_address_is_the_one_inside),
	    CASE(unix_sockets_are_not_counted),
	    CASE(crowds_do_not_blur_it),
	    CASE(processes_are_added_up),
	    CASE(who_is_gone_has_nothing),
	    CASE(there_is_always_a_tally),
	    CASE(the_retired_are_told_apart),
	    CASE(a_minute_slides),
	    CASE(an_old_minute_is_forgotten),
	    CASE(minutes_may_differ),
	};

	return cmocka_run_group_tests_name("gate-tally", tests, NULL, NULL);
}
