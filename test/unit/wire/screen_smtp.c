/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

#define EDGE "250-b\r\n250-AUTH SCRAM-SHA-256-PLUS\r\n"

static const struct screen_case odd_lists[] = {
    {.name = "CB-04: nothing but channel binding is no AUTH at all",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO}, {'S', EDGE "250-SIZE\r\n250 AUTH=SCRAM-SHA-1-PLUS\r\n"}},
     .to_service = EHLO,
     .to_client = "250-b\r\n250 SIZE\r\n"},
    {.name = "CB-04: the old AUTH= is a list, too",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO}, {'S', "250-b\r\n250 AUTH=PLAIN SCRAM-SHA-1-PLUS\r\n"}},
     .to_service = EHLO,
     .to_client = "250-b\r\n250 AUTH=PLAIN\r\n"},
    {.name = "RTLS-02: REQUIRETLS is not for plaintext",
     .protocol = STLS_SMTP,
     .said = {{'C', EHLO}, {'S', "250-b\r\n250-SIZE\r\n250 REQUIRETLS\r\n"}},
     .to_service = EHLO,
     .to_client = "250-b\r\n250 SIZE\r\n"},
    {.name = "twin: inside TLS it is",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO}, {'S', "250-b\r\n250-SIZE\r\n250 REQUIRETLS\r\n"}},
     .to_service = EHLO,
     .to_client = "250-b\r\n250-SIZE\r\n250 REQUIRETLS\r\n"},
    {.name = "keywords without case, lines that end in a bare LF",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO}, {'S', "250-b\n250-xClient ADDR\n250-Size\n250 StartTLS\n"}},
     .to_service = EHLO,
     .to_client = "250-b\r\n250 Size\r\n"},
    {.name = "SMTP-R-01: a reply without text",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO "NOOP\r\nXCLIENT A=1\r\n"}, {'S', "250\r\n250\r\n"}},
     .to_service = EHLO "NOOP\r\n",
     .to_client = "250 \r\n250\r\n502 5.5.1 Command not implemented\r\n"},
    {.name = "a host that is called as a keyword keeps its name",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO}, {'S', "250-xclient\r\n250 SIZE\r\n"}},
     .to_service = EHLO,
     .to_client = "250-xclient\r\n250 SIZE\r\n"},
    {.name = "EHLO refused is no list, and the next one is",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO},
              {'S', "501-no\r\n501 STARTTLS\r\n"},
              {'C', EHLO},
              {'S', "250-b\r\n250 STARTTLS\r\n"}},
     .to_service = EHLO EHLO,
     .to_client = "501-no\r\n501 STARTTLS\r\n250 b\r\n"},
    {.name = "the greeting is no answer to an impatient client",
     .protocol = STLS_SMTP,
     .tls = 1,
     .greets = 1,
     .said = {{'C', EHLO "XCLIENT A=1\r\n"},
              {'S', "220-b\r\n220 ESMTP\r\n"},
              {'S', "250-b\r\n250-XCLIENT ADDR\r\n250 STARTTLS\r\n"}},
     .to_service = EHLO,
     .to_client = "220-b\r\n220 ESMTP\r\n250 b\r\n502 5.5.1 Command not implemented\r\n"},
};

