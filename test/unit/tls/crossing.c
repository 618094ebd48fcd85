/* SPDX-License-Identifier: ISC */
/* Our client and our server, back to back: what crosses, how it ends, and what is
 * known of it. */
#include <openssl/x509.h>

#include "rig.h"
#include "tls/internal.h"

static const struct stls_id wanted = {STLS_DNS_ID, "mail.example.org", 16};
static const struct stls_tls_peer peer = {
    .sni = "mail.example.org", .trust = STLS_TRUST_PKIX, .wanted = &wanted, .wanted_count = 1};

struct pair {
	stls_tls_context *client, *server;
	const struct pki_pair *identity;
	struct rig rig;
};

static void begin(struct pair *pair, struct pki *pki, int version)
{
	pair->identity = pki_issue(pki, &(struct pki_wish){.subject = "mail.example.org",
	                                                   .names = "DNS:mail.example.org"});
	pair->client = rig_client(pki, 0);
	pair->server = rig_server_of(pair->identity);
	SSL_CTX_set_max_proto_version(pair->client->ssl, version);
	rig_open(&pair->rig, STLS_IMAP, pair->client, pair->server, &peer);
	/* Connections keep what they need of a context. */
	stls_tls_context_free(pair->client);
	stls_tls_context_free(pair->server);
}

static void begin_up(struct pair *pair, struct pki *pki, int version)
{
	begin(pair, pki, version);
	rig_run(&pair->rig, WHOLE);
	assert_int_equal(stls_tls_need(pair->rig.client), STLS_DONE);
	assert_int_equal(stls_tls_need(pair->rig.server), STLS_DONE);
}

static void hears(stls_tls *tls, const char *text)
{
	char heard[64] = "";

	assert_int_equal(stls_tls_read(tls, heard, sizeof(heard)), strlen(text));
	assert_memory_equal(heard, text, strlen(text));
}

static const struct {
	int version;
	const char *name;
	size_t step;
} ways[] = {
    {TLS1_3_VERSION, "TLSv1.3", WHOLE},
    {TLS1_3_VERSION, "TLSv1.3", 1},
    {TLS1_2_VERSION, "TLSv1.2", WHOLE},
    {TLS1_2_VERSION, "TLSv1.2", 1},
};

/* TLS-01, TLS-02, TLS-18: both versions, in pieces of any size. */
static void bytes_cross(void **state)
{
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct pair pair;
		struct stls_facts facts;
		char nothing[8];

		begin(&pair, *state, ways[i].version);
		assert_int_equal(stls_tls_read(pair.rig.server, nothing, sizeof(nothing)), -1);
		assert_int_equal(stls_tls_write(pair.rig.server, "early", 5), -1);
		rig_run(&pair.rig, ways[i].step);
		stls_tls_facts(pair.rig.client, &facts);
		assert_string_equal(facts.version, ways[i].name);
		assert_int_equal(stls_tls_read(pair.rig.server, nothing, sizeof(nothing)), 0);
		assert_int_equal(stls_tls_write(pair.rig.client, "a001 NOOP\r\n", 11), 0);
		assert_int_equal(stls_tls_write(pair.rig.server, "* OK\r\n", 6), 0);
		rig_run(&pair.rig, ways[i].step);
		hears(pair.rig.server, "a001 NOOP\r\n");
		hears(pair.rig.client, "* OK\r\n");
		rig_close(&pair.rig);
	}
}

/* Many records in one feed, read in small pieces: nothing is lost or swapped. */
static void much_crosses(void **state)
{
	unsigned char *much = malloc(300000), piece[777];
	size_t read = 0;
	ptrdiff_t n;
	struct pair pair;

	begin_up(&pair, *state, TLS1_3_VERSION);
	for (size_t i = 0; i < 300000; i++)
		much[i] = (unsigned char)(i * 31 >> 3);
	assert_int_equal(stls_tls_write(pair.rig.client, much, 300000), 0);
	rig_run(&pair.rig, WHOLE);
	while ((n = stls_tls_read(pair.rig.server, piece, sizeof(piece))) > 0) {
		assert_memory_equal(piece, much + read, (size_t)n);
		read += (size_t)n;
	}
	assert_int_equal(n, 0);
	assert_int_equal(read, 300000);
	free(much);
	rig_close(&pair.rig);
}

