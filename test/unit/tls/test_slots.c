/* SPDX-License-Identifier: ISC */
/* Whichever certificate a name chooses, everything else of the context is as it
 * was: ALPN, the question for the client's certificate, tickets. */
#include "pair.h"

#include <openssl/err.h>

static int begin(void **unused)
{
	(void)unused;
	certs_begin();
	certs_make(&(struct certs_spec){.name = "ca", .authority = 1});
	certs_make(&(struct certs_spec){.name = "first", .san = "DNS:mail.example.org"});
	certs_make(&(struct certs_spec){.name = "second", .san = "DNS:mail.example.net"});
	certs_make(
	    &(struct certs_spec){.name = "third", .san = "DNS:mail.example.net", .rsa_bits = 2048});
	certs_make(&(struct certs_spec){.name = "Alice", .issuer = "ca"});
	certs_make(&(struct certs_spec){
	    .name = "cut", .issuer = "ca", .common = "Alice\0.evil", .common_length = 11});
	certs_make(&(struct certs_spec){.name = "lines", .issuer = "ca", .common = "Alice\nBob"});
	certs_make(&(struct certs_spec){
	    .name = "Old", .issuer = "ca", .common = "Alice", .from = -9, .to = -1});
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	certs_end();
	return 0;
}

/* CVE-2009-2408: what is no text is no name, however good the certificate. */
static const struct {
	const char *shown, *name;
	enum stls_fault unverified;
} clients[] = {
    {NULL, "", STLS_FAULT_NO_CERTIFICATE}, {"Alice", "Alice", STLS_FAULT_NONE},
    {"cut", "", STLS_FAULT_NONE},          {"lines", "", STLS_FAULT_NONE},
    {"Old", "Alice", STLS_FAULT_EXPIRED},
};

static const struct {
	int version;
	const char *sni;
} ways[] = {
    {TLS1_3_VERSION, "mail.example.org"}, {TLS1_3_VERSION, "mail.example.net"},
    {TLS1_2_VERSION, "mail.example.org"}, {TLS1_2_VERSION, "mail.example.net"},
    {TLS1_3_VERSION, "unknown.example"},  {TLS1_2_VERSION, "unknown.example"},
};

static struct raw dress(size_t client, int version)
{
	struct raw raw = raw_client(version, version);
	const char *name = clients[client].shown;

	if (name != NULL) {
		SSL_CTX_use_certificate_chain_file(raw.context, certs_chain(name));
		SSL_CTX_use_PrivateKey_file(raw.context, certs_key(name), SSL_FILETYPE_PEM);
	}
	SSL_CTX_set_alpn_protos(raw.context, (const unsigned char *)"\4imap", 5);
	return raw;
}

static void know(stls_tls *tls, size_t client, const char *sni, bool resumed, bool asked)
{
	const char *shown = asked ? clients[client].shown : NULL;
	enum stls_fault unverified = asked ? clients[client].unverified : STLS_FAULT_NO_CERTIFICATE;
	struct stls_facts facts;

	pair_expect_up(tls);
	stls_tls_facts(tls, &facts);
	assert_string_equal(facts.alpn, "imap");
	assert_string_equal(facts.sni, sni);
	assert_int_equal(facts.resumed, resumed);
	assert_string_equal(facts.peer_name, asked ? clients[client].name : "");
	assert_int_equal(facts.peer_certificate, shown != NULL);
	assert_int_equal(facts.unverified, unverified);
	assert_int_equal(facts.verified,
	                 unverified == STLS_FAULT_NONE ? STLS_TRUST_PKIX : STLS_TRUST_ANY);
}

static SSL_SESSION *visit(struct raw *raw, stls_tls_context *server, size_t client, size_t way,
                          SSL_SESSION *session, bool asked)
{
	stls_tls *tls = pair_open(server, STLS_IMAP, STLS_SERVER, NULL);
	SSL_SESSION *next;
	char nothing[1];

	raw_open(raw);
	raw_ask(raw, ways[way].sni);
	if (session != NULL)
		assert_int_equal(SSL_set_session(raw->ssl, session), 1);
	raw_run(raw, tls);
	SSL_read(raw->ssl, nothing, sizeof(nothing)); /* tickets */
	know(tls, client, ways[way].sni, session != NULL, asked);
	SSL_SESSION_free(session);
	next = SSL_get1_session(raw->ssl);
	SSL_shutdown(raw->ssl);
	stls_tls_free(tls);
	raw_close(raw);
	ERR_clear_error();
	return next;
}

/* RFC 6120 section 5.4.3.1; TLS-34: nobody is asked who need not be. */
static void all_the_same(void **unused)
{
	char ca[256];

	(void)unused;
	snprintf(ca, sizeof(ca), "%s", certs_chain("ca"));
	for (int asked = 0; asked < 2; asked++) {
		const struct stls_tls_settings settings = {.ca_file = ca, .ask_client = asked};
		stls_tls_context *server = pair_server(&settings, "first", "second", "third", NULL);

		for (size_t i = 0; i < LENGTH(clients) * LENGTH(ways); i++) {
			size_t client = i / LENGTH(ways), way = i % LENGTH(ways);
			struct raw raw = dress(client, ways[way].version);
			SSL_SESSION *session = visit(&raw, server, client, way, NULL, asked);

			session = visit(&raw, server, client, way, session, asked);
			session = visit(&raw, server, client, way, session, asked);
			SSL_SESSION_free(session);
			raw_free(&raw);
		}
		stls_tls_context_free(server);
	}
}

/* What is no name is not repeated to logs and backends; and, where it is not
 * insisted on names, it is as welcome as an unknown one (TLS-24). */
static void unprintable(void **unused)
{
	static const char *const names[] = {"mail.example.net\nX: y", "mail.example.net ",
	                                    "m\xc3\xa4il.example.net", "\x7f"};
	stls_tls_context *server = pair_server(NULL, "first", "second", NULL);

	(void)unused;
	for (size_t i = 0; i < LENGTH(names); i++) {
		struct raw raw = raw_client(TLS1_3_VERSION, TLS1_3_VERSION);
		stls_tls *tls = pair_open(server, STLS_SMTP, STLS_SERVER, NULL);
		struct stls_facts facts;

		raw_open(&raw);
		raw_ask(&raw, names[i]);
		raw_run(&raw, tls);
		pair_expect_up(tls);
		stls_tls_facts(tls, &facts);
		assert_string_equal(facts.sni, "");
		stls_tls_free(tls);
		raw_free(&raw);
	}
	stls_tls_context_free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_the_same),
	    cmocka_unit_test(unprintable),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
