/* SPDX-License-Identifier: ISC */
/* Hosts that the ratchet remembers, as people and programs see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <starttls/ratchet.h>

#include "cli/hosts.h"

#define NOW 1795500000 /* 2026-11-24 */
#define DAY 86400

static char *shown(bool json, const struct store_host *hosts, size_t count)
{
	char *out = NULL;
	size_t size;
	FILE *to = open_memstream(&out, &size);
	struct hosts_table table = {.to = to, .json = json, .now = NOW};

	assert_non_null(to);
	for (size_t i = 0; i < count; i++)
		hosts_put(&table, &hosts[i]);
	fclose(to);
	return out;
}

static const struct store_host hosts[] = {
    {.key = "mx.example.org 192.0.2.0/24",
     .first_seen = NOW - 40 * DAY,
     .last_seen = NOW - DAY,
     .occasions = 1200,
     .days = 38,
     .vanished = 2,
     .authenticated = 1200,
     .authenticated_days = 38,
     .held_since = NOW - DAY / 2,
     .hold_until = NOW + 3 * DAY},
    {.key = "mx.example.net 2001:db8:0:100::/56",
     .pinned = STLS_PIN_TLS | STLS_PIN_AUTHENTICATION,
     .hold_until = NOW - 1, /* over */
     .note = "a \"bank\"\033[2J"},
};

static void table(void **state)
{
	char *out = shown(false, hosts, 2);

	(void)state;
	assert_string_equal(
	    out,
	    "HOST                                         FIRST      LAST       OCCASIONS  DAYS "
	    "HELD "
	    "UNTIL PINNED\n"
	    "mx.example.org 192.0.2.0/24                  2026-10-15 2026-11-23      1200    38 "
	    "2026-11-27 -\n"
	    "mx.example.net 2001:db8:0:100::/56           -          -                  0     0 -"
	    "          tls, certificate: a \"bank\"\\x1b[2J\n");
	free(out);
}

static void json(void **state)
{
	char *out = shown(true, hosts, 2);

	(void)state;
	assert_string_equal(
	    out,
	    "{\"host\":\"mx.example.org 192.0.2.0/24\",\"first_seen\":1792044000,\"last_seen\":"
	    "1795413600,\"occasions\":1200,\"days\":38,\"vanished\":2,\"authenticated\":1200,"
	    "\"authenticated_days\":38,\"held_since\":1795456800,\"hold_until\":1795759200,"
	    "\"pinned\":false,\"pinned_authentication\":false,\"note\":\"\"}\n"
	    "{\"host\":\"mx.example.net "
	    "2001:db8:0:100::/56\",\"first_seen\":null,\"last_seen\":null,"
	    "\"occasions\":0,\"days\":0,\"vanished\":0,\"authenticated\":0,\"authenticated_days\":"
	    "0,"
	    "\"held_since\":null,\"hold_until\":1795499999,\"pinned\":true,"
	    "\"pinned_authentication\":true,\"note\":\"a \\\"bank\\\"\\\\x1b[2J\"}\n");
	free(out);
}

static void keys(void **state)
{
	static const char *const good[] = {
	    "mx.example.org 192.0.2.0/24",
	    "mx.example.org 2001:db8:0:100:0:0:0:0/56",
	    "mx.example.org 2001:db8:0:100::/56",
	    "a 0.0.0.0/24",
	};
	static const char *const bad[] = {
	    "",
	    "mx.example.org",
	    "mx.example.org ",
	    "mx.example.org /24",
	    "mx.example.org 192.0.2.1/24",
	    "mx.example.org 192.0.2.0/16",
	    "mx.example.org 192.0.2.0/24 ",
	    "mx.example.org  192.0.2.0/24",
	    "MX.example.org 192.0.2.0/24",
	    " 192.0.2.0/24",
	    "mx.example.org/24 1",
	    "mx.example.org 2001:db8::1/56",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (i != 1 && !hosts_is_key(good[i]))
			fail_msg("%s", good[i]);
	/* only as it would be remembered */
	assert_false(hosts_is_key(good[1]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (hosts_is_key(bad[i]))
			fail_msg("%s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table),
	    cmocka_unit_test(json),
	    cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
