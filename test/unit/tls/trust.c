/* SPDX-License-Identifier: ISC */
/* Is it the right server?  Each row is a certificate, whom we wanted, and what a
 * client of ours makes of it. */
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "rig.h"

#define ID(KIND, TEXT)                                                                             \
	{                                                                                          \
		KIND, TEXT, sizeof(TEXT) - 1                                                       \
	}

static const struct pki_wish good = {.subject = "another name", .names = "DNS:mail.example.org"};

/* ---- by authorities ---- */

static const struct {
	const char *rule;
	struct pki_wish wish;
	struct stls_id wanted;
	enum stls_fault fault;
	const char *matched;
} rows[] = {
    {"good",
     {.names = "DNS:mail.example.org"},
     ID(STLS_DNS_ID, "mail.example.org"),
     0,
     "mail.example.org"},
    {"ID-05",
     {.names = "DNS:a.example,DNS:*.example.org"},
     ID(STLS_DNS_ID, "mail.example.org"),
     0,
     "*.example.org"},
    {"ID-05 only one label",
     {.names = "DNS:*.example.org"},
     ID(STLS_DNS_ID, "a.b.example.org"),
     STLS_FAULT_MISMATCH,
     ""},
    {"wrong name",
     {.names = "DNS:mail.example.net"},
     ID(STLS_DNS_ID, "mail.example.org"),
     STLS_FAULT_MISMATCH,
     ""},
    {"ID-03 the common name is none",
     {.subject = "mail.example.org"},
     ID(STLS_DNS_ID, "mail.example.org"),
     STLS_FAULT_MISMATCH,
     ""},
    {"expired",
     {.names = "DNS:mail.example.org", .since = -9, .until = -1},
     ID(STLS_DNS_ID, "mail.example.org"),
     STLS_FAULT_EXPIRED,
     ""},
    {"not yet valid",
     {.names = "DNS:mail.example.org", .since = 1, .until = 9},
     ID(STLS_DNS_ID, "mail.example.org"),
     STLS_FAULT_EXPIRED,
     ""},
    {"of a stranger",
     {.names = "DNS:mail.example.org", .signer = PKI_STRANGER},
     ID(STLS_DNS_ID, "mail.example.org"),
     STLS_FAULT_UNTRUSTED,
     ""},
    {"of itself",
     {.names = "DNS:mail.example.org", .signer = PKI_ITSELF},
     ID(STLS_DNS_ID, "mail.example.org"),
     STLS_FAULT_UNTRUSTED,
     ""},
    {"TLS-09",
     {.names = "DNS:mail.example.org", .kind = PKI_RSA_SHORT},
     ID(STLS_DNS_ID, "mail.example.org"),
     STLS_FAULT_CERTIFICATE,
     ""},
    {"ID-07", {.names = "IP:192.0.2.1"}, ID(STLS_IP_ID, "\xc0\0\2\1"), 0, "192.0.2.1"},
    {"ID-07 of six",
     {.names = "IP:2001:db8::1"},
     ID(STLS_IP_ID, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
     0,
     "2001:db8::1"},
    {"ID-07 another",
     {.names = "IP:192.0.2.2"},
     ID(STLS_IP_ID, "\xc0\0\2\1"),
     STLS_FAULT_MISMATCH,
     ""},
    {"ID-07 in words",
     {.names = "DNS:192.0.2.1"},
     ID(STLS_IP_ID, "\xc0\0\2\1"),
     STLS_FAULT_MISMATCH,
     ""},
    {"ID-08",
     {.names = "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_imaps.example.org"},
     ID(STLS_SRV_ID, "_imaps.example.org"),
     0,
     "_imaps.example.org"},
    {"ID-08 another service",
     {.names = "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_pop3s.example.org"},
     ID(STLS_SRV_ID, "_imaps.example.org"),
     STLS_FAULT_MISMATCH,
     ""},
    {"ID-08 in the wrong type of string",
     {.names = "otherName:1.3.6.1.5.5.7.8.7;UTF8:_imaps.example.org"},
     ID(STLS_SRV_ID, "_imaps.example.org"),
     STLS_FAULT_MISMATCH,
     ""},
    {"XMPP",
     {.names = "otherName:1.3.6.1.5.5.7.8.5;UTF8:example.org"},
     ID(STLS_XMPP_ID, "example.org"),
     0,
     "example.org"},
    {"XMPP of another domain",
     {.names = "otherName:1.3.6.1.5.5.7.8.5;UTF8:example.net"},
     ID(STLS_XMPP_ID, "example.org"),
     STLS_FAULT_MISMATCH,
     ""},
};

/* A server that shows what no context of ours would take. */
static void try(struct raw *raw, stls_tls **client, const struct pki_pair *identity,
                stls_tls_context *context, const struct stls_tls_peer *given)
{
	struct stls_receipt receipt = rig_receipt(STLS_SMTP, STLS_CLIENT);
	struct stls_tls_peer peer = *given;

	peer.size = sizeof(peer);
	raw_server(raw, TLS1_3_VERSION, identity);
	*client = stls_tls_open(context, &receipt, &peer);
	assert_non_null(*client);
	raw_run(raw, *client);
}

static void settle(struct raw *raw, stls_tls *client)
{
	stls_tls_free(client);
	raw_close(raw);
}

/* RFC 8446 section 6.2: the server is told why. */
static void refused(const char *rule, const struct raw *raw, stls_tls *client,
                    enum stls_fault fault)
{
	struct stls_certificate leaf;

	if (stls_tls_fault(client) != fault)
		fail_msg("%s: %s", rule, stls_fault_name(stls_tls_fault(client)));
	assert_int_equal(stls_tls_need(client), STLS_FAILED);
	assert_int_not_equal(raw->alert, 0);
	assert_true(strlen(stls_tls_detail(client)) > 0);
	/* A probe shows what was refused. */
	assert_int_equal(stls_tls_certificate(client, 0, &leaf), 1);
}

static void accepted(const char *rule, stls_tls *client, enum stls_trust trust,
                     enum stls_fault unverified, const char *matched)
{
	struct stls_facts facts;

	if (stls_tls_need(client) != STLS_DONE)
		fail_msg("%s: %s", rule, stls_tls_detail(client));
	stls_tls_facts(client, &facts);
	if (facts.verified != trust || facts.unverified != unverified)
		fail_msg("%s: verified %d, %s", rule, facts.verified,
		         stls_fault_name(facts.unverified));
	assert_string_equal(facts.matched, matched);
}

/* Every row twice: insisting, and opportunistically (POL-01, RFC 7435), where the
 * same findings are facts. */
static void by_authorities(void **state)
{
	stls_tls_context *context = rig_client(*state, 0);

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct pki_pair *identity = pki_issue(*state, &rows[i].wish);
		struct stls_tls_peer peer = {
		    .trust = STLS_TRUST_PKIX, .wanted = &rows[i].wanted, .wanted_count = 1};
		bool is_good = rows[i].fault == STLS_FAULT_NONE;
		struct raw raw;
		stls_tls *client;

		try(&raw, &client, identity, context, &peer);
		if (is_good)
			accepted(rows[i].rule, client, STLS_TRUST_PKIX, 0, rows[i].matched);
		else
			refused(rows[i].rule, &raw, client, rows[i].fault);
		settle(&raw, client);
		if (rows[i].wish.kind == PKI_RSA_SHORT)
			continue; /* OpenSSL refuses these before anybody is asked */
		peer.trust = STLS_TRUST_ANY;
		try(&raw, &client, identity, context, &peer);
		accepted(
		    rows[i].rule, client, is_good ? STLS_TRUST_PKIX : STLS_TRUST_ANY, rows[i].fault,
		    rows[i].fault == STLS_FAULT_EXPIRED || rows[i].fault == STLS_FAULT_UNTRUSTED
		        ? "mail.example.org"
		        : rows[i].matched);
		settle(&raw, client);
	}
	stls_tls_context_free(context);
}

