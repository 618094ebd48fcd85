/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/goodbye.h"
#include "wire/greeting.h"

static const char *const offers[] = {"\"SIEVE\" \"fileinto\"", "\"STARTTLS\"", "\"SASL\" \"PLAIN\"",
                                     NULL};

static const struct {
	enum stls_protocol protocol;
	const char *says;
} greetings[] = {
    {STLS_SMTP, "220 a.example ESMTP\r\n"},
    {STLS_LMTP, "220 a.example LMTP\r\n"},
    {STLS_IMAP, "* OK a.example ready\r\n"},
    {STLS_POP3, "+OK a.example ready\r\n"},
    {STLS_NNTP, "200 a.example ready\r\n"},
    /* SIEVE-S-01: the list without STARTTLS */
    {STLS_SIEVE, "\"SIEVE\" \"fileinto\"\r\n\"SASL\" \"PLAIN\"\r\nOK\r\n"},
};

#define COUNT (sizeof(greetings) / sizeof(greetings[0]))

static void says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		char buf[128];
		size_t count =
		    wire_greeting(greetings[i].protocol, "a.example", offers, buf, sizeof(buf));

		assert_int_equal(count, strlen(greetings[i].says));
		assert_memory_equal(buf, greetings[i].says, count);
	}
}

/* All of it or nothing. */
static void fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		for (size_t size = 0; size <= strlen(greetings[i].says); size++) {
			char buf[128];

			assert_int_equal(
			    wire_greeting(greetings[i].protocol, "a.example", offers, buf, size),
			    0);
		}
}

/* RFC 6120: there the client begins. */
static void says_nothing(void **state)
{
	char buf[128];

	(void)state;
	assert_int_equal(wire_greeting(STLS_XMPP_CLIENT, "a", NULL, buf, sizeof(buf)), 0);
}

/* A word of each protocol that a server understands, and none where there is none. */
static void takes_leave(void **state)
{
	(void)state;
	assert_string_equal(wire_goodbye(STLS_SMTP), "QUIT\r\n");
	assert_string_equal(wire_goodbye(STLS_LMTP), "QUIT\r\n");
	assert_string_equal(wire_goodbye(STLS_POP3), "QUIT\r\n");
	assert_string_equal(wire_goodbye(STLS_NNTP), "QUIT\r\n");
	assert_string_equal(wire_goodbye(STLS_IMAP), "bye LOGOUT\r\n");
	assert_string_equal(wire_goodbye(STLS_SIEVE), "LOGOUT\r\n");
	assert_string_equal(wire_goodbye(STLS_XMPP_CLIENT), "</stream:stream>");
	assert_string_equal(wire_goodbye(STLS_XMPP_SERVER), "</stream:stream>");
	assert_string_equal(wire_goodbye(STLS_POSTGRES), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(says),
	    cmocka_unit_test(fits),
	    cmocka_unit_test(says_nothing),
	    cmocka_unit_test(takes_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
