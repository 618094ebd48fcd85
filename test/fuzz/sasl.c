/* SPDX-License-Identifier: ISC */
/*
 * The framing of logins: whatever a server says and however it is cut, what is
 * held stays within its bounds, and every answer leads somewhere.
 *
 * The first octet chooses the protocol and how the rest, which the server says,
 * is cut into reads.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/sasl.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(int truth)
{
	if (!truth)
		abort();
}

static void check(const struct sasl *sasl)
{
	require(sasl->line_length <= sizeof(sasl->line));
	require(sasl->out_sent <= sasl->out_length && sasl->out_length <= sizeof(sasl->out));
	require(memchr(sasl->challenge, '\0', sizeof(sasl->challenge)) != NULL);
	require(memchr(sasl->reason, '\0', sizeof(sasl->reason)) != NULL);
}

/* Goes on until it needs to hear something; false at the end. */
static bool advance(struct sasl *sasl, unsigned *steps)
{
	for (;;) {
		check(sasl);
		switch (sasl_need(sasl)) {
		case SASL_OUT: sasl->out_sent = sasl->out_length; break;
		case SASL_IN: return true;
		case SASL_STEP: sasl_respond(sasl, ++*steps % 5 == 0 ? NULL : "AAAA"); break;
		case SASL_YES:
		case SASL_NO:
		case SASL_FAILED: return false;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum stls_protocol protocols[] = {STLS_SMTP, STLS_IMAP, STLS_POP3,
	                                               STLS_XMPP_CLIENT};
	static struct sasl sasl;
	unsigned steps = 0;
	size_t at = 1;

	if (size < 1)
		return 0;
	sasl_begin(&sasl, protocols[data[0] % 4], "SCRAM-SHA-256", "biws", (data[0] & 4) != 0);
	while (advance(&sasl, &steps) && at < size) {
		size_t piece = data[0] & 8 ? 1 : size - at, taken;

		taken = sasl_feed(&sasl, (const char *)data + at, piece);
		require(taken <= piece);
		/* What is not taken is for whoever comes after the login. */
		if (taken == 0)
			break;
		at += taken;
	}
	check(&sasl);
	sasl_wipe(&sasl);
	return 0;
}
