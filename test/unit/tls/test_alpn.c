/* SPDX-License-Identifier: ISC */
/* ALPN (TLS-26, TLS-27, TLS-29): ours, none, foreign ones. */
#include "mail.h"

static const struct stls_tls_peer anybody = {.size = sizeof(anybody)};

#define IMAP "\4imap"
#define POP3 "\4pop3"
#define HTTP "\x8http/1.1"
#define H2 "\2h2"
#define OWN "\4smtp"
#define NNTP "\4nntp"
#define NNSP "\4nnsp"

static const struct {
	enum stls_protocol protocol;
	const char *offer, *agreed;
	enum stls_fault fault;
} cases[] = {
    {STLS_IMAP, "", "", STLS_FAULT_NONE},
    {STLS_IMAP, IMAP, "imap", STLS_FAULT_NONE},
    {STLS_IMAP, HTTP IMAP, "imap", STLS_FAULT_NONE},
    {STLS_IMAP, POP3, "", STLS_FAULT_ALPN},
    {STLS_IMAP, HTTP, "", STLS_FAULT_ALPN},
    {STLS_IMAP, H2 HTTP, "", STLS_FAULT_ALPN},
    {STLS_IMAP, "\5imaps", "", STLS_FAULT_ALPN},
    {STLS_IMAP, "\3ima", "", STLS_FAULT_ALPN},
    {STLS_IMAP, "\4IMAP", "", STLS_FAULT_ALPN},
    {STLS_POP3, POP3, "pop3", STLS_FAULT_NONE},
    {STLS_POP3, IMAP, "", STLS_FAULT_ALPN},
    {STLS_SIEVE, "\xbmanagesieve", "managesieve", STLS_FAULT_NONE},
    {STLS_XMPP_CLIENT, "\xbxmpp-client", "xmpp-client", STLS_FAULT_NONE},
    {STLS_XMPP_CLIENT, "\xbxmpp-server", "", STLS_FAULT_ALPN},
    {STLS_XMPP_SERVER, "\xbxmpp-server", "xmpp-server", STLS_FAULT_NONE},
    {STLS_NNTP, NNTP, "nntp", STLS_FAULT_NONE},
    {STLS_NNTP, NNSP, "nnsp", STLS_FAULT_NONE},
    {STLS_NNTP, HTTP, "", STLS_FAULT_ALPN},
    /* no identifier is registered: nothing to agree on, but not HTTP either */
    {STLS_SMTP, "", "", STLS_FAULT_NONE},
    {STLS_SMTP, OWN, "", STLS_FAULT_NONE},
    {STLS_SMTP, HTTP, "", STLS_FAULT_ALPN},
    {STLS_SMTP, H2, "", STLS_FAULT_ALPN},
    {STLS_SMTP, OWN HTTP, "", STLS_FAULT_ALPN},
    {STLS_SMTP, IMAP, "", STLS_FAULT_ALPN},
    {STLS_LMTP, HTTP, "", STLS_FAULT_ALPN},
    {STLS_LMTP, "", "", STLS_FAULT_NONE},
};

static void check(size_t i, int version)
{
	struct raw raw = raw_client(version, version);
	stls_tls *tls = pair_open(server, cases[i].protocol, STLS_SERVER, NULL);
	struct stls_facts facts;

	raw_open(&raw);
	SSL_set_alpn_protos(raw.ssl, (const unsigned char *)cases[i].offer,
	                    (unsigned)strlen(cases[i].offer));
	raw_run(&raw, tls);
	if (stls_tls_fault(tls) != cases[i].fault)
		fail_msg("case %zu: %s", i, stls_fault_name(stls_tls_fault(tls)));
	if (cases[i].fault == STLS_FAULT_NONE) {
		assert_int_equal(raw.shaken, 1);
		stls_tls_facts(tls, &facts);
		assert_string_equal(facts.alpn, cases[i].agreed);
	} else
		assert_int_equal(raw.reason, SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
	stls_tls_free(tls);
	raw_free(&raw);
}

static void servers(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		check(i, TLS1_2_VERSION);
		check(i, TLS1_3_VERSION);
	}
}

/* What a client of ours offers, and what it makes of the answer. */
static const char *answer;
static char offered[64];

static int select_any(SSL *ssl, const unsigned char **out, unsigned char *length,
                      const unsigned char *in, unsigned in_length, void *unused)
{
	(void)ssl, (void)unused;
	snprintf(offered, sizeof(offered), "%.*s", (int)in_length, (const char *)in);
	if (answer == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	*out = (const unsigned char *)answer;
	*length = (unsigned char)strlen(answer);
	return SSL_TLSEXT_ERR_OK;
}

static void expect(enum stls_protocol protocol, const char *offer, const char *says, int good)
{
	struct raw raw = raw_server(TLS1_2_VERSION, TLS1_3_VERSION, "mail");
	stls_tls *tls = pair_open(client, protocol, STLS_CLIENT, &anybody);

	SSL_CTX_set_alpn_select_cb(raw.context, select_any, NULL);
	answer = says;
	offered[0] = '\0';
	raw_open(&raw);
	raw_run(&raw, tls);
	assert_string_equal(offered, offer);
	assert_int_equal(stls_tls_need(tls) == STLS_DONE, good);
	if (!good)
		assert_true(stls_tls_fault(tls) == STLS_FAULT_ALPN ||
		            stls_tls_fault(tls) == STLS_FAULT_HANDSHAKE);
	stls_tls_free(tls);
	raw_free(&raw);
}

static void clients(void **unused)
{
	(void)unused;
	expect(STLS_IMAP, IMAP, "imap", 1);
	expect(STLS_IMAP, IMAP, NULL, 1);
	expect(STLS_IMAP, IMAP, "pop3", 0);
	expect(STLS_SMTP, "", NULL, 1);
	expect(STLS_XMPP_SERVER, "\xbxmpp-server", "xmpp-server", 1);
	/* PG-C-04 */
	expect(STLS_POSTGRES, "\xapostgresql", "postgresql", 1);
	expect(STLS_POSTGRES, "\xapostgresql", NULL, 0);
}

/* Every protocol of ours understands itself. */
static void both(void **unused)
{
	static const enum stls_protocol protocols[] = {
	    STLS_SMTP,  STLS_LMTP,        STLS_IMAP,        STLS_POP3,
	    STLS_SIEVE, STLS_XMPP_CLIENT, STLS_XMPP_SERVER, STLS_NNTP};

	(void)unused;
	for (size_t i = 0; i < LENGTH(protocols); i++) {
		struct pair pair = pair_shake(client, server, protocols[i], &anybody);
		const char *id = stls_alpn(protocols[i]);
		struct stls_facts facts;

		pair_expect_up(pair.client);
		stls_tls_facts(pair.client, &facts);
		assert_string_equal(facts.alpn, id ? id : "");
		pair_free(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(servers),
	    cmocka_unit_test(clients),
	    cmocka_unit_test(both),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
