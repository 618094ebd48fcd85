/* SPDX-License-Identifier: ISC */
#include "wire/goodbye.h"

const char *wire_goodbye(enum stls_protocol protocol)
{
	switch (protocol) {
	case STLS_SMTP:
	case STLS_LMTP:
	case STLS_POP3:
	case STLS_NNTP: return "QUIT\r\n";
	case STLS_IMAP: return "bye LOGOUT\r\n";
	case STLS_SIEVE: return "LOGOUT\r\n";
	case STLS_XMPP_CLIENT:
	case STLS_XMPP_SERVER: return "</stream:stream>";
	default: return "";
	}
}
