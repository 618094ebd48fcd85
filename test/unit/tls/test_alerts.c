/* SPDX-License-Identifier: ISC */
/* Whoever is refused is told why (RFC 8446 section 6.2), and whoever does not speak
 * TLS is told nothing (TLS-35). */
#include "pair.h"

#include <openssl/err.h>

static int begin(void **unused)
{
	(void)unused;
	certs_begin();
	certs_make(&(struct certs_spec){.name = "ca", .authority = 1});
	certs_make(&(struct certs_spec){.name = "strange", .authority = 1});
	certs_make(
	    &(struct certs_spec){.name = "good", .issuer = "ca", .san = "DNS:mail.example.org"});
	certs_make(&(struct certs_spec){
	    .name = "foreign", .issuer = "strange", .san = "DNS:mail.example.org"});
	certs_make(&(struct certs_spec){
	    .name = "old", .issuer = "ca", .san = "DNS:mail.example.org", .from = -9, .to = -1});
	certs_make(
	    &(struct certs_spec){.name = "other", .issuer = "ca", .san = "DNS:mail.example.net"});
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	certs_end();
	return 0;
}

static void note(const SSL *ssl, int where, int what)
{
	int *alert = SSL_get_app_data(ssl);

	if (where == SSL_CB_READ_ALERT)
		*alert = what & 0xff;
}

static void listen_to(struct raw *raw, int *alert)
{
	*alert = -1;
	SSL_set_app_data(raw->ssl, alert);
	SSL_set_info_callback(raw->ssl, note);
}

/* ---- what our server says ---- */

static const struct {
	const char *what;
	int version;
	const char *sni, *alpn, *ciphers;
	int alert; /* -1: none */
	enum stls_fault fault;
} clients[] = {
    {"nothing", TLS1_3_VERSION, "mail.example.org", "\4imap", NULL, -1, STLS_FAULT_NONE},
    {"nothing", TLS1_2_VERSION, "mail.example.org", "\4imap", NULL, -1, STLS_FAULT_NONE},
    {"TLS-25", TLS1_3_VERSION, "mail.example.net", "\4imap", NULL, SSL_AD_UNRECOGNIZED_NAME,
     STLS_FAULT_SNI},
    {"TLS-25", TLS1_2_VERSION, "mail.example.net", "\4imap", NULL, SSL_AD_UNRECOGNIZED_NAME,
     STLS_FAULT_SNI},
    {"not printable", TLS1_3_VERSION, "mail.example.org\nX", "\4imap", NULL,
     SSL_AD_UNRECOGNIZED_NAME, STLS_FAULT_SNI},
    {"TLS-26", TLS1_3_VERSION, "mail.example.org", "\x8http/1.1", NULL,
     SSL_AD_NO_APPLICATION_PROTOCOL, STLS_FAULT_ALPN},
    {"TLS-26", TLS1_2_VERSION, "mail.example.org", "\x8http/1.1", NULL,
     SSL_AD_NO_APPLICATION_PROTOCOL, STLS_FAULT_ALPN},
    {"TLS-01", TLS1_1_VERSION, "mail.example.org", "\4imap", NULL, SSL_AD_PROTOCOL_VERSION,
     STLS_FAULT_VERSION},
    {"TLS-06", TLS1_2_VERSION, "mail.example.org", "\4imap", "ECDHE-ECDSA-AES128-SHA",
     SSL_AD_HANDSHAKE_FAILURE, STLS_FAULT_CIPHER},
};

static void servers_say(void **unused)
{
	stls_tls_context *server =
	    pair_server(&(struct stls_tls_settings){.strict_sni = 1}, "good", NULL);

	(void)unused;
	for (size_t i = 0; i < LENGTH(clients); i++) {
		struct raw raw = raw_client(clients[i].version, clients[i].version);
		stls_tls *tls = pair_open(server, STLS_IMAP, STLS_SERVER, NULL);
		int alert;

		if (clients[i].ciphers != NULL)
			SSL_CTX_set_cipher_list(raw.context, clients[i].ciphers);
		raw_open(&raw);
		listen_to(&raw, &alert);
		raw_ask(&raw, clients[i].sni);
		SSL_set_alpn_protos(raw.ssl, (const unsigned char *)clients[i].alpn,
		                    (unsigned)strlen(clients[i].alpn));
		raw_run(&raw, tls);
		pair_expect(tls, clients[i].fault);
		if (alert != clients[i].alert)
			fail_msg("%s: alert %d", clients[i].what, alert);
		stls_tls_free(tls);
		raw_free(&raw);
	}
	stls_tls_context_free(server);
}

/* ---- what our client says ---- */

