/* SPDX-License-Identifier: ISC */
/* Which peers a client takes, and what it says of those that it does not. */
#include "pair.h"

static stls_tls_context *client;

static int begin(void **unused)
{
	(void)unused;
	certs_begin();
	certs_make(&(struct certs_spec){.name = "ca", .authority = 1});
	certs_make(&(struct certs_spec){.name = "other-ca", .authority = 1});
	certs_make(
	    &(struct certs_spec){.name = "good", .issuer = "ca", .san = "DNS:mail.example.org"});
	certs_make(&(struct certs_spec){
	    .name = "stranger", .issuer = "other-ca", .san = "DNS:mail.example.org"});
	certs_make(&(struct certs_spec){.name = "self", .san = "DNS:mail.example.org"});
	certs_make(&(struct certs_spec){
	    .name = "wild", .issuer = "ca", .san = "DNS:*.example.org,IP:192.0.2.1"});
	certs_make(&(struct certs_spec){.name = "service",
	                                .issuer = "ca",
	                                .san =
	                                    "otherName:1.3.6.1.5.5.7.8.7;IA5:_imaps.example.org,"
	                                    "otherName:1.3.6.1.5.5.7.8.5;UTF8:chat.example.org"});
	certs_make(&(struct certs_spec){
	    .name = "common", .issuer = "ca", .common = "mail.example.org", .san = NULL});
	certs_make(&(struct certs_spec){.name = "common-too",
	                                .issuer = "ca",
	                                .common = "mail.example.org",
	                                .san = "DNS:www.example.org"});
	certs_make(&(struct certs_spec){.name = "webmaster",
	                                .issuer = "ca",
	                                .san = "DNS:mail.example.org",
	                                .usage = "clientAuth"});
	client = pair_client(&(struct stls_tls_settings){.ca_file = certs_chain("ca")});
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	stls_tls_context_free(client);
	certs_end();
	return 0;
}

/* Servers of OpenSSL alone: ours would not take some of these certificates. */
static struct stls_facts seen(const char *certificate, const struct stls_tls_peer *peer,
                              enum stls_fault fault)
{
	struct raw raw = raw_server(TLS1_3_VERSION, TLS1_3_VERSION, certificate);
	stls_tls *tls = pair_open(client, STLS_SMTP, STLS_CLIENT, peer);
	struct stls_facts facts;
	static char matched[64];
	struct stls_certificate leaf;

	raw_open(&raw);
	raw_run(&raw, tls);
	if (stls_tls_fault(tls) != fault)
		fail_msg("%s: %s (%s)", certificate, stls_fault_name(stls_tls_fault(tls)),
		         stls_tls_detail(tls));
	/* the server is told before it believes in the connection */
	assert_int_equal(raw.shaken == 1, fault == STLS_FAULT_NONE);
	assert_int_equal(raw.reason != 0, fault != STLS_FAULT_NONE);
	/* whoever it was, it can be shown */
	assert_true(stls_tls_certificate(tls, 0, &leaf));
	stls_tls_facts(tls, &facts);
	assert_true(facts.peer_certificate);
	/* and judged again, with the same result */
	assert_int_equal(stls_tls_judge(tls, peer), facts.unverified);
	snprintf(matched, sizeof(matched), "%s", facts.matched);
	facts.matched = matched;
	stls_tls_free(tls);
	raw_free(&raw);
	return facts;
}

static struct stls_facts wanting(const char *certificate, enum stls_trust trust,
                                 enum stls_id_kind kind, const char *name, enum stls_fault fault)
{
	const struct stls_id id = {kind, name, strlen(name)};
	const struct stls_tls_peer peer = {
	    .size = sizeof(peer), .trust = trust, .wanted = &id, .wanted_count = 1};

	return seen(certificate, &peer, fault);
}

