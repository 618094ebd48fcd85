/* SPDX-License-Identifier: ISC */
/* The ClientHello, before anything else is done with it: which name is asked
 * for, and which certificates go with it. */
#include <stdlib.h>
#include <string.h>

#include "tls/internal.h"

/* Names end up in logs and in headers: what is not printable ASCII (RFC 6066 section
 * 3) is nobody's name, and not repeated. */
static bool is_printable(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (name[i] <= ' ' || name[i] >= 127)
			return false;
	return true;
}

/* RFC 6066 section 3: a list of names, of which only one kind exists. */
static bool read_sni(SSL *ssl, const char **name, size_t *length)
{
	const unsigned char *at;
	size_t size, count;

	if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &at, &size) || size < 5)
		return false;
	count = (size_t)at[3] << 8 | at[4];
	if (at[2] != TLSEXT_NAMETYPE_host_name || count == 0 || count > size - 5 || count > 255)
		return false;
	*name = (const char *)at + 5;
	*length = is_printable(*name, count) ? count : 0;
	return true;
}

/* A second ClientHello (RFC 8446 section 4.1.4) comes here too. */
static bool note(stls_tls *tls, const char *name, size_t length)
{
	free(tls->sni);
	tls->sni = strndup(name, length);
	return tls->sni != NULL;
}

static bool is_strict(const stls_tls_context *context)
{
	return context->strict_sni > 0 || (context->strict_sni < 0 && context->shelf.count > 1);
}

int tls_hello(SSL *ssl, int *alert, void *unused)
{
	stls_tls *tls = SSL_get_app_data(ssl);
	const struct tls_shelf *shelf = &tls->context->shelf;
	const char *name = tls->preset;
	size_t length = name ? strlen(name) : 0;
	bool asked = read_sni(ssl, &name, &length);
	struct tls_slot *slot = name ? tls_shelf_find(shelf, name, length) : NULL;

	(void)unused;
	tls->named = slot != NULL;
	if (asked && !note(tls, name, length))
		return SSL_CLIENT_HELLO_ERROR;
	if (slot == NULL && asked && is_strict(tls->context)) {
		tls_fault_set(tls, STLS_FAULT_SNI, "no certificate has that name");
		*alert = SSL_AD_UNRECOGNIZED_NAME;
		return SSL_CLIENT_HELLO_ERROR;
	}
	if (slot == NULL)
		slot = shelf->fallback;
	if (slot != NULL && slot->ssl != SSL_get_SSL_CTX(ssl))
		SSL_set_SSL_CTX(ssl, slot->ssl);
	return SSL_CLIENT_HELLO_SUCCESS;
}
