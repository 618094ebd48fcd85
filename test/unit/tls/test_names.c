/* SPDX-License-Identifier: ISC */
/* A server's certificates: which one answers whom, and which are not taken. */
#include "pair.h"

#include "tls/direct.h"

#include <time.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

static int begin(void **unused)
{
	(void)unused;
	certs_begin();
	certs_make(
	    &(struct certs_spec){.name = "first", .san = "DNS:mail.example.org,DNS:example.org"});
	certs_make(&(struct certs_spec){.name = "wild", .san = "DNS:*.example.org"});
	certs_make(&(struct certs_spec){.name = "exact", .san = "DNS:IMAP.Example.ORG"});
	certs_make(&(struct certs_spec){
	    .name = "odd", .san = "DNS:a*.example.org,DNS:*.*.org,DNS:*.net,DNS:x.*.org,DNS:*"});
	certs_make(&(struct certs_spec){.name = "nameless"});
	certs_make(
	    &(struct certs_spec){.name = "rsa", .san = "DNS:mail.example.org", .rsa_bits = 2048});
	certs_make(
	    &(struct certs_spec){.name = "rsa-wild", .san = "DNS:*.example.org", .rsa_bits = 2048});
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	certs_end();
	return 0;
}

static int named; /* whether the certificate that answers has the name that was asked for */

/* The common name of the certificate that answers: "" for none. */
static const char *answer(stls_tls_context *server, const char *sni, const char *preset, int rsa)
{
	struct raw raw = raw_client(TLS1_2_VERSION, TLS1_3_VERSION);
	const struct stls_tls_peer peer = {.size = sizeof(peer), .sni = preset};
	stls_tls *tls = pair_open(server, STLS_XMPP_CLIENT, STLS_SERVER, &peer);
	static char name[64], schemes[][16] = {"ECDSA+SHA256", "RSA-PSS+SHA256"};
	struct stls_facts facts;

	name[0] = '\0';
	SSL_CTX_set1_sigalgs_list(raw.context, schemes[rsa]);
	raw_open(&raw);
	raw_ask(&raw, sni);
	raw_run(&raw, tls);
	if (raw.shaken == 1) {
		stls_tls_facts(tls, &facts);
		assert_string_equal(facts.sni, sni ? sni : "");
		named = facts.named;
		X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(raw.ssl)),
		                          NID_commonName, name, sizeof(name));
	}
	stls_tls_free(tls);
	raw_free(&raw);
	return name;
}

