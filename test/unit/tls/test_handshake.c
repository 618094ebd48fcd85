/* SPDX-License-Identifier: ISC */
/* The handshake: what is agreed, what is refused, and how it ends. */
#include "mail.h"

#include <openssl/err.h>

static int begin_with_rsa(void **state)
{
	begin(state);
	certs_make(&(struct certs_spec){
	    .name = "rsa", .issuer = "ca", .san = "DNS:mail.example.org", .rsa_bits = 2048});
	return 0;
}

static void say(stls_tls *from, stls_tls *to, const char *text)
{
	char got[128];
	size_t count = 0;

	assert_int_equal(stls_tls_write(from, text, strlen(text)), 0);
	pair_run(from, to, 512);
	while (count < strlen(text)) {
		ptrdiff_t n = stls_tls_read(to, got + count, sizeof(got) - count);

		assert_true(n > 0);
		count += (size_t)n;
	}
	assert_memory_equal(got, text, strlen(text));
	assert_int_equal(stls_tls_read(to, got, sizeof(got)), 0);
}

/* Plaintext crosses both ways, however the ciphertext is split. */
static void every_split(void **unused)
{
	static const size_t chunks[] = {1, 2, 3, 5, 7, 64, 511, 512};

	(void)unused;
	for (size_t i = 0; i < LENGTH(chunks); i++) {
		struct pair pair = {pair_open(client, STLS_IMAP, STLS_CLIENT, &peer),
		                    pair_open(server, STLS_IMAP, STLS_SERVER, NULL)};

		pair_run(pair.client, pair.server, chunks[i]);
		pair_expect_up(pair.client);
		pair_expect_up(pair.server);
		say(pair.client, pair.server, "a CAPABILITY\r\n");
		say(pair.server, pair.client, "* CAPABILITY IMAP4rev2\r\na OK\r\n");
		pair_free(&pair);
	}
}

static void long_stream(void **unused)
{
	struct pair pair = pair_shake(client, server, STLS_SMTP, &peer);
	static char sent[200000], got[200000];
	size_t count = 0;
	ptrdiff_t n;

	(void)unused;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 7 + i / 251);
	assert_int_equal(stls_tls_write(pair.client, sent, sizeof(sent)), 0);
	pair_run(pair.client, pair.server, 509);
	while ((n = stls_tls_read(pair.server, got + count, sizeof(got) - count)) > 0)
		count += (size_t)n;
	assert_int_equal(count, sizeof(sent));
	assert_memory_equal(sent, got, sizeof(sent));
	pair_free(&pair);
}

/* ---- facts ---- */

static void facts_of_tls13(void **unused)
{
	struct pair pair = pair_shake(client, server, STLS_IMAP, &peer);
	struct stls_facts facts;

	(void)unused;
	stls_tls_facts(pair.client, &facts);
	assert_string_equal(facts.version, "TLSv1.3");
	assert_string_equal(facts.cipher, "TLS_AES_128_GCM_SHA256");
	assert_string_equal(facts.alpn, "imap");
	assert_string_equal(facts.sni, "mail.example.org");
	assert_string_equal(facts.matched, "mail.example.org");
	assert_int_equal(facts.verified, STLS_TRUST_PKIX);
	assert_int_equal(facts.unverified, STLS_FAULT_NONE);
	assert_true(facts.peer_certificate);
	assert_false(facts.resumed);
	assert_string_equal(facts.group, "X25519");
	stls_tls_facts(pair.server, &facts);
	assert_string_equal(facts.version, "TLSv1.3");
	assert_string_equal(facts.alpn, "imap");
	assert_string_equal(facts.sni, "mail.example.org");
	assert_int_equal(facts.verified, STLS_TRUST_ANY);
	assert_int_equal(facts.unverified, STLS_FAULT_NO_CERTIFICATE);
	assert_false(facts.peer_certificate);
	assert_string_equal(facts.peer_name, "");
	pair_free(&pair);
}

