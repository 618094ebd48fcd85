/* SPDX-License-Identifier: ISC */
/*
 * ALPN (RFC 7301), against cross-protocol attacks (ALPACA): a client that means
 * another protocol is refused; one that says nothing is welcome.
 */
#include <string.h>

#include "tls/internal.h"

static bool is(const unsigned char *id, size_t length, const char *name)
{
	return strlen(name) == length && memcmp(id, name, length) == 0;
}

/* RFC 4642 and RFC 8143: readers and transit share a port. */
static bool is_ours(const stls_tls *tls, const unsigned char *id, size_t length)
{
	const char *ours = stls_alpn(tls->protocol);

	if (ours == NULL)
		return false;
	return is(id, length, ours) || (tls->protocol == STLS_NNTP && is(id, length, "nnsp"));
}

/* Where no identifier is registered (SMTP, LMTP), what is known to be another
 * protocol is still refused. */
static bool is_foreign(const unsigned char *id, size_t length)
{
	static const char *const foreign[] = {
	    "h2",   "h2c",  "http/1.1",    "http/1.0",    "http/0.9",    "spdy/3",
	    "imap", "pop3", "managesieve", "xmpp-client", "xmpp-server", "nntp",
	    "nnsp", "ftp",  "irc",         "postgresql",  "dot",         "mqtt"};

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (is(id, length, foreign[i]))
			return true;
	return false;
}

static int refuse(stls_tls *tls)
{
	tls_fault_set(tls, STLS_FAULT_ALPN, "the client offers only foreign protocols");
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int tls_alpn_select(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_length,
                    const unsigned char *list, unsigned list_length, void *unused)
{
	stls_tls *tls = SSL_get_app_data(ssl);
	bool foreign = stls_alpn(tls->protocol) != NULL;

	(void)unused;
	for (unsigned at = 0; at < list_length; at += 1u + list[at]) {
		const unsigned char *id = list + at + 1;

		if (is_ours(tls, id, list[at])) {
			*chosen = id;
			*chosen_length = list[at];
			return SSL_TLSEXT_ERR_OK;
		}
		foreign = foreign || is_foreign(id, list[at]);
	}
	return foreign ? refuse(tls) : SSL_TLSEXT_ERR_NOACK;
}

bool tls_alpn_offer(stls_tls *tls)
{
	const char *ours = stls_alpn(tls->protocol);
	unsigned char list[64];
	size_t length = ours ? strlen(ours) : 0;

	if (length == 0)
		return true;
	list[0] = (unsigned char)length;
	memcpy(list + 1, ours, length);
	return SSL_set_alpn_protos(tls->ssl, list, (unsigned)length + 1) == 0;
}

/* TLS-27: a client believes no identifier but the one that it offered; and
 * PostgreSQL without SSLRequest is only told apart by ALPN (PG-C-04). */
bool tls_alpn_agreed(stls_tls *tls)
{
	const char *ours = stls_alpn(tls->protocol);
	const unsigned char *id;
	unsigned length;

	SSL_get0_alpn_selected(tls->ssl, &id, &length);
	if (length == 0)
		return tls->protocol != STLS_POSTGRES || tls->layer != STLS_IMPLICIT;
	return tls->context->role == STLS_SERVER || (ours != NULL && is(id, length, ours));
}