/* TLS-18: each side closes for itself; the other may go on. */
static void half_close(struct pair *pair, stls_tls *first, stls_tls *second)
{
	char nothing[8];

	assert_int_equal(stls_tls_write(first, "bye", 3), 0);
	stls_tls_close(first);
	assert_int_equal(stls_tls_write(first, "more", 4), -1);
	rig_run(&pair->rig, WHOLE);
	hears(second, "bye");
	assert_int_equal(stls_tls_end(second), STLS_END_OPEN);
	assert_int_equal(stls_tls_read(second, nothing, sizeof(nothing)), -1);
	assert_int_equal(stls_tls_end(second), STLS_END_CLOSED);
	assert_int_equal(stls_tls_write(second, "wait", 4), 0);
	stls_tls_close(second);
	stls_tls_close(second);
	rig_run(&pair->rig, WHOLE);
	hears(first, "wait");
	assert_int_equal(stls_tls_read(first, nothing, sizeof(nothing)), -1);
	assert_int_equal(stls_tls_end(first), STLS_END_CLOSED);
	assert_int_equal(stls_tls_fault(first), STLS_FAULT_NONE);
	assert_int_equal(stls_tls_fault(second), STLS_FAULT_NONE);
}

static void closed(void **state)
{
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct pair pair;

		begin_up(&pair, *state, ways[i].version);
		if (i % 2 == 0)
			half_close(&pair, pair.rig.client, pair.rig.server);
		else
			half_close(&pair, pair.rig.server, pair.rig.client);
		rig_close(&pair.rig);
	}
}

/* TLS-19: an end without close_notify is a cut, after what came before it. */
static void cut(void **state)
{
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct pair pair;
		char nothing[8];

		begin_up(&pair, *state, ways[i].version);
		assert_int_equal(stls_tls_write(pair.rig.client, "half a mess", 11), 0);
		rig_run(&pair.rig, WHOLE);
		stls_tls_eof(pair.rig.server);
		hears(pair.rig.server, "half a mess");
		assert_int_equal(stls_tls_read(pair.rig.server, nothing, sizeof(nothing)), -1);
		assert_int_equal(stls_tls_end(pair.rig.server), STLS_END_CUT);
		assert_int_equal(stls_tls_fault(pair.rig.server), STLS_FAULT_CUT);
		assert_int_equal(stls_tls_write(pair.rig.server, "x", 1), -1);
		rig_close(&pair.rig);
	}
}

/* A record that was changed on its way is never plaintext. */
static void tampered(void **state)
{
	struct pair pair;
	char record[128];
	size_t count;

	begin_up(&pair, *state, TLS1_3_VERSION);
	assert_int_equal(stls_tls_write(pair.rig.client, "RCPT", 4), 0);
	memcpy(record, stls_tls_out(pair.rig.client, &count), 26);
	record[count - 1] ^= 1;
	assert_int_equal(stls_tls_feed(pair.rig.server, record, count), 0);
	assert_int_equal(stls_tls_read(pair.rig.server, record, sizeof(record)), -1);
	assert_int_equal(stls_tls_end(pair.rig.server), STLS_END_CUT);
	assert_int_equal(stls_tls_need(pair.rig.server), STLS_OUT);
	rig_carry(pair.rig.server, pair.rig.client, WHOLE);
	assert_int_equal(stls_tls_need(pair.rig.server), STLS_FAILED);
	assert_int_equal(stls_tls_read(pair.rig.client, record, sizeof(record)), -1);
	assert_string_equal(stls_tls_detail(pair.rig.client), "sslv3 alert bad record mac");
	rig_close(&pair.rig);
}

/* The peer leaves during the handshake, at any octet. */
static void left_early(void **state)
{
	struct pair pair;

	begin(&pair, *state, TLS1_3_VERSION);
	assert_int_equal(rig_carry(pair.rig.client, pair.rig.server, 9), 9);
	stls_tls_eof(pair.rig.server);
	stls_tls_eof(pair.rig.client);
	assert_int_equal(stls_tls_fault(pair.rig.server), STLS_FAULT_CLOSED);
	assert_int_equal(stls_tls_fault(pair.rig.client), STLS_FAULT_CLOSED);
	assert_int_equal(stls_tls_end(pair.rig.server), STLS_END_OPEN);
	rig_close(&pair.rig);
}