#define UNKNOWN "500 5.5.2 Command unrecognized\r\n"

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
    {.name = "XC-07: what some services take for XCLIENT, none gets to see",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', " XCLIENT A=1\r\n\tXCLIENT A=1\r\nXCLIENT\tA=1\r\n\"XCLIENT\" A=1\r\n"
                    "\\XCLIENT A=1\r\n:XCLIENT A=1\r\n<XCLIENT> A=1\r\nXCLIENT\vA=1\r\n"
                    "\r\nXCLIENT\r\n"}},
     .to_service = "",
     .to_client = UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN
     "502 5.5.1 Command not implemented\r\n"},
    {.name = "twin: what only looks like it crosses",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "XCLIENTX A\r\nX-CLIENT\r\nHELP XCLIENT\r\n"},
              {'S', "500 a\r\n500 b\r\n214 c\r\n"}},
     .to_service = "XCLIENTX A\r\nX-CLIENT\r\nHELP XCLIENT\r\n",
     .to_client = "500 a\r\n500 b\r\n214 c\r\n"},
    {.name = "STARTTLS is over without TLS, too",
     .protocol = STLS_SMTP,
     .said = {{'C', "starttls\r\n"}},
     .to_service = "",
     .to_client = "502 5.5.1 Command not implemented\r\n"},
    {.name = "AUTH cancelled (AUTH-02)",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "AUTH PLAIN\r\n"},
              {'S', "334 \r\n"},
              {'C', "*\r\n"},
              {'S', "501 cancelled\r\n"},
              {'C', "XCLIENT A=1\r\n"}},
     .to_service = "AUTH PLAIN\r\n*\r\n",
     .to_client = "334 \r\n501 cancelled\r\n502 5.5.1 Command not implemented\r\n"},
    {.name = "a response is base64, or a service out of step might obey it",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "AUTH PLAIN\r\n"}, {'S', "334 \r\n"}, {'C', "XCLIENT A=1\r\n"}},
     .to_service = "AUTH PLAIN\r\nXCLIENT",
     .to_client = "334 \r\n501 5.5.2 This is not base64\r\n",
     .fault = STLS_FAULT_SYNTAX},
    {.name = "... on a line that ends as lines do",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "AUTH PLAIN\r\n"}, {'S', "334 \r\n"}, {'C', "AA==\nXCLIENT A=1\r\n"}},
     .to_service = "AUTH PLAIN\r\nAA==",
     .to_client = "334 \r\n501 5.5.2 This is not base64\r\n",
     .fault = STLS_FAULT_SYNTAX},
    {.name = "a service that loses patience with a response is in step again behind it",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "AUTH PLAIN\r\n"},
              {'S', "334 \r\n"},
              {'C', "AAAA"},
              {'S', "500 too long\r\n"},
              {'C', "AAAA\r\nXCLIENT A=1\r\n"}},
     .to_service = "AUTH PLAIN\r\nAAAAAAAA\r\n",
     .to_client = "334 \r\n500 too long\r\n502 5.5.1 Command not implemented\r\n"},
    {.name = "421 comes at any time (SMTP-R-07)",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'S', "421 4.4.2 timeout\r\n"}},
     .to_service = "",
     .to_client = "421 4.4.2 timeout\r\n"},
    {.name = "... also while a message is announced, and others have their own",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'S', "451 timeout\r\n"}, {'C', "DATA\r\n"}, {'S', "nonsense\r\n421 bye\r\n"}},
     .to_service = "DATA\r\n",
     .to_client = "451 timeout\r\nnonsense\r\n421 bye\r\n"},
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

/* Replies that cannot be: the count of them is wrong, and so would be the guess
 * what is a message. */
#define LOST "421 4.5.0 The service is out of step\r\n"