/* Insisting on nobody in particular is no agreement with everybody. */
static void nobody_wanted(void **state)
{
	stls_tls_context *context = rig_client(*state, 0);
	struct stls_tls_peer peer = {.trust = STLS_TRUST_PKIX};
	struct raw raw;
	stls_tls *client;

	try(&raw, &client, pki_issue(*state, &good), context, &peer);
	refused("nobody", &raw, client, STLS_FAULT_MISMATCH);
	settle(&raw, client);
	stls_tls_context_free(context);
}

/* Without a file the system's authorities are believed, and only they. */
static void other_authorities(void **state)
{
	struct stls_tls_settings settings = {
	    .size = sizeof(settings), .role = STLS_CLIENT, .ca_file = NULL};
	stls_tls_context *context = stls_tls_context_new(&settings, NULL);
	struct stls_id wanted = ID(STLS_DNS_ID, "mail.example.org");
	struct stls_tls_peer peer = {
	    .trust = STLS_TRUST_PKIX, .wanted = &wanted, .wanted_count = 1};
	struct raw raw;
	stls_tls *client;

	assert_non_null(context);
	try(&raw, &client, pki_issue(*state, &good), context, &peer);
	refused("the system's", &raw, client, STLS_FAULT_UNTRUSTED);
	settle(&raw, client);
	stls_tls_context_free(context);
}

