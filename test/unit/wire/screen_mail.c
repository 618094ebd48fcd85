/* SPDX-License-Identifier: ISC */
/* The screens of IMAP, POP3, ManageSieve, NNTP and XMPP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screen_replay.h"

static const struct screen_case imap[] = {
    {.name = "CORE-19: greeting, list and code are cleaned",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'S', "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED IDLE] hi\r\n"},
              {'C', "a CAPABILITY\r\n"},
              {'S', "* CAPABILITY IMAP4rev1 STARTTLS AUTH=SCRAM-SHA-256-PLUS AUTH=PLAIN\r\n"
                    "a OK [CAPABILITY IMAP4rev1 LOGINDISABLED] done\r\n"}},
     .to_service = "a CAPABILITY\r\n",
     .to_client = "* OK [CAPABILITY IMAP4rev1 IDLE] hi\r\n"
                  "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"
                  "a OK [CAPABILITY IMAP4rev1] done\r\n"},
    {.name = "IMAP-S-06: without TLS logins are hidden and refused",
     .protocol = STLS_IMAP,
     .said = {{'S', "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR] hi\r\n"},
              {'C', "a LOGIN u p\r\nb AUTHENTICATE PLAIN\r\nc NOOP\r\n"},
              {'S', "c OK\r\n"}},
     .to_service = "c NOOP\r\n",
     .to_client = "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n"
                  "a NO [PRIVACYREQUIRED] Use STARTTLS first\r\n"
                  "b NO [PRIVACYREQUIRED] Use STARTTLS first\r\nc OK\r\n"},
    {.name = "IMAP-S-10: a literal that does not wait is not taken for commands",
     .protocol = STLS_IMAP,
     .said = {{'C', "a LOGIN {12+}\r\nb CAPABILITY p\r\n"}},
     .to_service = "",
     .to_client = "* BYE Use STARTTLS first\r\n",
     .fault = STLS_FAULT_PLAINTEXT_REFUSED},
    {.name = "IMID-02: only a gateway says x- fields",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a ID (\"name\" \"mutt\" \"X-Originating-IP\" \"192.0.2.1\" \"os\" NIL)\r\n"},
              {'S', "* ID NIL\r\na OK\r\n"},
              {'C', "b ID (\"x-proxy-ttl\" \"1\")\r\n"},
              {'S', "* ID NIL\r\nb OK\r\n"},
              {'C', "c ID NIL\r\n"},
              {'S', "c OK\r\n"},
              {'C', "d ID ({4}\r\n"},
              {'C', "e ID (\"name\" \"mutt\")\r\n"},
              {'S', "e OK\r\n"}},
     .to_service = "a ID (\"name\" \"mutt\" \"os\" NIL)\r\nb ID NIL\r\nc ID NIL\r\n"
                   "e ID (\"name\" \"mutt\")\r\n",
     .to_client = "* ID NIL\r\na OK\r\n* ID NIL\r\nb OK\r\nc OK\r\n"
                  "d BAD ID with quoted strings only\r\ne OK\r\n"},
    {.name = "an escaped field name is no way around it",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a ID (\"x-originatin\\g-ip\" \"192.0.2.1\")\r\n"}, {'S', "a OK\r\n"}},
     .to_service = "a ID NIL\r\n",
     .to_client = "a OK\r\n"},
    {.name = "IMAP-S-03: STARTTLS inside TLS",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a STARTTLS\r\n"}},
     .to_service = "",
     .to_client = "a BAD TLS already active\r\n"},
    {.name = "a login with literals; then everything crosses",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a LOGIN {10}\r\n"},
              {'S', "+ go\r\n"},
              {'C', "a STARTTLS {3+}\r\np\r\n\r\n"},
              {'S', "a OK [CAPABILITY IMAP4rev1] in\r\n"},
              {'C', "b STARTTLS\r\n"}},
     .to_service = "a LOGIN {10}\r\na STARTTLS {3+}\r\np\r\n\r\nb STARTTLS\r\n",
     .to_client = "+ go\r\na OK [CAPABILITY IMAP4rev1] in\r\n",
     .over = 1},
    {.name = "an exchange is no command; a refused login is not the end",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a AUTHENTICATE LOGIN\r\n"},
              {'S', "+ VXNlcg==\r\n"},
              {'C', "b STARTTLS\r\n"},
              {'S', "a NO bad\r\n"},
              {'C', "c STARTTLS\r\n"}},
     .to_service = "a AUTHENTICATE LOGIN\r\nb STARTTLS\r\n",
     .to_client = "+ VXNlcg==\r\na NO bad\r\nc BAD TLS already active\r\n"},
    {.name = "a bare LF ends no command",
     .protocol = STLS_IMAP,
     .tls = 1,
     .said = {{'C', "a NOOP\nb ID (\"x-a\" \"b\")\r\n"}},
     .to_service = "",
     .to_client = "* BYE Lines end in CR LF, and nothing else\r\n",
     .fault = STLS_FAULT_SYNTAX},
};

static const struct screen_case pop3[] = {
    {.name = "POP-S-01: no STLS inside TLS",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', "CAPA\r\n"},
              {'S', "+OK\r\nSTLS\r\nUSER\r\nSASL SCRAM-SHA-1-PLUS PLAIN\r\nXCLIENT\r\n.\r\n"},
              {'C', "STLS\r\nXCLIENT ADDR=1\r\nUSER u\r\n"},
              {'S', "+OK\r\n"},
              {'C', "PASS p\r\n"},
              {'S', "+OK in\r\n"},
              {'C', "RETR 1\r\n"}},
     .to_service = "CAPA\r\nUSER u\r\nPASS p\r\nRETR 1\r\n",
     .to_client = "+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n"
                  "-ERR Command not permitted when TLS active\r\n-ERR Unknown command\r\n"
                  "+OK\r\n+OK in\r\n",
     .over = 1},
    {.name = "POP-S-08: nothing secret without TLS",
     .protocol = STLS_POP3,
     .said = {{'C', "CAPA\r\n"},
              {'S', "+OK\r\nUSER\r\nUIDL\r\nSASL PLAIN\r\n.\r\n"},
              {'C', "USER u\r\nPASS p\r\nAPOP a b\r\nAUTH PLAIN\r\nQUIT\r\n"},
              {'S', "+OK\r\n"}},
     .to_service = "CAPA\r\nQUIT\r\n",
     .to_client = "+OK\r\nUIDL\r\n.\r\n-ERR Must use STLS first\r\n-ERR Must use STLS first\r\n"
                  "-ERR Must use STLS first\r\n-ERR Must use STLS first\r\n+OK\r\n"},
    {.name = "an exchange is no command",
     .protocol = STLS_POP3,
     .tls = 1,
     .said = {{'C', "AUTH LOGIN\r\n"},
              {'S', "+ VXNlcg==\r\n"},
              {'C', "STLS\r\n"},
              {'S', "-ERR no\r\n"},
              {'C', "STLS\r\n"}},
     .to_service = "AUTH LOGIN\r\nSTLS\r\n",
     .to_client = "+ VXNlcg==\r\n-ERR no\r\n-ERR Command not permitted when TLS active\r\n"},
};

static const struct screen_case sieve[] = {
    {.name = "SIEVE-S-01: the service's greeting is the list after TLS",
     .protocol = STLS_SIEVE,
     .tls = 1,
     .said = {{'S', "\"SIEVE\" \"fileinto\"\r\n\"SASL\" \"PLAIN SCRAM-SHA-1-PLUS\"\r\n"
                    "\"STARTTLS\"\r\n\"XCLIENT\" \"ADDR\"\r\nOK \"hi\"\r\n"},
              {'C', "STARTTLS\r\nXCLIENT \"ADDR=1\"\r\nAUTHENTICATE \"PLAIN\" {4+}\r\nSTAR\r\n"},
              {'S', "OK (SASL {3}\r\nx\r\n) \"in\"\r\n"},
              {'C', "LISTSCRIPTS\r\n"}},
     .to_service = "AUTHENTICATE \"PLAIN\" {4+}\r\nSTAR\r\nLISTSCRIPTS\r\n",
     .to_client = "\"SIEVE\" \"fileinto\"\r\n\"SASL\" \"PLAIN\"\r\nOK \"hi\"\r\n"
                  "NO \"TLS already active\"\r\nNO \"Unknown command\"\r\n"
                  "OK (SASL {3}\r\nx\r\n) \"in\"\r\n",
     .over = 1},
    {.name = "SIEVE-S-05: no login without TLS",
     .protocol = STLS_SIEVE,
     .said = {{'S', "\"SASL\" \"PLAIN\"\r\nOK\r\n"}, {'C', "AUTHENTICATE \"PLAIN\" \"AA==\"\r\n"}},
     .to_service = "",
     .to_client = "\"SASL\" \"\"\r\nOK\r\nNO (ENCRYPT-NEEDED) \"Use STARTTLS first\"\r\n",
     .fault = STLS_FAULT_PLAINTEXT_REFUSED},
};

static const struct screen_case nntp[] = {
    {.name = "NNTP-S-04, NNTP-S-01",
     .protocol = STLS_NNTP,
     .tls = 1,
     .said = {{'C', "CAPABILITIES\r\n"},
              {'S', "101 list\r\nVERSION 2\r\nSTARTTLS\r\nMODE-READER\r\nREADER\r\n.\r\n"},
              {'C', "STARTTLS\r\nAUTHINFO USER u\r\n"},
              {'S', "381 more\r\n"},
              {'C', "AUTHINFO PASS p\r\n"},
              {'S', "281 in\r\n"},
              {'C', "GROUP a\r\n"}},
     .to_service = "CAPABILITIES\r\nAUTHINFO USER u\r\nAUTHINFO PASS p\r\nGROUP a\r\n",
     .to_client = "101 list\r\nVERSION 2\r\nREADER\r\n.\r\n"
                  "502 STARTTLS not allowed with active TLS layer\r\n381 more\r\n281 in\r\n",
     .over = 1},
    {.name = "483 without TLS",
     .protocol = STLS_NNTP,
     .said = {{'C', "AUTHINFO USER u\r\nDATE\r\n"}, {'S', "111 20261124000000\r\n"}},
     .to_service = "DATE\r\n",
     .to_client = "483 Encryption or stronger authentication required\r\n111 20261124000000\r\n"},
};

#define HEAD "<?xml version='1.0'?><stream:stream to='a>b' xmlns:stream='s'>"

static const struct screen_case xmpp[] = {
    {.name = "XMPP-S-05, CB-04: features without STARTTLS and channel binding",
     .protocol = STLS_XMPP_CLIENT,
     .tls = 1,
     .said = {{'C', HEAD},
              {'S', HEAD "<stream:features><starttls xmlns='t'><required/></starttls>"
                         "<mechanisms xmlns='m'><mechanism>SCRAM-SHA-1-PLUS</mechanism>"
                         "<mechanism>PLAIN</mechanism></mechanisms>"
                         "<sasl-channel-binding><channel-binding type='tls-exporter'/>"
                         "</sasl-channel-binding><t:starttls/></stream:features>"},
              {'C', "<auth mechanism='PLAIN'>AA==</auth>"},
              {'S', "<success/>"},
              {'C', HEAD},
              {'S', HEAD "<stream:features><bind/></stream:features>"}},
     .to_service = HEAD "<auth mechanism='PLAIN'>AA==</auth>" HEAD,
     .to_client = HEAD "<stream:features><mechanisms xmlns='m'><mechanism>PLAIN</mechanism>"
                       "</mechanisms></stream:features><success/>" HEAD
                       "<stream:features><bind/></stream:features>",
     .over = 1},
    {.name = "XMPP-S-02: STARTTLS inside TLS",
     .protocol = STLS_XMPP_CLIENT,
     .tls = 1,
     .said = {{'C', HEAD "<starttls xmlns='t'/>"}},
     .to_service = HEAD,
     .to_client = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>",
     .fault = STLS_FAULT_SYNTAX},
    {.name = "XMPP-X-02: nothing hides in a comment",
     .protocol = STLS_XMPP_CLIENT,
     .tls = 1,
     .said = {{'C', HEAD "<!-- \" --><starttls/>\">"}},
     .to_service = HEAD,
     .to_client = "<stream:error><restricted-xml "
                  "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
     .fault = STLS_FAULT_SYNTAX},
    {.name = "no login without TLS",
     .protocol = STLS_XMPP_CLIENT,
     .said = {{'S', HEAD "<features><mechanisms><mechanism>PLAIN</mechanism></mechanisms>"
                         "<register/></features>"},
              {'C', "<auth mechanism='PLAIN'>AA==</auth>"}},
     .to_service = "",
     .to_client = HEAD "<features><register/></features><failure "
                       "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><encryption-required/></failure>"
                       "</stream:stream>",
     .fault = STLS_FAULT_PLAINTEXT_REFUSED},
    {.name = "dialback: the first stanza ends the screen",
     .protocol = STLS_XMPP_SERVER,
     .tls = 1,
     .said = {{'C', HEAD "<db:result to='a'>key</db:result>"}},
     .to_service = HEAD "<db:result to='a'>key</db:result>",
     .to_client = "",
     .over = 1},
};

#define TEST(name)                                                                                 \
	static void screen_of_##name(void **state)                                                 \
	{                                                                                          \
		(void)state;                                                                       \
		screen_replay(name, sizeof(name) / sizeof(name[0]));                               \
	}

TEST(imap)
TEST(pop3)
TEST(sieve)
TEST(nntp)
TEST(xmpp)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(screen_of_imap),  cmocka_unit_test(screen_of_pop3),
	    cmocka_unit_test(screen_of_sieve), cmocka_unit_test(screen_of_nntp),
	    cmocka_unit_test(screen_of_xmpp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
