/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "screen_replay.h"

static const struct screen_case lists[] = {
    {.name = "CORE-19, IMAP-S-05, CB-04: greeting, list and code are cleaned",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'S', "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED IDLE] hi\r\n"},
              {'C', "a CAPABILITY\r\n"},
              {'S', "* CAPABILITY IMAP4rev1 starttls AUTH=SCRAM-SHA-256-PLUS auth=PLAIN\r\n"
                    "a OK [CAPABILITY IMAP4rev1 LOGINDISABLED] done\r\n"}},
     .to_service = "a CAPABILITY\r\n",
     .to_client = "* OK [CAPABILITY IMAP4rev1 IDLE] hi\r\n"
                  "* CAPABILITY IMAP4rev1 auth=PLAIN\r\n"
                  "a OK [CAPABILITY IMAP4rev1] done\r\n"},
    {.name = "twin: what is no list, and what has nothing to hide, crosses as it is",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'S', "* OK STARTTLS is the word of the day [CAPABILITY STARTTLS]\r\n"
                    "* CAPABILITY IMAP4rev1 STARTTLSX AUTH=PLAIN X-LOGINDISABLED\r\n"
                    "* OK [CAPABILITYX STARTTLS] hi\r\n* OK [ALERT] STARTTLS\r\n* X [\r\n"}},
     .to_service = "",
     .to_client = "* OK STARTTLS is the word of the day [CAPABILITY STARTTLS]\r\n"
                  "* CAPABILITY IMAP4rev1 STARTTLSX AUTH=PLAIN X-LOGINDISABLED\r\n"
                  "* OK [CAPABILITYX STARTTLS] hi\r\n* OK [ALERT] STARTTLS\r\n* X [\r\n"},
    {.name = "a bracket in a list is no response code",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'S', "* CAPABILITY [IMAP4rev1 STARTTLS]\r\n* CAPABILITY A[B STARTTLS C\r\n"}},
     .to_service = "",
     .to_client = "* CAPABILITY [IMAP4rev1 STARTTLS]\r\n* CAPABILITY A[B C\r\n"},
    {.name = "IMAP-S-06: without TLS logins are hidden and refused",
     .protocol = STLS_IMAP,
     .said = {{'S', "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR] hi\r\n"},
              {'C', "a LOGIN u p\r\nb authenticate PLAIN\r\nc NOOP\r\n"},
              {'S', "c OK\r\n"}},
     .to_service = "c NOOP\r\n",
     .to_client = "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n"
                  "a NO [PRIVACYREQUIRED] Use STARTTLS first\r\n"
                  "b NO [PRIVACYREQUIRED] Use STARTTLS first\r\nc OK\r\n"},
    {.name = "data of the service's is no list, whatever is in it",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a ID NIL\r\n"},
              {'S', "* ID (\"name\" {24}\r\n* CAPABILITY STARTTLS\r\n\r\n \"os\" {2}\r\n{9)\r\n"
                    "a OK ends like a literal {24}\r\n"
                    "* CAPABILITY STARTTLS X\r\n"}},
     .to_service = "a ID NIL\r\n",
     .to_client = "* ID (\"name\" {24}\r\n* CAPABILITY STARTTLS\r\n\r\n \"os\" {2}\r\n{9)\r\n"
                  "a OK ends like a literal {24}\r\n* CAPABILITY X\r\n"},
    {.name = "nor does what is for humans hold a literal",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'S',
               "* NO {24}\r\n* CAPABILITY A STARTTLS\r\n* BAD {24}\r\n* CAPABILITY B STARTTLS\r\n"
               "* BYE {24}\r\n* CAPABILITY C STARTTLS\r\n"}},
     .to_service = "",
     .to_client = "* NO {24}\r\n* CAPABILITY A\r\n* BAD {24}\r\n* CAPABILITY B\r\n"
                  "* BYE {24}\r\n* CAPABILITY C\r\n"},
    {.name = "PREAUTH: the service's operator has it so",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'S', "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] in\r\n"}, {'C', "a STARTTLS\r\n"}},
     .to_service = "a STARTTLS\r\n",
     .to_client = "* PREAUTH [CAPABILITY IMAP4rev1] in\r\n",
     .over = 1},
};

