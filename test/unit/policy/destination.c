/* SPDX-License-Identifier: ISC */
/* Next hops, names, addresses, overrides, and what things are called. */
#include "common.h"

#include <starttls/policy.h>

#include "policy/name.h"

static void destinations(void **unused)
{
	static const struct {
		const char *key;
		enum stls_destination_kind kind;
		const char *name;
		unsigned port;
	} cases[] = {
	    {"example.org", STLS_DESTINATION_DOMAIN, "example.org", 25},
	    {"EXAMPLE.org.", STLS_DESTINATION_DOMAIN, "example.org", 25},
	    {"example.org:smtp", STLS_DESTINATION_DOMAIN, "example.org", 25},
	    {"example.org:submission", STLS_DESTINATION_DOMAIN, "example.org", 587},
	    {"example.org:65535", STLS_DESTINATION_DOMAIN, "example.org", 65535},
	    {"[mail.example.org]", STLS_DESTINATION_HOST, "mail.example.org", 25},
	    {"[Mail.Example.Org.]:submissions", STLS_DESTINATION_HOST, "mail.example.org", 465},
	    {"[192.0.2.1]:2525", STLS_DESTINATION_ADDRESS, "192.0.2.1", 2525},
	    {"192.0.2.1", STLS_DESTINATION_ADDRESS, "192.0.2.1", 25},
	    {"192.0.2.1:26", STLS_DESTINATION_ADDRESS, "192.0.2.1", 26},
	    {"[IPv6:2001:db8::1]", STLS_DESTINATION_ADDRESS, "2001:db8::1", 25},
	    {"[ipv6:::1]:26", STLS_DESTINATION_ADDRESS, "::1", 26},
	    {"[2001:db8::1]", STLS_DESTINATION_ADDRESS, "2001:db8::1", 25},
	    {"2001:db8::1", STLS_DESTINATION_ADDRESS, "2001:db8::1", 25},
	    {".example.org", STLS_DESTINATION_PARENT, "example.org", 25},
	};
	static const char *const refused[] = {
	    "",         ".",           "..",          "[",         "[]",         "[a",
	    "[a]b",     "[a]:",        "[a]:0",       "[a]:65536", "a:99999",    "a:1x",
	    "a:",       ":25",         "a:b:c",       "[IPv6:1]",  "[IPv6:a.b]", "a b",
	    "a\n",      "a..b",        "1.2.3",       "256.0.0.1", "192.0.2.01", "a/b",
	    "unix:/a",  "[.a]",        "-a.b\x01",    "*.a",       "a:smtp:25",  "[::g]",
	    "a:000025", "b\xc3\xbc.c", "12345::1::2", ":::",       "[IPv6:::1",  "..a"};
	struct stls_destination to = {.size = sizeof(to)};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_null(stls_destination_parse(&to, cases[i].key));
		assert_int_equal(to.kind, cases[i].kind);
		assert_string_equal(to.name, cases[i].name);
		assert_int_equal(to.port, cases[i].port);
	}
	for (size_t i = 0; i < COUNT(refused); i++) {
		if (!stls_destination_parse(&to, refused[i]))
			fail_msg("\"%s\" is accepted as %s", refused[i], to.name);
		assert_int_equal(to.kind, 0);
		assert_string_equal(to.name, "");
	}
}

static void addresses(void **unused)
{
	static const struct {
		const char *text;
		unsigned char octets[16];
		size_t length;
	} cases[] = {
	    {"0.0.0.0", {0}, 4},
	    {"255.255.255.255", {255, 255, 255, 255}, 4},
	    {"1.2.3.4", {1, 2, 3, 4}, 4},
	    {"::", {0}, 16},
	    {"::1", {[15] = 1}, 16},
	    {"1::", {0, 1}, 16},
	    {"1:2:3:4:5:6:7:8", {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}, 16},
	    {"1:2:3:4:5:6:7::", {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7}, 16},
	    {"2001:DB8::fFfF", {0x20, 1, 0xd, 0xb8, [14] = 0xff, 0xff}, 16},
	    {"::ffff:192.0.2.1", {[10] = 0xff, 0xff, 192, 0, 2, 1}, 16},
	    {"1:2:3:4:5:6:1.2.3.4", {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4}, 16},
	};
	static const char *const none[] = {"",
	                                   "1",
	                                   "1.2.3",
	                                   "1.2.3.4.5",
	                                   "1.2.3.256",
	                                   "1.2.3.",
	                                   "1..2.3",
	                                   "01.2.3.4",
	                                   ":",
	                                   ":1",
	                                   "1:",
	                                   ":::",
	                                   "1::2::3",
	                                   "12345::",
	                                   "::1.2.3",
	                                   "1.2.3.4::",
	                                   "1:2:3:4:5:6:7:8:9",
	                                   "1:2:3:4:5:6:7",
	                                   "1:2:3:4:5:6:7:8::",
	                                   "::g",
	                                   "fe80::1%eth0",
	                                   "1:2:3:4:5:6:7:1.2.3.4"};
	unsigned char out[16];

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(name_address(out, cases[i].text, strlen(cases[i].text)),
		                 cases[i].length);
		assert_memory_equal(out, cases[i].octets, cases[i].length);
	}
	for (size_t i = 0; i < COUNT(none); i++)
		if (name_address(out, none[i], strlen(none[i])) != 0)
			fail_msg("%s", none[i]);
	assert_int_equal(name_address(out, "1.2.3.45", 7), 4);
	assert_int_equal(out[3], 4);
}