/* RFC 9266: both sides know the same, and no other connection knows it. */
static void bound(void **state)
{
	unsigned char before[32] = {0}, client[32], server[32];

	for (size_t i = 0; i < COUNT(ways); i++) {
		struct pair pair;

		begin(&pair, *state, ways[i].version);
		assert_int_equal(stls_tls_binding(pair.rig.client, client), -1);
		rig_run(&pair.rig, WHOLE);
		assert_int_equal(stls_tls_binding(pair.rig.client, client), 0);
		assert_int_equal(stls_tls_binding(pair.rig.server, server), 0);
		assert_memory_equal(client, server, 32);
		assert_memory_not_equal(client, before, 32);
		memcpy(before, client, 32);
		rig_close(&pair.rig);
	}
}

/* ---- what is known ---- */

static void facts(void **state)
{
	struct pair pair;
	struct stls_facts client, server;

	begin_up(&pair, *state, TLS1_3_VERSION);
	stls_tls_facts(pair.rig.client, &client);
	stls_tls_facts(pair.rig.server, &server);
	assert_string_equal(client.version, "TLSv1.3");
	assert_string_equal(client.cipher, "TLS_AES_128_GCM_SHA256");
	assert_string_equal(client.group, "X25519");
	assert_string_equal(client.alpn, "imap");
	assert_string_equal(client.sni, "mail.example.org");
	assert_int_equal(client.resumed, 0);
	assert_int_equal(client.verified, STLS_TRUST_PKIX);
	assert_int_equal(client.unverified, STLS_FAULT_NONE);
	assert_string_equal(client.matched, "mail.example.org");
	assert_string_equal(client.peer_name, "");
	assert_int_equal(client.peer_certificate, 1);
	assert_string_equal(server.version, client.version);
	assert_string_equal(server.cipher, client.cipher);
	assert_string_equal(server.group, client.group);
	assert_string_equal(server.alpn, client.alpn);
	assert_string_equal(server.sni, client.sni);
	assert_int_equal(server.verified, STLS_TRUST_ANY);
	assert_int_equal(server.unverified, STLS_FAULT_NO_CERTIFICATE);
	assert_string_equal(server.matched, "");
	assert_string_equal(server.peer_name, "");
	assert_int_equal(server.peer_certificate, 0);
	rig_close(&pair.rig);
}

static void facts_of_12(void **state)
{
	struct pair pair;
	struct stls_facts facts;

	begin_up(&pair, *state, TLS1_2_VERSION);
	stls_tls_facts(pair.rig.server, &facts);
	assert_string_equal(facts.version, "TLSv1.2");
	assert_string_equal(facts.cipher, "ECDHE-ECDSA-AES128-GCM-SHA256");
	assert_string_equal(facts.group, "X25519");
	rig_close(&pair.rig);
}

static void in_words(void **state)
{
	struct pair pair;
	struct stls_certificate leaf, authority, none;
	unsigned char *der = NULL;

	begin_up(&pair, *state, TLS1_3_VERSION);
	assert_int_equal(stls_tls_certificate(pair.rig.client, 0, &leaf), 1);
	assert_int_equal(stls_tls_certificate(pair.rig.client, 1, &authority), 1);
	assert_int_equal(stls_tls_certificate(pair.rig.client, 2, &none), 0);
	assert_int_equal(stls_tls_certificate(pair.rig.server, 0, &none), 0);
	assert_string_equal(leaf.subject, "CN=mail.example.org");
	assert_string_equal(leaf.issuer, "CN=An Authority");
	assert_string_equal(authority.subject, leaf.issuer);
	assert_string_equal(leaf.key, "ECDSA P-256");
	assert_string_equal(leaf.signature, "ecdsa-with-SHA256");
	assert_int_equal(leaf.not_after - leaf.not_before, 31 * 24 * 60 * 60);
	assert_int_equal(leaf.name_count, 1);
	assert_int_equal(authority.name_count, 0);
	assert_int_equal(leaf.names[0].kind, STLS_DNS_ID);
	assert_int_equal(leaf.names[0].length, 16);
	assert_memory_equal(leaf.names[0].bytes, "mail.example.org", 16);
	assert_int_equal(i2d_X509(pair.identity->leaf, &der), (int)leaf.der_length);
	assert_memory_equal(leaf.der, der, leaf.der_length);
	OPENSSL_free(der);
	rig_close(&pair.rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_cross), cmocka_unit_test(much_crosses),
	    cmocka_unit_test(closed),      cmocka_unit_test(cut),
	    cmocka_unit_test(tampered),    cmocka_unit_test(left_early),
	    cmocka_unit_test(bound),       cmocka_unit_test(facts),
	    cmocka_unit_test(facts_of_12), cmocka_unit_test(in_words),
	};

	return cmocka_run_group_tests(tests, pki_begin, pki_end);
}
