/* SPDX-License-Identifier: ISC */
/* Addresses as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "names/address.h"

static void good_ones(void **state)
{
	static const struct {
		const char *text;
		enum address_kind kind;
		const char *host;
		unsigned port;
		const char *back; /* as address_format() writes it, NULL for names */
	} cases[] = {
	    {"127.0.0.1:25", ADDRESS_IP4, "127.0.0.1", 25, "127.0.0.1:25"},
	    {"0.0.0.0:0", ADDRESS_IP4, "0.0.0.0", 0, "0.0.0.0:0"},
	    {"[::]:65535", ADDRESS_IP6, "::", 65535, "[::]:65535"},
	    {"[2001:DB8:0::1]:993", ADDRESS_IP6, "2001:DB8:0::1", 993, "[2001:db8::1]:993"},
	    {"[::ffff:192.0.2.1]:25", ADDRESS_IP6, "::ffff:192.0.2.1", 25, "[::ffff:192.0.2.1]:25"},
	    {"[fe80::1%lo]:25", ADDRESS_IP6, "fe80::1%lo", 25, "[fe80::1%1]:25"},
	    {"[fe80::1%7]:25", ADDRESS_IP6, "fe80::1%7", 25, "[fe80::1%7]:25"},
	    {"localhost:143", ADDRESS_NAME, "localhost", 143, NULL},
	    {"mx-1.example.org.:25", ADDRESS_NAME, "mx-1.example.org.", 25, NULL},
	    {"my_imap:143", ADDRESS_NAME, "my_imap", 143, NULL},
	    {"unix:/run/service.sock", ADDRESS_UNIX, "/run/service.sock", 0,
	     "unix:/run/service.sock"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address address;
		struct address_socket found;
		char back[ADDRESS_TEXT];
		const char *wrong = address_parse(&address, cases[i].text);
		if (wrong)
			fail_msg("%s: %s", cases[i].text, wrong);
		assert_int_equal(address.kind, cases[i].kind);
		assert_string_equal(address.host, cases[i].host);
		assert_int_equal(address.port, cases[i].port);
		assert_int_equal(address_socket(&address, &found), cases[i].back ? 0 : -1);
		if (!cases[i].back)
			continue;
		address_format(back, (struct sockaddr *)&found.storage, found.length);
		assert_string_equal(back, cases[i].back);
	}
}

static void bad_ones(void **state)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
	    {"", "port is missing"},
	    {"localhost", "port is missing"},
	    {"127.0.0.1:", "port is a number"},
	    {"127.0.0.1:smtp", "port is a number"},
	    {"127.0.0.1:25x", "port is a number"},
	    {"127.0.0.1:-1", "port is a number"},
	    {"127.0.0.1:65536", "65535 at most"},
	    {"127.0.0.1:99999999999999999999", "65535 at most"},
	    {":25", "no host before the port"},
	    {"::1:25", "in brackets"},
	    {"smtp://host:25", "not HOST:PORT"},
	    {"[::1]", "not [IPV6]:PORT"},
	    {"[::1", "not [IPV6]:PORT"},
	    {"[::1]25", "not [IPV6]:PORT"},
	    {"[::1]:", "port is a number"},
	    {"[127.0.0.1]:25", "not an IPv6 address"},
	    {"[fe80::1%]:25", "not an IPv6 address"},
	    {"[]:25", "not an IPv6 address"},
	    {"300.1.1.1:25", "not an IPv4 address"},
	    {"192.0.2:25", "not an IPv4 address"},
	    {"a..b:25", "not a host name"},
	    {".a:25", "not a host name"},
	    {"-a:25", "not a host name"},
	    {"a b:25", "not a host name"},
	    {"caf\xc3\xa9.example:25", "not a host name"},
	    {"unix:relative", "begins with a slash"},
	    {"unix:", "begins with a slash"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address address;
		const char *wrong = address_parse(&address, cases[i].text);
		if (!wrong || !strstr(wrong, cases[i].part))
			fail_msg("%s: %s", cases[i].text, wrong ? wrong : "accepted");
	}
}

