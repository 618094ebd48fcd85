/* SPDX-License-Identifier: ISC */
/* The framing of logins, at every split, and what lists say about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/login.h"
#include "wire/sasl.h"

static struct sasl sasl;

static void says(const char *expected)
{
	assert_int_equal(sasl_need(&sasl), SASL_OUT);
	assert_int_equal(sasl.out_length, strlen(expected));
	assert_memory_equal(sasl.out, expected, sasl.out_length);
	sasl.out_sent = sasl.out_length;
	assert_int_equal(sasl_need(&sasl), SASL_IN);
}

/* Hears a text in pieces of that size; what is behind the answer is not taken. */
static void hears(const char *text, size_t piece, const char *rest)
{
	size_t length = strlen(text), at = 0;

	while (at < length && sasl_need(&sasl) == SASL_IN) {
		size_t count = length - at < piece ? length - at : piece;

		at += sasl_feed(&sasl, text + at, count);
	}
	assert_string_equal(text + at, rest);
}

static void becomes(enum sasl_need need, const char *challenge)
{
	assert_int_equal(sasl_need(&sasl), need);
	assert_string_equal(sasl.challenge, challenge);
}

/* A protocol's way through SCRAM: the first word in the command, a challenge, the
 * last word of the server. */
struct way {
	enum stls_protocol protocol;
	const char *begin, *challenge, *response, *last, *empty, *done;
	enum sasl_need last_need;
};

static const struct way ways[] = {
    {STLS_SMTP, "AUTH SCRAM-SHA-256 Zmlyc3Q=\r\n", "334 Y2g=\r\n", "cmVzcA==\r\n", "334 dj1z\r\n",
     "\r\n", "235-2.7.0 Well\r\n235 2.7.0 Done\r\n", SASL_STEP},
    {STLS_IMAP, "login AUTHENTICATE SCRAM-SHA-256 Zmlyc3Q=\r\n", "* OK wait\r\n+ Y2g=\r\n",
     "cmVzcA==\r\n", "+ dj1z\r\n", "\r\n", "* CAPABILITY IMAP4rev1\r\nlogin OK [X] Done\r\n",
     SASL_STEP},
    {STLS_POP3, "AUTH SCRAM-SHA-256 Zmlyc3Q=\r\n", "+ Y2g=\r\n", "cmVzcA==\r\n", "+ dj1z\r\n",
     "\r\n", "+OK Done\r\n", SASL_STEP},
    {STLS_XMPP_CLIENT,
     "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>Zmlyc3Q=</auth>",
     " <challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>Y2g=</challenge>",
     "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>cmVzcA==</response>",
     "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>dj1z</success>", NULL, NULL, SASL_YES},
};

static void walk(const struct way *way, size_t piece)
{
	sasl_begin(&sasl, way->protocol, "SCRAM-SHA-256", "Zmlyc3Q=", true);
	says(way->begin);
	hears(way->challenge, piece, "");
	becomes(SASL_STEP, "Y2g=");
	sasl_respond(&sasl, "cmVzcA==");
	says(way->response);
	hears(way->last, piece, "");
	becomes(way->last_need, "dj1z");
	if (way->last_need == SASL_YES)
		return;
	sasl_respond(&sasl, "");
	says(way->empty);
	hears(way->done, piece, "");
	becomes(SASL_YES, "");
}

static void scram_at_every_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		for (size_t piece = 1; piece < 120; piece++)
			walk(&ways[i], piece);
}

/* What follows an answer belongs to somebody else. */
static void nothing_more_is_taken(void **state)
{
	(void)state;
	sasl_begin(&sasl, STLS_SMTP, "PLAIN", "AGEAYg==", true);
	says("AUTH PLAIN AGEAYg==\r\n");
	hears("235 2.7.0 Done\r\n250 more\r\n", 100, "250 more\r\n");
	becomes(SASL_YES, "");
	sasl_begin(&sasl, STLS_XMPP_CLIENT, "PLAIN", "AGEAYg==", true);
	sasl.out_sent = sasl.out_length;
	hears("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/><more/>", 100, "<more/>");
	becomes(SASL_YES, "");
}

