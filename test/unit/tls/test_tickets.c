/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* memmem */
/* Session tickets: shared, rotated, and never good for another name. */
#include "pair.h"

static int begin(void **unused)
{
	(void)unused;
	certs_begin();
	certs_make(&(struct certs_spec){.name = "a", .san = "DNS:a.example"});
	certs_make(&(struct certs_spec){.name = "b", .san = "DNS:b.example"});
	certs_make(&(struct certs_spec){.name = "ca", .authority = 1});
	certs_make(&(struct certs_spec){.name = "alice", .issuer = "ca"});
	certs_make(&(struct certs_spec){.name = "mallory"});
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	certs_end();
	return 0;
}

static SSL_SESSION *ticket;
static int tickets;

static int take_ticket(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(ticket);
	ticket = session;
	tickets++;
	return 1;
}

static void forget(void)
{
	SSL_SESSION_free(ticket);
	ticket = NULL;
	tickets = 0;
}

static struct raw collector(int version)
{
	struct raw raw = raw_client(version, version);

	SSL_CTX_set_session_cache_mode(raw.context, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(raw.context, take_ticket);
	return raw;
}

/* One connection, with the last ticket if there is one: whether it resumed. */
static int visit(struct raw *raw, stls_tls_context *server, const char *sni)
{
	stls_tls *tls = pair_open(server, STLS_SMTP, STLS_SERVER, NULL);
	struct stls_facts facts;
	char got[4];

	raw_open(raw);
	raw_ask(raw, sni);
	if (ticket)
		SSL_set_session(raw->ssl, ticket);
	raw_run(raw, tls);
	assert_int_equal(raw->shaken, 1);
	pair_expect_up(tls);
	SSL_read(raw->ssl, got, sizeof(got)); /* TLS 1.3 tickets come behind */
	stls_tls_facts(tls, &facts);
	assert_int_equal(facts.resumed, SSL_session_reused(raw->ssl));
	assert_string_equal(facts.sni, sni ? sni : "");
	if (SSL_version(raw->ssl) == TLS1_2_VERSION && facts.resumed) {
		SSL_SESSION_free(ticket); /* no callback tells of a renewed one */
		ticket = SSL_get1_session(raw->ssl);
	}
	SSL_shutdown(raw->ssl); /* or OpenSSL takes the session for a bad one */
	stls_tls_free(tls);
	raw_close(raw);
	return facts.resumed;
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/* TLS-15: one a handshake, not for too long */
static void once(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < LENGTH(versions); i++) {
		stls_tls_context *server = pair_server(NULL, "a", NULL);
		struct raw raw = collector(versions[i]);

		forget();
		assert_false(visit(&raw, server, "a.example"));
		assert_int_equal(tickets, 1);
		assert_in_range(SSL_SESSION_get_ticket_lifetime_hint(ticket), 1, 604800);
		assert_int_equal(SSL_SESSION_get_max_early_data(ticket), 0); /* TLS-14 */
		assert_true(visit(&raw, server, "a.example"));
		assert_true(visit(&raw, server, "a.example"));
		forget();
		raw_free(&raw);
		stls_tls_context_free(server);
	}
}

/* TLS-16 */
static void never_for_another_name(void **unused)
{
	static const char *const names[] = {"b.example", "unknown.example", NULL, "A.example"};

	(void)unused;
	for (size_t i = 0; i < 2 * LENGTH(names); i++) {
		stls_tls_context *server = pair_server(NULL, "a", "b", NULL);
		struct raw raw = collector(versions[i % 2]);
		const char *other = names[i / 2];

		forget();
		assert_false(visit(&raw, server, "a.example"));
		assert_false(visit(&raw, server, other));
		forget();
		/* nor the other way round; and each is fine with itself */
		assert_false(visit(&raw, server, other));
		assert_true(visit(&raw, server, other));
		assert_false(visit(&raw, server, "a.example"));
		assert_true(visit(&raw, server, "a.example"));
		forget();
		raw_free(&raw);
		stls_tls_context_free(server);
	}
}

static void fill_key(unsigned char *key, unsigned char with)
{
	memset(key, with, STLS_TICKET_KEY_SIZE);
}

static void shared_keys(void **unused)
{
	unsigned char keys[1][STLS_TICKET_KEY_SIZE];

	(void)unused;
	fill_key(keys[0], 1);
	for (size_t i = 0; i < LENGTH(versions); i++) {
		stls_tls_context *one = pair_server(NULL, "a", NULL);
		stls_tls_context *two = pair_server(NULL, "a", NULL);
		struct raw raw = collector(versions[i]);

		forget();
		assert_false(visit(&raw, one, "a.example"));
		assert_false(visit(&raw, two, "a.example")); /* each has its own */
		forget();
		assert_int_equal(stls_tls_context_tickets(
		                     one, (const unsigned char(*)[STLS_TICKET_KEY_SIZE])keys, 1),
		                 0);
		assert_int_equal(stls_tls_context_tickets(
		                     two, (const unsigned char(*)[STLS_TICKET_KEY_SIZE])keys, 1),
		                 0);
		assert_false(visit(&raw, one, "a.example"));
		assert_true(visit(&raw, two, "a.example"));
		assert_true(visit(&raw, one, "a.example"));
		forget();
		raw_free(&raw);
		stls_tls_context_free(one);
		stls_tls_context_free(two);
	}
}

static void set_keys(stls_tls_context *server, unsigned char newest, size_t count)
{
	unsigned char keys[STLS_TICKET_KEYS][STLS_TICKET_KEY_SIZE];

	for (size_t i = 0; i < count; i++)
		fill_key(keys[i], (unsigned char)(newest - i));
	assert_int_equal(stls_tls_context_tickets(
	                     server, (const unsigned char(*)[STLS_TICKET_KEY_SIZE])keys, count),
	                 0);
}

/* The first octets of a ticket are the name of its key. */
static unsigned char key_of_ticket(void)
{
	const unsigned char *bytes;
	size_t length;

	SSL_SESSION_get0_ticket(ticket, &bytes, &length);
	assert_true(length > 16);
	return bytes[0];
}

static void rotated_keys(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < LENGTH(versions); i++) {
		stls_tls_context *server = pair_server(NULL, "a", NULL);
		struct raw raw = collector(versions[i]);
		SSL_SESSION *old;

		forget();
		set_keys(server, 10, 1);
		assert_false(visit(&raw, server, "a.example"));
		old = ticket;
		SSL_SESSION_up_ref(old);
		set_keys(server, 12, 3); /* 12, 11, 10 */
		assert_int_equal(key_of_ticket(), 10);
		assert_true(visit(&raw, server, "a.example"));
		assert_int_equal(key_of_ticket(), 12); /* a new one, under the newest key */
		set_keys(server, 13, 3);               /* 13, 12, 11 */
		assert_true(visit(&raw, server, "a.example"));
		SSL_SESSION_free(ticket);
		ticket = old;
		assert_false(visit(&raw, server, "a.example"));
		forget();
		raw_free(&raw);
		stls_tls_context_free(server);
	}
}

