/* SPDX-License-Identifier: ISC */
/* Command lines: what is understood, and what is refused before anything happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/options.h"

#define ROOM 12

/* Splits at spaces; "+" stands for a space. */
static bool reads(struct options *options, enum command command, const char *line)
{
	static char words[512];
	FILE *errors = stderr;
	bool good;
	char *argv[ROOM + 1] = {words};
	int argc = 1;

	snprintf(words, sizeof(words), "x %s", line);
	strtok(words, " ");
	while (argc < ROOM && (argv[argc] = strtok(NULL, " ")) != NULL) {
		for (char *at = argv[argc]; (at = strchr(at, '+')) != NULL;)
			*at = ' ';
		argc++;
	}
	stderr = fopen("/dev/null", "w"); /* explanations are for people */
	good = options_read(options, command, argc, argv);
	fclose(stderr);
	stderr = errors;
	return good;
}

static void good(enum command command, const char *line, struct options *options)
{
	if (!reads(options, command, line))
		fail_msg("refused: %s", line);
}

static void bad(enum command command, const char *line)
{
	struct options options;

	if (reads(&options, command, line))
		fail_msg("taken: %s", line);
	options_free(&options);
}

static void urls(void **state)
{
	struct options options;

	(void)state;
	good(COMMAND_PROBE, "-v --json smtp://a imaps://b --timeout 2.5 --dane", &options);
	assert_int_equal(options.count, 2);
	assert_int_equal(options.milliseconds, 2500);
	assert_true(options.verbose && options.json && options.dane);
	assert_string_equal(options.services[1].url, "imaps://b");
	assert_int_equal(options.service, STLS_SERVICE_RELAY);
	options_free(&options);
	good(COMMAND_CONNECT, "--resolver-config f imap://a", &options);
	assert_int_equal(options.milliseconds, 30000);
	assert_string_equal(options.resolver_config, "f");
	options_free(&options);
	bad(COMMAND_CONNECT, "imap://a imap://b");
	bad(COMMAND_CONNECT, "");
	bad(COMMAND_PROBE, "example.org");
	bad(COMMAND_PROBE, "smtp://a --user b");
	bad(COMMAND_PROBE, "smtp://a --timeout 0");
	bad(COMMAND_PROBE, "smtp://a --timeout 3601");
	bad(COMMAND_CONNECT, "--json smtp://a");
	bad(COMMAND_PROBE, "--greeting smtp://a");
	bad(COMMAND_PROBE, "--accept b smtp://a");
}

static void services(void **state)
{
	static const char *const wrong[] = {
	    "--service imap",
	    "--service nntp example.org",
	    "--service relay example.org",
	    "--service imap imap://example.org",
	    "--service imap example.org:993",
	    "--service imap [example.org]",
	    "--service imap 192.0.2.1",
	    "--service imap .example.org",
	    "--service imap b\303\274cher.example",
	    "--service imap --servername a example.org",
	    "--service imap --domain a example.org",
	    "--service imap --dane example.org",
	};
	struct options options;

	(void)state;
	good(COMMAND_PROBE, "--service xmpp-server --accept h.example.net example.org example.net",
	     &options);
	assert_int_equal(options.service, STLS_SERVICE_XMPP_SERVER);
	assert_string_equal(options.accept, "h.example.net");
	assert_string_equal(options.words[1], "example.net");
	assert_null(options.services);
	good(COMMAND_CONNECT, "--service submission example.org", &options);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		bad(COMMAND_PROBE, wrong[i]);
}

static void policies(void **state)
{
	struct options options;

	(void)state;
	good(COMMAND_POLICY, "example.org [mx.example.org]:587 [192.0.2.1] example.net:25",
	     &options);
	assert_int_equal(options.count, 4);
	assert_int_equal(options.level, 0);
	good(COMMAND_POLICY,
	     "--level secure --no-dane --no-mta-sts --requiretls --state /s a.example", &options);
	assert_int_equal(options.level, STLS_LEVEL_SECURE);
	assert_true(options.no_dane && options.no_mta_sts && options.requiretls);
	assert_string_equal(options.state, "/s");
	good(COMMAND_POLICY, "--service imap --no-dane a.example", &options);
	bad(COMMAND_POLICY, "");
	bad(COMMAND_POLICY, ".example.org");
	bad(COMMAND_POLICY, "smtp://a.example");
	bad(COMMAND_POLICY, "--level dane a.example");
	bad(COMMAND_POLICY, "--level plain a.example");
	bad(COMMAND_POLICY, "--service imap --level may a.example");
	bad(COMMAND_POLICY, "--service imap --state /s a.example");
	bad(COMMAND_POLICY, "--dane a.example");
	bad(COMMAND_POLICY, "--name n a.example");
}

static void ratchets(void **state)
{
	struct options options;

	(void)state;
	good(COMMAND_RATCHET, "list --json --state redis://a", &options);
	assert_true(options.json);
	good(COMMAND_RATCHET, "pin mx.example.org+192.0.2.0/24 --note why+not --authentication",
	     &options);
	assert_string_equal(options.words[1], "mx.example.org 192.0.2.0/24");
	assert_string_equal(options.note, "why not");
	assert_true(options.authentication);
	good(COMMAND_RATCHET, "forget mx.example.org", &options);
	bad(COMMAND_RATCHET, "");
	bad(COMMAND_RATCHET, "keep mx.example.org");
	bad(COMMAND_RATCHET, "list mx.example.org");
	bad(COMMAND_RATCHET, "pin");
	bad(COMMAND_RATCHET, "pin a b");
	bad(COMMAND_RATCHET, "forget a --note b");
	bad(COMMAND_RATCHET, "unpin a --authentication");
	bad(COMMAND_RATCHET, "forget a --json");
	bad(COMMAND_RATCHET, "list --timeout 3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(urls),
	    cmocka_unit_test(services),
	    cmocka_unit_test(policies),
	    cmocka_unit_test(ratchets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
