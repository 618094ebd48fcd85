/* SPDX-License-Identifier: ISC */
/* What is counted in memory that processes share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "gate/board.h"

static int open_board(void **state)
{
	struct board *board = calloc(1, sizeof(*board));

	board_begin(board, 1000);
	*state = board;
	return 0;
}

static int close_board(void **state)
{
	free(*state);
	return 0;
}

/* The row of a name is the same over reloads, whatever else changes. */
static void rows_stay(void **state)
{
	struct board *board = *state;
	struct board_row *imap = board_row(board, "imap", "imap");
	struct board_row *mail = board_row(board, "mail", "smtp");

	assert_ptr_not_equal(imap, mail);
	board_add(&imap->accepted, 3);
	assert_ptr_equal(board_row(board, "imap", "pop3"), imap);
	assert_int_equal(board_read(&imap->accepted), 3);
	assert_string_equal(imap->protocol, "pop3");
	assert_string_equal(mail->front, "mail");
	assert_int_equal(board->used, 2);
}

/* More names than rows: the last row is for all of the rest. */
static void rows_are_not_endless(void **state)
{
	struct board *board = *state;
	struct board_row *row = NULL;
	char name[32];

	for (int i = 0; i < BOARD_ROWS - 1; i++) {
		snprintf(name, sizeof(name), "front%d", i);
		row = board_row(board, name, "smtp");
		assert_string_equal(row->front, name);
	}
	assert_int_equal(board->used, BOARD_ROWS - 1);
	row = board_row(board, "one more", "smtp");
	assert_ptr_equal(row, &board->rows[BOARD_ROWS - 1]);
	assert_string_equal(row->front, "(other)");
	assert_string_equal(row->protocol, "");
	assert_ptr_equal(board_row(board, "yet another", "imap"), row);
	assert_ptr_equal(board_row(board, "front7", "smtp"), &board->rows[7]);
}

/* A process that is gone leaves a clean slot, and the counters as they were. */
static void slots_are_wiped(void **state)
{
	struct board *board = *state;
	struct board_row *row = board_row(board, "imap", "imap");
	struct board_slot *one = board_take(board), *two = board_take(board);
	struct board_gauges *gauges = board_gauges(board, one, row);

	assert_ptr_not_equal(one, two);
	assert_int_equal(one->state, BOARD_STARTING);
	board_tell(one, BOARD_SERVING);
	board_up(&gauges->open);
	board_up(&gauges->open);
	board_down(&gauges->open);
	board_add(&row->accepted, 2);
	assert_int_equal(board_level(&gauges->open), 1);
	assert_int_equal(board_level(&board_gauges(board, two, row)->open), 0);
	board_release(one);
	assert_int_equal(one->state, BOARD_FREE);
	assert_int_equal(board_read(&row->accepted), 2);
	assert_ptr_equal(board_take(board), one);
	assert_int_equal(board_level(&gauges->open), 0);
}

static void slots_are_not_endless(void **state)
{
	struct board *board = *state;
	struct board_slot *slot = NULL;

	for (int i = 0; i < BOARD_SLOTS; i++)
		slot = board_take(board);
	assert_ptr_equal(slot, &board->slots[BOARD_SLOTS - 1]);
	assert_ptr_equal(board_take(board), &board->slots[BOARD_SLOTS]);
	assert_ptr_equal(board_take(board), &board->slots[BOARD_SLOTS]);
	board_release(&board->slots[5]);
	assert_ptr_equal(board_take(board), &board->slots[5]);
}

#define PROCESSES 4
#define TIMES 200000

/* No process loses what another one counts. */
static void processes_count_together(void **state)
{
	struct board *board =
	    mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct board_row *row;
	int status;

	(void)state;
	assert_ptr_not_equal(board, MAP_FAILED);
	row = board_row(board, "imap", "imap");
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0) {
			for (int n = 0; n < TIMES; n++)
				board_add(&row->accepted, 1);
			_exit(0);
		}
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	assert_int_equal(board_read(&row->accepted), PROCESSES * TIMES);
	munmap(board, sizeof(*board));
}