#define ONLY_QUOTED " BAD ID with quoted strings only\r\n"
#define BAD_ID(list)                                                                               \
	{                                                                                          \
		.name = "IMID-02: ID " list " might be understood", .protocol = STLS_IMAP,         \
		.tls = 1, .said = {{'C', "a ID " list "\r\n"}}, .to_service = "",                  \
		.to_client = "a" ONLY_QUOTED                                                       \
	}

static const struct screen_case ids[] = {
    {.name = "IMID-02: only a gateway says x- fields",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a ID (\"name\" \"mutt\" \"X-Originating-IP\" \"192.0.2.1\" \"os\" NIL)\r\n"},
              {'S', "* ID NIL\r\na OK\r\n"},
              {'C', "b id ( \"x-proxy-ttl\" \"1\" )\r\n"},
              {'S', "* ID NIL\r\nb OK\r\n"},
              {'C', "c ID NIL\r\n"},
              {'S', "c OK\r\n"}},
     .to_service = "a ID (\"name\" \"mutt\" \"os\" NIL)\r\nb ID NIL\r\nc ID NIL\r\n",
     .to_client = "* ID NIL\r\na OK\r\n* ID NIL\r\nb OK\r\nc OK\r\n"},
    {.name = "twin: other fields cross, with whatever is in them",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a ID (\"name\" \"x-\\\"y\\\\\" \"xy\" \"x-proxy-ttl\")\r\n"},
              {'S', "a OK\r\n"}},
     .to_service = "a ID (\"name\" \"x-\\\"y\\\\\" \"xy\" \"x-proxy-ttl\")\r\n",
     .to_client = "a OK\r\n"},
    {.name = "IMID-02: an escaped field name is no way around it",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a ID (\"x-originatin\\g-ip\" \"192.0.2.1\" \"\\x-a\" \"b\")\r\n"},
              {'S', "a OK\r\n"}},
     .to_service = "a ID NIL\r\n",
     .to_client = "a OK\r\n"},
    {.name = "IMID-02: nor is a literal, of either kind",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "d ID ({16}\r\n"},
              {'C', "e ID ({16+}\r\nx-originating-ip {9+}\r\n192.0.2.1)\r\nf NOOP\r\n"},
              {'S', "f OK\r\n"}},
     .to_service = "f NOOP\r\n",
     .to_client = "d" ONLY_QUOTED "e" ONLY_QUOTED "f OK\r\n"},
    BAD_ID("(x-originating-ip \"1\")"),
    BAD_ID("(\"x-originating-ip\" 1)"),
    BAD_ID("(\"a\" \"b\") (\"x-originating-ip\" \"1\")"),
    BAD_ID("(\"a\" \"b\"\"x-originating-ip\" \"1\")"),
    BAD_ID("(\"a\" NIL\"x-originating-ip\" \"1\")"),
    BAD_ID("(\"a\" \"b\" \"x-originating-ip\" \"1\""),
    BAD_ID("(\"a\" \"b"),
    BAD_ID("(\"a\""),
    BAD_ID("((\"x-originating-ip\" \"1\"))"),
    BAD_ID(" (\"x-originating-ip\" \"1\")"),
    BAD_ID("NIL (\"x-originating-ip\" \"1\")"),
    BAD_ID(""),
};

static const struct screen_case commands[] = {
    {.name = "IMAP-S-03: STARTTLS inside TLS",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a STARTTLS\r\nb starttls now\r\n"}},
     .to_service = "",
     .to_client = "a BAD TLS already active\r\nb BAD TLS already active\r\n"},
    {.name = "STARTTLS is over without TLS, too",
     .protocol = STLS_IMAP,
     .said = {{'C', "a STARTTLS\r\n"}},
     .to_service = "",
     .to_client = "a BAD STARTTLS is over\r\n"},
    {.name = "what some services take for a command, none gets to see",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a  ID (\"x-a\" \"b\")\r\nb\tID (\"x-a\" \"b\")\r\n ID (\"x-a\" \"b\")\r\n"
                    "c ID\t(\"x-a\" \"b\")\r\n\"d\" ID (\"x-a\" \"b\")\r\ne\r\n\r\n"}},
     .to_service = "",
     .to_client = "a BAD Unknown command\r\n* BAD Say a tag and a command\r\n"
                  "* BAD Say a tag and a command\r\nc BAD Unknown command\r\n"
                  "* BAD Say a tag and a command\r\n* BAD Say a tag and a command\r\n"
                  "* BAD Say a tag and a command\r\n"},
    {.name = "one command at a time, in order",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a NOOP\r\nb STARTTLS\r\nc NOOP\r\n"},
              {'S', "* OK still here\r\nb OK not yet\r\na OK\r\n"},
              {'S', "c OK\r\n"}},
     .to_service = "a NOOP\r\nc NOOP\r\n",
     .to_client =
         "* OK still here\r\nb OK not yet\r\na OK\r\nb BAD TLS already active\r\nc OK\r\n"},
    {.name = "a bare LF ends no command",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a NOOP\nb ID (\"x-a\" \"b\")\r\n"}},
     .to_service = "",
     .to_client = "* BYE Lines end in CR LF, and nothing else\r\n",
     .fault = STLS_FAULT_SYNTAX},
};