/* RFC 4959: without SASL-IR the first word waits; RFC 4954: also when it is long. */
static void a_held_word(void **state)
{
	char lengthy[1001];

	(void)state;
	sasl_begin(&sasl, STLS_IMAP, "PLAIN", "AGEAYg==", false);
	says("login AUTHENTICATE PLAIN\r\n");
	hears("+\r\n", 1, "");
	says("AGEAYg==\r\n");
	memset(lengthy, 'A', 1000);
	lengthy[1000] = '\0';
	sasl_begin(&sasl, STLS_SMTP, "PLAIN", lengthy, true);
	says("AUTH PLAIN\r\n");
	hears("334 \r\n", 3, "");
	assert_int_equal(sasl_need(&sasl), SASL_OUT);
	assert_int_equal(sasl.out_length, 1002);
}

static void an_empty_word(void **state)
{
	(void)state;
	sasl_begin(&sasl, STLS_POP3, "EXTERNAL", "", true);
	says("AUTH EXTERNAL =\r\n");
}

static void refusals(void **state)
{
	static const struct {
		enum stls_protocol protocol;
		const char *said, *reason;
	} rows[] = {
	    {STLS_SMTP, "535 5.7.8 No\r\n", "535 5.7.8 No"},
	    {STLS_SMTP, "454 4.7.0 Later\r\n", "454 4.7.0 Later"},
	    {STLS_IMAP, "login NO [AUTHENTICATIONFAILED] No\r\n", "NO [AUTHENTICATIONFAILED] No"},
	    {STLS_IMAP, "* BYE gone\r\n", "* BYE gone"},
	    {STLS_POP3, "-ERR [AUTH] No\r\n", "-ERR [AUTH] No"},
	    {STLS_XMPP_CLIENT,
	     "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/>"
	     "<text>No</text></failure>",
	     "not-authorized"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sasl_begin(&sasl, rows[i].protocol, "PLAIN", "AGEAYg==", true);
		sasl.out_sent = sasl.out_length;
		hears(rows[i].said, 7, "");
		assert_int_equal(sasl_need(&sasl), SASL_NO);
		assert_string_equal(sasl.reason, rows[i].reason);
	}
}

static void nonsense(void **state)
{
	static const struct {
		enum stls_protocol protocol;
		const char *said;
	} rows[] = {
	    {STLS_SMTP, "+OK\r\n"},
	    {STLS_SMTP, "250 2.0.0 Ok\r\n"},
	    {STLS_IMAP, "other OK Done\r\n"},
	    {STLS_POP3, "235 Done\r\n"},
	    {STLS_XMPP_CLIENT, "<success/>"}, /* of which namespace? */
	    {STLS_XMPP_CLIENT, "<!DOCTYPE x>"},
	    {STLS_XMPP_CLIENT, "</stream:stream>"},
	    {STLS_XMPP_CLIENT, "hello>"},
	    {STLS_XMPP_CLIENT, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><x/></success>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sasl_begin(&sasl, rows[i].protocol, "PLAIN", "AGEAYg==", true);
		sasl.out_sent = sasl.out_length;
		sasl_feed(&sasl, rows[i].said, strlen(rows[i].said));
		if (sasl_need(&sasl) != SASL_FAILED)
			fail_msg("%s was taken", rows[i].said);
	}
}

/* AUTH-02: a line has a limit, and so has an element. */
static void endless(void **state)
{
	static const enum stls_protocol protocols[] = {STLS_SMTP, STLS_IMAP, STLS_POP3,
	                                               STLS_XMPP_CLIENT};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		size_t count = 0;

		sasl_begin(&sasl, protocols[i], "PLAIN", "AGEAYg==", true);
		sasl.out_sent = sasl.out_length;
		while (sasl_need(&sasl) == SASL_IN && count < (size_t)4 * SASL_LINE)
			count += sasl_feed(&sasl, "<", 1);
		assert_int_equal(sasl_need(&sasl), SASL_FAILED);
		assert_true(count <= SASL_LINE);
	}
}

static void giving_up(void **state)
{
	(void)state;
	sasl_begin(&sasl, STLS_SMTP, "SCRAM-SHA-256", "Zmlyc3Q=", true);
	sasl.out_sent = sasl.out_length;
	hears("334 Y2g=\r\n", 100, "");
	sasl_respond(&sasl, NULL);
	says("*\r\n");
	hears("501 5.7.0 Cancelled\r\n", 100, "");
	assert_int_equal(sasl_need(&sasl), SASL_NO);
}

/* ---- lists ---- */

static void offers(void **state)
{
	(void)state;
	assert_true(sasl_offers(STLS_SMTP, "AUTH PLAIN SCRAM-SHA-256", "SCRAM-SHA-256"));
	assert_false(sasl_offers(STLS_SMTP, "AUTH SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"));
	assert_false(sasl_offers(STLS_SMTP, "AUTH X-PLAIN", "PLAIN"));
	assert_false(sasl_offers(STLS_SMTP, "XAUTH PLAIN", "PLAIN"));
	assert_true(sasl_offers(STLS_IMAP, "AUTH=PLAIN", "PLAIN"));
	assert_false(sasl_offers(STLS_IMAP, "PLAIN", "PLAIN"));
	assert_true(sasl_offers(STLS_POP3, "SASL LOGIN PLAIN", "PLAIN"));
	assert_true(sasl_offers(STLS_XMPP_CLIENT, "mechanisms SCRAM-SHA-1 PLAIN", "PLAIN"));
	assert_true(sasl_offers_initial(STLS_IMAP, "SASL-IR"));
	assert_false(sasl_offers_initial(STLS_IMAP, "SASL-IRX"));
}

static const char *chosen(bool binds, const char *capability)
{
	struct login_offer offer = {
	    .protocol = STLS_SMTP, .capabilities = &capability, .count = 1, .binds = binds};

	return login_mechanism(&offer);
}

static void the_best_mechanism(void **state)
{
	(void)state;
	assert_string_equal(chosen(true, "AUTH PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS"),
	                    "SCRAM-SHA-256-PLUS");
	assert_string_equal(chosen(false, "AUTH PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS"),
	                    "SCRAM-SHA-256");
	assert_string_equal(chosen(true, "AUTH LOGIN PLAIN"), "PLAIN");
	assert_null(chosen(true, "AUTH LOGIN CRAM-MD5"));
	assert_null(chosen(true, "SIZE 1000"));
}

/* CHK-07, each with its control. */
static void tempting(void **state)
{
	static const struct {
		enum stls_protocol protocol;
		const char *tempts, *does_not;
	} rows[] = {
	    {STLS_SMTP, "220 hi\r\n250-me\r\n250-AUTH LOGIN\r\n250 HELP\r\n",
	     "250-me\r\n250-AUTH SCRAM-SHA-256\r\n250 HELP\r\n"},
	    {STLS_IMAP, "* CAPABILITY IMAP4rev1 STARTTLS\r\n",
	     "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n"},
	    {STLS_IMAP, "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN] hi\r\n",
	     "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=SCRAM-SHA-256] hi\r\n"},
	    {STLS_POP3, "+OK\r\nUSER\r\n.\r\n", "+OK\r\nUIDL\r\nSTLS\r\n.\r\n"},
	    {STLS_POP3, "+OK\r\nSASL PLAIN\r\n.\r\n", "+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n"},
	    {STLS_SIEVE, "\"SASL\" \"PLAIN\"\r\n", "\"SASL\" \"\"\r\n"},
	    {STLS_NNTP, "AUTHINFO USER\r\n", "AUTHINFO\r\n"},
	    {STLS_XMPP_CLIENT, "<mechanism>PLAIN</mechanism>",
	     "<mechanism>SCRAM-SHA-1</mechanism>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!sasl_tempts(rows[i].protocol, rows[i].tempts, strlen(rows[i].tempts)))
			fail_msg("does not tempt: %s", rows[i].tempts);
		if (sasl_tempts(rows[i].protocol, rows[i].does_not, strlen(rows[i].does_not)))
			fail_msg("tempts: %s", rows[i].does_not);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scram_at_every_split),
	    cmocka_unit_test(nothing_more_is_taken),
	    cmocka_unit_test(a_held_word),
	    cmocka_unit_test(an_empty_word),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(nonsense),
	    cmocka_unit_test(endless),
	    cmocka_unit_test(giving_up),
	    cmocka_unit_test(offers),
	    cmocka_unit_test(the_best_mechanism),
	    cmocka_unit_test(tempting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