/* ---- by TLSA records ---- */

enum of { OF_LEAF, OF_AUTHORITY, OF_NOTHING, OF_NONSENSE };

static const struct {
	const char *rule;
	struct pki_wish wish;
	struct {
		uint8_t usage, selector, matching;
		enum of of;
	} tlsa[3];
	size_t count;
	enum stls_fault fault;
	const char *matched;
} records[] = {
    {"DANE-15 3 1 1",
     {.names = "DNS:mail.example.org"},
     {{3, 1, 1, OF_LEAF}},
     1,
     0,
     "mail.example.org"},
    {"DANE-15 3 1 2",
     {.names = "DNS:mail.example.org"},
     {{3, 1, 2, OF_LEAF}},
     1,
     0,
     "mail.example.org"},
    {"DANE-15 3 0 1",
     {.names = "DNS:mail.example.org"},
     {{3, 0, 1, OF_LEAF}},
     1,
     0,
     "mail.example.org"},
    {"DANE-18 3 0 0",
     {.names = "DNS:mail.example.org"},
     {{3, 0, 0, OF_LEAF}},
     1,
     0,
     "mail.example.org"},
    {"DANE-15 no names", {.names = "DNS:mail.example.net"}, {{3, 1, 1, OF_LEAF}}, 1, 0, ""},
    {"DANE-15 no dates",
     {.names = "DNS:a.example", .since = -9, .until = -1},
     {{3, 1, 1, OF_LEAF}},
     1,
     0,
     ""},
    {"DANE-15 no authority",
     {.names = "DNS:a.example", .signer = PKI_ITSELF},
     {{3, 1, 1, OF_LEAF}},
     1,
     0,
     ""},
    {"DANE-15 the leaf only",
     {.names = "DNS:mail.example.org"},
     {{3, 1, 1, OF_AUTHORITY}},
     1,
     STLS_FAULT_DANE,
     ""},
    {"DANE-22 mismatch",
     {.names = "DNS:mail.example.org"},
     {{3, 1, 1, OF_NOTHING}},
     1,
     STLS_FAULT_DANE,
     ""},
    {"one of two",
     {.names = "DNS:mail.example.org"},
     {{3, 1, 1, OF_NOTHING}, {3, 1, 1, OF_LEAF}},
     2,
     0,
     "mail.example.org"},
    {"DANE-16 2 1 1",
     {.names = "DNS:mail.example.org"},
     {{2, 1, 1, OF_AUTHORITY}},
     1,
     0,
     "mail.example.org"},
    {"DANE-16 the domain's name",
     {.names = "DNS:example.org"},
     {{2, 1, 1, OF_AUTHORITY}},
     1,
     0,
     "example.org"},
    {"DANE-16 wrong name",
     {.names = "DNS:mail.example.net"},
     {{2, 1, 1, OF_AUTHORITY}},
     1,
     STLS_FAULT_MISMATCH,
     ""},
    {"DANE-16 dates",
     {.names = "DNS:mail.example.org", .since = -9, .until = -1},
     {{2, 1, 1, OF_AUTHORITY}},
     1,
     STLS_FAULT_EXPIRED,
     ""},
    {"DANE-16 another authority",
     {.names = "DNS:mail.example.org", .signer = PKI_STRANGER},
     {{2, 1, 1, OF_AUTHORITY}},
     1,
     STLS_FAULT_DANE,
     ""},
    {"DANE-20 the common name",
     {.subject = "mail.example.org"},
     {{2, 1, 1, OF_AUTHORITY}},
     1,
     0,
     "mail.example.org"},
    {"DANE-20 not beside a DNS-ID",
     {.subject = "mail.example.org", .names = "DNS:mail.example.net"},
     {{2, 1, 1, OF_AUTHORITY}},
     1,
     STLS_FAULT_MISMATCH,
     ""},
    {"DANE-20 not with a NUL",
     {.subject = "mail.example.org\0.evil", .subject_length = 22},
     {{2, 1, 1, OF_AUTHORITY}},
     1,
     STLS_FAULT_MISMATCH,
     ""},
    {"DANE-17 only 0 and 1",
     {.names = "DNS:mail.example.org"},
     {{0, 1, 1, OF_AUTHORITY}, {1, 1, 1, OF_LEAF}},
     2,
     STLS_FAULT_DANE,
     ""},
    {"DANE-17 0 and 1 beside 3",
     {.names = "DNS:mail.example.org"},
     {{0, 1, 1, OF_AUTHORITY}, {1, 1, 1, OF_LEAF}, {3, 1, 1, OF_NOTHING}},
     3,
     STLS_FAULT_DANE,
     ""},
    {"DANE-18 unknown parameters",
     {.names = "DNS:mail.example.org"},
     {{3, 7, 1, OF_LEAF}, {3, 1, 9, OF_LEAF}, {4, 1, 1, OF_LEAF}},
     3,
     STLS_FAULT_DANE,
     ""},
    {"DANE-18 wrong length",
     {.names = "DNS:mail.example.org"},
     {{3, 1, 1, OF_NONSENSE}},
     1,
     STLS_FAULT_DANE,
     ""},
    {"DANE-18 beside a good one",
     {.names = "DNS:mail.example.org"},
     {{3, 1, 1, OF_NONSENSE}, {3, 7, 1, OF_LEAF}, {3, 1, 1, OF_LEAF}},
     3,
     0,
     "mail.example.org"},
    {"none at all", {.names = "DNS:mail.example.org"}, {{0}}, 0, STLS_FAULT_DANE, ""},
};