static void expect_pkix(const char *certificate, enum stls_id_kind kind, const char *name,
                        const char *matched, enum stls_fault fault)
{
	struct stls_facts facts = wanting(certificate, STLS_TRUST_PKIX, kind, name, fault);

	assert_int_equal(facts.verified, fault ? STLS_TRUST_ANY : STLS_TRUST_PKIX);
	assert_int_equal(facts.unverified, fault);
	assert_string_equal(facts.matched, matched);
	/* who asks for nothing gets a connection, and the same verdict */
	facts = wanting(certificate, STLS_TRUST_ANY, kind, name, STLS_FAULT_NONE);
	assert_int_equal(facts.verified, fault ? STLS_TRUST_ANY : STLS_TRUST_PKIX);
	assert_int_equal(facts.unverified, fault);
	assert_string_equal(facts.matched, matched);
}

#define MAIL "mail.example.org"

/* ID-03, ID-05, ID-07, ID-08: the names */
static void names(void **unused)
{
	(void)unused;
	expect_pkix("good", STLS_DNS_ID, MAIL, MAIL, STLS_FAULT_NONE);
	expect_pkix("good", STLS_DNS_ID, "MAIL.example.ORG.", MAIL, STLS_FAULT_NONE);
	expect_pkix("good", STLS_DNS_ID, "imap.example.org", "", STLS_FAULT_MISMATCH);
	expect_pkix("wild", STLS_DNS_ID, MAIL, "*.example.org", STLS_FAULT_NONE);
	expect_pkix("wild", STLS_DNS_ID, "example.org", "", STLS_FAULT_MISMATCH);
	expect_pkix("wild", STLS_IP_ID, "\xc0\x01\x02\x01", "", STLS_FAULT_MISMATCH);
	expect_pkix("service", STLS_SRV_ID, "_imaps.example.org", "_imaps.example.org",
	            STLS_FAULT_NONE);
	expect_pkix("service", STLS_SRV_ID, "_pop3s.example.org", "", STLS_FAULT_MISMATCH);
	expect_pkix("service", STLS_DNS_ID, "_imaps.example.org", "", STLS_FAULT_MISMATCH);
	expect_pkix("service", STLS_XMPP_ID, "chat.example.org", "chat.example.org",
	            STLS_FAULT_NONE);
	/* ID-04: the common name does not count */
	expect_pkix("common", STLS_DNS_ID, MAIL, "", STLS_FAULT_MISMATCH);
}

static void addresses(void **unused)
{
	const struct stls_id id = {STLS_IP_ID, "\xc0\0\2\1", 4};
	const struct stls_tls_peer peer = {
	    .size = sizeof(peer), .trust = STLS_TRUST_PKIX, .wanted = &id, .wanted_count = 1};

	(void)unused;
	assert_string_equal(seen("wild", &peer, STLS_FAULT_NONE).matched, "192.0.2.1");
}

static void nobody_wanted(void **unused)
{
	const struct stls_tls_peer peer = {.size = sizeof(peer), .trust = STLS_TRUST_PKIX};

	(void)unused;
	seen("good", &peer, STLS_FAULT_MISMATCH);
}

/* ID-11: the path */
static void authorities(void **unused)
{
	(void)unused;
	expect_pkix("stranger", STLS_DNS_ID, MAIL, MAIL, STLS_FAULT_UNTRUSTED);
	expect_pkix("self", STLS_DNS_ID, MAIL, MAIL, STLS_FAULT_UNTRUSTED);
	expect_pkix("webmaster", STLS_DNS_ID, MAIL, MAIL, STLS_FAULT_CERTIFICATE);
}

static void dates(void **unused)
{
	(void)unused;
	certs_make(&(struct certs_spec){
	    .name = "old", .issuer = "ca", .san = "DNS:" MAIL, .from = -9, .to = -1});
	certs_make(&(struct certs_spec){
	    .name = "young", .issuer = "ca", .san = "DNS:" MAIL, .from = 1, .to = 9});
	expect_pkix("old", STLS_DNS_ID, MAIL, MAIL, STLS_FAULT_EXPIRED);
	expect_pkix("young", STLS_DNS_ID, MAIL, MAIL, STLS_FAULT_EXPIRED);
}

/* ---- DANE ---- */

static struct stls_facts dane(const char *certificate, const struct stls_tlsa *tlsa, size_t count,
                              const char *base, enum stls_fault fault)
{
	const struct stls_tls_peer peer = {.size = sizeof(peer),
	                                   .trust = STLS_TRUST_DANE,
	                                   .tlsa = tlsa,
	                                   .tlsa_count = count,
	                                   .tlsa_base = base};
	struct stls_facts facts = seen(certificate, &peer, fault);

	assert_int_equal(facts.verified, fault ? STLS_TRUST_ANY : STLS_TRUST_DANE);
	return facts;
}