static const struct screen_case out_of_step[] = {
    {.name = "an answer to nothing",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "NOOP\r\n"}, {'S', "250 ok\r\n250 ok\r\n"}},
     .to_service = "NOOP\r\n",
     .to_client = "250 ok\r\n" LOST,
     .fault = STLS_FAULT_SYNTAX},
    {.name = "a go-ahead for a message that nobody announced",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "XEXCH50 9 2\r\n"}, {'S', "354 go\r\n"}},
     .to_service = "XEXCH50 9 2\r\n",
     .to_client = LOST,
     .fault = STLS_FAULT_SYNTAX},
    {.name = "a challenge to nobody",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "NOOP\r\n"}, {'S', "334 \r\n"}},
     .to_service = "NOOP\r\n",
     .to_client = LOST,
     .fault = STLS_FAULT_SYNTAX},
    {.name = "DATA is never simply done",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', "DATA\r\n"}, {'S', "250 ok\r\n"}},
     .to_service = "DATA\r\n",
     .to_client = LOST,
     .fault = STLS_FAULT_SYNTAX},
    {.name = "LMTP-03: a message for nobody",
     .protocol = STLS_LMTP,
     .tls = 1,
     .said = {{'C', "DATA\r\n"}, {'S', "354 go\r\n"}},
     .to_service = "DATA\r\n",
     .to_client = LOST,
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
    {.name = "dots, bare line ends and NULs that end nothing, whoever reads them",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', MAIL},
              {'S', GO},
              {'C', "a.\n.b\r.c\n..\n\r..\r\n.." SCREEN_NUL "\r\n.\t\r\n. \n" SCREEN_NUL SCREEN_NUL
                    "x.\r\r\n.\r\n"},
              {'S', "250 queued\r\n"}},
     .to_service = MAIL "a.\n.b\r.c\n..\n\r..\r\n.." SCREEN_NUL
                        "\r\n.\t\r\n. \n" SCREEN_NUL SCREEN_NUL "x.\r\r\n.\r\n",
     .to_client = GO "250 queued\r\n"},
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
    {.name = "SMTP-P-05: chunks in a row, with NULs and dots, and an empty last one",
     .protocol = STLS_SMTP,
     .tls = 1,
     .said = {{'C', EHLO},
              {'S', LIST},
              {'C', "bdat 5\r\n" SCREEN_NUL "\n.\r\nBDAT 0 last\r\nXCLIENT A=1\r\n"},
              {'S', "250 1\r\n"},
              {'S', "250 2\r\n"}},
     .to_service = EHLO "bdat 5\r\n" SCREEN_NUL "\n.\r\nBDAT 0 last\r\n",
     .to_client = LIST "250 1\r\n250 2\r\n502 5.5.1 Command not implemented\r\n"},
    {.name = "SMTP-P-06: a service that was asked before we came",
     .protocol = STLS_SMTP,
     .chunks = 1,
     .said = {{'C', "BDAT 9 LAST\r\nXCLIENT\r\nXCLIENT A=1\r\n"}, {'S', "503 no\r\n"}},
     .to_service = "BDAT 9 LAST\r\nXCLIENT\r\n",
     .to_client = "503 no\r\n502 5.5.1 Command not implemented\r\n"},
#define BAD_CHUNK(command)                                                                         \
	{                                                                                          \
		.name = "SMTP-P-05: " command " is read in many ways", .protocol = STLS_SMTP,      \
		.chunks = 1, .said = {{'C', command "\r\nXCLIENT A=1\r\n"}}, .to_service = "",     \
		.to_client = "501 5.5.4 Syntax: BDAT count [LAST]\r\n", .fault = STLS_FAULT_SYNTAX \
	}
    BAD_CHUNK("BDAT"),
    BAD_CHUNK("BDAT  5"),
    BAD_CHUNK("BDAT 5 LASTX"),
    BAD_CHUNK("BDAT 5\tLAST"),
    BAD_CHUNK("BDAT 5 LAST "),
    BAD_CHUNK("BDAT -5"),
    BAD_CHUNK("BDAT 0x5"),
    BAD_CHUNK("BDAT 4294967301"),
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

#define TWO "LHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<c@d>\r\n"
#define TWO_OK "250-b\r\n250 CHUNKING\r\n250 ok\r\n250 ok\r\n250 ok\r\n"
#define NOT_HERE "502 5.5.1 Command not implemented\r\n"

