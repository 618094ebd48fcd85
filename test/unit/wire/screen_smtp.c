/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screen_replay.h"

#define EHLO "EHLO c\r\n"
#define LIST "250-b\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME\r\n"

static const struct screen_case lists[] = {
    {.name = "CORE-19, XC-07: STARTTLS, XCLIENT and XFORWARD are not the client's to see",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO},
              {'S', "250-b\r\n250-STARTTLS\r\n250-XCLIENT NAME ADDR\r\n250-AUTH PLAIN\r\n"
                    "250 XFORWARD NAME\r\n"}},
     .to_service = EHLO,
     .to_client = "250-b\r\n250 AUTH PLAIN\r\n"},
    {.name = "twin: a list with nothing to hide crosses as it is",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO}, {'S', LIST}},
     .to_service = EHLO,
     .to_client = LIST},
    {.name = "STARTTLSX is another keyword (SMTP-C-09)",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO}, {'S', "250-b\r\n250 STARTTLSX\r\n"}},
     .to_service = EHLO,
     .to_client = "250-b\r\n250 STARTTLSX\r\n"},
    {.name = "only the name stays",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO}, {'S', "250-b\r\n250 STARTTLS\r\n"}},
     .to_service = EHLO,
     .to_client = "250 b\r\n"},
    {.name = "CB-04: mechanisms with channel binding end at the gateway",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO},
              {'S', "250-b\r\n250 AUTH SCRAM-SHA-256-PLUS PLAIN SCRAM-SHA-1-PLUS\r\n"}},
     .to_service = EHLO,
     .to_client = "250-b\r\n250 AUTH PLAIN\r\n"},
    {.name = "AUTH-04: without TLS no AUTH is listed",
     .protocol = STLS_SMTP,
     .said = {{'C', EHLO}, {'S', "250-b\r\n250-AUTH=PLAIN\r\n250-SIZE\r\n250 AUTH PLAIN\r\n"}},
     .to_service = EHLO,
     .to_client = "250-b\r\n250 SIZE\r\n"},
    {.name = "a reply that only looks like a list is none",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "HELP\r\n"}, {'S', "250-b\r\n250 STARTTLS\r\n"}},
     .to_service = "HELP\r\n",
     .to_client = "250-b\r\n250 STARTTLS\r\n"},
    {.name = "LMTP-06: LHLO is a list, too",
     .protocol = STLS_LMTP,
     .tls = 1,
     .said = {{'C', "LHLO c\r\n"}, {'S', "250-b\r\n250-XCLIENT ADDR\r\n250 SIZE\r\n"}},
     .to_service = "LHLO c\r\n",
     .to_client = "250-b\r\n250 SIZE\r\n"},
};

static const struct screen_case commands[] = {
    {.name = "XC-07: XCLIENT and XFORWARD never reach a service",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "XCLIENT ADDR=192.0.2.1\r\nxforward NAME=a\r\nNOOP\r\n"}, {'S', "250 ok\r\n"}},
     .to_service = "NOOP\r\n",
     .to_client = "502 5.5.1 Command not implemented\r\n502 5.5.1 Command not implemented\r\n"
                  "250 ok\r\n"},
    {.name = "... also between pipelined ones, in order (SMTP-P-01)",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "NOOP 1\r\nXCLIENT ADDR=192.0.2.1\r\nNOOP 2\r\n"},
              {'S', "250 1\r\n"},
              {'S', "250 2\r\n"}},
     .to_service = "NOOP 1\r\nNOOP 2\r\n",
     .to_client = "250 1\r\n502 5.5.1 Command not implemented\r\n250 2\r\n"},
    {.name = "SMTP-S-08: MAIL needs an EHLO inside TLS; twin: without TLS it had one",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "MAIL FROM:<a@b>\r\n"}},
     .to_service = "",
     .to_client = "503 5.5.1 Say EHLO first\r\n"},
    {.name = "twin",
     .protocol = STLS_SMTP,
     .said = {{'C', "MAIL FROM:<a@b>\r\n"}, {'S', "250 ok\r\n"}},
     .to_service = "MAIL FROM:<a@b>\r\n",
     .to_client = "250 ok\r\n"},
    {.name = "SMTP-S-05: STARTTLS inside TLS",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "STARTTLS\r\nQUIT\r\n"}, {'S', "221 bye\r\n"}},
     .to_service = "QUIT\r\n",
     .to_client = "503 5.5.1 TLS already active\r\n221 bye\r\n"},
    {.name = "AUTH-05: AUTH without TLS",
     .protocol = STLS_SMTP,
     .said = {{'C', "AUTH PLAIN AGEAYg==\r\n"}},
     .to_service = "",
     .to_client = "538 5.7.11 Encryption required for authentication\r\n"},
    {.name = "AUTH with TLS: the response is no command",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "AUTH LOGIN\r\n"},
              {'S', "334 VXNlcm5hbWU6\r\n"},
              {'C', "XCLIENT\r\n"},
              {'S', "334 UGFzc3dvcmQ6\r\n"},
              {'C', "Yg==\r\n"},
              {'S', "235 ok\r\n"},
              {'C', "XCLIENT ADDR=1\r\n"}},
     .to_service = "AUTH LOGIN\r\nXCLIENT\r\nYg==\r\n",
     .to_client = "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 ok\r\n"
                  "502 5.5.1 Command not implemented\r\n"},
    {.name = "AUTH refused: what follows is a command again",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "AUTH LOGIN\r\nXCLIENT ADDR=1\r\n"}, {'S', "504 no\r\n"}},
     .to_service = "AUTH LOGIN\r\n",
     .to_client = "504 no\r\n502 5.5.1 Command not implemented\r\n"},
    {.name = "SMTP-R-05: a bare LF ends no command",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "NOOP\nXCLIENT ADDR=1\r\n"}},
     .to_service = "",
     .to_client = "500 5.5.2 Lines end in CR LF, and nothing else\r\n",
     .fault = STLS_FAULT_SYNTAX},
    {.name = "... and no bare CR",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "NOOP\rXCLIENT ADDR=1\r\n"}},
     .to_service = "",
     .to_client = "500 5.5.2 Lines end in CR LF, and nothing else\r\n",
     .fault = STLS_FAULT_SYNTAX},
};