static void count_of_keys(void **unused)
{
	unsigned char keys[STLS_TICKET_KEYS + 1][STLS_TICKET_KEY_SIZE] = {{0}};
	stls_tls_context *server = pair_server(NULL, "a", NULL);

	(void)unused;
	assert_int_equal(
	    stls_tls_context_tickets(server, (const unsigned char(*)[STLS_TICKET_KEY_SIZE])keys, 0),
	    -1);
	assert_int_equal(
	    stls_tls_context_tickets(server, (const unsigned char(*)[STLS_TICKET_KEY_SIZE])keys,
	                             STLS_TICKET_KEYS + 1),
	    -1);
	stls_tls_context_free(server);
}

/* A damaged ticket is a full handshake, not a failed one. */
static void forged(void **unused)
{
	stls_tls_context *server = pair_server(NULL, "a", NULL);
	struct raw raw = collector(TLS1_2_VERSION);
	unsigned char *der = NULL, *at;
	const unsigned char *from;
	int length;
	const unsigned char *bytes;
	size_t count;

	(void)unused;
	forget();
	assert_false(visit(&raw, server, "a.example"));
	SSL_SESSION_get0_ticket(ticket, &bytes, &count);
	length = i2d_SSL_SESSION(ticket, &der);
	assert_true(length > 0);
	at = memmem(der, (size_t)length, bytes, count);
	assert_non_null(at);
	at[count - 1] ^= 1;
	SSL_SESSION_free(ticket);
	from = der;
	ticket = d2i_SSL_SESSION(NULL, &from, length);
	assert_non_null(ticket);
	assert_false(visit(&raw, server, "a.example"));
	assert_true(visit(&raw, server, "a.example"));
	OPENSSL_free(der);
	forget();
	raw_free(&raw);
	stls_tls_context_free(server);
}

/* What was known of a client is known when it comes back; and a server that
 * believes other authorities does not take over another one's belief. */
static void client_certificates(void **unused)
{
	static const char *const names[] = {"alice", "mallory"};
	char ca[256], another[256];
	const struct stls_tls_settings settings = {.ca_file = ca, .ask_client = 1};

	(void)unused;
	snprintf(ca, sizeof(ca), "%s", certs_chain("ca"));
	snprintf(another, sizeof(another), "%s", certs_chain("b"));
	for (size_t i = 0; i < 2 * LENGTH(names); i++) {
		const char *name = names[i / 2];
		stls_tls_context *server = pair_server(&settings, "a", NULL);
		stls_tls_context *other = pair_server(
		    &(struct stls_tls_settings){.ca_file = another, .ask_client = 1}, "a", NULL);
		struct raw raw = collector(versions[i % 2]);
		struct stls_facts facts;
		stls_tls *tls;

		set_keys(server, 1, 1);
		set_keys(other, 1, 1);
		SSL_CTX_use_certificate_chain_file(raw.context, certs_chain(name));
		SSL_CTX_use_PrivateKey_file(raw.context, certs_key(name), SSL_FILETYPE_PEM);
		forget();
		assert_false(visit(&raw, server, "a.example"));
		tls = pair_open(server, STLS_SMTP, STLS_SERVER, NULL);
		raw_open(&raw);
		raw_ask(&raw, "a.example");
		SSL_set_session(raw.ssl, ticket);
		raw_run(&raw, tls);
		stls_tls_facts(tls, &facts);
		assert_true(facts.resumed);
		assert_true(facts.peer_certificate);
		assert_string_equal(facts.peer_name, name);
		assert_int_equal(facts.verified, i < 2 ? STLS_TRUST_PKIX : STLS_TRUST_ANY);
		assert_int_equal(facts.unverified, i < 2 ? STLS_FAULT_NONE : STLS_FAULT_UNTRUSTED);
		stls_tls_free(tls);
		SSL_shutdown(raw.ssl);
		raw_close(&raw);
		assert_false(visit(&raw, other, "a.example"));
		forget();
		raw_free(&raw);
		stls_tls_context_free(server);
		stls_tls_context_free(other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(once),
	    cmocka_unit_test(never_for_another_name),
	    cmocka_unit_test(shared_keys),
	    cmocka_unit_test(rotated_keys),
	    cmocka_unit_test(count_of_keys),
	    cmocka_unit_test(forged),
	    cmocka_unit_test(client_certificates),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