/* The longest host, label and path there can be, and one more. */
static void limits(void **state)
{
	char text[512];
	struct address address;
	(void)state;
	for (int more = 0; more < 2; more++) {
		snprintf(text, sizeof(text), "unix:/%0*d", 106 + more, 0);
		assert_int_equal(address_parse(&address, text) != NULL, more);
		snprintf(text, sizeof(text), "a%0*d:25", 62 + more, 0);
		assert_int_equal(address_parse(&address, text) != NULL, more);
		snprintf(text, sizeof(text), "a%062d.a%062d.a%062d.a%0*d:25", 0, 0, 0, 60 + more,
		         0);
		assert_int_equal(address_parse(&address, text) != NULL, more);
	}
}

static void equality(void **state)
{
	static const struct {
		const char *left, *right;
		int equal;
	} cases[] = {
	    {"127.0.0.1:25", "127.0.0.1:25", 1}, {"127.0.0.1:25", "127.0.0.1:26", 0},
	    {"127.0.0.1:25", "127.0.0.2:25", 0}, {"[::1]:25", "[0:0::1]:25", 1},
	    {"[::1]:25", "[::2]:25", 0},         {"127.0.0.1:25", "[::ffff:127.0.0.1]:25", 0},
	    {"Localhost:25", "localhost:25", 1}, {"localhost:25", "localhos:25", 0},
	    {"unix:/run/a", "unix:/run/a", 1},   {"unix:/run/a", "unix:/run/A", 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address left, right;
		assert_null(address_parse(&left, cases[i].left));
		assert_null(address_parse(&right, cases[i].right));
		assert_int_equal(address_equal(&left, &right), cases[i].equal);
		assert_int_equal(address_equal(&right, &left), cases[i].equal);
	}
}

static void missing_interface(void **state)
{
	struct address address;
	struct address_socket found;
	const char *reason;
	(void)state;
	assert_null(address_parse(&address, "[fe80::1%no-such-0]:25"));
	assert_int_equal(address_socket(&address, &found), -1);
	assert_int_equal(address_resolve(&address, &found, 1, &reason), 0);
	assert_string_equal(reason, "there is no such interface");
}

static void numeric_ones_resolve_to_themselves(void **state)
{
	struct address address;
	struct address_socket found[4];
	const char *reason;
	(void)state;
	assert_null(address_parse(&address, "192.0.2.1:25"));
	assert_int_equal(address_resolve(&address, found, 4, &reason), 1);
	assert_int_equal(found[0].length, sizeof(struct sockaddr_in));
	assert_int_equal(address_resolve(&address, found, 0, &reason), 0);
}

static void names_resolve(void **state)
{
	struct address address;
	struct address_socket found[4];
	const char *reason;
	(void)state;
	assert_null(address_parse(&address, "localhost:2525"));
	size_t count = address_resolve(&address, found, 4, &reason);
	assert_in_range(count, 1, 4);
	for (size_t i = 0; i < count; i++) {
		char text[ADDRESS_TEXT];
		address_format(text, (struct sockaddr *)&found[i].storage, found[i].length);
		assert_true(strcmp(text, "127.0.0.1:2525") == 0 || strcmp(text, "[::1]:2525") == 0);
	}
	assert_int_equal(address_resolve(&address, found, 1, &reason), 1);
}

static void unnamed_sockets(void **state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
	struct sockaddr other = {.sa_family = AF_PACKET};
	char text[ADDRESS_TEXT];
	size_t family = offsetof(struct sockaddr_un, sun_path);
	(void)state;
	address_format(text, (struct sockaddr *)&un, (socklen_t)family);
	assert_string_equal(text, "unix:");
	address_format(text, (struct sockaddr *)&un, (socklen_t)family + 3);
	assert_string_equal(text, "unix:/ru"); /* never past what is there */
	un.sun_path[0] = '\0';
	address_format(text, (struct sockaddr *)&un, sizeof(un));
	assert_string_equal(text, "unix:");
	assert_string_equal(address_format(text, &other, sizeof(other)), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_ones),
	    cmocka_unit_test(bad_ones),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(equality),
	    cmocka_unit_test(missing_interface),
	    cmocka_unit_test(numeric_ones_resolve_to_themselves),
	    cmocka_unit_test(names_resolve),
	    cmocka_unit_test(unnamed_sockets),
	};
	return cmocka_run_group_tests_name("names/address", tests, NULL, NULL);
}
