/* SPDX-License-Identifier: ISC */
/* Verdicts on findings, and what a person is shown of what a peer said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/finding.h"

#define NOW 1700000000
#define DAY 86400

static struct service smtp = {.protocol = STLS_SMTP, .url = "smtp://a"};

static struct finding fine(void)
{
	return (struct finding){
	    .service = &smtp,
	    .up = true,
	    .verified = STLS_TRUST_PKIX,
	    .certificate = {.there = true, .not_after = NOW + 90 * DAY},
	};
}

static void check(const struct finding *finding, int status, const char *name)
{
	struct verdict verdict = finding_verdict(finding, NOW);

	assert_string_equal(verdict.name, name);
	assert_int_equal(verdict.status, status);
}

static void nothing_is_wrong(void **state)
{
	struct finding finding = fine();

	(void)state;
	check(&finding, STATUS_OK, "fine");
	assert_int_equal(finding_verdict(&finding, NOW).days_left, 90);
}

static void faults(void **state)
{
	struct finding finding = {.service = &smtp, .fault = STLS_FAULT_NOT_OFFERED};

	(void)state;
	check(&finding, STATUS_CRITICAL, "starttls-not-offered");
	finding.fault = STLS_FAULT_LOOKUP;
	check(&finding, STATUS_UNKNOWN, "lookup-failed");
	finding = fine();
	finding.verified = STLS_TRUST_ANY;
	finding.unverified = STLS_FAULT_MISMATCH;
	check(&finding, STATUS_CRITICAL, "certificate-name-mismatch");
	finding.unverified = STLS_FAULT_NONE; /* unverified is never fine: CORE-16 */
	check(&finding, STATUS_CRITICAL, "certificate-untrusted");
	finding = fine();
	finding.fault = STLS_FAULT_LOGIN;
	check(&finding, STATUS_CRITICAL, "login-failed");
}

static void soon(void **state)
{
	struct finding finding = fine();

	(void)state;
	finding.certificate.not_after = NOW + SOON_DAYS * DAY;
	check(&finding, STATUS_OK, "fine");
	finding.certificate.not_after--;
	check(&finding, STATUS_WARNING, "certificate-expires-soon");
	finding.certificate.not_after = NOW - 1;
	assert_int_equal(finding_verdict(&finding, NOW).days_left, -1);
	assert_false(finding_verdict(&finding, NOW).warnings[WARN_EXPIRES_SOON]);
}

/* CORE-12 */
static void still_listed(void **state)
{
	static char size[] = "SIZE 1000", starttls[] = "starttls";
	char *lists[] = {size, starttls};
	struct finding finding = fine();

	(void)state;
	finding.capabilities = lists;
	finding.capability_count = 1;
	check(&finding, STATUS_OK, "fine");
	finding.capability_count = 2;
	check(&finding, STATUS_WARNING, "starttls-still-listed");
}

/* CHK-07: before TLS it is a warning, inside it is what TLS is for. */
static void tempting(void **state)
{
	struct finding finding = fine();
	const char list[] = "250-me\r\n250 AUTH PLAIN\r\n";

	(void)state;
	tape_add(&finding.tape, TAPE_SERVER, true, list, sizeof(list) - 1);
	check(&finding, STATUS_OK, "fine");
	tape_add(&finding.tape, TAPE_SERVER, false, list, sizeof(list) - 1);
	check(&finding, STATUS_WARNING, "plaintext-login-offered");
	finding.fault = STLS_FAULT_HANDSHAKE; /* a fault outweighs it, and it is told too */
	check(&finding, STATUS_CRITICAL, "handshake-failed");
	assert_true(finding_verdict(&finding, NOW).warnings[WARN_TEMPTING]);
	tape_free(&finding.tape);
}

/* RFC 2782: the next one was good enough, but somebody should look at the first. */
static void passed_over(void **state)
{
	struct trail trail = {.passed_count = 1};
	struct finding finding = fine();

	(void)state;
	finding.trail = &trail;
	check(&finding, STATUS_WARNING, "host-passed-over");
	finding.verified = STLS_TRUST_ANY;
	check(&finding, STATUS_CRITICAL, "certificate-untrusted");
	/* where none was good, that is the fault */
	finding = (struct finding){.service = &smtp, .trail = &trail, .fault = STLS_FAULT_CONNECT};
	check(&finding, STATUS_CRITICAL, "connect-failed");
	assert_false(finding_verdict(&finding, NOW).warnings[WARN_PASSED_OVER]);
	trail.passed_count = 0;
	finding = fine();
	finding.trail = &trail;
	check(&finding, STATUS_OK, "fine");
}

static void the_worst_counts(void **state)
{
	(void)state;
	assert_int_equal(status_worse(STATUS_OK, STATUS_WARNING), STATUS_WARNING);
	assert_int_equal(status_worse(STATUS_UNKNOWN, STATUS_CRITICAL), STATUS_CRITICAL);
	assert_int_equal(status_worse(STATUS_UNKNOWN, STATUS_WARNING), STATUS_UNKNOWN);
}

/* ---- the tape ---- */

static void line_is(const struct tape *tape, size_t piece, size_t *at, const char *expected)
{
	char line[256];

	assert_true(tape_line(&tape->pieces[piece], at, line, sizeof(line)));
	assert_string_equal(line, expected);
}

static void a_tape(void **state)
{
	struct tape tape = {0};
	char line[256];
	size_t at = 0;

	(void)state;
	tape_add(&tape, TAPE_SERVER, false, "220 he", 6);
	tape_add(&tape, TAPE_SERVER, false, "llo\r\n250 \033[2Jx\n", 15);
	tape_add(&tape, TAPE_CLIENT, false, "\0\0\0\10\4\322\26/", 8);
	assert_int_equal(tape.count, 2);
	line_is(&tape, 0, &at, "220 hello");
	assert_true(tape_line(&tape.pieces[1], &(size_t){0}, line, sizeof(line)));
	assert_string_equal(line, "00 00 00 08 04 d2 16 2f");
	tape_free(&tape);
}

/* What is not text is in hex; what is nearly text is escaped: nobody moves a
 * terminal's cursor. */
static void an_escape(void **state)
{
	char text[64];

	(void)state;
	tape_escape(text, sizeof(text), "a\033[2J\r\n\xc3\xa4", 9);
	assert_string_equal(text, "a\\x1b[2J\\x0d\\x0a\\xc3\\xa4");
	tape_escape(text, 8, "aaaaaaaaaaaa", 12);
	assert_string_equal(text, "aaa");
}

static void a_full_tape(void **state)
{
	static char much[TAPE_ROOM];
	struct tape tape = {0};

	(void)state;
	tape_add(&tape, TAPE_SERVER, false, much, sizeof(much));
	assert_false(tape.full);
	tape_add(&tape, TAPE_CLIENT, false, "x", 1);
	assert_true(tape.full);
	assert_int_equal(tape.count, 1);
	tape_free(&tape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_wrong),
	    cmocka_unit_test(faults),
	    cmocka_unit_test(soon),
	    cmocka_unit_test(still_listed),
	    cmocka_unit_test(tempting),
	    cmocka_unit_test(passed_over),
	    cmocka_unit_test(the_worst_counts),
	    cmocka_unit_test(a_tape),
	    cmocka_unit_test(an_escape),
	    cmocka_unit_test(a_full_tape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
