/* SPDX-License-Identifier: ISC */
/* Every screen refuses to wait for the end of what is too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "screen_replay.h"

#define LONG 4100 /* a screen waits for lines of 4096 */

static char line[LONG + 3]; /* without end */

static void check(struct screen_case one)
{
	one.tls = 1;
	one.fault = STLS_FAULT_TOO_LONG;
	screen_replay(&one, 1);
}

static void fill(const char *begin)
{
	memset(line, 'A', LONG);
	line[LONG] = '\0';
	memcpy(line, begin, strlen(begin));
}

static void lines_of_clients(void **state)
{
	(void)state;
	fill("USER ");
	check((struct screen_case){.name = "pop3",
	                           .protocol = STLS_POP3,
	                           .said = {{'C', line}},
	                           .to_service = "",
	                           .to_client = "-ERR Line too long\r\n"});
	check((struct screen_case){.name = "sieve",
	                           .protocol = STLS_SIEVE,
	                           .said = {{'C', line}},
	                           .to_service = "",
	                           .to_client = "BYE \"Line too long\"\r\n"});
	check((struct screen_case){.name = "nntp",
	                           .protocol = STLS_NNTP,
	                           .said = {{'C', line}},
	                           .to_service = "",
	                           .to_client = "501 Line too long\r\n"});
}

static void lines_of_services(void **state)
{
	(void)state;
	fill("200 ");
	check((struct screen_case){.name = "pop3",
	                           .protocol = STLS_POP3,
	                           .said = {{'S', line}},
	                           .to_service = "",
	                           .to_client = "-ERR Reply too long\r\n"});
	check((struct screen_case){.name = "sieve",
	                           .protocol = STLS_SIEVE,
	                           .said = {{'S', line}},
	                           .to_service = "",
	                           .to_client = "BYE \"Reply too long\"\r\n"});
	check((struct screen_case){.name = "nntp",
	                           .protocol = STLS_NNTP,
	                           .said = {{'S', line}},
	                           .to_service = "",
	                           .to_client = "400 Reply too long\r\n"});
}

static void lists_of_mechanisms(void **state)
{
	(void)state;
	fill("SASL ");
	strcpy(line + 2200, "\r\n");
	check((struct screen_case){.name = "pop3",
	                           .protocol = STLS_POP3,
	                           .said = {{'C', "CAPA\r\n"}, {'S', "+OK\r\n"}, {'S', line}},
	                           .to_service = "CAPA\r\n",
	                           .to_client = "+OK\r\n-ERR The list is too long\r\n"});
	fill("\"SASL\" \"");
	strcpy(line + 2200, "\"\r\n");
	check((struct screen_case){.name = "sieve",
	                           .protocol = STLS_SIEVE,
	                           .said = {{'S', line}},
	                           .to_service = "",
	                           .to_client = "BYE \"The list is too long\"\r\n"});
}

/* A gateway is for these eight. */
static void protocols_without_screen(void **state)
{
	(void)state;
	for (int protocol = 0; protocol <= STLS_MYSQL + 1; protocol++) {
		const struct screen_spec spec = {.protocol = (enum stls_protocol)protocol};
		struct screen *screen = screen_open(&spec);

		assert_int_equal(screen != NULL, protocol >= STLS_SMTP && protocol <= STLS_NNTP);
		screen_close(screen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_of_clients),
	    cmocka_unit_test(lines_of_services),
	    cmocka_unit_test(lists_of_mechanisms),
	    cmocka_unit_test(protocols_without_screen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