static void dane_one(const char *certificate, int usage, int selector, const char *of,
                     const char *base, enum stls_fault fault)
{
	unsigned char digest[32];
	const struct stls_tlsa tlsa = {(uint8_t)usage, (uint8_t)selector, 1, digest, 32};

	certs_digest(of, selector, digest);
	dane(certificate, &tlsa, 1, base, fault);
}

/* DANE-15: usage 3 is about the leaf, and nothing else matters */
static void dane_ee(void **unused)
{
	(void)unused;
	dane_one("good", 3, 1, "good", MAIL, STLS_FAULT_NONE);
	dane_one("good", 3, 0, "good", MAIL, STLS_FAULT_NONE);
	dane_one("self", 3, 1, "self", MAIL, STLS_FAULT_NONE);
	dane_one("self", 3, 1, "self", "other.example.net", STLS_FAULT_NONE);
	dane_one("common", 3, 1, "common", "other.example.net", STLS_FAULT_NONE);
	certs_make(
	    &(struct certs_spec){.name = "old-self", .san = "DNS:" MAIL, .from = -9, .to = -1});
	dane_one("old-self", 3, 1, "old-self", MAIL, STLS_FAULT_NONE);
	dane_one("webmaster", 3, 1, "webmaster", MAIL, STLS_FAULT_NONE);
	/* DANE-22 */
	dane_one("good", 3, 1, "self", MAIL, STLS_FAULT_DANE);
	dane_one("good", 3, 1, "ca", MAIL, STLS_FAULT_DANE);
}

/* DANE-16, DANE-20: usage 2 is about an anchor in the chain, dates and names */
static void dane_ta(void **unused)
{
	(void)unused;
	dane_one("good", 2, 1, "ca", MAIL, STLS_FAULT_NONE);
	dane_one("good", 2, 0, "ca", MAIL, STLS_FAULT_NONE);
	dane_one("stranger", 2, 1, "other-ca", MAIL, STLS_FAULT_NONE);
	dane_one("wild", 2, 1, "ca", MAIL, STLS_FAULT_NONE);
	dane_one("good", 2, 1, "other-ca", MAIL, STLS_FAULT_DANE);
	dane_one("good", 2, 1, "ca", "other.example.net", STLS_FAULT_MISMATCH);
	certs_make(&(struct certs_spec){
	    .name = "old-one", .issuer = "ca", .san = "DNS:" MAIL, .from = -9, .to = -1});
	dane_one("old-one", 2, 1, "ca", MAIL, STLS_FAULT_EXPIRED);
	/* RFC 7672 section 3.2.3: a common name only where there is no DNS-ID */
	dane_one("common", 2, 1, "ca", MAIL, STLS_FAULT_NONE);
	dane_one("common-too", 2, 1, "ca", MAIL, STLS_FAULT_MISMATCH);
	dane_one("common-too", 2, 1, "ca", "www.example.org", STLS_FAULT_NONE);
	/* CVE-2009-2408 */
	certs_make(&(struct certs_spec){
	    .name = "nul", .issuer = "ca", .common = MAIL "\0.evil", .common_length = 22});
	dane_one("nul", 2, 1, "ca", MAIL, STLS_FAULT_MISMATCH);
}

/* RFC 7672 section 3.2.2: the next-hop domain counts too */
static void dane_ta_other_names(void **unused)
{
	unsigned char digest[32];
	const struct stls_tlsa tlsa = {2, 1, 1, digest, 32};
	const struct stls_id id = {STLS_DNS_ID, MAIL, strlen(MAIL)};
	const struct stls_tls_peer peer = {.size = sizeof(peer),
	                                   .trust = STLS_TRUST_DANE,
	                                   .wanted = &id,
	                                   .wanted_count = 1,
	                                   .tlsa = &tlsa,
	                                   .tlsa_count = 1,
	                                   .tlsa_base = "mx.example.net"};
	struct stls_facts facts;

	(void)unused;
	certs_digest("ca", 1, digest);
	facts = seen("good", &peer, STLS_FAULT_NONE);
	assert_string_equal(facts.matched, MAIL);
	assert_int_equal(facts.verified, STLS_TRUST_DANE);
}