/* The data of a record (RFC 6698 section 2.1). */
static size_t associate(unsigned char to[2048], X509 *x509, uint8_t selector, uint8_t matching)
{
	unsigned char *der = NULL;
	int length = selector == 0 ? i2d_X509(x509, &der)
	                           : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
	size_t size = matching == 1 ? 32 : matching == 2 ? 64 : (size_t)length;

	assert_true(length > 0 && length <= 2048);
	if (matching == 1)
		SHA256(der, (size_t)length, to);
	else if (matching == 2)
		SHA512(der, (size_t)length, to);
	else
		memcpy(to, der, size);
	OPENSSL_free(der);
	return size;
}

static void fill(struct stls_tlsa *tlsa, unsigned char to[2048], size_t row, size_t index,
                 X509 *leaf, X509 *authority)
{
	enum of of = records[row].tlsa[index].of;

	tlsa->usage = records[row].tlsa[index].usage;
	tlsa->selector = records[row].tlsa[index].selector;
	tlsa->matching = records[row].tlsa[index].matching;
	tlsa->data = to;
	tlsa->length =
	    associate(to, of == OF_AUTHORITY ? authority : leaf, tlsa->selector, tlsa->matching);
	if (of == OF_NOTHING)
		to[7] ^= 0x10;
	if (of == OF_NONSENSE)
		tlsa->length = 20;
}

static void by_record(struct pki *pki, stls_tls_context *context, size_t row)
{
	const struct pki_pair *identity = pki_issue(pki, &records[row].wish);
	const struct stls_id wanted = ID(STLS_DNS_ID, "example.org");
	unsigned char data[3][2048];
	struct stls_tlsa tlsa[3];
	struct stls_tls_peer peer = {.trust = STLS_TRUST_DANE,
	                             .wanted = &wanted,
	                             .wanted_count = 1,
	                             .tlsa = tlsa,
	                             .tlsa_count = records[row].count,
	                             .tlsa_base = "mail.example.org"};
	struct raw raw;
	stls_tls *client;

	for (size_t i = 0; i < records[row].count; i++)
		fill(&tlsa[i], data[i], row, i, identity->leaf, pki_authority(pki));
	try(&raw, &client, identity, context, &peer);
	if (records[row].fault == STLS_FAULT_NONE) {
		accepted(records[row].rule, client, STLS_TRUST_DANE, 0, records[row].matched);
		/* DANE-14 */
		assert_string_equal(SSL_get_servername(raw.ssl, TLSEXT_NAMETYPE_host_name),
		                    "mail.example.org");
	} else
		refused(records[row].rule, &raw, client, records[row].fault);
	settle(&raw, client);
}

static void by_records(void **state)
{
	stls_tls_context *context = rig_client(*state, 0);

	for (size_t i = 0; i < COUNT(records); i++)
		by_record(*state, context, i);
	stls_tls_context_free(context);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_authorities),
	    cmocka_unit_test(nobody_wanted),
	    cmocka_unit_test(other_authorities),
	    cmocka_unit_test(by_records),
	};

	return cmocka_run_group_tests(tests, pki_begin, pki_end);
}