/* Both sides of TLS 1.2, against OpenSSL alone. */
static void facts_of_tls12(void **unused)
{
	struct raw raw = raw_client(TLS1_2_VERSION, TLS1_2_VERSION);
	stls_tls *tls = pair_open(server, STLS_IMAP, STLS_SERVER, NULL);
	struct stls_facts facts;

	(void)unused;
	raw_open(&raw);
	raw_run(&raw, tls);
	assert_int_equal(raw.shaken, 1);
	pair_expect_up(tls);
	stls_tls_facts(tls, &facts);
	assert_string_equal(facts.version, "TLSv1.2");
	assert_string_equal(facts.cipher, "ECDHE-ECDSA-AES128-GCM-SHA256");
	assert_string_equal(facts.alpn, "");
	assert_string_equal(facts.sni, "");
	assert_int_not_equal(strlen(facts.group), 0);
	stls_tls_free(tls);
	raw_free(&raw);
}

static void client_of_tls12(void **unused)
{
	struct raw raw = raw_server(TLS1_2_VERSION, TLS1_2_VERSION, "mail");
	stls_tls *tls = pair_open(client, STLS_IMAP, STLS_CLIENT, &peer);
	struct stls_facts facts;

	(void)unused;
	raw_open(&raw);
	raw_run(&raw, tls);
	pair_expect_up(tls);
	stls_tls_facts(tls, &facts);
	assert_string_equal(facts.version, "TLSv1.2");
	assert_int_equal(facts.verified, STLS_TRUST_PKIX);
	assert_string_equal(facts.alpn, ""); /* none agreed is fine: RFC 7301 */
	stls_tls_free(tls);
	raw_free(&raw);
}

static void certificate_in_words(void **unused)
{
	struct pair pair = pair_shake(client, server, STLS_IMAP, &peer);
	struct stls_certificate leaf, again, issuer;
	size_t length;
	unsigned char *der = certs_der("mail", &length);

	(void)unused;
	assert_true(stls_tls_certificate(pair.client, 0, &leaf));
	assert_string_equal(leaf.subject, "CN=mail");
	assert_string_equal(leaf.issuer, "CN=ca");
	assert_string_equal(leaf.key, "ECDSA P-256");
	assert_string_equal(leaf.signature, "ecdsa-with-SHA256");
	assert_int_equal(leaf.not_after - leaf.not_before, 31 * 86400);
	assert_int_equal(leaf.name_count, 1);
	assert_int_equal(leaf.names[0].kind, STLS_DNS_ID);
	assert_memory_equal(leaf.names[0].bytes, "mail.example.org", 16);
	assert_int_equal(leaf.der_length, length);
	assert_memory_equal(leaf.der, der, length);
	assert_true(stls_tls_certificate(pair.client, 1, &issuer));
	assert_string_equal(issuer.subject, "CN=ca");
	assert_false(stls_tls_certificate(pair.client, 2, &issuer));
	assert_true(stls_tls_certificate(pair.client, 0, &again));
	assert_ptr_equal(again.der, leaf.der);
	assert_false(stls_tls_certificate(pair.server, 0, &leaf));
	free(der);
	pair_free(&pair);
}

static void exporter(void **unused)
{
	struct pair pair = {pair_open(client, STLS_IMAP, STLS_CLIENT, &peer),
	                    pair_open(server, STLS_IMAP, STLS_SERVER, NULL)};
	unsigned char a[32] = {0}, b[32] = {1}, before[32];

	(void)unused;
	assert_int_equal(stls_tls_binding(pair.client, before), -1);
	pair_run(pair.client, pair.server, 512);
	assert_int_equal(stls_tls_binding(pair.client, a), 0);
	assert_int_equal(stls_tls_binding(pair.server, b), 0);
	assert_memory_equal(a, b, 32);
	pair_free(&pair);
	/* another connection, another binding */
	pair = pair_shake(client, server, STLS_IMAP, &peer);
	assert_int_equal(stls_tls_binding(pair.client, b), 0);
	assert_memory_not_equal(a, b, 32);
	pair_free(&pair);
}

