/* SPDX-License-Identifier: ISC */
/* What was negotiated and verified. */
#include <stdlib.h>
#include <string.h>

#include "tls/internal.h"

/* OpenSSL 3.0 writes the names of RFC 7748 in small letters, later ones do not. */
static const char *group_of(SSL *ssl)
{
	bool begun = SSL_get_session(ssl) != NULL; /* OpenSSL looks into it unasked */
	int id = begun ? (int)SSL_get_negotiated_group(ssl) : 0;
	const char *name = id > 0 ? SSL_group_to_name(ssl, id) : NULL;

	if (name == NULL)
		return "";
	return strcmp(name, "x25519") == 0 ? "X25519" : strcmp(name, "x448") == 0 ? "X448" : name;
}

static const char *alpn_of(const SSL *ssl)
{
	const unsigned char *id;
	unsigned length;
	static const char *const known[] = {
	    "imap", "pop3", "managesieve", "xmpp-client", "xmpp-server",
	    "nntp", "nnsp", "ftp",         "irc",         "postgresql"};

	SSL_get0_alpn_selected(ssl, &id, &length);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i]) == length && memcmp(known[i], id, length) == 0)
			return known[i];
	return "";
}

void stls_tls_facts(const stls_tls *tls, struct stls_facts *facts)
{
	const char *cipher = SSL_get_cipher_name(tls->ssl);

	*facts = (struct stls_facts){
	    .version = SSL_get_version(tls->ssl),
	    .cipher = cipher ? cipher : "",
	    .group = group_of(tls->ssl),
	    .alpn = alpn_of(tls->ssl),
	    .sni = tls->sni ? tls->sni : "",
	    .resumed = SSL_session_reused(tls->ssl),
	    .verified = tls->verified,
	    .unverified = tls->verified == STLS_TRUST_ANY ? tls->unverified : STLS_FAULT_NONE,
	    .matched = tls->matched ? tls->matched : "",
	    .peer_name = tls->peer_name ? tls->peer_name : "",
	    .named = tls->named,
	    .peer_certificate = tls->shown != NULL || SSL_get0_peer_certificate(tls->ssl) != NULL,
	};
}

/* RFC 9266.  With TLS 1.2 it binds only with an extended master secret (RFC 7627). */
int stls_tls_binding(stls_tls *tls, unsigned char out[32])
{
	static const char label[] = "EXPORTER-Channel-Binding";

	if (tls->phase != TLS_UP ||
	    (SSL_version(tls->ssl) < TLS1_3_VERSION && SSL_get_extms_support(tls->ssl) != 1))
		return -1;
	return SSL_export_keying_material(tls->ssl, out, 32, label, sizeof(label) - 1,
	                                  (const unsigned char *)"", 0, 1) == 1
	           ? 0
	           : -1;
}
