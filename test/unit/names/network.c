/* SPDX-License-Identifier: ISC */
/* Networks as people write them, and who is in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "names/network.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct network parsed(const char *text)
{
	struct network network;
	const char *wrong = network_parse(&network, text);
	if (wrong)
		fail_msg("%s: %s", text, wrong);
	return network;
}

static int has(const char *network, const char *address)
{
	struct network parsed_one = parsed(network);
	union {
		struct sockaddr any;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
		struct sockaddr_un un;
	} socket = {0};
	if (strcmp(address, "unix") == 0) {
		socket.un.sun_family = AF_UNIX;
	} else if (strchr(address, ':')) {
		socket.ip6.sin6_family = AF_INET6;
		assert_int_equal(inet_pton(AF_INET6, address, &socket.ip6.sin6_addr), 1);
	} else {
		socket.ip4.sin_family = AF_INET;
		assert_int_equal(inet_pton(AF_INET, address, &socket.ip4.sin_addr), 1);
	}
	return network_has(&parsed_one, &socket.any);
}

static void who_is_in(void **state)
{
	static const struct {
		const char *network, *in, *out[3];
	} cases[] = {
	    {"10.0.0.0/8", "10.255.0.1", {"11.0.0.0", "9.255.255.255", "unix"}},
	    {"10.0.0.0/8", "10.0.0.0", {"::a00:1", "::ffff:10.0.0.1", "0.0.0.0"}},
	    {"192.0.2.128/25", "192.0.2.255", {"192.0.2.127", "192.0.3.128", "128.0.2.192"}},
	    {"192.0.2.1", "192.0.2.1", {"192.0.2.0", "192.0.2.2", "unix"}},
	    {"192.0.2.1/32", "192.0.2.1", {"192.0.2.0", "192.0.2.2", "unix"}},
	    {"192.0.2.0/31", "192.0.2.1", {"192.0.2.2", "192.0.1.255", "unix"}},
	    {"128.0.0.0/1", "255.0.0.1", {"127.255.255.255", "8000::", "unix"}},
	    {"0.0.0.0/0", "203.0.113.9", {"::", "2001:db8::1", "unix"}},
	    {"2001:db8::/32", "2001:db8:ffff::1", {"2001:db9::", "2001:db7:ffff::", "32.1.13.184"}},
	    {"2001:DB8::/33", "2001:db8:7fff::1", {"2001:db8:8000::", "2001:db9::", "unix"}},
	    {"::1", "::1", {"::", "::2", "127.0.0.1"}},
	    {"fe80::/10", "febf::1", {"fec0::", "fe7f::", "254.128.0.1"}},
	    {"::/0", "2001:db8::1", {"192.0.2.1", "0.0.0.0", "unix"}},
	    {"unix", "unix", {"127.0.0.1", "::1", "0.0.0.0"}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(has(cases[i].network, cases[i].in));
		for (size_t j = 0; j < COUNT(cases[i].out); j++)
			if (has(cases[i].network, cases[i].out[j]))
				fail_msg("%s is in %s", cases[i].out[j], cases[i].network);
	}
}

static void bad_ones(void **state)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
	    {"", "is no network"},
	    {"/8", "is no network"},
	    {"10", "is no network"},
	    {"10/8", "is no network"},
	    {"10.0.0.0/", "is no network"},
	    {"10.0.0.0/33", "is no network"},
	    {"10.0.0.0/08", "is no network"},
	    {"10.0.0.0/+8", "is no network"},
	    {"10.0.0.0/-1", "is no network"},
	    {"10.0.0.0/8 ", "is no network"},
	    {"10.0.0.0/4294967304", "is no network"},
	    {"10.0.0.0/255.0.0.0", "is no network"},
	    {"010.0.0.0/8", "is no network"},
	    {"2001:db8::/129", "is no network"},
	    {"[2001:db8::]/32", "is no network"},
	    {"fe80::1%lo", "is no network"},
	    {"localhost", "is no network"},
	    {"Unix", "is no network"},
	    {"unix:/run/l", "is no network"},
	    {"127.0.0.1:25", "is no network"},
	    {"0000:0000:0000:0000:0000:0000:0000:00000000001", "is no network"},
	    {"10.0.0.1/8", "has bits set behind its prefix"},
	    {"0.0.0.1/0", "has bits set behind its prefix"},
	    {"192.0.2.64/25", "has bits set behind its prefix"},
	    {"2001:db8::1/64", "has bits set behind its prefix"},
	    {"::ffff:10.0.0.0/104", "is an IPv4 network in the form of IPv6"},
	    {"::ffff:192.0.2.1", "is an IPv4 network in the form of IPv6"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct network network;
		const char *wrong = network_parse(&network, cases[i].text);
		if (!wrong || strncmp(wrong, cases[i].part, strlen(cases[i].part)) != 0)
			fail_msg("\"%s\": %s", cases[i].text, wrong ? wrong : "fine");
	}
}

static void equal_ones(void **state)
{
	static const struct {
		const char *a, *b;
		int equal;
	} cases[] = {
	    {"192.0.2.1", "192.0.2.1/32", 1},
	    {"2001:DB8:0::/32", "2001:db8::/32", 1},
	    {"unix", "unix", 1},
	    {"10.0.0.0/8", "10.0.0.0/9", 0},
	    {"10.0.0.0/8", "11.0.0.0/8", 0},
	    {"0.0.0.0/0", "::/0", 0},
	    {"0.0.0.0/0", "unix", 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct network a = parsed(cases[i].a), b = parsed(cases[i].b);
		assert_int_equal(network_equal(&a, &b), cases[i].equal);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_is_in),
	    cmocka_unit_test(bad_ones),
	    cmocka_unit_test(equal_ones),
	};
	return cmocka_run_group_tests_name("names/network", tests, NULL, NULL);
}