/* DANE-17, DANE-18: what is not usable does not help, nor does it hurt; and it
 * never means "ask the authorities instead" */
static void dane_unusable(void **unused)
{
	unsigned char ee[32], bad[32] = {0};
	size_t length;
	unsigned char *der = certs_der("good", &length);
	struct stls_tlsa tlsa[] = {{0, 0, 1, ee, 32},       {1, 1, 1, ee, 32}, {3, 7, 1, ee, 32},
	                           {3, 1, 9, ee, 32},       {3, 1, 1, ee, 31}, {3, 1, 1, ee, 0},
	                           {3, 1, 1, NULL, 0},      {9, 1, 1, ee, 32}, {2, 0, 0, bad, 32},
	                           {255, 255, 255, ee, 32}, {3, 1, 1, ee, 32}};

	(void)unused;
	certs_digest("good", 1, ee);
	dane("good", tlsa, LENGTH(tlsa) - 1, MAIL, STLS_FAULT_DANE);
	dane("good", NULL, 0, MAIL, STLS_FAULT_DANE);
	dane("good", tlsa, LENGTH(tlsa), MAIL, STLS_FAULT_NONE);
	/* one that does not match beside one that does */
	tlsa[0] = (struct stls_tlsa){3, 1, 1, bad, 32};
	tlsa[1] = (struct stls_tlsa){3, 1, 1, ee, 32};
	dane("good", tlsa, 2, MAIL, STLS_FAULT_NONE);
	dane("good", tlsa, 1, MAIL, STLS_FAULT_DANE);
	/* the whole certificate */
	tlsa[0] = (struct stls_tlsa){3, 0, 0, der, length};
	dane("good", tlsa, 1, MAIL, STLS_FAULT_NONE);
	dane("self", tlsa, 1, MAIL, STLS_FAULT_DANE);
	free(der);
}

/* DANE-14, TLS-23 */
static void dane_sni(void **unused)
{
	unsigned char digest[32];
	const struct stls_tlsa tlsa = {3, 1, 1, digest, 32};
	const struct stls_tls_peer peer = {.size = sizeof(peer),
	                                   .trust = STLS_TRUST_DANE,
	                                   .tlsa = &tlsa,
	                                   .tlsa_count = 1,
	                                   .tlsa_base = "mx.example.net"};
	stls_tls_context *server = pair_server(NULL, "good", NULL);
	struct stls_facts facts;
	struct pair pair;

	(void)unused;
	certs_digest("good", 1, digest);
	pair = pair_shake(client, server, STLS_SMTP, &peer);
	stls_tls_facts(pair.server, &facts);
	assert_string_equal(facts.sni, "mx.example.net");
	stls_tls_facts(pair.client, &facts);
	assert_string_equal(facts.sni, "mx.example.net");
	pair_free(&pair);
	stls_tls_context_free(server);
}

static void dane_without_base(void **unused)
{
	struct stls_receipt receipt = pair_receipt(STLS_SMTP, STLS_CLIENT);
	const struct stls_tls_peer peer = {.size = sizeof(peer), .trust = STLS_TRUST_DANE};

	(void)unused;
	assert_null(stls_tls_open(client, &receipt, &peer));
}

/* ---- another judgement of the same connection ---- */