static void host_names(void **unused)
{
	char longest[300], out[NAME_ROOM];

	(void)unused;
	memset(longest, 'a', sizeof(longest));
	for (size_t i = 63; i < sizeof(longest); i += 64)
		longest[i] = '.';
	assert_true(name_read(out, longest, 253));
	assert_false(name_read(out, longest, 254));
	assert_true(name_read(out, longest, 63));
	longest[63] = 'a';
	assert_false(name_read(out, longest, 64));
	assert_true(name_inside("a.b", "b"));
	assert_true(name_inside("B", "b"));
	assert_false(name_inside("ab", "b"));
	assert_false(name_inside("b", "a.b"));
	assert_true(name_is_address("192.0.2.1"));
	assert_true(name_is_address("a.1"));
	assert_true(name_is_address("::1"));
	assert_false(name_is_address("a.b1"));
	assert_false(name_is_address(""));
	assert_true(name_is_address("1"));
}

/* An override says why, and until when. */
static void overrides(void **unused)
{
	static const char *const some[] = {"mail.example.org", NULL}, *const bad[] = {"a b", NULL},
	                         *const empty[] = {NULL};
	const struct stls_override good = {.size = sizeof(good),
	                                   .level = STLS_LEVEL_SECURE,
	                                   .names = some,
	                                   .reason = "their MX is being replaced",
	                                   .expires = STLS_NEVER};
	struct stls_override one = good;

	(void)unused;
	assert_null(stls_override_check(&one));
	one.reason = NULL;
	assert_non_null(strstr(stls_override_check(&one), "reason"));
	one.reason = " \t";
	assert_non_null(strstr(stls_override_check(&one), "reason"));
	one = good;
	one.expires = 0;
	assert_non_null(strstr(stls_override_check(&one), "expires"));
	one = good;
	one.level = STLS_LEVEL_MAY;
	assert_non_null(strstr(stls_override_check(&one), "names"));
	one.names = NULL;
	assert_null(stls_override_check(&one));
	one.level = STLS_LEVEL_BOTH;
	assert_non_null(stls_override_check(&one));
	one.level = (enum stls_level)0;
	assert_non_null(stls_override_check(&one));
	one = good;
	one.names = bad;
	assert_non_null(stls_override_check(&one));
	one.names = empty;
	assert_non_null(stls_override_check(&one));
	one = good;
	one.size = offsetof(struct stls_override, reason); /* what is not given is not there */
	assert_non_null(strstr(stls_override_check(&one), "reason"));
}

static void words(void **unused)
{
	enum stls_service service;

	(void)unused;
	for (int i = STLS_SERVICE_RELAY; i <= STLS_SERVICE_XMPP_SERVER; i++) {
		const char *name = stls_service_name((enum stls_service)i);

		assert_int_equal(stls_service_named(name, &service), 0);
		assert_int_equal(service, i);
	}
	assert_string_equal(stls_service_name((enum stls_service)99), "");
	assert_int_equal(stls_service_named("smtp", &service), -1);
	assert_string_equal(stls_level_name((enum stls_level)0), "");
	assert_string_equal(stls_level_name(STLS_LEVEL_PLAIN), "plain");
	assert_string_equal(stls_level_name(STLS_LEVEL_SECURE), "secure");
	assert_string_equal(stls_dns_name(STLS_DNS_BOGUS), "bogus");
	assert_string_equal(stls_dns_name((enum stls_dns)99), "failed");
	assert_string_equal(stls_question_kind_name(STLS_ASK_STS_RECORD), "TXT");
	assert_string_equal(stls_question_kind_name((enum stls_question_kind)0), "");
	assert_int_equal(stls_level_trust(STLS_LEVEL_ENCRYPT), STLS_TRUST_ANY);
	assert_int_equal(stls_level_trust(STLS_LEVEL_DANE), STLS_TRUST_DANE);
	assert_int_equal(stls_level_trust(STLS_LEVEL_BOTH), STLS_TRUST_DANE);
	assert_int_equal(stls_level_trust(STLS_LEVEL_SECURE), STLS_TRUST_PKIX);
	assert_int_equal(stls_level_trust((enum stls_level)99), STLS_TRUST_PKIX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(destinations), cmocka_unit_test(addresses),
	    cmocka_unit_test(host_names),   cmocka_unit_test(overrides),
	    cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
