/* SPDX-License-Identifier: ISC */
/* What strangers cause is limited; what was left out is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "log_wire.h"

static unsigned let(struct log_bucket *bucket, int64_t now, unsigned tries)
{
	unsigned count = 0;

	while (tries-- > 0)
		count += log_bucket_lets(bucket, now);
	return count;
}

static void a_bucket_lets_a_burst_through(void **state)
{
	struct log_bucket bucket = log_bucket_of(10, 5000);

	(void)state;
	assert_int_equal(let(&bucket, 5000, 100), 20);
	assert_int_equal(let(&bucket, 5099, 100), 0);
	assert_int_equal(let(&bucket, 5100, 100), 1);
	assert_int_equal(let(&bucket, 5350, 100), 2);
	assert_int_equal(let(&bucket, 5399, 100), 0);
	assert_int_equal(let(&bucket, 5400, 100), 1);
	/* However long it was left alone. */
	assert_int_equal(let(&bucket, INT64_MAX / 2, 100), 20);
	assert_int_equal(let(&bucket, INT64_MAX / 2 + 1000, 5), 5);
	assert_int_equal(let(&bucket, INT64_MAX / 2 + 2600, 100), 20);
}

static void a_bucket_keeps_the_rate(void **state)
{
	static const unsigned rates[] = {1, 3, 7, 100, 1000};

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct log_bucket bucket = log_bucket_of(rates[i], 0);
		unsigned count = 0;

		for (int64_t now = 0; now <= 60000; now += 6)
			count += let(&bucket, now, 8);
		assert_in_range(count, 62 * rates[i] - 1, 62 * rates[i]);
	}
}

static void no_rate_is_no_limit(void **state)
{
	struct log_bucket none = {0}, greatest = log_bucket_of(UINT32_MAX, 0);

	(void)state;
	assert_int_equal(let(&none, 0, 100000), 100000);
	assert_int_equal(let(&greatest, 0, 100000), 100000);
	assert_int_equal(let(&greatest, INT64_MAX / 2, 100000), 100000);
}

static void flood(struct log *log, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct log_line line;

		log_begin_stranger(&line, log, LOG_LEVEL_INFO, "flood");
		log_number(&line, "i", i);
		log_end(&line);
	}
}

/* The bucket of what log_open() made, as real time passes: a line a second. */
static struct log limited(const struct wire *wire)
{
	struct log log;

	log_open(&log, &(struct log_settings){.level = LOG_LEVEL_INFO, .rate = 1});
	log_close(&log);
	log.fd = wire->writer;
	return log;
}

static void assert_flooded(struct wire *wire)
{
	assert_string_equal(wire_timeless(wire), "level=info event=flood i=0");
	assert_string_equal(wire_timeless(wire), "level=info event=flood i=1");
	assert_null(wire_line(wire));
}

static void strangers_are_limited(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire);
	struct log log = limited(&wire);
	flood(&log, 1000);
	assert_flooded(&wire);
	/* Others are not, and tell. */
	log_say(&log, LOG_LEVEL_INFO, "session", "a");
	log_say(&log, LOG_LEVEL_INFO, "session", "b");
	assert_string_equal(wire_timeless(&wire),
	                    "level=info event=session suppressed=998 message=a");
	assert_string_equal(wire_timeless(&wire), "level=info event=session message=b");
	assert_null(wire_line(&wire));
	wire_close(&wire);
}

static void a_flood_takes_nothing_from_others(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire);
	struct log log = limited(&wire);
	for (int i = 0; i < 1000; i++) {
		log_say(&log, LOG_LEVEL_INFO, "session", "a");
		assert_non_null(wire_line(&wire));
	}
	flood(&log, 10);
	assert_flooded(&wire);
	wire_close(&wire);
}

/* What would not be written anyway is neither counted nor does it use up anything. */
static void silent_lines_count_for_nothing(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire);
	struct log log = limited(&wire);
	log.level = LOG_LEVEL_WARNING;
	flood(&log, 1000);
	log.level = LOG_LEVEL_INFO;
	flood(&log, 2);
	assert_flooded(&wire);
	log_tell(&log);
	assert_null(wire_line(&wire));
	wire_close(&wire);
}

static void it_is_told_in_time(void **state)
{
	_Atomic uint64_t missed = 0;
	struct wire wire;

	(void)state;
	wire_open(&wire);
	struct log log = limited(&wire);
	log.missed = &missed;
	log_tell(&log);
	assert_null(wire_line(&wire));
	flood(&log, 5);
	assert_int_equal(missed, 3);
	assert_flooded(&wire);
	log_tell(&log);
	assert_string_equal(wire_timeless(&wire), "level=warning event=log suppressed=3 "
	                                          "message=\"lines were left out\"");
	log_tell(&log);
	assert_null(wire_line(&wire));
	wire_close(&wire);
}

/* A line that was given up, or that nobody took, has not told. */
static void what_was_not_told_is_told_later(void **state)
{
	struct wire wire;
	struct log_line line;

	(void)state;
	wire_open(&wire);
	struct log log = limited(&wire);
	flood(&log, 5);
	assert_flooded(&wire);
	log_begin(&line, &log, LOG_LEVEL_INFO, "never ended");
	log.fd = -1;
	log_say(&log, LOG_LEVEL_INFO, "e", "lost");
	log_say(&log, LOG_LEVEL_INFO, "e", "lost");
	log.fd = wire.writer;
	log_say(&log, LOG_LEVEL_INFO, "e", "there");
	assert_string_equal(wire_timeless(&wire),
	                    "level=info event=e suppressed=3 lost=2 message=there");
	log_say(&log, LOG_LEVEL_INFO, "e", "there");
	assert_string_equal(wire_timeless(&wire), "level=info event=e message=there");
	wire_close(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_bucket_lets_a_burst_through),
	    cmocka_unit_test(a_bucket_keeps_the_rate),
	    cmocka_unit_test(no_rate_is_no_limit),
	    cmocka_unit_test(strangers_are_limited),
	    cmocka_unit_test(a_flood_takes_nothing_from_others),
	    cmocka_unit_test(silent_lines_count_for_nothing),
	    cmocka_unit_test(it_is_told_in_time),
	    cmocka_unit_test(what_was_not_told_is_told_later),
	};
	return cmocka_run_group_tests_name("loop/log-flood", tests, NULL, NULL);
}
