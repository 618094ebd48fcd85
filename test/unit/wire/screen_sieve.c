/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screen_replay.h"

#define ACTIVE "NO \"TLS already active\"\r\n"
#define UNKNOWN "NO \"Unknown command\"\r\n"

static const struct screen_case lists[] = {
    {.name = "SIEVE-S-01, CB-04, XC-07: the service's greeting is the list after TLS",
     .protocol = STLS_SIEVE,
     .tls = 1,
     .greets = 1,
     .said = {{'C', "XCLIENT \"ADDR=1\"\r\nCAPABILITY\r\n"},
              {'S', "\"SIEVE\" \"fileinto\"\r\n\"sasl\" \"PLAIN SCRAM-SHA-1-PLUS\"\r\n"
                    "\"STARTTLS\"\r\n\"XCLIENT\" \"ADDR\"\r\nOK \"hi\"\r\n"},
              {'S', "\"SIEVE\" \"fileinto\"\r\n\"StartTLS\"\r\nok\r\n"}},
     .to_service = "CAPABILITY\r\n",
     .to_client = "\"SIEVE\" \"fileinto\"\r\n\"SASL\" \"PLAIN\"\r\nOK \"hi\"\r\n" UNKNOWN
                  "\"SIEVE\" \"fileinto\"\r\nok\r\n"},
    {.name = "twin: what a literal holds is no list",
     .protocol = STLS_SIEVE,
     .tls = 1,
     .greets = 1,
     .said = {{'S', "\"IMPLEMENTATION\" {12}\r\n\"STARTTLS\"\r\n\r\n\"STARTTLSX\"\r\n"
                    "OK {5}\r\nOK\r\nx\r\n"},
              {'C', "STARTTLS\r\n"}},
     .to_service = "",
     .to_client = "\"IMPLEMENTATION\" {12}\r\n\"STARTTLS\"\r\n\r\n\"STARTTLSX\"\r\n"
                  "OK {5}\r\nOK\r\nx\r\n" ACTIVE},
    {.name = "SIEVE-S-05: no login without TLS",
     .protocol = STLS_SIEVE,
     .said = {{'S', "\"SASL\" \"PLAIN\"\r\nOK\r\n"},
              {'C', "AUTHENTICATE \"PLAIN\" \"AA==\"\r\nSTARTTLS\r\nNOOP\r\n"},
              {'S', "OK\r\n"}},
     .to_service = "NOOP\r\n",
     .to_client = "\"SASL\" \"\"\r\nOK\r\nNO (ENCRYPT-NEEDED) \"Use STARTTLS first\"\r\n"
                  "NO \"STARTTLS is not possible any more\"\r\nOK\r\n"},
    {.name = "SIEVE-S-05: what does not wait for our no",
     .protocol = STLS_SIEVE,
     .said = {{'C', "AUTHENTICATE \"PLAIN\" {12+}\r\nXCLIENT \"A\"\r\n"}},
     .to_service = "",
     .to_client = "NO (ENCRYPT-NEEDED) \"Use STARTTLS first\"\r\n",
     .fault = STLS_FAULT_SYNTAX},
};

static const struct screen_case commands[] = {
    {.name = "refused in order",
     .protocol = STLS_SIEVE,
     .tls = 1,
     .said = {{'C', "STARTTLS\r\nNOOP \"a\"\r\nxclient \"ADDR=1\"\r\n XCLIENT \"ADDR=1\"\r\n"
                    "XCLIENT\t\"ADDR=1\"\r\n\r\n"},
              {'S', "OK (TAG \"a\") \"x\"\r\n"}},
     .to_service = "NOOP \"a\"\r\n",
     .to_client = ACTIVE "OK (TAG \"a\") \"x\"\r\n" UNKNOWN UNKNOWN UNKNOWN UNKNOWN},
    {.name = "a bare LF ends no command",
     .protocol = STLS_SIEVE,
     .tls = 1,
     .said = {{'C', "NOOP\nXCLIENT \"ADDR=1\"\r\n"}},
     .to_service = "",
     .to_client = "BYE \"Lines end in CR LF, and nothing else\"\r\n",
     .fault = STLS_FAULT_SYNTAX},
};

#define LITERAL(line)                                                                              \
	{                                                                                          \
		.name = "a literal where some services see none: " line, .protocol = STLS_SIEVE,   \
		.tls = 1, .said = {{'C', line "\r\nXCLIENT \"ADDR=1\"\r\n"}}, .to_service = "",    \
		.to_client = "BYE \"No literal belongs here\"\r\n", .fault = STLS_FAULT_SYNTAX     \
	}