static const struct screen_case literals[] = {
    {.name = "a login with literals; then everything crosses",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a LOGIN {10}\r\n"},
              {'S', "+ go\r\n"},
              {'C', "a STARTTLS {3}\r\n"},
              {'S', "+ go on\r\n"},
              {'C', "p\r\n\r\n"},
              {'S', "a OK [CAPABILITY IMAP4rev1 STARTTLS] in\r\n"},
              {'C', "b STARTTLS\r\n"}},
     .to_service = "a LOGIN {10}\r\na STARTTLS {3}\r\np\r\n\r\nb STARTTLS\r\n",
     .to_client = "+ go\r\n+ go on\r\na OK [CAPABILITY IMAP4rev1] in\r\n",
     .over = 1},
    {.name =
         "IMAP-S-10: the service has to consent to what does not wait, and nobody else hears it",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a LOGIN {10+}\r\na STARTTLS {3+}\r\np\r\n\r\n"},
              {'S', "+ go\r\n"},
              {'S', "+ go on\r\n"},
              {'S', "a OK in\r\n"}},
     .to_service = "a LOGIN {10}\r\na STARTTLS {3}\r\np\r\n\r\n",
     .to_client = "a OK in\r\n",
     .over = 1},
    {.name = "IMAP-S-10: if it does not, the octets are nothing, and certainly no command",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a NOOP \"{36+}\r\nb ID (\"x-originating-ip\" \"192.0.2.1\") {3+}\r\nb A\r\n"
                    "c NOOP\r\n"},
              {'S', "a BAD Missing quote\r\n"},
              {'S', "c OK\r\n"}},
     .to_service = "a NOOP \"{36}\r\nc NOOP\r\n",
     .to_client = "a BAD Missing quote\r\nc OK\r\n"},
    {.name = "a literal that waits and is refused",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a LOGIN {10}\r\n"}, {'S', "a NO\r\n"}, {'C', "b STARTTLS\r\n"}},
     .to_service = "a LOGIN {10}\r\n",
     .to_client = "a NO\r\nb BAD TLS already active\r\n"},
    {.name = "IMAP-S-13, IMAP-S-11: without TLS the secret is asked for or thrown away",
     .protocol = STLS_IMAP,
     .said = {{'C', "a LOGIN {10}\r\n"},
              {'C', "b LOGIN {12+}\r\nb CAPABILITY {0+}\r\n\r\nc NOOP\r\n"},
              {'S', "c OK\r\n"}},
     .to_service = "c NOOP\r\n",
     .to_client = "a NO [PRIVACYREQUIRED] Use STARTTLS first\r\n"
                  "b NO [PRIVACYREQUIRED] Use STARTTLS first\r\nc OK\r\n"},
    {.name = "what is refused takes its literals along",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a STARTTLS {12+}\r\nb CAPABILITY\r\n(){3+}\r\nb A\r\nc NOOP\r\n"},
              {'S', "c OK\r\n"}},
     .to_service = "c NOOP\r\n",
     .to_client = "a BAD TLS already active\r\n* BAD Say a tag and a command\r\nc OK\r\n"},
    {.name = "twin: what only looks like a literal is none",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a NOOP 5}\r\n"},
              {'S', "a BAD\r\n"},
              {'C', "b NOOP {+}\r\n"},
              {'S', "b BAD\r\n"},
              {'C', "c NOOP {5} \r\n"},
              {'S', "c BAD\r\n"}},
     .to_service = "a NOOP 5}\r\nb NOOP {+}\r\nc NOOP {5} \r\n",
     .to_client = "a BAD\r\nb BAD\r\nc BAD\r\n"},
};