static const struct {
	const char *certificate;
	int alert;
	enum stls_fault fault;
} servers[] = {
    {"good", -1, STLS_FAULT_NONE},
    {"foreign", SSL_AD_UNKNOWN_CA, STLS_FAULT_UNTRUSTED},
    {"old", SSL_AD_CERTIFICATE_EXPIRED, STLS_FAULT_EXPIRED},
    {"other", SSL_AD_BAD_CERTIFICATE, STLS_FAULT_MISMATCH},
};

static void clients_say(void **unused)
{
	static const struct stls_id mail = {STLS_DNS_ID, "mail.example.org", 16};
	static const struct stls_tls_peer peer = {
	    .size = sizeof(peer), .trust = STLS_TRUST_PKIX, .wanted = &mail, .wanted_count = 1};
	stls_tls_context *client =
	    pair_client(&(struct stls_tls_settings){.ca_file = certs_chain("ca")});

	(void)unused;
	for (size_t i = 0; i < 2 * LENGTH(servers); i++) {
		int version = i % 2 ? TLS1_2_VERSION : TLS1_3_VERSION, alert;
		struct raw raw = raw_server(version, version, servers[i / 2].certificate);
		stls_tls *tls = pair_open(client, STLS_IMAP, STLS_CLIENT, &peer);

		raw_open(&raw);
		listen_to(&raw, &alert);
		raw_run(&raw, tls);
		pair_expect(tls, servers[i / 2].fault);
		if (alert != servers[i / 2].alert)
			fail_msg("%s: alert %d", servers[i / 2].certificate, alert);
		stls_tls_free(tls);
		raw_free(&raw);
	}
	stls_tls_context_free(client);
}

/* ---- what is no TLS ---- */

static const struct {
	const char *said;
	enum stls_role role;
	enum stls_fault fault;
} plain[] = {
    {"GET / HTTP/1.1\r\n\r\n", STLS_SERVER, STLS_FAULT_CROSS_PROTOCOL},
    {"POST / HTTP/1.1\r\n\r\n", STLS_SERVER, STLS_FAULT_CROSS_PROTOCOL},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", STLS_SERVER, STLS_FAULT_CROSS_PROTOCOL},
    {"EHLO client.example\r\n", STLS_SERVER, STLS_FAULT_NOT_TLS},
    {"a CAPABILITY\r\n", STLS_SERVER, STLS_FAULT_NOT_TLS},
    {"\r\n", STLS_SERVER, STLS_FAULT_NOT_TLS},
    {"\x80\x2e\x01\x03\x01", STLS_SERVER, STLS_FAULT_NOT_TLS}, /* the hello of SSL 2 */
    {"\x15\x03\x03\x00\x02\x01", STLS_SERVER, STLS_FAULT_NOT_TLS},
    {"220 mail.example.org ESMTP\r\n", STLS_CLIENT, STLS_FAULT_NOT_TLS},
    {"* OK ready\r\n", STLS_CLIENT, STLS_FAULT_NOT_TLS},
};

/* Not a byte, neither at once nor when it comes in single octets. */
static void nothing_is_said(void **unused)
{
	static const struct stls_tls_peer anybody = {.size = sizeof(anybody)};
	stls_tls_context *server = pair_server(NULL, "good", NULL), *client = pair_client(NULL);

	(void)unused;
	for (size_t i = 0; i < 2 * LENGTH(plain); i++) {
		bool ours = plain[i / 2].role == STLS_CLIENT, whole = i % 2 == 0;
		const char *said = plain[i / 2].said;
		stls_tls *tls = pair_open(ours ? client : server, STLS_IMAP, plain[i / 2].role,
		                          ours ? &anybody : NULL);
		size_t count;

		stls_tls_out(tls, &count);
		stls_tls_sent(tls, count); /* a client's hello */
		for (size_t at = 0; said[at] != '\0' && (at == 0 || !whole); at++)
			assert_int_equal(stls_tls_feed(tls, said + at, whole ? strlen(said) : 1),
			                 0);
		stls_tls_out(tls, &count);
		assert_int_equal(count, 0);
		assert_int_equal(stls_tls_need(tls), STLS_FAILED);
		if (whole)
			pair_expect(tls, plain[i / 2].fault);
		else /* one octet is enough to know that, but not what else it is */
			pair_expect(tls, STLS_FAULT_NOT_TLS);
		stls_tls_free(tls);
		assert_int_equal(ERR_peek_error(), 0);
	}
	stls_tls_context_free(server);
	stls_tls_context_free(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(servers_say),
	    cmocka_unit_test(clients_say),
	    cmocka_unit_test(nothing_is_said),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
