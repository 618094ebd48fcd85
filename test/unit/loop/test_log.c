/* SPDX-License-Identifier: ISC */
/* Log lines: their form, and that no peer can forge one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/log.h"

/* A log whose every write() arrives as one packet. */
struct wired {
	struct log log;
	int reader;
	char packet[2 * LOG_LINE];
};

static void wire(struct wired *wired, enum log_level level)
{
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	*wired = (struct wired){.log = {.fd = ends[0], .level = level}, .reader = ends[1]};
}

static void unwire(struct wired *wired)
{
	close(wired->log.fd);
	close(wired->reader);
}

/* The next line without its time and newline, NULL when there is none. */
static const char *next_line(struct wired *wired)
{
	ssize_t got = recv(wired->reader, wired->packet, sizeof(wired->packet) - 1, MSG_DONTWAIT);
	if (got < 0)
		return NULL;
	assert_true(got > 0);
	assert_int_equal(wired->packet[got - 1], '\n');
	wired->packet[got - 1] = '\0';
	assert_null(strpbrk(wired->packet, "\r\n"));
	assert_int_equal(strlen(wired->packet), got - 1);
	const char *space = strchr(wired->packet, ' ');
	assert_non_null(space);
	return space + 1;
}

static void form(void **state)
{
	struct wired wired;
	struct log_line line;
	regex_t time;
	(void)state;
	wire(&wired, LOG_LEVEL_INFO);
	log_begin(&line, &wired.log, LOG_LEVEL_INFO, "session");
	log_text(&line, "front", "submission");
	log_text(&line, "absent", NULL);
	log_number(&line, "bytes", -12);
	log_bytes(&line, "sni", "mail.example.org and more", 16);
	log_end(&line);
	assert_string_equal(next_line(&wired), "level=info event=session front=submission "
	                                       "bytes=-12 sni=mail.example.org");
	assert_null(next_line(&wired));
	assert_int_equal(regcomp(&time,
	                         "^ts=20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:"
	                         "[0-6][0-9]\\.[0-9]{3}Z ",
	                         REG_EXTENDED | REG_NOSUB),
	                 0);
	assert_int_equal(regexec(&time, wired.packet, 0, NULL, 0), 0);
	regfree(&time);
	unwire(&wired);
}