/* RFC 9266 section 4: with TLS 1.2, only with an extended master secret. */
static void exporter_of_tls12(void **unused)
{
	for (int ems = 0; ems < 2; ems++) {
		struct raw raw = raw_client(TLS1_2_VERSION, TLS1_2_VERSION);
		stls_tls *tls = pair_open(server, STLS_IMAP, STLS_SERVER, NULL);
		unsigned char a[32], b[32];

		(void)unused;
		if (!ems)
			SSL_CTX_set_options(raw.context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
		raw_open(&raw);
		raw_run(&raw, tls);
		pair_expect_up(tls);
		assert_int_equal(stls_tls_binding(tls, a), ems ? 0 : -1);
		assert_int_equal(SSL_export_keying_material(raw.ssl, b, 32,
		                                            "EXPORTER-Channel-Binding", 24,
		                                            (const unsigned char *)"", 0, 1),
		                 1);
		if (ems)
			assert_memory_equal(a, b, 32);
		stls_tls_free(tls);
		raw_free(&raw);
	}
}

/* ---- versions and ciphers ---- */

/* TLS-01 */
static void tls11_is_refused(void **unused)
{
	struct raw raw = raw_client(TLS1_1_VERSION, TLS1_1_VERSION);
	stls_tls *tls = pair_open(server, STLS_IMAP, STLS_SERVER, NULL);

	(void)unused;
	raw_open(&raw);
	raw_run(&raw, tls);
	pair_expect(tls, STLS_FAULT_VERSION);
	assert_int_equal(raw.reason, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
	stls_tls_free(tls);
	raw_free(&raw);

	raw = raw_server(TLS1_1_VERSION, TLS1_1_VERSION, "mail");
	tls = pair_open(client, STLS_IMAP, STLS_CLIENT, &peer);
	raw_open(&raw);
	raw_run(&raw, tls);
	pair_expect(tls, STLS_FAULT_VERSION);
	stls_tls_free(tls);
	raw_free(&raw);
}

static enum stls_fault with_ciphers(stls_tls_context *context, const char *list)
{
	struct raw raw = raw_client(TLS1_2_VERSION, TLS1_2_VERSION);
	stls_tls *tls = pair_open(context, STLS_IMAP, STLS_SERVER, NULL);
	enum stls_fault fault;

	assert_int_equal(SSL_CTX_set_cipher_list(raw.context, list), 1);
	raw_open(&raw);
	raw_run(&raw, tls);
	fault = stls_tls_fault(tls);
	assert_int_equal(raw.shaken == 1, fault == STLS_FAULT_NONE);
	stls_tls_free(tls);
	raw_free(&raw);
	return fault;
}

/* TLS-04, TLS-05, TLS-06, TLS-07: AEAD with forward secrecy */
static void weak_ciphers_are_refused(void **unused)
{
	static const char *const weak[] = {"ECDHE-RSA-AES128-SHA",      "ECDHE-RSA-AES256-SHA384",
	                                   "AES128-GCM-SHA256",         "AES256-SHA",
	                                   "DHE-RSA-AES128-GCM-SHA256", "AECDH-AES128-SHA"};
	static const char *const good[] = {"ECDHE-RSA-AES128-GCM-SHA256",
	                                   "ECDHE-RSA-AES256-GCM-SHA384",
	                                   "ECDHE-RSA-CHACHA20-POLY1305"};
	stls_tls_context *rsa = pair_server(NULL, "rsa", NULL);

	(void)unused;
	for (size_t i = 0; i < LENGTH(weak); i++)
		assert_int_equal(with_ciphers(rsa, weak[i]), STLS_FAULT_CIPHER);
	for (size_t i = 0; i < LENGTH(good); i++)
		assert_int_equal(with_ciphers(rsa, good[i]), STLS_FAULT_NONE);
	stls_tls_context_free(rsa);
}

/* ... unless the peer is opportunistic (RFC 7435) */
static void weaker_ciphers_are_a_setting(void **unused)
{
	static const char *const lists[] = {"ECDHE-RSA-AES128-SHA", "AES128-GCM-SHA256",
	                                    "AES128-SHA"};
	const struct stls_tls_settings settings = {.ca_file = certs_chain("ca"), .weaker = 1};
	stls_tls_context *weaker = pair_client(&settings);

	(void)unused;
	for (size_t i = 0; i < 2 * LENGTH(lists); i++) {
		struct raw raw = raw_server(TLS1_2_VERSION, TLS1_2_VERSION, "rsa");
		bool allowed = i % 2 == 0;
		stls_tls *tls = pair_open(allowed ? weaker : client, STLS_SMTP, STLS_CLIENT, &peer);

		assert_int_equal(SSL_CTX_set_cipher_list(raw.context, lists[i / 2]), 1);
		raw_open(&raw);
		raw_run(&raw, tls);
		pair_expect(tls, allowed ? STLS_FAULT_NONE : STLS_FAULT_CIPHER);
		stls_tls_free(tls);
		raw_free(&raw);
	}
	stls_tls_context_free(weaker);
}

/* TLS-08 */
static void foreign_group_is_refused(void **unused)
{
	static struct {
		char list[16];
		enum stls_fault fault;
	} groups[] = {{"X448", STLS_FAULT_CIPHER},
	              {"P-256", STLS_FAULT_NONE},
	              {"X448:P-384", STLS_FAULT_NONE}}; /* after a HelloRetryRequest */

	(void)unused;
	for (size_t i = 0; i < LENGTH(groups); i++) {
		struct raw raw = raw_client(TLS1_3_VERSION, TLS1_3_VERSION);
		stls_tls *tls = pair_open(server, STLS_IMAP, STLS_SERVER, NULL);

		assert_int_equal(SSL_CTX_set1_groups_list(raw.context, groups[i].list), 1);
		raw_open(&raw);
		raw_ask(&raw, "mail.example.org");
		raw_run(&raw, tls);
		pair_expect(tls, groups[i].fault);
		stls_tls_free(tls);
		raw_free(&raw);
	}
}

/* ---- receipts ---- */

static void no_receipt_no_tls(void **unused)
{
	struct stls_receipt receipt = {0};
	stls_tls *tls;

	(void)unused;
	receipt.role = STLS_SERVER;
	receipt.protocol = STLS_IMAP;
	assert_null(stls_tls_open(server, &receipt, NULL));
	receipt = pair_receipt(STLS_IMAP, STLS_CLIENT);
	assert_null(stls_tls_open(server, &receipt, NULL));
	receipt = pair_receipt(STLS_IMAP, STLS_CLIENT);
	assert_null(stls_tls_open(client, &receipt, NULL)); /* a client knows whom it wants */
	receipt = pair_receipt(STLS_IMAP, STLS_SERVER);
	tls = stls_tls_open(server, &receipt, NULL);
	assert_non_null(tls);
	assert_null(stls_tls_open(server, &receipt, NULL)); /* once */
	stls_tls_free(tls);
}

static void context_outlived(void **unused)
{
	stls_tls_context *mine = pair_server(NULL, "mail", NULL);
	struct pair pair = pair_shake(client, mine, STLS_IMAP, &peer);

	(void)unused;
	stls_tls_context_free(mine);
	say(pair.client, pair.server, "NOOP\r\n");
	say(pair.server, pair.client, "OK\r\n");
	pair_free(&pair);
	stls_tls_free(NULL);
	stls_tls_context_free(NULL);
}

static void role_is_needed(void **unused)
{
	struct stls_tls_settings settings = {.size = sizeof(settings)};
	struct stls_tls_error error = {""};

	(void)unused;
	assert_null(stls_tls_context_new(&settings, &error));
	assert_true(strstr(error.text, "role") != NULL);
	settings = (struct stls_tls_settings){
	    .size = sizeof(settings), .role = STLS_CLIENT, .ca_file = "/nonexistent/ca.pem"};
	assert_null(stls_tls_context_new(&settings, &error));
	assert_true(strstr(error.text, "/nonexistent/ca.pem") != NULL);
}

/* ---- the end ---- */

/* TLS-18, TLS-19 */
static void close_is_not_a_cut(void **unused)
{
	struct pair pair = pair_shake(client, server, STLS_IMAP, &peer);
	char got[64];

	(void)unused;
	assert_int_equal(stls_tls_write(pair.server, "* BYE\r\n", 7), 0);
	stls_tls_close(pair.server);
	assert_int_equal(stls_tls_write(pair.server, "more", 4), -1);
	pair_run(pair.client, pair.server, 512);
	assert_int_equal(stls_tls_end(pair.client), STLS_END_OPEN);
	assert_int_equal(stls_tls_read(pair.client, got, sizeof(got)), 7);
	assert_int_equal(stls_tls_read(pair.client, got, sizeof(got)), -1);
	assert_int_equal(stls_tls_end(pair.client), STLS_END_CLOSED);
	pair_expect(pair.client, STLS_FAULT_NONE);
	stls_tls_eof(pair.client);
	assert_int_equal(stls_tls_read(pair.client, got, sizeof(got)), -1);
	assert_int_equal(stls_tls_end(pair.client), STLS_END_CLOSED);
	/* a half-close: the other half still speaks (RFC 8446 section 6.1) */
	say(pair.client, pair.server, "late but welcome\r\n");
	stls_tls_close(pair.client);
	pair_run(pair.client, pair.server, 512);
	assert_int_equal(stls_tls_read(pair.server, got, sizeof(got)), -1);
	assert_int_equal(stls_tls_end(pair.server), STLS_END_CLOSED);
	pair_free(&pair);
}

static void cut_is_not_a_close(void **unused)
{
	struct pair pair = pair_shake(client, server, STLS_IMAP, &peer);
	char got[64];

	(void)unused;
	assert_int_equal(stls_tls_write(pair.client, "half a mess", 11), 0);
	pair_run(pair.client, pair.server, 512);
	stls_tls_eof(pair.server);
	assert_int_equal(stls_tls_read(pair.server, got, sizeof(got)), 11);
	assert_int_equal(stls_tls_read(pair.server, got, sizeof(got)), -1);
	assert_int_equal(stls_tls_end(pair.server), STLS_END_CUT);
	pair_expect(pair.server, STLS_FAULT_CUT);
	assert_int_equal(stls_tls_write(pair.server, "OK", 2), -1);
	pair_free(&pair);
}

static void cut_inside_a_record(void **unused)
{
	struct pair pair = pair_shake(client, server, STLS_IMAP, &peer);
	char got[64];
	size_t count;
	const char *out;

	(void)unused;
	assert_int_equal(stls_tls_write(pair.client, "half a mess", 11), 0);
	out = stls_tls_out(pair.client, &count);
	assert_int_equal(stls_tls_feed(pair.server, out, count - 1), 0);
	assert_int_equal(stls_tls_read(pair.server, got, sizeof(got)), 0);
	stls_tls_eof(pair.server);
	assert_int_equal(stls_tls_read(pair.server, got, sizeof(got)), -1);
	assert_int_equal(stls_tls_end(pair.server), STLS_END_CUT);
	pair_free(&pair);
}

static void altered_record(void **unused)
{
	struct pair pair = pair_shake(client, server, STLS_IMAP, &peer);
	char got[64], copy[256];
	size_t count;
	const char *out;

	(void)unused;
	assert_int_equal(stls_tls_write(pair.client, "text", 4), 0);
	out = stls_tls_out(pair.client, &count);
	memcpy(copy, out, count);
	copy[count - 1] ^= 1;
	assert_int_equal(stls_tls_feed(pair.server, copy, count), 0);
	assert_int_equal(stls_tls_read(pair.server, got, sizeof(got)), -1);
	assert_int_equal(stls_tls_end(pair.server), STLS_END_CUT);
	pair_expect(pair.server, STLS_FAULT_CUT);
	pair_free(&pair);
}

static void closed_in_the_handshake(void **unused)
{
	stls_tls *tls = pair_open(server, STLS_IMAP, STLS_SERVER, NULL);
	stls_tls *other = pair_open(client, STLS_IMAP, STLS_CLIENT, &peer);
	size_t count;
	const char *out;

	(void)unused;
	stls_tls_eof(tls);
	pair_expect(tls, STLS_FAULT_CLOSED);
	stls_tls_free(tls);
	tls = pair_open(server, STLS_IMAP, STLS_SERVER, NULL);
	out = stls_tls_out(other, &count);
	assert_int_equal(stls_tls_feed(tls, out, count / 2), 0);
	assert_int_equal(stls_tls_need(tls), STLS_IN);
	stls_tls_eof(tls);
	pair_expect(tls, STLS_FAULT_CLOSED);
	stls_tls_free(tls);
	stls_tls_eof(other);
	pair_expect(other, STLS_FAULT_CLOSED);
	stls_tls_free(other);
}

/* ---- not TLS ---- */

/* TLS-35, ALPACA */
static void plaintext_for_a_server(void **unused)
{
	static const struct {
		const char *text;
		enum stls_fault fault;
	} talks[] = {
	    {"EHLO client.example\r\n", STLS_FAULT_NOT_TLS},
	    {"a LOGIN user secret\r\n", STLS_FAULT_NOT_TLS},
	    {"\r\n", STLS_FAULT_NOT_TLS},
	    {"G", STLS_FAULT_NOT_TLS},
	    {"\x80\x2e\x01\x03\x01 an SSLv2 hello", STLS_FAULT_NOT_TLS},
	    {"\x15\x03\x01\x00\x02\x02\x28", STLS_FAULT_NOT_TLS}, /* an alert first */
	    {"GET / HTTP/1.1\r\nHost: mail.example.org\r\n\r\n", STLS_FAULT_CROSS_PROTOCOL},
	    {"POST / HTTP/1.1\r\n", STLS_FAULT_CROSS_PROTOCOL},
	    {"PRI * HTTP/2.0\r\n\r\n", STLS_FAULT_CROSS_PROTOCOL},
	    {"CONNECT mail.example.org:25 HTTP/1.1\r\n", STLS_FAULT_CROSS_PROTOCOL},
	};

	(void)unused;
	for (size_t i = 0; i < LENGTH(talks); i++) {
		stls_tls *tls = pair_open(server, STLS_IMAP, STLS_SERVER, NULL);
		size_t count;

		assert_int_equal(stls_tls_feed(tls, talks[i].text, strlen(talks[i].text)), 0);
		pair_expect(tls, talks[i].fault);
		stls_tls_out(tls, &count);
		assert_int_equal(count, 0); /* it is not answered */
		assert_int_equal(stls_tls_need(tls), STLS_FAILED);
		stls_tls_free(tls);
	}
}

static void plaintext_for_a_client(void **unused)
{
	static const char *const talks[] = {"220 ready\r\n", "* OK\r\n", "HTTP/1.1 400 \r\n\r\n"};

	(void)unused;
	for (size_t i = 0; i < LENGTH(talks); i++) {
		stls_tls *tls = pair_open(client, STLS_IMAP, STLS_CLIENT, &peer);
		size_t count;

		stls_tls_out(tls, &count);
		stls_tls_sent(tls, count);
		assert_int_equal(stls_tls_feed(tls, talks[i], strlen(talks[i])), 0);
		pair_expect(tls, STLS_FAULT_NOT_TLS);
		assert_int_equal(stls_tls_need(tls), STLS_FAILED);
		stls_tls_free(tls);
	}
}

static void alert_for_a_client(void **unused)
{
	stls_tls *tls = pair_open(client, STLS_IMAP, STLS_CLIENT, &peer);

	(void)unused;
	assert_int_equal(stls_tls_feed(tls, "\x15\x03\x03\x00\x02\x02\x28", 7), 0);
	pair_expect(tls, STLS_FAULT_CIPHER);
	stls_tls_free(tls);
	tls = pair_open(client, STLS_IMAP, STLS_CLIENT, &peer);
	assert_int_equal(stls_tls_feed(tls, "\x15\x03\x03\x00\x02\x02\x70", 7), 0);
	pair_expect(tls, STLS_FAULT_SNI);
	stls_tls_free(tls);
}

/* ---- renegotiation ---- */

/* TLS-12 */
static void client_renegotiates(void **unused)
{
	struct raw raw = raw_client(TLS1_2_VERSION, TLS1_2_VERSION);
	stls_tls *tls = pair_open(server, STLS_IMAP, STLS_SERVER, NULL);
	char got[16];

	(void)unused;
	raw_open(&raw);
	raw_run(&raw, tls);
	pair_expect_up(tls);
	/* a positive control: without it, the connection lives */
	assert_int_equal(SSL_write(raw.ssl, "a", 1), 1);
	raw_carry(&raw, tls);
	assert_int_equal(stls_tls_read(tls, got, sizeof(got)), 1);
	assert_int_equal(SSL_renegotiate(raw.ssl), 1);
	SSL_do_handshake(raw.ssl);
	raw_carry(&raw, tls);
	assert_int_equal(stls_tls_read(tls, got, sizeof(got)), -1);
	pair_expect(tls, STLS_FAULT_RENEGOTIATION);
	assert_int_equal(stls_tls_write(tls, "b", 1), -1);
	stls_tls_free(tls);
	raw_free(&raw);
}

static void server_renegotiates(void **unused)
{
	struct raw raw = raw_server(TLS1_2_VERSION, TLS1_2_VERSION, "mail");
	stls_tls *tls = pair_open(client, STLS_IMAP, STLS_CLIENT, &peer);
	char got[16];

	(void)unused;
	raw_open(&raw);
	raw_run(&raw, tls);
	pair_expect_up(tls);
	assert_int_equal(SSL_renegotiate(raw.ssl), 1);
	SSL_do_handshake(raw.ssl);
	raw_carry(&raw, tls);
	assert_int_equal(stls_tls_read(tls, got, sizeof(got)), -1);
	pair_expect(tls, STLS_FAULT_RENEGOTIATION);
	stls_tls_free(tls);
	raw_free(&raw);
}

/* TLS-41 */
static void key_updates(void **unused)
{
	struct raw raw = raw_client(TLS1_3_VERSION, TLS1_3_VERSION);
	stls_tls *tls = pair_open(server, STLS_IMAP, STLS_SERVER, NULL);
	char got[16];
	int i;

	(void)unused;
	raw_open(&raw);
	raw_run(&raw, tls);
	for (i = 0; i < 5; i++) {
		assert_int_equal(SSL_key_update(raw.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		assert_int_equal(SSL_write(raw.ssl, "a", 1), 1);
		raw_carry(&raw, tls);
		assert_int_equal(stls_tls_read(tls, got, sizeof(got)), 1);
		assert_int_equal(stls_tls_read(tls, got, sizeof(got)), 0);
		raw_carry(&raw, tls);
		assert_int_equal(SSL_read(raw.ssl, got, sizeof(got)), -1);
	}
	/* a flood of them from a peer that takes no answer ends */
	for (i = 0; i < 5000 && stls_tls_fault(tls) == STLS_FAULT_NONE; i++) {
		char buffer[256];
		int n;

		assert_int_equal(SSL_key_update(raw.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		SSL_do_handshake(raw.ssl);
		n = BIO_read(SSL_get_wbio(raw.ssl), buffer, sizeof(buffer));
		assert_int_equal(stls_tls_feed(tls, buffer, (size_t)n), 0);
		assert_true(stls_tls_read(tls, got, sizeof(got)) <= 0);
	}
	pair_expect(tls, STLS_FAULT_CUT);
	assert_true(i > 100);
	stls_tls_free(tls);
	raw_free(&raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_split),
	    cmocka_unit_test(long_stream),
	    cmocka_unit_test(facts_of_tls13),
	    cmocka_unit_test(facts_of_tls12),
	    cmocka_unit_test(client_of_tls12),
	    cmocka_unit_test(certificate_in_words),
	    cmocka_unit_test(exporter),
	    cmocka_unit_test(exporter_of_tls12),
	    cmocka_unit_test(tls11_is_refused),
	    cmocka_unit_test(weak_ciphers_are_refused),
	    cmocka_unit_test(weaker_ciphers_are_a_setting),
	    cmocka_unit_test(foreign_group_is_refused),
	    cmocka_unit_test(no_receipt_no_tls),
	    cmocka_unit_test(context_outlived),
	    cmocka_unit_test(role_is_needed),
	    cmocka_unit_test(close_is_not_a_cut),
	    cmocka_unit_test(cut_is_not_a_close),
	    cmocka_unit_test(cut_inside_a_record),
	    cmocka_unit_test(altered_record),
	    cmocka_unit_test(closed_in_the_handshake),
	    cmocka_unit_test(plaintext_for_a_server),
	    cmocka_unit_test(plaintext_for_a_client),
	    cmocka_unit_test(alert_for_a_client),
	    cmocka_unit_test(client_renegotiates),
	    cmocka_unit_test(server_renegotiates),
	    cmocka_unit_test(key_updates),
	};

	return cmocka_run_group_tests(tests, begin_with_rsa, end);
}
