/* SPDX-License-Identifier: ISC */
/* The ClientHello, before anything else is done with it: which name is asked
 * for, and which certificates go with it. */
#include <string.h>

#include "tls/internal.h"

/* RFC 6066 section 3: a list of names, of which only one kind exists. */
static bool read_sni(SSL *ssl, const char **name, size_t *length)
{
	const unsigned char *at;
	size_t size;

	if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &at, &size) || size < 5)
		return false;
	*length = (size_t)at[3] << 8 | at[4];
	*name = (const char *)at + 5;
	return at[2] == TLSEXT_NAMETYPE_host_name && *length > 0 && *length <= size - 5 &&
	       *length < 256 && memchr(*name, '\0', *length) == NULL;
}

static struct tls_slot *slot_for(stls_tls_context *context, const struct stls_id *name)
{
	for (size_t i = 0; i < context->slot_count; i++) {
		struct tls_slot *slot = &context->slots[i];

		if (stls_identity_match(name, 1, slot->names.ids, slot->names.count, NULL))
			return slot;
	}
	return NULL;
}

int tls_hello(SSL *ssl, int *alert, void *unused)
{
	stls_tls *tls = SSL_get_app_data(ssl);
	stls_tls_context *context = tls->context;
	struct stls_id name = {.kind = STLS_DNS_ID};
	struct tls_slot *slot;

	(void)unused;
	if (!read_sni(ssl, &name.bytes, &name.length))
		return SSL_CLIENT_HELLO_SUCCESS;
	tls->sni = strndup(name.bytes, name.length);
	slot = slot_for(context, &name);
	if (slot == NULL && context->strict_sni) {
		tls_fault_set(tls, STLS_FAULT_SNI, "no certificate has that name");
		*alert = SSL_AD_UNRECOGNIZED_NAME;
		return SSL_CLIENT_HELLO_ERROR;
	}
	if (slot != NULL && slot->ssl != context->ssl)
		SSL_set_SSL_CTX(ssl, slot->ssl);
	return SSL_CLIENT_HELLO_SUCCESS;
}