static const struct screen_case lmtp[] = {
    {.name = "LMTP-04: an answer for each recipient also to BDAT LAST, and only to that",
     .protocol = STLS_LMTP,
     .tls = 1,
     .said = {{'C', TWO "BDAT 1\r\nxBDAT 1 LAST\r\nyXCLIENT A=1\r\n"},
              {'S', TWO_OK},
              {'S', "250 more\r\n"},
              {'S', "250 one\r\n"},
              {'S', "452-two\r\n452 two\r\n"}},
     .to_service = TWO "BDAT 1\r\nxBDAT 1 LAST\r\ny",
     .to_client = TWO_OK "250 more\r\n250 one\r\n452-two\r\n452 two\r\n" NOT_HERE},
    {.name = "LMTP-03: a MAIL that fails forgets nobody",
     .protocol = STLS_LMTP,
     .tls = 1,
     .said = {{'C', TWO "MAIL FROM:<x@y>\r\nDATA\r\n"},
              {'S', TWO_OK "503 nested\r\n354 go\r\n"},
              {'C', ".\r\nXCLIENT A=1\r\n"},
              {'S', "250 one\r\n"},
              {'S', "250 two\r\n"}},
     .to_service = TWO "MAIL FROM:<x@y>\r\nDATA\r\n.\r\n",
     .to_client = TWO_OK "503 nested\r\n354 go\r\n250 one\r\n250 two\r\n" NOT_HERE},
    {.name = "LMTP-03: RSET forgets them",
     .protocol = STLS_LMTP,
     .tls = 1,
     .said = {{'C', TWO "RSET\r\nMAIL FROM:<x@y>\r\nRCPT TO:<c@d>\r\nDATA\r\n"},
              {'S', TWO_OK "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"},
              {'C', ".\r\nXCLIENT A=1\r\n"},
              {'S', "250 one\r\n"}},
     .to_service = TWO "RSET\r\nMAIL FROM:<x@y>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n",
     .to_client = TWO_OK "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 one\r\n" NOT_HERE},
    {.name = "LMTP-04: without recipients, one answer while nothing else waits",
     .protocol = STLS_LMTP,
     .chunks = 1,
     .said = {{'C', "BDAT 0 LAST\r\nXCLIENT A=1\r\n"}, {'S', "503 nobody\r\n"}},
     .to_service = "BDAT 0 LAST\r\n",
     .to_client = "503 nobody\r\n" NOT_HERE},
    {.name = "LMTP-04: ... or none, and then whose answer is it?",
     .protocol = STLS_LMTP,
     .chunks = 1,
     .said = {{'C', "BDAT 0 LAST\r\nNOOP\r\n"}, {'S', "250 ok\r\n"}},
     .to_service = "BDAT 0 LAST\r\nNOOP\r\n",
     .to_client = LOST,
     .fault = STLS_FAULT_SYNTAX},
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
    SMUGGLED("\r\n." SCREEN_NUL "\r\n", "\r\n"),
    SMUGGLED("\r\n" SCREEN_NUL ".\r\n", "\r\n" SCREEN_NUL),
    SMUGGLED("\n.\n", "\n"),
    SMUGGLED("\n.\r\n", "\n"),
    SMUGGLED("\r\n.\n", "\r\n"),
    SMUGGLED("\r.\r", "\r"),
    SMUGGLED("\r.\r\n", "\r"),
    SMUGGLED("\r\n.\r", "\r\n"),
    SMUGGLED("\r\n.\rX", "\r\n"),
    SMUGGLED("\n\n.\r\n", "\n\n"),
};

/* Longer things than can be written down. */

#define LONG 5000

static char *repeat(char *to, const char *text, int times)
{
	size_t length = strlen(text);

	while (times-- > 0) {
		memcpy(to, text, length);
		to += length;
	}
	*to = '\0';
	return to;
}