static void expect(stls_tls_context *server, const char *sni, const char *name)
{
	const char *got = answer(server, sni, NULL, 0);

	if (strcmp(got, name) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", sni ? sni : "no name", got, name);
}

/* TLS-24: the first one is the default; a very name beats a wildcard */
static void by_name(void **unused)
{
	stls_tls_context *server = pair_server(NULL, "first", "wild", "exact", "odd", NULL);

	(void)unused;
	expect(server, "mail.example.org", "first");
	expect(server, "MAIL.example.org", "first");
	expect(server, "example.org", "first");
	expect(server, "imap.example.org", "exact");
	expect(server, "pop.example.org", "wild");
	expect(server, "a.example.org", "wild");
	expect(server, "a.b.example.org", "first");
	expect(server, "example.net", "first");
	expect(server, "www.example.com", "first");
	expect(server, "a1.example.org", "wild");
	expect(server, NULL, "first");
	expect(server, "*.example.org", "first");
	expect(server, "org", "first");
	stls_tls_context_free(server);
}

/* RFC 9525 section 6.3: malformed wildcards answer nothing */
static void odd_wildcards(void **unused)
{
	stls_tls_context *server = pair_server(NULL, "first", "odd", NULL);
	static const char *const names[] = {"a1.example.org", "a.b.org", "example.net", "x.y.org",
	                                    "localhost"};

	(void)unused;
	for (size_t i = 0; i < LENGTH(names); i++)
		expect(server, names[i], "first");
	stls_tls_context_free(server);
}

/* Order of adding only matters for the default. */
static void other_order(void **unused)
{
	stls_tls_context *server = pair_server(NULL, "wild", "exact", "first", NULL);

	(void)unused;
	expect(server, "mail.example.org", "first");
	expect(server, "imap.example.org", "exact");
	expect(server, NULL, "wild");
	stls_tls_context_free(server);
}

static void nameless_default(void **unused)
{
	stls_tls_context *server = pair_server(NULL, "nameless", "exact", NULL);

	(void)unused;
	expect(server, "nameless", "nameless");
	expect(server, "imap.example.org", "exact");
	expect(server, NULL, "nameless");
	stls_tls_context_free(server);
}

/* TLS-25: an alert, if that is wished for; no name at all is still welcome */
static void strict(void **unused)
{
	stls_tls_context *server =
	    pair_server(&(struct stls_tls_settings){.strict_sni = 1}, "first", NULL);
	struct raw raw = raw_client(TLS1_2_VERSION, TLS1_3_VERSION);
	stls_tls *tls = pair_open(server, STLS_SMTP, STLS_SERVER, NULL);

	(void)unused;
	expect(server, "mail.example.org", "first");
	expect(server, NULL, "first");
	expect(server, "other.example.org", "");
	raw_open(&raw);
	raw_ask(&raw, "other.example.org");
	raw_run(&raw, tls);
	pair_expect(tls, STLS_FAULT_SNI);
	assert_int_equal(raw.reason, SSL_R_TLSV1_UNRECOGNIZED_NAME);
	stls_tls_free(tls);
	raw_free(&raw);
	stls_tls_context_free(server);
}

/* RFC 6120 section 13.7.2.1: the domain of the stream, where TLS names none */
static void preset(void **unused)
{
	stls_tls_context *server = pair_server(NULL, "first", "wild", "exact", NULL);

	(void)unused;
	assert_string_equal(answer(server, NULL, "imap.example.org", 0), "exact");
	assert_string_equal(answer(server, "pop.example.org", "imap.example.org", 0), "wild");
	assert_string_equal(answer(server, NULL, "unknown.example.net", 0), "first");
	stls_tls_context_free(server);
	server = pair_server(&(struct stls_tls_settings){.strict_sni = 1}, "first", NULL);
	assert_string_equal(answer(server, NULL, "unknown.example.net", 0), "first");
	stls_tls_context_free(server);
}

/* RSA and ECDSA side by side, by what the client can verify, name by name */
static void two_kinds(void **unused)
{
	stls_tls_context *server = pair_server(NULL, "first", "wild", "rsa", "rsa-wild", NULL);

	(void)unused;
	assert_string_equal(answer(server, "mail.example.org", NULL, 0), "first");
	assert_string_equal(answer(server, "mail.example.org", NULL, 1), "rsa");
	assert_string_equal(answer(server, "pop.example.org", NULL, 0), "wild");
	assert_string_equal(answer(server, "pop.example.org", NULL, 1), "rsa-wild");
	assert_string_equal(answer(server, NULL, NULL, 0), "first");
	assert_string_equal(answer(server, NULL, NULL, 1), "rsa");
	/* only ECDSA has this name */
	assert_string_equal(answer(server, "example.org", NULL, 0), "first");
	assert_string_equal(answer(server, "example.org", NULL, 1), "");
	stls_tls_context_free(server);
	server = pair_server(NULL, "rsa", "first", NULL);
	assert_string_equal(answer(server, NULL, NULL, 0), "first");
	assert_string_equal(answer(server, NULL, NULL, 1), "rsa");
	stls_tls_context_free(server);
}

static void no_certificate(void **unused)
{
	stls_tls_context *server = pair_server(NULL, NULL);

	(void)unused;
	expect(server, "mail.example.org", "");
	assert_int_equal(stls_tls_context_expiry(server), 0);
	stls_tls_context_free(server);
}

static void many(void **unused)
{
	stls_tls_context *server = pair_server(NULL, "first", NULL);
	char name[32], san[64];
	struct stls_tls_error error;

	(void)unused;
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "site%d", i);
		snprintf(san, sizeof(san), "DNS:www.site%d.example,DNS:*.site%d.example", i, i);
		certs_make(&(struct certs_spec){.name = name, .san = san});
		assert_int_equal(
		    stls_tls_context_add(server, certs_chain(name), certs_key(name), &error), 0);
	}
	expect(server, "www.site0.example", "site0");
	expect(server, "www.site37.example", "site37");
	expect(server, "mail.site49.example", "site49");
	expect(server, "mail.site50.example", "first");
	stls_tls_context_free(server);
}

