/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screen_replay.h"

#define ACTIVE "502 STARTTLS not allowed with active TLS layer\r\n"

static const struct screen_case lists[] = {
    {.name = "NNTP-S-04, CB-04: CAPABILITIES inside TLS",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "CAPABILITIES\r\n"},
              {'S', "101 list\r\nVERSION 2\r\nSTARTTLS\r\nMODE-READER\r\nREADER\r\n"
                    "AUTHINFO USER SASL\r\nSASL SCRAM-SHA-1-PLUS PLAIN\r\nSTARTTLSX\r\n.\r\n"}},
     .to_service = "CAPABILITIES\r\n",
     .to_client = "101 list\r\nVERSION 2\r\nREADER\r\nAUTHINFO USER SASL\r\nSASL PLAIN\r\n"
                  "STARTTLSX\r\n.\r\n"},
    {.name = "without TLS there is no login in it",
     .protocol = STLS_NNTP,
     .said = {{'C', "CAPABILITIES\r\n"},
              {'S', "101 list\r\nSTARTTLS\r\nMODE-READER\r\nAUTHINFO USER\r\nSASL PLAIN\r\n.\r\n"}},
     .to_service = "CAPABILITIES\r\n",
     .to_client = "101 list\r\nMODE-READER\r\n.\r\n"},
    {.name = "a list that is refused",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "CAPABILITIES\r\nHELP\r\nSTARTTLS\r\n"},
              {'S', "500 what\r\n"},
              {'S', "100 help\r\n STARTTLS\r\n.\r\n"}},
     .to_service = "CAPABILITIES\r\nHELP\r\n",
     .to_client = "500 what\r\n100 help\r\n STARTTLS\r\n.\r\n" ACTIVE},
    {.name = "the greeting is no answer to an impatient client",
     .protocol = STLS_NNTP,
     .tls = 1,
     .greets = 1,
     .said = {{'C', "CAPABILITIES\r\n"}, {'S', "200 hi\r\n"}, {'S', "101 l\r\nSTARTTLS\r\n.\r\n"}},
     .to_service = "CAPABILITIES\r\n",
     .to_client = "200 hi\r\n101 l\r\n.\r\n"},
};

static const struct screen_case logins[] = {
    {.name = "NNTP-S-01: refused in order; after the login everything crosses",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "DATE\r\nSTARTTLS\r\nAUTHINFO USER u\r\n"},
              {'S', "111 20260101000000\r\n"},
              {'S', "381 more\r\n"},
              {'C', "AUTHINFO PASS p\r\n"},
              {'S', "481 no\r\n"},
              {'C', "STARTTLS\r\nAUTHINFO USER u\r\n"},
              {'S', "281 in\r\n"},
              {'C', "STARTTLS\r\n"}},
     .to_service = "DATE\r\nAUTHINFO USER u\r\nAUTHINFO PASS p\r\nAUTHINFO USER u\r\nSTARTTLS\r\n",
     .to_client = "111 20260101000000\r\n" ACTIVE "381 more\r\n481 no\r\n" ACTIVE "281 in\r\n",
     .over = 1},
    {.name = "NNTP-S-02, NNTP-S-03: without TLS",
     .protocol = STLS_NNTP,
     .said = {{'C', "authinfo USER u\r\nSTARTTLS\r\n AUTHINFO USER u\r\nDATE\r\n"},
              {'S', "111 20260101000000\r\n"}},
     .to_service = "DATE\r\n",
     .to_client = "483 Encryption or stronger authentication required\r\n"
                  "502 STARTTLS not allowed any more\r\n500 Unknown command\r\n"
                  "111 20260101000000\r\n"},
    {.name = "an exchange is no command",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "AUTHINFO SASL PLAIN\r\n"},
              {'S', "383 =\r\n"},
              {'C', "STARTTLS\r\n"},
              {'S', "383 AA==\r\n"},
              {'C', "*\r\n"},
              {'S', "481 no\r\n"},
              {'C', "STARTTLS\r\nAUTHINFO SASL X =\r\n"},
              {'S', "283 AA==\r\n"}},
     .to_service = "AUTHINFO SASL PLAIN\r\nSTARTTLS\r\n*\r\nAUTHINFO SASL X =\r\n",
     .to_client = "383 =\r\n383 AA==\r\n481 no\r\n" ACTIVE "283 AA==\r\n",
     .over = 1},
    {.name = "a response is base64",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "AUTHINFO SASL PLAIN\r\n"}, {'S', "383 =\r\n"}, {'C', "AUTHINFO USER u\r\n"}},
     .to_service = "AUTHINFO SASL PLAIN\r\nAUTHINFO",
     .to_client = "383 =\r\n501 This is not base64\r\n",
     .fault = STLS_FAULT_SYNTAX},
    {.name = "a service that loses patience",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "AUTHINFO SASL PLAIN\r\n"},
              {'S', "383 =\r\n482 timeout\r\n"},
              {'C', "STARTTLS\r\nAUTHINFO SASL PLAIN\r\n"},
              {'S', "383 =\r\n"},
              {'C', "AAAA"},
              {'S', "482 too long\r\n"},
              {'C', "AAAA\r\nSTARTTLS\r\n"}},
     .to_service = "AUTHINFO SASL PLAIN\r\nAUTHINFO SASL PLAIN\r\nAAAAAAAA\r\n",
     .to_client = "383 =\r\n482 timeout\r\n" ACTIVE "383 =\r\n482 too long\r\n" ACTIVE},
    {.name = "behind compression nothing can be seen (RFC 8054)",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "COMPRESS DEFLATE\r\n"}, {'S', "206 now\r\nSTARTTLS\n"}, {'C', "STARTTLS\r\n"}},
     .to_service = "COMPRESS DEFLATE\r\nSTARTTLS\r\n",
     .to_client = "206 now\r\nSTARTTLS\n",
     .over = 1},
};