static void values_are_quoted_and_escaped(void **state)
{
	static const struct {
		const char *value;
		size_t length;
		const char *want;
	} cases[] = {
	    {"plain", 5, "plain"},
	    {"a:b/c,d;e[f]", 12, "a:b/c,d;e[f]"},
	    {"", 0, "\"\""},
	    {"two words", 9, "\"two words\""},
	    {"a=b", 3, "\"a=b\""},
	    {"say \"hi\"", 8, "\"say \\\"hi\\\"\""},
	    {"back\\slash", 10, "\"back\\\\slash\""},
	    {"x\r\nts=0 level=error event=forged", 32, "\"x\\r\\nts=0 level=error event=forged\""},
	    {"tab\there", 8, "\"tab\\there\""},
	    {"\x1b[2Jgone", 8, "\"\\x1b[2Jgone\""},
	    {"nul\0byte", 8, "\"nul\\x00byte\""},
	    {"del\x7f", 4, "\"del\\x7f\""},
	    {"\xc2\x9b"
	     "31m",
	     5, "\"\\xc2\\x9b31m\""},
	    {"\xff", 1, "\"\\xff\""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wired wired;
		struct log_line line;
		char want[128];
		wire(&wired, LOG_LEVEL_INFO);
		log_begin(&line, &wired.log, LOG_LEVEL_WARNING, "e");
		log_bytes(&line, "v", cases[i].value, cases[i].length);
		log_end(&line);
		snprintf(want, sizeof(want), "level=warning event=e v=%s", cases[i].want);
		assert_string_equal(next_line(&wired), want);
		unwire(&wired);
	}
}

/* Whatever does not fit: the line stays one line, closed, and says so. */
static void long_values_are_cut(void **state)
{
	static char value[3 * LOG_LINE];
	(void)state;
	for (size_t length = LOG_LINE - 150; length < LOG_LINE + 50; length++) {
		for (int kind = 0; kind < 2; kind++) {
			struct wired wired;
			struct log_line line;
			memset(value, kind ? '\x01' : 'x', length);
			wire(&wired, LOG_LEVEL_INFO);
			log_begin(&line, &wired.log, LOG_LEVEL_INFO, "e");
			log_bytes(&line, "v", value, length);
			log_text(&line, "after", "ab");
			log_end(&line);
			const char *text = next_line(&wired);
			assert_true(strlen(wired.packet) + 1 <= LOG_LINE);
			int whole = strstr(text, " truncated=true") == NULL;
			assert_int_equal(whole, strstr(text, " after=ab") != NULL);
			/* Cut or not, quotes come in pairs. */
			const char *quote = strchr(text, '"');
			assert_true(!quote || (strrchr(text, '"') != quote));
			unwire(&wired);
		}
	}
}

static void many_pairs_are_cut(void **state)
{
	struct wired wired;
	struct log_line line;
	(void)state;
	wire(&wired, LOG_LEVEL_INFO);
	log_begin(&line, &wired.log, LOG_LEVEL_INFO, "e");
	for (int i = 0; i < 2000; i++)
		log_number(&line, "number", i);
	log_end(&line);
	const char *text = next_line(&wired);
	assert_non_null(text);
	assert_non_null(strstr(text, " number=300 "));
	size_t length = strlen(text);
	assert_string_equal(text + length - strlen(" truncated=true"), " truncated=true");
	unwire(&wired);
}

static void levels(void **state)
{
	static const enum log_level all[] = {LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO,
	                                     LOG_LEVEL_DEBUG};
	static const char *const names[] = {"error", "warning", "info", "debug"};
	(void)state;
	for (size_t limit = 0; limit < 4; limit++) {
		struct wired wired;
		wire(&wired, all[limit]);
		for (size_t i = 0; i < 4; i++) {
			char want[64];
			log_say(&wired.log, all[i], "e", "%d%%", 5);
			snprintf(want, sizeof(want), "level=%s event=e message=5%%", names[i]);
			const char *text = next_line(&wired);
			if (i <= limit)
				assert_string_equal(text, want);
			else
				assert_null(text);
		}
		unwire(&wired);
	}
}

static int allow_when_zero(void *owner, enum log_level level, const char *event)
{
	int *left = owner;
	assert_int_equal(level, LOG_LEVEL_INFO);
	assert_string_equal(event, "flood");
	return *left == 0 || (*left)-- == 0;
}

static void suppressed_lines_are_counted(void **state)
{
	struct wired wired;
	int left = 3;
	(void)state;
	wire(&wired, LOG_LEVEL_INFO);
	wired.log.allow = allow_when_zero;
	wired.log.owner = &left;
	for (int i = 0; i < 5; i++)
		log_say(&wired.log, LOG_LEVEL_INFO, "flood", "%d", i);
	assert_string_equal(next_line(&wired), "level=info event=flood suppressed=3 message=3");
	assert_string_equal(next_line(&wired), "level=info event=flood message=4");
	assert_null(next_line(&wired));
	unwire(&wired);
}

/* A log that nobody reads any more is no reason to stop. */
static void broken_log(void **state)
{
	struct log log = {.fd = -1, .level = LOG_LEVEL_INFO};
	(void)state;
	log_say(&log, LOG_LEVEL_INFO, "e", "lost");
	assert_int_equal(log.suppressed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(form),
	    cmocka_unit_test(values_are_quoted_and_escaped),
	    cmocka_unit_test(long_values_are_cut),
	    cmocka_unit_test(many_pairs_are_cut),
	    cmocka_unit_test(levels),
	    cmocka_unit_test(suppressed_lines_are_counted),
	    cmocka_unit_test(broken_log),
	};
	return cmocka_run_group_tests_name("loop/log", tests, NULL, NULL);
}