/* ---- what is not taken ---- */

static void expect_error(const char *chain, const char *key, const char *file, const char *why)
{
	static const enum stls_role roles[] = {STLS_SERVER, STLS_CLIENT};

	for (size_t i = 0; i < LENGTH(roles); i++) {
		const struct stls_tls_settings settings = {.size = sizeof(settings),
		                                           .role = roles[i]};
		struct stls_tls_error error = {""};
		stls_tls_context *context = stls_tls_context_new(&settings, &error);

		assert_non_null(context);
		assert_int_equal(stls_tls_context_add(context, chain, key, &error), -1);
		if (strncmp(error.text, file, strlen(file)) != 0 || !strstr(error.text, why))
			fail_msg("\"%s\" is not about %s", error.text, why);
		stls_tls_context_free(context);
	}
}

static void mistakes(void **unused)
{
	char chain[256], key[256], other[256];

	(void)unused;
	snprintf(chain, sizeof(chain), "%s", certs_chain("first"));
	snprintf(key, sizeof(key), "%s", certs_key("first"));
	expect_error("/nonexistent.pem", key, "/nonexistent.pem", "No such file");
	expect_error(chain, "/nonexistent.key", "/nonexistent.key", "No such file");
	expect_error(chain, certs_key("exact"), certs_key("exact"), "does not belong");
	expect_error(chain, certs_key("rsa"), certs_key("rsa"), "does not belong");
	expect_error(key, key, key, "no certificate");
	expect_error(chain, chain, chain, "no private key");
	expect_error("/", key, "/:", "no certificate");
	snprintf(other, sizeof(other), "%s", certs_write("empty.pem", ""));
	expect_error(other, key, other, "no certificate");
	expect_error(chain, other, other, "no private key");
	snprintf(other, sizeof(other), "%s",
	         certs_write("torn.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n"));
	expect_error(other, key, other, "no certificate");
}

