/* SPDX-License-Identifier: ISC */
/* What is told of a board, to the letter (metrics.txt), and what nobody may do to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <starttls/api.h>

#include "gate/metrics_page.h"

static int open_board(void **state)
{
	struct board *board = calloc(1, sizeof(*board));

	board_begin(board, 1700000000);
	*state = board;
	return 0;
}

static int close_board(void **state)
{
	free(*state);
	return 0;
}

/* The owner frees it. */
static char *told(const struct board *board, const struct metrics_facts *facts, bool open)
{
	struct metrics_text text = {.open = open};

	metrics_page(&text, board, facts);
	assert_false(text.broken);
	assert_int_equal(strlen(text.bytes), text.length);
	return text.bytes;
}

static const struct metrics_facts nothing;

static void tells(const struct board *board, const char *line)
{
	char *text = told(board, &nothing, false), whole[512];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	if (!strstr(text, whole))
		fail_msg("there is no \"%s\"", line);
	free(text);
}

static void escaped(const char *value, const char *want)
{
	char out[METRICS_VALUE];

	metrics_escape(out, value);
	assert_string_equal(out, want);
}

/* Nobody's name makes a line, a label or a sample. */
static void values_are_escaped(void **state)
{
	char endless[1000], out[METRICS_VALUE];

	(void)state;
	escaped("", "");
	escaped("imap 1 ~{}", "imap 1 ~{}");
	escaped("a\"b", "a\\\"b");
	escaped("a\\b", "a\\\\b");
	escaped("a\nb\r\t\x7f", "a\\\\x0ab\\\\x0d\\\\x09\\\\x7f");
	escaped("\xc3\xa9\xff", "\\\\xc3\\\\xa9\\\\xff");
	memset(endless, '"', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	metrics_escape(out, endless);
	assert_in_range(strlen(out), METRICS_VALUE - 10, METRICS_VALUE - 1);
	assert_int_equal(strlen(out) % 2, 0); /* no half an escape at the end */
	memset(endless, 1, sizeof(endless) - 1);
	metrics_escape(out, endless);
	assert_int_equal(strlen(out) % 5, 0);
}

static void fill_daemon(struct board *board)
{
	struct board_slot *one = board_take(board), *two = board_take(board);

	board_tell(one, BOARD_SERVING);
	board_tell(two, BOARD_RETIRING);
	board_reloaded(board, true, 1700000100);
	board_reloaded(board, false, 1700000200);
	board_add(&board->daemon.workers, 3);
	board_add(&board->daemon.died[BOARD_PROCESS_WORKER], 1);
	board_add(&board->daemon.died[BOARD_PROCESS_POLICY], 2);
	board_add(&board->daemon.ticket_keys, 4);
	board_add(&board->daemon.log_lines, 5);
}

/* Each of them another number. */
static void fill_advice(struct board_advice *advice)
{
	uint64_t count = 100;

#define FILL(member, name, help) board_add(&advice->member, count++);
	BOARD_ADVICE(FILL)
#undef FILL
	board_add(&advice->store_failures, 9);
	atomic_store(&advice->store_troubled, 1);
}

static void fill_row(struct board *board, struct board_row *row)
{
	struct board_gauges *one = board_gauges(board, &board->slots[0], row);
	struct board_gauges *two = board_gauges(board, &board->slots[1], row);
	const struct stls_facts facts = {.version = "TLSv1.3",
	                                 .cipher = "TLS_AES_256_GCM_SHA384",
	                                 .group = "secp256r1",
	                                 .sni = "mail.example.org",
	                                 .resumed = 1,
	                                 .named = 1};

	board_add(&row->accepted, 10);
	board_add(&row->refused[BOARD_REFUSED_RATE], 2);
	board_add(&row->ended[STLS_FAULT_NONE], 3);
	board_add(&row->ended[STLS_FAULT_INJECTED], 1);
	board_add(&row->backend[STLS_FAULT_NONE], 4);
	board_add(&row->backend[STLS_FAULT_EARLY], 1);
	board_add(&row->offered, 6);
	board_add(&row->taken, 5);
	board_add(&row->declined, 1);
	board_add(&row->commands, 7);
	board_handshake(row, &facts, 12);
	board_handshake(row, &facts, 1234);
	board_add(&row->bytes[0], 1000);
	board_add(&row->bytes[1], UINT64_MAX - 5);
	board_set(&one->opening, 1);
	board_set(&one->open, 2);
	board_set(&one->places, 3);
	board_set(&one->places_up, 2);
	board_set(&two->open, 5);
	board_set(&two->places, 9); /* one that retires does not look any more */
}

static char *golden(void)
{
	FILE *file = fopen(getenv("METRICS_TEXT"), "r");
	char *text = calloc(1, 65536);

	assert_non_null(file);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

static void everything_is_told(void **state)
{
	struct board *board = *state;
	struct metrics_certificate certificates[] = {
	    {strdup("imap"), strdup("CN=mail.example.org"), strdup("ECDSA P-256"), 1900000000}};
	const struct metrics_facts facts = {certificates, 1, 1, 2, true};
	char *text, *want = golden();

	fill_daemon(board);
	fill_advice(&board->daemon.advice);
	fill_row(board, board_row(board, "imap", "imap"));
	text = told(board, &facts, false);
	assert_non_null(strstr(text, "\nstarttls_build_info{version=\"" STLS_VERSION "\"} 1\n"));
	assert_string_equal(strstr(text, "# HELP starttls_start_time"), want);
	free(certificates[0].front);
	free(certificates[0].subject);
	free(certificates[0].key);
	free(text);
	free(want);
}

/* What there is not is not told of: a 0 would say that all is well with it. */
static void what_is_not_there_is_not_told(void **state)
{
	const struct metrics_facts shared = {.fronts = 1, .keeps = true};
	char *text = told(*state, &nothing, false);

	assert_null(strstr(text, "starttls_policy_questions_total"));
	assert_null(strstr(text, "starttls_store_troubled"));
	assert_non_null(strstr(text, "starttls_services{kind=\"policy\"} 0\n"));
	free(text);
	text = told(*state, &shared, false); /* ticket keys are kept for several machines */
	assert_null(strstr(text, "starttls_policy_questions_total"));
	assert_non_null(strstr(text, "\nstarttls_store_troubled 0\n"));
	free(text);
}

/* In OpenMetrics the family of a counter has no "_total", and there is an end. */
static void open_metrics_is_told(void **state)
{
	struct board *board = *state;
	char *text, *at;
	size_t total = 0;

	board_row(board, "imap", "imap");
	text = told(board, &nothing, true);
	assert_non_null(strstr(text, "# TYPE starttls_connections counter\n"));
	assert_non_null(strstr(text, "\nstarttls_connections_total{front=\"imap\","));
	assert_non_null(strstr(text, "# TYPE starttls_open_sessions gauge\n"));
	assert_string_equal(text + strlen(text) - 7, "\n# EOF\n");
	for (at = text; (at = strstr(at, "_total counter\n")); at++)
		total++;
	assert_int_equal(total, 0);
	free(text);
	text = told(board, &nothing, false);
	assert_null(strstr(text, "# EOF"));
	assert_non_null(strstr(text, "# TYPE starttls_connections_total counter\n"));
	free(text);
}

/* The row for all names beyond the last one is told when there is something in it. */
static void other_fronts_are_told(void **state)
{
	struct board *board = *state;
	char name[32], *text;

	for (int i = 0; i < BOARD_ROWS; i++) {
		snprintf(name, sizeof(name), "front%d", i);
		board_row(board, name, "smtp");
	}
	text = told(board, &nothing, false);
	assert_non_null(strstr(text, "front=\"front254\""));
	assert_null(strstr(text, "(other)"));
	free(text);
	board_add(&board->rows[BOARD_ROWS - 1].accepted, 1);
	tells(board, "starttls_connections_total{front=\"(other)\",protocol=\"\"} 1");
}

/* Of several workers the one that sees the worst is believed. */
static void places_are_the_worst(void **state)
{
	static const uint32_t seen[][2] = {{4, 4}, {4, 1}, {4, 3}}; /* of, up */
	struct board *board = *state;
	struct board_row *row = board_row(board, "imap", "imap");

	for (size_t i = 0; i < 3; i++) {
		struct board_slot *slot = board_take(board);
		struct board_gauges *now = board_gauges(board, slot, row);

		board_tell(slot, BOARD_SERVING);
		board_set(&now->places, seen[i][0]);
		board_set(&now->places_up, seen[i][1]);
	}
	tells(board, "starttls_backends{front=\"imap\",protocol=\"imap\",state=\"up\"} 1");
	tells(board, "starttls_backends{front=\"imap\",protocol=\"imap\",state=\"down\"} 3");
}

/* A worker that somebody has taken over can write what it wants: it is told, but
 * nothing is read or written beyond the board. */
static void nonsense_is_survived(void **state)
{
	struct board *board = *state;
	struct board_row *row = board_row(board, "imap", "imap");
	struct board_slot *slot = board_take(board);

	memset(row->front, '"', sizeof(row->front));
	memset(row->protocol, '\n', sizeof(row->protocol));
	board_tell(slot, (enum board_state)4711);
	board_set(&board_gauges(board, slot, row)->places_up, 7);
	atomic_store(&board->used, SIZE_MAX);
	tells(board, "starttls_workers{state=\"serving\"} 0");
	board_tell(slot, (enum board_state) - 1);
	tells(board, "starttls_workers{state=\"retiring\"} 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_escaped),
	    cmocka_unit_test_setup_teardown(everything_is_told, open_board, close_board),
	    cmocka_unit_test_setup_teardown(what_is_not_there_is_not_told, open_board, close_board),
	    cmocka_unit_test_setup_teardown(open_metrics_is_told, open_board, close_board),
	    cmocka_unit_test_setup_teardown(other_fronts_are_told, open_board, close_board),
	    cmocka_unit_test_setup_teardown(places_are_the_worst, open_board, close_board),
	    cmocka_unit_test_setup_teardown(nonsense_is_survived, open_board, close_board),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
