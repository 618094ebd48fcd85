/* SPDX-License-Identifier: ISC */
/* Values of options: each that is refused is beside one that is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/options.h"

#define MOST 12
#define LONG_NAME                                                                                  \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example" /* a label of   \
	                                                                              64 */

struct option_case {
	enum command command;
	const char *option;
	const char *word; /* behind it */
	const char *allowed;
	const char *good[MOST], *bad[MOST];
};

#define NAMES "\"", "b\303\274cher.example", "a b", "a\nb", "\033[31ma", "a..b", LONG_NAME, "\377"

static const struct option_case cases[] = {
    {COMMAND_PROBE,
     "servername",
     "imap://a",
     "a name such as mail.example.org, or an address",
     {"a", "mail.example.org.", "xn--bcher-kva.example", "192.0.2.1", "2001:db8::1"},
     {"", "[192.0.2.1]", NAMES}},
    {COMMAND_CONNECT,
     "domain",
     "imap://a",
     "a name such as mail.example.org, or an address",
     {"example.org", "192.0.2.1"},
     {"", "user@example.org", NAMES}},
    {COMMAND_PROBE,
     "name",
     "smtp://a",
     "or an address in brackets",
     {"localhost", "a_b.example", "[192.0.2.1]", "[IPv6:2001:db8::1]"},
     {"", "[192.0.2.1]:25", "[a.example]", "2001:db8::1", NAMES}},
    {COMMAND_PROBE,
     "user",
     "imap://a --password-file f",
     "in 255 bytes at most",
     {"anna", "b\303\274cher", "anna lena"},
     {"", "a\nb", "a\177", "\033"}},
    {COMMAND_PROBE,
     "password-file",
     "imap://a --user u",
     "the path of a file",
     {"f", "a b", "/\303\274"},
     {""}},
    {COMMAND_POLICY, "ca-file", "a.example", "the path of a file", {"f"}, {""}},
    {COMMAND_CONNECT, "resolver-config", "imap://a", "the path of a file", {"f"}, {""}},
    {COMMAND_PROBE,
     "timeout",
     "imap://a",
     "0.001 to 3600",
     {"0.001", "1", "2.5", ".5", "3600"},
     {"", "0", "0.0009", "3600.1", "-1", "1e3", "0x10", " 1", "1s", "1,5", "nan", "inf"}},
    {COMMAND_POLICY,
     "service",
     "a.example",
     "submission, imap",
     {"imap", "sieve"},
     {"", "IMAP ", "relay", "nntp", "\033"}},
    {COMMAND_POLICY,
     "level",
     "a.example",
     "may, encrypt, secure",
     {"may", "secure"},
     {"", "May", "plain", "dane", "\033"}},
    {COMMAND_POLICY,
     "state",
     "a.example",
     "the path of a folder",
     {"/var/lib/starttls", "redis://a", "rediss://a", "redis+unix:/a"},
     {"", "state", "./a", "http://a"}},
    {COMMAND_RATCHET,
     "note",
     "pin a",
     "199 bytes",
     {"why not", "Z\303\274rich"},
     {"", "a\nb", "a\tb", "\033[31m"}},
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

/* What was complained of, "" if all of it was taken. */
static const char *said(enum command command, int argc, const char **argv)
{
	static char text[1024];
	FILE *errors = stderr;
	struct options options;
	bool good;

	memset(text, 0, sizeof(text));
	stderr = fmemopen(text, sizeof(text) - 1, "w");
	good = options_read(&options, command, argc, (char **)(uintptr_t)argv);
	fclose(stderr);
	stderr = errors;
	options_free(&options);
	assert_int_equal(good, text[0] == '\0');
	return text;
}

static const char *complaint(const struct option_case *one, const char *value)
{
	char others[128], option[32];
	const char *argv[8] = {"x", option, value};
	int argc = 3;

	snprintf(option, sizeof(option), "--%s", one->option);
	snprintf(others, sizeof(others), "%s", one->word);
	for (char *word = strtok(others, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	return said(one->command, argc, argv);
}

static void take(const struct option_case *one, const char *value)
{
	const char *text = complaint(one, value);

	if (text[0] != '\0')
		fail_msg("--%s %.100s: %s", one->option, value, text);
}

/* For its value, with the option and what is allowed, in one line that is nothing but text. */
static void refuse(const struct option_case *one, const char *value)
{
	const char *text = complaint(one, value);
	char begin[48];

	snprintf(begin, sizeof(begin), "starttls: --%s: \"", one->option);
	if (strncmp(text, begin, strlen(begin)) != 0 ||
	    strstr(text, " is not allowed; allowed: ") == NULL ||
	    strstr(text, one->allowed) == NULL)
		fail_msg("--%s %.100s: %s", one->option, value, text);
	for (size_t i = 0; text[i + 1] != '\0'; i++)
		if (text[i] < ' ' || text[i] > '~')
			fail_msg("--%s: not text: %s", one->option, text);
	assert_int_equal(text[strlen(text) - 1], '\n');
}

static void values(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		for (size_t j = 0; j < MOST && cases[i].good[j] != NULL; j++)
			take(&cases[i], cases[i].good[j]);
		for (size_t j = 0; j < MOST && cases[i].bad[j] != NULL; j++)
			refuse(&cases[i], cases[i].bad[j]);
	}
}

static const struct option_case *find(const char *option)
{
	for (size_t i = 0; i < CASES; i++)
		if (strcmp(cases[i].option, option) == 0)
			return &cases[i];
	fail_msg("there is no %s", option);
	return NULL;
}

/* As long as it may be, and one octet longer. */
static void lengths(void **state)
{
	static const struct {
		const char *option, *begin;
		size_t most;
	} limits[] = {
	    {"note", "", 199},
	    {"user", "", 255},
	    {"ca-file", "", 4000},
	    {"password-file", "", 4000},
	    {"resolver-config", "", 4000},
	    {"state", "/", 4000},
	    {"state", "redis://", 4000},
	};
	char text[4100];

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		memset(text, 'a', sizeof(text));
		memcpy(text, limits[i].begin, strlen(limits[i].begin));
		text[limits[i].most + 1] = '\0';
		refuse(find(limits[i].option), text);
		text[limits[i].most] = '\0';
		take(find(limits[i].option), text);
	}
	/* RFC 1035 section 2.3.4: a name has 253 at most, in labels of 63. */
	for (size_t i = 0; i < 254; i++)
		text[i] = i % 50 == 49 ? '.' : 'a';
	text[254] = '\0';
	refuse(find("servername"), text);
	text[253] = '\0';
	take(find("servername"), text);
}

/* What stands behind the options, in the same way. */
static void words(void **state)
{
	static const struct {
		enum command command;
		const char *word, *allowed; /* NULL: it is taken */
	} cases_of_words[] = {
	    {COMMAND_PROBE, "imap://a:65535", NULL},
	    {COMMAND_PROBE, "imap://[::1]:1", NULL},
	    {COMMAND_PROBE, "", "one of these schemes: smtp"},
	    {COMMAND_PROBE, "imap://", "there is no host"},
	    {COMMAND_PROBE, "imap://\033[31m", "not a host name"},
	    {COMMAND_PROBE, "imap://a:0", "1 at least"},
	    {COMMAND_PROBE, "imap://a:65536", "65535 at most"},
	    {COMMAND_PROBE, "imap://a:4294967439", "65535 at most"},
	    {COMMAND_PROBE, "imap://a:-1", "a number"},
	    {COMMAND_POLICY, "a.example:587", NULL},
	    {COMMAND_POLICY, "", "allowed: example.org"},
	    {COMMAND_POLICY, "a\nb", "allowed: example.org"},
	    {COMMAND_POLICY, "a.example:0", "allowed: example.org"},
	    {COMMAND_POLICY, "a.example:65536", "allowed: example.org"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases_of_words) / sizeof(cases_of_words[0]); i++) {
		const char *argv[] = {"x", cases_of_words[i].word, NULL};
		const char *text = said(cases_of_words[i].command, 2, argv);

		if (cases_of_words[i].allowed == NULL ? text[0] != '\0'
		                                      : !strstr(text, cases_of_words[i].allowed))
			fail_msg("%s: %s", argv[1], text);
		assert_null(strchr(text, '\033'));
	}
}

static void hosts(void **state)
{
	static const struct {
		const char *host;
		bool good;
	} cases_of_hosts[] = {{"mx.example.org 192.0.2.0/24", true},
	                      {"mx.example.org", true},
	                      {"", false},
	                      {"a\nb", false},
	                      {"\033[31m", false}};
	char text[301];
	const char *argv[] = {"x", "pin", text, NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(cases_of_hosts) / sizeof(cases_of_hosts[0]); i++) {
		snprintf(text, sizeof(text), "%s", cases_of_hosts[i].host);
		assert_int_equal(said(COMMAND_RATCHET, 3, argv)[0] == '\0', cases_of_hosts[i].good);
	}
	/* as long as one can be that is remembered */
	memset(text, 'a', sizeof(text));
	text[300] = '\0';
	assert_non_null(strstr(said(COMMAND_RATCHET, 3, argv), "say one host"));
	text[299] = '\0';
	assert_string_equal(said(COMMAND_RATCHET, 3, argv), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values),
	    cmocka_unit_test(lengths),
	    cmocka_unit_test(words),
	    cmocka_unit_test(hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