static void damaged_chain(void **unused)
{
	char all[8192] = "", path[256];
	FILE *stream = fopen(certs_chain("first"), "r");
	size_t length;

	(void)unused;
	assert_non_null(stream);
	length = fread(all, 1, sizeof(all) / 2, stream);
	fclose(stream);
	strcpy(all + length, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	snprintf(path, sizeof(path), "%s", certs_write("damaged.pem", all));
	expect_error(path, certs_key("first"), path, "certificate 2");
}

static void too_weak(void **unused)
{
	char chain[256];

	(void)unused;
	certs_make(&(struct certs_spec){.name = "short", .san = "DNS:a.example", .rsa_bits = 1024});
	snprintf(chain, sizeof(chain), "%s", certs_chain("short"));
	expect_error(chain, certs_key("short"), chain, "1024 bits");
}

static void at_the_wrong_time(void **unused)
{
	char chain[256];

	(void)unused;
	certs_make(&(struct certs_spec){.name = "old", .from = -9, .to = -1});
	snprintf(chain, sizeof(chain), "%s", certs_chain("old"));
	expect_error(chain, certs_key("old"), chain, "expired");
	certs_make(&(struct certs_spec){.name = "young", .from = 1, .to = 9});
	snprintf(chain, sizeof(chain), "%s", certs_chain("young"));
	expect_error(chain, certs_key("young"), chain, "not valid yet");
}

static void with_a_password(void **unused)
{
	char chain[256], key[256];
	FILE *stream = fopen(certs_key("first"), "r");
	EVP_PKEY *pkey = PEM_read_PrivateKey(stream, NULL, NULL, NULL);

	(void)unused;
	fclose(stream);
	assert_non_null(pkey);
	snprintf(chain, sizeof(chain), "%s", certs_chain("first"));
	snprintf(key, sizeof(key), "%s", certs_key("locked"));
	stream = fopen(key, "w");
	assert_int_equal(PEM_write_PrivateKey(stream, pkey, EVP_aes_128_cbc(),
	                                      (const unsigned char *)"secret", 6, NULL, NULL),
	                 1);
	fclose(stream);
	EVP_PKEY_free(pkey);
	expect_error(chain, key, key, "password");
}

static void expiry(void **unused)
{
	stls_tls_context *server = pair_server(NULL, "first", NULL);
	int64_t thirty = time(NULL) + 30 * 86400;
	struct stls_tls_error error;

	(void)unused;
	assert_in_range(stls_tls_context_expiry(server), thirty - 600, thirty);
	certs_make(&(struct certs_spec){.name = "soon", .from = -1, .to = 3});
	assert_int_equal(
	    stls_tls_context_add(server, certs_chain("soon"), certs_key("soon"), &error), 0);
	assert_in_range(stls_tls_context_expiry(server), thirty - 27 * 86400 - 600,
	                thirty - 27 * 86400);
	stls_tls_context_free(server);
}

/* A client that asked for nobody's name is told apart from one that asked for ours. */
static void named_or_not(void **unused)
{
	stls_tls_context *server = pair_server(NULL, "first", NULL);

	(void)unused;
	answer(server, "MAIL.example.org", NULL, 0);
	assert_true(named);
	answer(server, "other.example.org", NULL, 0);
	assert_false(named);
	answer(server, NULL, NULL, 0);
	assert_false(named);
	answer(server, NULL, "mail.example.org", 0);
	assert_true(named);
	answer(server, "other.example.org", "mail.example.org", 0);
	assert_false(named);
	stls_tls_context_free(server);
}

/* Each of them, whatever it is for. */
static void in_words(void **unused)
{
	stls_tls_context *server = pair_server(NULL, "first", "rsa", "nameless", NULL);
	struct stls_certificate one, again;

	(void)unused;
	assert_true(stls_tls_context_certificate(server, 1, &one));
	assert_string_equal(one.subject, "CN=rsa");
	assert_string_equal(one.key, "RSA 2048");
	assert_int_equal(one.name_count, 1);
	assert_true(stls_tls_context_certificate(server, 0, &one));
	assert_string_equal(one.key, "ECDSA P-256");
	assert_int_equal(one.not_after, stls_tls_context_expiry(server));
	assert_true(stls_tls_context_certificate(server, 0, &again));
	assert_ptr_equal(one.subject, again.subject);
	assert_true(stls_tls_context_certificate(server, 2, &one));
	assert_int_equal(one.name_count, 0);
	assert_false(stls_tls_context_certificate(server, 3, &one));
	stls_tls_context_free(server);
}

/* A name that a client may ask for, or all those one label below another. */
static void covered_or_not(void **unused)
{
	stls_tls_context *server = pair_server(NULL, "first", "wild", "exact", "odd", NULL);
	static const char *const yes[] = {"mail.example.org", "Example.ORG.",  "imap.example.org",
	                                  "any.example.org",  "*.example.org", "*.Example.org"};
	static const char *const no[] = {
	    "a.b.example.org", "example.net", "*.example.net",  "*.mail.example.org",
	    "*.org",           "*",           "a*.example.org", ""};

	(void)unused;
	for (size_t i = 0; i < LENGTH(yes); i++)
		if (!stls_tls_context_covers(server, yes[i]))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < LENGTH(no); i++)
		if (stls_tls_context_covers(server, no[i]))
			fail_msg("%s", no[i]);
	stls_tls_context_free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_name),
	    cmocka_unit_test(odd_wildcards),
	    cmocka_unit_test(other_order),
	    cmocka_unit_test(nameless_default),
	    cmocka_unit_test(strict),
	    cmocka_unit_test(preset),
	    cmocka_unit_test(two_kinds),
	    cmocka_unit_test(no_certificate),
	    cmocka_unit_test(many),
	    cmocka_unit_test(mistakes),
	    cmocka_unit_test(damaged_chain),
	    cmocka_unit_test(too_weak),
	    cmocka_unit_test(at_the_wrong_time),
	    cmocka_unit_test(with_a_password),
	    cmocka_unit_test(expiry),
	    cmocka_unit_test(named_or_not),
	    cmocka_unit_test(in_words),
	    cmocka_unit_test(covered_or_not),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
