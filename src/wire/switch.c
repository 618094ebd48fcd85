/* SPDX-License-Identifier: ISC */
/*
 * The law of the switch: TLS starts only from a receipt, and a receipt is
 * given only to who shows that nothing of the plaintext phase is left.
 */
#include <string.h>

#include "wire/machine.h"

#define SEAL 0x5354415254544cUL

/* The beginning of a TLS handshake record with a ClientHello (RFC 8446 section
 * 5.1), as far as it is there. */
static bool is_client_hello(const unsigned char *bytes, size_t count)
{
	return bytes[0] == 22 && (count < 2 || bytes[1] == 3) && (count < 3 || bytes[2] <= 4) &&
	       (count < 6 || bytes[5] == 1);
}

/* The dialogue itself keeps nothing back: only a unit that is whole leads to the
 * switch, and behind it nothing is taken.  RFC 9051 section 6.2.1 lets a server hand
 * over octets that belong to TLS; to a client nothing can have been said yet (RFC
 * 3207 section 6). */
static bool keeps_the_law(const struct stls_dialogue *d, const void *unread, size_t count)
{
	if (count == 0)
		return true;
	return d->spec.role == STLS_SERVER && unread != NULL && is_client_hello(unread, count);
}

/* RFC 3207 section 4.2, RFC 2595 section 3.1, RFC 6120 section 5.4.3.3: what
 * was heard before TLS is not known after it. */
static void forget(struct stls_dialogue *d)
{
	memset(d->own, 0, d->own_size);
	memset(d->in, 0, d->in_size);
	memset(d->out, 0, d->out_size);
	memset(d->list, 0, d->list_size);
	d->list_length = 0;
	if (stls_domain(d) == NULL)
		memset(d->helo, 0, d->helo_size);
	d->listed = d->offered = false;
}

struct stls_receipt stls_switch(stls_dialogue *d, const void *unread, size_t count)
{
	struct stls_receipt receipt = {0};

	if (stls_need(d) != STLS_SWITCH)
		return receipt;
	if (!keeps_the_law(d, unread, count)) {
		dialogue_end(d, STLS_FAILED,
		             d->spec.layer == STLS_IMPLICIT ? STLS_FAULT_NOT_TLS
		                                            : STLS_FAULT_INJECTED);
		return receipt;
	}
	forget(d);
	dialogue_end(d, STLS_DONE, STLS_FAULT_NONE);
	receipt.seal = SEAL;
	receipt.role = d->spec.role;
	receipt.protocol = d->spec.protocol;
	receipt.layer = d->spec.layer;
	return receipt;
}

int stls_receipt_good(const struct stls_receipt *receipt)
{
	return receipt->seal == SEAL;
}

int stls_receipt_spend(struct stls_receipt *receipt)
{
	int good = stls_receipt_good(receipt);

	receipt->seal = 0;
	return good;
}