#define LIST "101 l\r\nVERSION 2\r\n.\r\n"
#define FULL_LIST "101 l\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"

/* After each of these the screen still knows a list when it comes. */
static const struct screen_case articles[] = {
    {.name = "NNTP-S-04: blocks are told by their codes, and hold no commands and no lists",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "ARTICLE 1\r\nLIST\r\nGROUP a\r\nLISTGROUP a\r\nSTAT 1\r\nCAPABILITIES\r\n"},
              {'S', "220 1 <a>\r\n101 l\r\nSTARTTLS\r\n..\r\n.\n.x\n.\r\n.\r\n"},
              {'S', "215 groups\r\n.\r\n"},
              {'S', "211 1 1 1 a\r\n"},
              {'S', "211 1 1 1 a\r\n1\r\n.\r\n"},
              {'S', "223 1 <a>\r\n"},
              {'S', FULL_LIST}},
     .to_service = "ARTICLE 1\r\nLIST\r\nGROUP a\r\nLISTGROUP a\r\nSTAT 1\r\nCAPABILITIES\r\n",
     .to_client = "220 1 <a>\r\n101 l\r\nSTARTTLS\r\n..\r\n.\n.x\n.\r\n.\r\n215 groups\r\n.\r\n"
                  "211 1 1 1 a\r\n211 1 1 1 a\r\n1\r\n.\r\n223 1 <a>\r\n" LIST},
    {.name = "an article is never a command",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "POST\r\n"},
              {'S', "340 go\r\n"},
              {'C', "STARTTLS\r\n..\r\nbare\nline\rends\r\n.\r\nSTARTTLS\r\n"},
              {'S', "240 ok\r\n"}},
     .to_service = "POST\r\nSTARTTLS\r\n..\r\nbare\nline\rends\r\n.\r\n",
     .to_client = "340 go\r\n240 ok\r\n" ACTIVE},
    {.name = "IHAVE, wanted and not",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "IHAVE <a>\r\nIHAVE <b>\r\n"},
              {'S', "435 no\r\n"},
              {'S', "335 go\r\n"},
              {'C', "STARTTLS\r\n.\r\nSTARTTLS\r\n"},
              {'S', "235 ok\r\n"}},
     .to_service = "IHAVE <a>\r\nIHAVE <b>\r\nSTARTTLS\r\n.\r\n",
     .to_client = "435 no\r\n335 go\r\n235 ok\r\n" ACTIVE},
    {.name = "TAKETHIS waits for nobody",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "TAKETHIS <a>\r\nSTARTTLS\r\n.\r\nTAKETHIS <b>\r\n.\r\nSTARTTLS\r\n"},
              {'S', "239 <a>\r\n"},
              {'S', "439 <b>\r\n"}},
     .to_service = "TAKETHIS <a>\r\nSTARTTLS\r\n.\r\nTAKETHIS <b>\r\n.\r\n",
     .to_client = "239 <a>\r\n439 <b>\r\n" ACTIVE},
    {.name = "attacks: an end of an article that is none",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "POST\r\n"}, {'S', "340 go\r\n"}, {'C', "text\n.\nIHAVE <x>\r\n"}},
     .to_service = "POST\r\ntext\n",
     .to_client = "340 go\r\n400 Bare CR or LF in the end of an article\r\n",
     .fault = STLS_FAULT_SMUGGLED},
    {.name = "a bare LF ends no command",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "DATE\nSTARTTLS\r\n"}},
     .to_service = "",
     .to_client = "501 Lines end in CR LF, and nothing else\r\n",
     .fault = STLS_FAULT_SYNTAX},
};

SCREEN_TEST(lists)
SCREEN_TEST(logins)
SCREEN_TEST(articles)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(screen_of_lists),
	    cmocka_unit_test(screen_of_logins),
	    cmocka_unit_test(screen_of_articles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