/* STS-17: two proofs of one connection, each for itself */
static void judged(void **unused)
{
	unsigned char good[32], self[32];
	const struct stls_id mail = {STLS_DNS_ID, MAIL, strlen(MAIL)};
	const struct stls_id other = {STLS_DNS_ID, "mx.example.net", 14};
	struct stls_tlsa tlsa = {3, 1, 1, good, 32};
	struct stls_tls_peer peer = {.size = sizeof(peer)};
	stls_tls_context *server = pair_server(NULL, "good", NULL);
	struct pair pair = pair_shake(client, server, STLS_SMTP, &peer);
	struct stls_facts facts;

	(void)unused;
	certs_digest("good", 1, good);
	certs_digest("self", 1, self);
	pair_expect_up(pair.client);
	peer = (struct stls_tls_peer){
	    .size = sizeof(peer), .trust = STLS_TRUST_PKIX, .wanted = &mail, .wanted_count = 1};
	assert_int_equal(stls_tls_judge(pair.client, &peer), STLS_FAULT_NONE);
	peer.wanted = &other;
	assert_int_equal(stls_tls_judge(pair.client, &peer), STLS_FAULT_MISMATCH);
	peer.trust = STLS_TRUST_DANE;
	assert_int_equal(stls_tls_judge(pair.client, &peer), STLS_FAULT_INTERNAL);
	peer.tlsa_base = "mx.example.net";
	assert_int_equal(stls_tls_judge(pair.client, &peer), STLS_FAULT_DANE);
	peer.tlsa = &tlsa;
	peer.tlsa_count = 1;
	assert_int_equal(stls_tls_judge(pair.client, &peer), STLS_FAULT_NONE);
	tlsa.data = self;
	assert_int_equal(stls_tls_judge(pair.client, &peer), STLS_FAULT_DANE);
	/* the connection is what it was, and a server has nobody to judge */
	stls_tls_facts(pair.client, &facts);
	assert_int_equal(facts.verified, STLS_TRUST_ANY);
	assert_int_equal(facts.unverified, STLS_FAULT_MISMATCH);
	assert_int_equal(stls_tls_judge(pair.server, &peer), STLS_FAULT_NO_CERTIFICATE);
	pair_free(&pair);
	stls_tls_context_free(server);
}

/* ---- clients with certificates (TLS-34) ---- */

static struct stls_facts shown(const char *certificate, enum stls_fault unverified)
{
	static char name[64];
	const struct stls_tls_settings settings = {.ca_file = certs_chain("ca"), .ask_client = 1};
	const struct stls_tls_peer peer = {.size = sizeof(peer), .sni = MAIL};
	stls_tls_context *mine = pair_client(NULL), *server = pair_server(&settings, "good", NULL);
	struct stls_tls_error error = {""};
	struct stls_certificate leaf;
	struct stls_facts facts;
	struct pair pair;

	if (certificate != NULL)
		assert_int_equal(stls_tls_context_add(mine, certs_chain(certificate),
		                                      certs_key(certificate), &error),
		                 0);
	pair = pair_shake(mine, server, STLS_SMTP, &peer);
	pair_expect_up(pair.server);
	stls_tls_facts(pair.server, &facts);
	assert_int_equal(facts.unverified, unverified);
	assert_int_equal(facts.verified, unverified ? STLS_TRUST_ANY : STLS_TRUST_PKIX);
	assert_int_equal(facts.peer_certificate, certificate != NULL);
	assert_int_equal(stls_tls_certificate(pair.server, 0, &leaf), certificate != NULL);
	snprintf(name, sizeof(name), "%s", facts.peer_name);
	facts.peer_name = name;
	pair_free(&pair);
	stls_tls_context_free(mine);
	stls_tls_context_free(server);
	return facts;
}

static void clients(void **unused)
{
	(void)unused;
	certs_make(&(struct certs_spec){
	    .name = "alice", .issuer = "ca", .common = "Alice", .usage = "clientAuth"});
	certs_make(
	    &(struct certs_spec){.name = "mallory", .issuer = "other-ca", .common = "Mallory"});
	assert_string_equal(shown("alice", STLS_FAULT_NONE).peer_name, "Alice");
	assert_string_equal(shown("mallory", STLS_FAULT_UNTRUSTED).peer_name, "Mallory");
	assert_string_equal(shown(NULL, STLS_FAULT_NO_CERTIFICATE).peer_name, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names),
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(nobody_wanted),
	    cmocka_unit_test(authorities),
	    cmocka_unit_test(dates),
	    cmocka_unit_test(dane_ee),
	    cmocka_unit_test(dane_ta),
	    cmocka_unit_test(dane_ta_other_names),
	    cmocka_unit_test(dane_unusable),
	    cmocka_unit_test(dane_sni),
	    cmocka_unit_test(dane_without_base),
	    cmocka_unit_test(judged),
	    cmocka_unit_test(clients),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