static const struct screen_case exchanges[] = {
    {.name = "IMAP-S-13: an exchange is no command; a refused login is not the end",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a AUTHENTICATE LOGIN\r\n"},
              {'S', "+ VXNlcg==\r\n"},
              {'C', "STARTTLS\r\n"},
              {'S', "+ UGFzcw==\r\n"},
              {'C', "*\r\n"},
              {'S', "a NO bad\r\n"},
              {'C', "c STARTTLS\r\n"}},
     .to_service = "a AUTHENTICATE LOGIN\r\nSTARTTLS\r\n*\r\n",
     .to_client = "+ VXNlcg==\r\n+ UGFzcw==\r\na NO bad\r\nc BAD TLS already active\r\n"},
    {.name = "an initial response (RFC 4959), and a challenge that is empty",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a AUTHENTICATE PLAIN AA==\r\n"},
              {'S', "+ \r\n"},
              {'C', "\r\n"},
              {'S', "a OK in\r\n"},
              {'C', "b ID (\"x-a\" \"b\")\r\n"}},
     .to_service = "a AUTHENTICATE PLAIN AA==\r\n\r\nb ID (\"x-a\" \"b\")\r\n",
     .to_client = "+ \r\na OK in\r\n",
     .over = 1},
    {.name = "a response is base64",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a AUTHENTICATE PLAIN\r\n"}, {'S', "+\r\n"}, {'C', "b STARTTLS\r\n"}},
     .to_service = "a AUTHENTICATE PLAIN\r\nb",
     .to_client = "+\r\n* BYE This is not base64\r\n",
     .fault = STLS_FAULT_SYNTAX},
    {.name = "a service that loses patience with a response is in step again behind it",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a AUTHENTICATE PLAIN\r\n"},
              {'S', "+\r\n"},
              {'C', "AAAA"},
              {'S', "a BAD too long\r\n"},
              {'C', "AAAA\r\nb STARTTLS\r\n"}},
     .to_service = "a AUTHENTICATE PLAIN\r\nAAAAAAAA\r\n",
     .to_client = "+\r\na BAD too long\r\nb BAD TLS already active\r\n"},
};

/* An initial response may be longer than anything else. */
static void long_responses(void **state)
{
	static char command[5100], other[5100];
	const struct screen_case cases[] = {
	    {.name = "a long initial response",
	     .protocol = STLS_IMAP,
	     .tls = 1,
	     .said = {{'C', command}, {'S', "a NO\r\n"}, {'C', "b STARTTLS\r\n"}},
	     .to_service = command,
	     .to_client = "a NO\r\nb BAD TLS already active\r\n"},
	    {.name = "nothing else is that long",
	     .protocol = STLS_IMAP,
	     .tls = 1,
	     .said = {{'C', other}},
	     .to_service = "",
	     .to_client = "* BYE Line too long\r\n",
	     .fault = STLS_FAULT_TOO_LONG},
	    {.name = "no line of a service's is that long",
	     .protocol = STLS_IMAP,
	     .tls = 1,
	     .said = {{'S', other}},
	     .to_service = "",
	     .to_client = "* BYE Line too long\r\n",
	     .fault = STLS_FAULT_TOO_LONG},
	};

	(void)state;
	memset(command, 'A', 5000);
	memcpy(command, "a AUTHENTICATE PLAIN ", 21);
	memcpy(command + 5000, "\r\n", 3);
	memset(other, 'A', 5000);
	memcpy(other, "a LOGIN ", 8);
	memcpy(other + 5000, "\r\n", 3);
	screen_replay(cases, 3);
}

SCREEN_TEST(lists)
SCREEN_TEST(ids)
SCREEN_TEST(commands)
SCREEN_TEST(literals)
SCREEN_TEST(exchanges)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(screen_of_lists),     cmocka_unit_test(screen_of_ids),
	    cmocka_unit_test(screen_of_commands),  cmocka_unit_test(screen_of_literals),
	    cmocka_unit_test(screen_of_exchanges), cmocka_unit_test(long_responses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