/* AUTH-02 */
static void long_responses(void **state)
{
	static char auth[LONG + 100], response[LONG + 100], sent[3 * LONG], bad[LONG + 100];
	const struct screen_case cases[] = {
	    {.name = "AUTH-02: an initial response and another one of any length",
	     .protocol = STLS_SMTP,
	     .tls = 1,
	     .said = {{'C', auth},
	              {'S', "334 \r\n"},
	              {'C', response},
	              {'S', "235 ok\r\n"},
	              {'C', "XCLIENT A=1\r\n"}},
	     .to_service = sent,
	     .to_client = "334 \r\n235 ok\r\n" NOT_HERE},
	    {.name = "a service that loses patience with it is in step again behind it",
	     .protocol = STLS_SMTP,
	     .tls = 1,
	     .said = {{'C', bad}, {'S', "500 too long\r\n"}, {'C', "AAAA\r\nXCLIENT A=1\r\n"}},
	     .to_service = "",
	     .to_client = "500 too long\r\n" NOT_HERE},
	    {.name = "no other command is that long",
	     .protocol = STLS_SMTP,
	     .tls = 1,
	     .said = {{'C', response}},
	     .to_service = "",
	     .to_client = "500 5.5.2 Line too long\r\n",
	     .fault = STLS_FAULT_TOO_LONG},
	};
	struct screen_case impatient = cases[1];

	(void)state;
	strcpy(repeat(stpcpy(auth, "AUTH PLAIN "), "A", LONG), "\r\n");
	strcpy(repeat(response, "B", LONG), "\r\n");
	stpcpy(stpcpy(sent, auth), response);
	screen_replay(&cases[0], 1);
	screen_replay(&cases[2], 1);
	repeat(stpcpy(bad, "AUTH PLAIN "), "A", LONG);
	stpcpy(stpcpy(sent, bad), "AAAA\r\n");
	impatient.to_service = sent;
	screen_replay(&impatient, 1);
}

/* Who does not wait for answers is made to. */
static void many_commands(void **state)
{
	static char asked[1000], answers[64 * 8 + 1], heard[1000], first[1000];
	const struct screen_case cases[] = {
	    {.name = "SMTP-P-01: 64 commands without an answer",
	     .protocol = STLS_SMTP,
	     .tls = 1,
	     .said = {{'C', asked}},
	     .to_service = first,
	     .to_client = ""},
	    {.name = "... and when there are answers, more of them",
	     .protocol = STLS_SMTP,
	     .tls = 1,
	     .said = {{'C', asked}, {'S', answers}, {'S', "250 last\r\n"}},
	     .to_service = asked,
	     .to_client = heard},
	};

	(void)state;
	repeat(first, "NOOP\r\n", 64);
	repeat(asked, "NOOP\r\n", 65);
	repeat(answers, "250 ok\r\n", 64);
	strcpy(repeat(heard, "250 ok\r\n", 64), "250 last\r\n");
	screen_replay(cases, 2);
}

static void endless_replies(void **state)
{
	static char line[LONG + 1], list[SCREEN_VIEW + 100];
	const struct screen_case cases[] = {
	    {.name = "SMTP-R-09: a line without end",
	     .protocol = STLS_SMTP,
	     .tls = 1,
	     .said = {{'S', line}},
	     .to_service = "",
	     .to_client = "421 4.5.0 The service's reply is too long\r\n",
	     .fault = STLS_FAULT_TOO_LONG},
	    {.name = "SMTP-R-09: a list without end",
	     .protocol = STLS_SMTP,
	     .tls = 1,
	     .said = {{'C', EHLO}, {'S', list}},
	     .to_service = EHLO,
	     .to_client = "421 4.5.0 The list is too long\r\n",
	     .fault = STLS_FAULT_TOO_LONG},
	};

	(void)state;
	repeat(line, "2", LONG);
	repeat(list, "250-SIZE\r\n", SCREEN_VIEW / 10 + 1);
	screen_replay(cases, 2);
}

SCREEN_TEST(lists)
SCREEN_TEST(odd_lists)
SCREEN_TEST(commands)
SCREEN_TEST(out_of_step)
SCREEN_TEST(messages)
SCREEN_TEST(lmtp)
SCREEN_TEST(smuggled)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(screen_of_lists),    cmocka_unit_test(screen_of_odd_lists),
	    cmocka_unit_test(screen_of_commands), cmocka_unit_test(screen_of_out_of_step),
	    cmocka_unit_test(screen_of_messages), cmocka_unit_test(screen_of_lmtp),
	    cmocka_unit_test(screen_of_smuggled), cmocka_unit_test(long_responses),
	    cmocka_unit_test(many_commands),      cmocka_unit_test(endless_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