#define MAIL "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
#define GO "250 b\r\n250 ok\r\n250 ok\r\n354 go\r\n"

static const struct screen_case messages[] = {
    {.name = "a message is never a command",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', MAIL},
              {'S', GO},
              {'C', "XCLIENT ADDR=1\r\nSTARTTLS\r\nbare\nline\rends\r\n..\r\n.a\r\n.\r\n"},
              {'S', "250 queued\r\n"},
              {'C', "XCLIENT ADDR=1\r\n"}},
     .to_service = MAIL "XCLIENT ADDR=1\r\nSTARTTLS\r\nbare\nline\rends\r\n..\r\n.a\r\n.\r\n",
     .to_client = GO "250 queued\r\n502 5.5.1 Command not implemented\r\n"},
    {.name = "an empty message",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', MAIL}, {'S', GO}, {'C', ".\r\nQUIT\r\n"}, {'S', "250 q\r\n221 b\r\n"}},
     .to_service = MAIL ".\r\nQUIT\r\n",
     .to_client = GO "250 q\r\n221 b\r\n"},
    {.name = "DATA refused: commands go on",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "DATA\r\nXCLIENT ADDR=1\r\n"}, {'S', "503 no\r\n"}},
     .to_service = "DATA\r\n",
     .to_client = "503 no\r\n502 5.5.1 Command not implemented\r\n"},
    {.name = "SMTP-P-05: the octets of a chunk are no commands, and the next line is",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO},
              {'S', LIST},
              {'C', "BDAT 16 LAST\r\nXCLIENT ADDR=1\r\nXCLIENT ADDR=2\r\n"},
              {'S', "250 queued\r\n"}},
     .to_service = EHLO "BDAT 16 LAST\r\nXCLIENT ADDR=1\r\n",
     .to_client = LIST "250 queued\r\n502 5.5.1 Command not implemented\r\n"},
    {.name = "SMTP-P-06: no BDAT towards a service that would read it as commands",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO}, {'S', "250 b\r\n"}, {'C', "BDAT 16 LAST\r\nXCLIENT ADDR=1\r\n"}},
     .to_service = EHLO,
     .to_client = "250 b\r\n502 5.5.1 BDAT is not offered\r\n",
     .fault = STLS_FAULT_SYNTAX},
    {.name = "LMTP-03: an answer for each recipient",
     .protocol = STLS_LMTP,
     .tls = 1,
     .said = {{'C',
               "LHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<x@d>\r\nRCPT TO:<e@d>\r\n"
               "DATA\r\n"},
              {'S', "250 b\r\n250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n"},
              {'C', "m\r\n.\r\nXCLIENT ADDR=1\r\n"},
              {'S', "250 c\r\n"},
              {'S', "452 e\r\n"}},
     .to_service =
         "LHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<x@d>\r\nRCPT TO:<e@d>\r\n"
         "DATA\r\nm\r\n.\r\n",
     .to_client = "250 b\r\n250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n250 c\r\n452 e\r\n"
                  "502 5.5.1 Command not implemented\r\n"},
};

#define SMUGGLED(end, passed)                                                                      \
	{                                                                                          \
		.name = "attacks: smuggling by " #end, .protocol = STLS_SMTP, .tls = 1,            \
		.said = {{'C', MAIL}, {'S', GO}, {'C', "text" end "MAIL FROM:<x@y>\r\n"}},         \
		.to_service = MAIL "text" passed,                                                  \
		.to_client = GO "521 5.5.2 Bare CR or LF in the end of data\r\n",                  \
		.fault = STLS_FAULT_SMUGGLED                                                       \
	}

static const struct screen_case smuggled[] = {
    SMUGGLED("\n.\n", "\n"),      SMUGGLED("\n.\r\n", "\n"),     SMUGGLED("\r\n.\n", "\r\n"),
    SMUGGLED("\r.\r", "\r"),      SMUGGLED("\r.\r\n", "\r"),     SMUGGLED("\r\n.\r", "\r\n"),
    SMUGGLED("\r\n.\rX", "\r\n"), SMUGGLED("\n\n.\r\n", "\n\n"),
};

static void smuggling(void **state)
{
	(void)state;
	screen_replay(smuggled, sizeof(smuggled) / sizeof(smuggled[0]));
}

static void rewriting_lists(void **state)
{
	(void)state;
	screen_replay(lists, sizeof(lists) / sizeof(lists[0]));
}

static void refusing_commands(void **state)
{
	(void)state;
	screen_replay(commands, sizeof(commands) / sizeof(commands[0]));
}

static void passing_messages(void **state)
{
	(void)state;
	screen_replay(messages, sizeof(messages) / sizeof(messages[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rewriting_lists),
	    cmocka_unit_test(refusing_commands),
	    cmocka_unit_test(passing_messages),
	    cmocka_unit_test(smuggling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
