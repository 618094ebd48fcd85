/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "wire/greeting.h"
#include "wire/lines.h"

/* RFC 5804 section 1.7; what belongs before TLS is left out. */
static size_t list(const char *const *offers, char *buf, size_t size)
{
	size_t at = 0;

	for (; offers != NULL && *offers != NULL; offers++) {
		if (text_begins(*offers, "\"STARTTLS\"") || text_begins(*offers, "\"XCLIENT\""))
			continue;
		at += (size_t)snprintf(buf + at, size - at, "%s\r\n", *offers);
		if (at >= size)
			return 0;
	}
	at += (size_t)snprintf(buf + at, size - at, "OK\r\n");
	return at < size ? at : 0;
}

size_t wire_greeting(enum stls_protocol protocol, const char *name, const char *const *offers,
                     char *buf, size_t size)
{
	const char *before, *behind;
	int n;

	switch (protocol) {
	case STLS_SMTP: before = "220 ", behind = " ESMTP\r\n"; break;
	case STLS_LMTP: before = "220 ", behind = " LMTP\r\n"; break;
	case STLS_IMAP: before = "* OK ", behind = " ready\r\n"; break;
	case STLS_POP3: before = "+OK ", behind = " ready\r\n"; break;
	case STLS_NNTP: before = "200 ", behind = " ready\r\n"; break;
	case STLS_SIEVE: return list(offers, buf, size);
	default: return 0;
	}
	n = snprintf(buf, size, "%s%s%s", before, name != NULL ? name : "localhost", behind);
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}
