/* SPDX-License-Identifier: ISC */
/* The ratchet's keys and bounds.  What it rules is test/golden/ratchet.txt. */
#include "common.h"

#include <starttls/ratchet.h>

static void keys(void **unused)
{
	static const unsigned char four[] = {192, 0, 2, 1}, neighbour[] = {192, 0, 2, 99},
	                           other[] = {192, 0, 3, 1};
	static const unsigned char six[] = {0x20, 1, 0xd, 0xb8, 0, 0, 1, 0x23, [15] = 1};
	static const unsigned char mapped[] = {[10] = 0xff, 0xff, 192, 0, 2, 7};
	char key[STLS_RATCHET_KEY], again[STLS_RATCHET_KEY];

	(void)unused;
	assert_true(stls_ratchet_key(key, sizeof(key), "MX.Example.org.", four, 4) > 0);
	assert_string_equal(key, "mx.example.org 192.0.2.0/24");
	assert_int_equal(stls_ratchet_key(again, sizeof(again), "mx.example.org", neighbour, 4),
	                 strlen(key));
	assert_string_equal(again, key);
	stls_ratchet_key(again, sizeof(again), "mx.example.org", mapped, 16);
	assert_string_equal(again, key);
	stls_ratchet_key(again, sizeof(again), "mx.example.org", other, 4);
	assert_string_not_equal(again, key);
	stls_ratchet_key(key, sizeof(key), "mx.example.org", six, 16);
	assert_string_equal(key, "mx.example.org 2001:db8:0:100::/56");
	assert_int_equal(stls_ratchet_key(key, sizeof(key), "mx.example.org", six, 5), 0);
	assert_int_equal(stls_ratchet_key(key, sizeof(key), "a b", four, 4), 0);
	assert_int_equal(stls_ratchet_key(key, 10, "mx.example.org", four, 4), 0);
	assert_int_equal(stls_ratchet_key(key, 20, "mx.example.org", four, 4), 0);
}

/* Counters stop at their end instead of beginning anew. */
static void counters(void **unused)
{
	struct stls_ratchet host = {.size = sizeof(host),
	                            .first_seen = 1,
	                            .last_seen = 1800000000,
	                            .occasions = UINT32_MAX,
	                            .days = UINT32_MAX,
	                            .vanished = UINT32_MAX};
	const struct stls_occasion good = {.size = sizeof(good), .offered = 1, .encrypted = 1},
	                           gone = {.size = sizeof(gone)};

	(void)unused;
	stls_ratchet_observe(&host, NULL, &good, 1800086400);
	assert_int_equal(host.occasions, UINT32_MAX);
	assert_int_equal(host.days, UINT32_MAX);
	assert_int_equal(host.first_seen, 1);
	assert_int_equal(host.last_seen, 1800086400);
	assert_true(stls_ratchet_holds(&host, NULL, 1800086400));
	host.vanished = UINT32_MAX;
	assert_true(stls_ratchet_observe(&host, NULL, &gone, 1800086400));
	assert_int_equal(host.vanished, UINT32_MAX);
	assert_false(stls_ratchet_observe(&host, NULL, &gone, 1800086400));
}

/* Nothing known, nothing wanted. */
static void nothing(void **unused)
{
	struct stls_ratchet host = {.size = sizeof(host)};
	const struct stls_occasion gone = {.size = sizeof(gone)};

	(void)unused;
	assert_false(stls_ratchet_holds(&host, NULL, 0));
	assert_int_equal(stls_ratchet_judge(&host, NULL, &gone, 0), STLS_RULING_FINE);
	assert_false(stls_ratchet_observe(&host, NULL, &gone, 0));
	assert_int_equal(host.vanished, 1);
	assert_int_equal(host.hold_until, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys),
	    cmocka_unit_test(counters),
	    cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