static const struct screen_case logins[] = {
    {.name = "with an initial response",
     .protocol = STLS_SIEVE,
     .tls = 1,
     .said = {{'C', "AUTHENTICATE \"PLAIN\" \"AA==\"\r\nLISTSCRIPTS\r\n"},
              {'S', "OK (SASL {3}\r\nx\r\n) \"in\"\r\n"},
              {'C', "STARTTLS\r\n"}},
     .to_service = "AUTHENTICATE \"PLAIN\" \"AA==\"\r\nLISTSCRIPTS\r\nSTARTTLS\r\n",
     .to_client = "OK (SASL {3}\r\nx\r\n) \"in\"\r\n",
     .over = 1},
    {.name = "with a literal",
     .protocol = STLS_SIEVE,
     .tls = 1,
     .said = {{'C', "authenticate \"PLAIN\" {8+}\r\nSTARTTLS\r\nSTARTTLS\r\n"},
              {'S', "NO \"bad\"\r\n"}},
     .to_service = "authenticate \"PLAIN\" {8+}\r\nSTARTTLS\r\n",
     .to_client = "NO \"bad\"\r\n" ACTIVE},
    {.name = "with challenges and responses of either kind",
     .protocol = STLS_SIEVE,
     .tls = 1,
     .said = {{'C', "AUTHENTICATE \"LOGIN\"\r\n"},
              {'S', "\"VXNlcg==\"\r\n"},
              {'C', "\"STARTTLS\"\r\n"},
              {'S', "{8}\r\nUGFzcw==\r\n"},
              {'C', "{4+}\r\nAA==\r\n"},
              {'S', "\"\"\r\n"},
              {'C', "{0+}\r\n\r\nXCLIENT \"ADDR=1\"\r\n"},
              {'S', "NO \"bad\"\r\n"}},
     .to_service = "AUTHENTICATE \"LOGIN\"\r\n\"STARTTLS\"\r\n{4+}\r\nAA==\r\n{0+}\r\n\r\n",
     .to_client = "\"VXNlcg==\"\r\n{8}\r\nUGFzcw==\r\n\"\"\r\nNO \"bad\"\r\n" UNKNOWN},
    {.name = "a service that loses patience with a literal is in step again behind it",
     .protocol = STLS_SIEVE,
     .tls = 1,
     .said = {{'C', "AUTHENTICATE \"PLAIN\" {8+}\r\nAAAA"},
              {'S', "NO \"no\"\r\n"},
              {'C', "AAAA\r\nSTARTTLS\r\n"}},
     .to_service = "AUTHENTICATE \"PLAIN\" {8+}\r\nAAAAAAAA\r\n",
     .to_client = "NO \"no\"\r\n" ACTIVE},
    {.name = "a farewell is no challenge",
     .protocol = STLS_SIEVE,
     .tls = 1,
     .said = {{'C', "AUTHENTICATE \"PLAIN\"\r\n"},
              {'S', "BYE \"Too many\"\r\n"},
              {'C', "XCLIENT \"ADDR=1\"\r\n"}},
     .to_service = "AUTHENTICATE \"PLAIN\"\r\n",
     .to_client = "BYE \"Too many\"\r\n" UNKNOWN},
    {.name = "a response is a string",
     .protocol = STLS_SIEVE,
     .tls = 1,
     .said = {{'C', "AUTHENTICATE \"PLAIN\"\r\n"}, {'S', "\"\"\r\n"}, {'C', "STARTTLS\r\n"}},
     .to_service = "AUTHENTICATE \"PLAIN\"\r\n",
     .to_client = "\"\"\r\nBYE \"This is not base64\"\r\n",
     .fault = STLS_FAULT_SYNTAX},
    {.name = "... of base64",
     .protocol = STLS_SIEVE,
     .tls = 1,
     .said = {{'C', "AUTHENTICATE \"PLAIN\"\r\n"},
              {'S', "\"\"\r\n"},
              {'C', "{18+}\r\nXCLIENT \"ADDR=1\"\r\n\r\n"}},
     .to_service = "AUTHENTICATE \"PLAIN\"\r\n{18+}\r\nXCLIENT",
     .to_client = "\"\"\r\nBYE \"This is not base64\"\r\n",
     .fault = STLS_FAULT_SYNTAX},
    {.name = "nothing comes behind it",
     .protocol = STLS_SIEVE,
     .tls = 1,
     .said = {{'C', "AUTHENTICATE \"PLAIN\" {7+}\r\nXCLIENT \"ADDR=1\"\r\n"}},
     .to_service = "AUTHENTICATE \"PLAIN\" {7+}\r\nXCLIENT",
     .to_client = "BYE \"Only one literal\"\r\n",
     .fault = STLS_FAULT_SYNTAX},
    LITERAL("NOOP {18+}"),
    LITERAL("PUTSCRIPT \"a\" {18+}"),
    LITERAL("AUTHENTICATE {18+}"),
    LITERAL("AUTHENTICATE \"PLAIN {18+}"),
    LITERAL("AUTHENTICATE \"PL\\\"AIN\" {18+}"),
    LITERAL("AUTHENTICATE \"PLAIN\" {18}"),
    LITERAL("AUTHENTICATE \"PLAIN\" {1+}x{18+}"),
    LITERAL("AUTHENTICATE \"PLAIN\" \"A\" {18+}"),
};

SCREEN_TEST(lists)
SCREEN_TEST(commands)
SCREEN_TEST(logins)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(screen_of_lists),
	    cmocka_unit_test(screen_of_commands),
	    cmocka_unit_test(screen_of_logins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
