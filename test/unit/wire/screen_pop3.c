/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screen_replay.h"

#define UNKNOWN "-ERR Unknown command\r\n"
#define ACTIVE "-ERR Command not permitted when TLS active\r\n"
#define FIRST "-ERR Must use STLS first\r\n"

static const struct screen_case lists[] = {
    {.name = "POP-S-01, XC-07, CB-04: CAPA inside TLS",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', "CAPA\r\n"},
              {'S', "+OK\r\nSTLS\r\nUSER\r\nSASL SCRAM-SHA-1-PLUS PLAIN\r\nxclient ADDR\r\n"
                    "UIDL\r\n.\r\n"}},
     .to_service = "CAPA\r\n",
     .to_client = "+OK\r\nUSER\r\nSASL PLAIN\r\nUIDL\r\n.\r\n"},
    {.name = "CB-04: nothing but channel binding is no SASL at all; twin: STLSX is something else",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', "CAPA\r\n"}, {'S', "+OK\r\nSASL SCRAM-SHA-1-PLUS\r\nSTLSX\r\n.\r\n"}},
     .to_service = "CAPA\r\n",
     .to_client = "+OK\r\nSTLSX\r\n.\r\n"},
    {.name = "POP-S-08: without TLS there is no login in the list",
     .protocol = STLS_POP3,
     .said = {{'C', "CAPA\r\n"},
              {'S', "+OK\r\nUSER\r\nUIDL\r\nSASL PLAIN\r\nSTLS\r\n.\r\n"},
              {'C', "CAPA\r\n"},
              {'S', "-ERR\r\n"}},
     .to_service = "CAPA\r\nCAPA\r\n",
     .to_client = "+OK\r\nUIDL\r\n.\r\n-ERR\r\n"},
    {.name = "AUTH alone is a list of old; other lists cross as they are",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', "AUTH\r\nLANG\r\nLANG en\r\n"},
              {'S', "+OK\r\nPLAIN\r\nSCRAM-SHA-1-PLUS\r\n.\r\n"},
              {'S', "+OK\r\nSTLS stls-lang\r\n.\r\n"},
              {'S', "+OK en\r\n"},
              {'C', "STLS\r\n"}},
     .to_service = "AUTH\r\nLANG\r\nLANG en\r\n",
     .to_client = "+OK\r\nPLAIN\r\n.\r\n+OK\r\nSTLS stls-lang\r\n.\r\n+OK en\r\n" ACTIVE},
    {.name = "the greeting is no answer to an impatient client, and no login",
     .protocol = STLS_POP3,
     .tls = 1,
     .greets = 1,
     .said = {{'C', "USER u\r\nPASS p\r\nXCLIENT ADDR=1\r\n"},
              {'S', "+OK ready\r\n"},
              {'S', "+OK\r\n"},
              {'S', "-ERR no\r\n"}},
     .to_service = "USER u\r\nPASS p\r\n",
     .to_client = "+OK ready\r\n+OK\r\n-ERR no\r\n" UNKNOWN},
};

static const struct screen_case commands[] = {
    {.name = "POP-S-02, XC-07: refused in order; after the login everything crosses",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', "STLS\r\nNOOP\r\nxclient ADDR=1\r\nUSER u\r\n"},
              {'S', "+OK\r\n"},
              {'S', "+OK\r\n"},
              {'C', "PASS p\r\n"},
              {'S', "-ERR no\r\n"},
              {'C', "XCLIENT ADDR=1\r\nUSER u\r\n"},
              {'S', "+OK\r\n"},
              {'C', "PASS p\r\nRETR 1\r\n"},
              {'S', "+OK in\r\n"},
              {'C', "STLS\r\n"}},
     .to_service = "NOOP\r\nUSER u\r\nPASS p\r\nUSER u\r\nPASS p\r\nRETR 1\r\nSTLS\r\n",
     .to_client = ACTIVE "+OK\r\n" UNKNOWN "+OK\r\n-ERR no\r\n" UNKNOWN "+OK\r\n+OK in\r\n",
     .over = 1},
    {.name = "POP-S-08: nothing secret without TLS",
     .protocol = STLS_POP3,
     .said = {{'C', "USER u\r\npass p\r\nAPOP a b\r\nAUTH\r\nAUTH PLAIN\r\nSTLS\r\nQUIT\r\n"},
              {'S', "+OK\r\n"}},
     .to_service = "QUIT\r\n",
     .to_client = FIRST FIRST FIRST FIRST FIRST "-ERR Command not permitted any more\r\n+OK\r\n"},
    {.name = "XC-07: what some services take for XCLIENT, none gets to see",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', " XCLIENT A\r\n\tXCLIENT A\r\nXCLIENT\tA\r\n\"XCLIENT\" A\r\n\r\nNOOP\r\n"},
              {'S', "+OK\r\n"}},
     .to_service = "NOOP\r\n",
     .to_client = UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN "+OK\r\n"},
    {.name = "the beginning of a login, or the list of old? twin: see the lists",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', "AUTH \r\nauth  \r\n"}},
     .to_service = "",
     .to_client = "-ERR Say a mechanism\r\n-ERR Say a mechanism\r\n"},
    {.name = "APOP",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', "APOP u 0\r\n"}, {'S', "+OK in\r\n"}},
     .to_service = "APOP u 0\r\n",
     .to_client = "+OK in\r\n",
     .over = 1},
    {.name = "a bare LF ends no command",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', "NOOP\nXCLIENT ADDR=1\r\n"}},
     .to_service = "",
     .to_client = "-ERR Lines end in CR LF, and nothing else\r\n",
     .fault = STLS_FAULT_SYNTAX},
};

static const struct screen_case exchanges[] = {
    {.name = "an exchange is no command",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', "AUTH LOGIN\r\n"},
              {'S', "+ VXNlcg==\r\n"},
              {'C', "STLS\r\n"},
              {'S', "+ \r\n"},
              {'C', "*\r\n"},
              {'S', "-ERR no\r\n"},
              {'C', "STLS\r\n"}},
     .to_service = "AUTH LOGIN\r\nSTLS\r\n*\r\n",
     .to_client = "+ VXNlcg==\r\n+ \r\n-ERR no\r\n" ACTIVE},
    {.name = "a response is base64",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', "AUTH PLAIN\r\n"}, {'S', "+ \r\n"}, {'C', "XCLIENT ADDR=1\r\n"}},
     .to_service = "AUTH PLAIN\r\nXCLIENT",
     .to_client = "+ \r\n-ERR This is not base64\r\n",
     .fault = STLS_FAULT_SYNTAX},
    {.name = "a service that loses patience with a response is in step again behind it",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', "AUTH PLAIN\r\n"},
              {'S', "+ \r\n"},
              {'C', "AAAA"},
              {'S', "-ERR too long\r\n"},
              {'C', "AAAA\r\nSTLS\r\n"}},
     .to_service = "AUTH PLAIN\r\nAAAAAAAA\r\n",
     .to_client = "+ \r\n-ERR too long\r\n" ACTIVE},
    {.name = "... or before it",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', "AUTH PLAIN\r\n"}, {'S', "+ \r\n-ERR timeout\r\n"}, {'C', "STLS\r\n"}},
     .to_service = "AUTH PLAIN\r\n",
     .to_client = "+ \r\n-ERR timeout\r\n" ACTIVE},
};

SCREEN_TEST(lists)
SCREEN_TEST(commands)
SCREEN_TEST(exchanges)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(screen_of_lists),
	    cmocka_unit_test(screen_of_commands),
	    cmocka_unit_test(screen_of_exchanges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