static size_t place_of(const char *const *list, size_t count, const char *word)
{
	size_t i = 0;

	while (i < count && strcmp(list[i], word) != 0)
		i++;
	assert_in_range(i, 0, count - 1);
	return i;
}

static void handshakes_are_sorted(void **state)
{
	struct board_row *row = board_row(*state, "imap", "imap");
	struct stls_facts facts = {.version = "TLSv1.3",
	                           .cipher = "TLS_AES_128_GCM_SHA256",
	                           .group = "X25519",
	                           .sni = "",
	                           .named = 1};

	board_handshake(row, &facts, 3);
	facts.resumed = 1;
	board_handshake(row, &facts, 0);
	facts = (struct stls_facts){
	    .version = "TLSv1.2", .cipher = "AES256-SHA", .group = "", .sni = ""};
	board_handshake(row, &facts, 10000);
	facts.group = "brainpoolP256r1";
	facts.sni = "other.example";
	board_handshake(row, &facts, 10001);
	assert_int_equal(board_read(&row->handshakes[STLS_FAULT_NONE]), 4);
	assert_int_equal(board_read(&row->versions[0]), 2);
	assert_int_equal(board_read(&row->versions[1]), 2);
	assert_int_equal(board_read(&row->groups[place_of(board_groups, BOARD_GROUPS, "X25519")]),
	                 2);
	assert_int_equal(board_read(&row->groups[place_of(board_groups, BOARD_GROUPS, "none")]), 1);
	assert_int_equal(board_read(&row->groups[BOARD_GROUPS - 1]), 1);
	assert_int_equal(board_read(&row->ciphers[0]), 2);
	assert_int_equal(board_read(&row->ciphers[BOARD_CIPHERS - 1]), 2);
	assert_int_equal(board_read(&row->resumed), 1);
	assert_int_equal(board_read(&row->sni[BOARD_SNI_KNOWN]), 2);
	assert_int_equal(board_read(&row->sni[BOARD_SNI_MISSING]), 1);
	assert_int_equal(board_read(&row->sni[BOARD_SNI_UNKNOWN]), 1);
	assert_int_equal(board_read(&row->took_ms), 20004);
	assert_int_equal(board_read(&row->took[0]), 1);                /* 0 */
	assert_int_equal(board_read(&row->took[2]), 1);                /* 3: up to 5 */
	assert_int_equal(board_read(&row->took[BOARD_BOUNDS - 1]), 1); /* 10000 */
	assert_int_equal(board_read(&row->took[BOARD_BOUNDS]), 1);
}

static void reloads_are_kept(void **state)
{
	struct board *board = *state;

	assert_int_equal(board->daemon.started, 1000);
	assert_int_equal(board->daemon.reloaded, 1000);
	board_reloaded(board, false, 2000);
	assert_int_equal(board->daemon.reloaded, 1000);
	assert_true(board->daemon.broken);
	board_reloaded(board, true, 3000);
	assert_int_equal(board->daemon.reloaded, 3000);
	assert_false(board->daemon.broken);
	assert_int_equal(board_read(&board->daemon.reloads), 1);
	assert_int_equal(board_read(&board->daemon.reloads_failed), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(rows_stay, open_board, close_board),
	    cmocka_unit_test_setup_teardown(rows_are_not_endless, open_board, close_board),
	    cmocka_unit_test_setup_teardown(slots_are_wiped, open_board, close_board),
	    cmocka_unit_test_setup_teardown(slots_are_not_endless, open_board, close_board),
	    cmocka_unit_test(processes_count_together),
	    cmocka_unit_test_setup_teardown(handshakes_are_sorted, open_board, close_board),
	    cmocka_unit_test_setup_teardown(reloads_are_kept, open_board, close_board),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
