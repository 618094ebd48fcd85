/* SPDX-License-Identifier: ISC */
/* The key schedule of TLS 1.3: ours against the published one, against OpenSSL's, and at
 * work in connections. */
#include "pair.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "tls/hkdf.h"
#include "tls/internal.h"

static struct hkdf_bytes from_hex(const char *hex)
{
	struct hkdf_bytes bytes = {0};
	unsigned one;

	for (; sscanf(hex, "%2x", &one) == 1; hex += 2)
		bytes.bytes[bytes.length++] = (unsigned char)one;
	return bytes;
}

static struct hkdf_label labelled(const char *text, const char *context)
{
	struct hkdf_label label = {.prefix = {6, "tls13 "}, .context = from_hex(context)};

	label.label.length = strlen(text);
	memcpy(label.label.bytes, text, label.label.length);
	return label;
}

static void expect_hex(const unsigned char *bytes, const char *hex)
{
	struct hkdf_bytes wanted = from_hex(hex);

	assert_true(wanted.length > 0);
	assert_memory_equal(bytes, wanted.bytes, wanted.length);
}

/* RFC 8448 section 3: "Simple 1-RTT Handshake". */
static void published_secrets(void **unused)
{
	const struct hkdf_bytes nothing = {0};
	const struct hkdf_label derived = labelled("derived", "");
	struct hkdf_bytes shared =
	    from_hex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d");
	struct hkdf_bytes secret = {.length = 32};

	(void)unused;
	assert_int_equal(
	    hkdf_next_secret(HKDF_SHA256, &nothing, &derived, &nothing, secret.bytes, 32), 1);
	expect_hex(secret.bytes,
	           "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a");
	assert_int_equal(
	    hkdf_next_secret(HKDF_SHA256, &secret, &derived, &shared, secret.bytes, 32), 1);
	expect_hex(secret.bytes,
	           "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac");
	assert_int_equal(
	    hkdf_next_secret(HKDF_SHA256, &secret, &derived, &nothing, secret.bytes, 32), 1);
	expect_hex(secret.bytes,
	           "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919");
}

static void published_keys(void **unused)
{
	struct hkdf_bytes secret =
	    from_hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
	struct hkdf_label key = labelled("key", ""), iv = labelled("iv", "");
	unsigned char out[16];

	(void)unused;
	assert_int_equal(hkdf_expand_label(HKDF_SHA256, &secret, &key, out, 16), 1);
	expect_hex(out, "3fce516009c21727d0f2e4e86ee403bc");
	assert_int_equal(hkdf_expand_label(HKDF_SHA256, &secret, &iv, out, 12), 1);
	expect_hex(out, "5d313eb2671276ee13000b30");
}

static void refused(void **unused)
{
	static unsigned char out[9000];
	struct hkdf_bytes secret = {.length = 32}, longer = {.length = 33};
	const struct hkdf_label label = labelled("key", "");

	(void)unused;
	assert_int_equal(hkdf_hash("SHA256"), HKDF_SHA256);
	assert_int_equal(hkdf_hash("SHA2-384"), HKDF_SHA384);
	assert_int_equal(hkdf_hash("SHA512"), HKDF_NONE);
	assert_int_equal(hkdf_expand_label(HKDF_NONE, &secret, &label, out, 16), 0);
	assert_int_equal(hkdf_expand_label(HKDF_SHA256, &longer, &label, out, 16), 0);
	assert_int_equal(hkdf_expand_label(HKDF_SHA256, &secret, &label, out, 0), 0);
	assert_int_equal(hkdf_expand_label(HKDF_SHA256, &secret, &label, out, 255 * 32), 1);
	assert_int_equal(hkdf_expand_label(HKDF_SHA256, &secret, &label, out, 255 * 32 + 1), 0);
	assert_int_equal(hkdf_next_secret(HKDF_SHA256, &secret, &label, &secret, out, 31), 0);
	assert_int_equal(hkdf_next_secret(HKDF_NONE, &secret, &label, &secret, out, 32), 0);
}

/* ---- in a library context ---- */

struct question {
	int mode;
	bool longer;
	size_t length;
	unsigned char key[48], salt[48], data[48];
	size_t key_length, salt_length, data_length;
};

static size_t up_to(size_t most)
{
	unsigned short chance;

	assert_int_equal(RAND_bytes((unsigned char *)&chance, sizeof(chance)), 1);
	return chance % (most + 1);
}

static struct question make_question(unsigned number)
{
	struct question question = {.longer = number % 2, .key_length = 1};
	size_t size = question.longer ? 48 : 32;

	question.mode =
	    number % 4 < 2 ? EVP_KDF_HKDF_MODE_EXPAND_ONLY : EVP_KDF_HKDF_MODE_EXTRACT_ONLY;
	question.length = number % 4 < 2 ? 1 + up_to(200) : size;
	question.key_length = number % 4 < 2 ? size : up_to(48);
	question.salt_length = up_to(1) * size;
	question.data_length = up_to(48);
	RAND_bytes(question.key, sizeof(question.key));
	RAND_bytes(question.salt, sizeof(question.salt));
	RAND_bytes(question.data, sizeof(question.data));
	return question;
}

static int answer(OSSL_LIB_CTX *library, const char *whose, struct question *question,
                  unsigned char *out)
{
	EVP_KDF *kdf = EVP_KDF_fetch(library, "TLS13-KDF", whose);
	EVP_KDF_CTX *one = EVP_KDF_CTX_new(kdf);
	char hash[] = "SHA256", longer[] = "SHA384", prefix[] = "tls13 ", label[] = "res master";
	OSSL_PARAM params[8] = {OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &question->mode),
	                        OSSL_PARAM_construct_utf8_string(
	                            OSSL_KDF_PARAM_DIGEST, question->longer ? longer : hash, 0),
	                        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, prefix, 6),
	                        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, label, 10)};
	size_t at = 4;
	int good;

	if (question->key_length > 0)
		params[at++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, question->key,
		                                                 question->key_length);
	if (question->salt_length > 0)
		params[at++] = OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_SALT, question->salt, question->salt_length);
	if (question->data_length > 0)
		params[at++] = OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_DATA, question->data, question->data_length);
	params[at] = OSSL_PARAM_construct_end();
	good = EVP_KDF_derive(one, out, question->length, params);
	EVP_KDF_CTX_free(one);
	EVP_KDF_free(kdf);
	return good;
}

static void same_as_openssl(void **unused)
{
	struct tls_library library = {0};

	(void)unused;
	assert_true(tls_library_open(&library));
	for (unsigned i = 0; i < 2000; i++) {
		struct question question = make_question(i);
		unsigned char ours[256], theirs[256];

		assert_int_equal(answer(library.context, "provider=starttls", &question, ours), 1);
		assert_int_equal(answer(NULL, NULL, &question, theirs), 1);
		assert_memory_equal(ours, theirs, question.length);
	}
	tls_library_close(&library);
}

/* Whoever names no provider gets ours, and everything else from OpenSSL; what it is not
 * told the meaning of, it does not ignore. */
static void is_chosen(void **unused)
{
	struct tls_library library = {0};
	EVP_KDF *kdf;
	EVP_KDF_CTX *one;
	EVP_MD *hash;
	char seed[] = "seed";
	OSSL_PARAM unknown[] = {OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, 4),
	                        OSSL_PARAM_construct_end()};

	(void)unused;
	assert_true(tls_library_open(&library));
	kdf = EVP_KDF_fetch(library.context, "TLS13-KDF", NULL);
	assert_ptr_equal(EVP_KDF_get0_provider(kdf), library.own);
	one = EVP_KDF_CTX_new(kdf);
	assert_int_equal(EVP_KDF_CTX_set_params(one, unknown), 0);
	EVP_KDF_CTX_free(one);
	EVP_KDF_free(kdf);
	hash = EVP_MD_fetch(library.context, "SHA256", NULL);
	assert_ptr_equal(EVP_MD_get0_provider(hash), library.everything);
	EVP_MD_free(hash);
	tls_library_close(&library);
}

/* ---- at work: OpenSSL's own schedule is the peer's ---- */

static stls_tls_context *server;

static int begin(void **unused)
{
	(void)unused;
	certs_begin();
	certs_make(&(struct certs_spec){.name = "leaf", .san = "DNS:mail.example.org"});
	server = pair_server(NULL, "leaf", NULL);
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	stls_tls_context_free(server);
	certs_end();
	return 0;
}

static void shakes_hands(void **unused)
{
	static const char *const ways[][2] = {
	    {"TLS_AES_128_GCM_SHA256", "X25519"},
	    {"TLS_AES_256_GCM_SHA384", "P-521"},
	    {"TLS_CHACHA20_POLY1305_SHA256", "P-384"},
	    {"TLS_AES_256_GCM_SHA384", "P-256"},
	};

	(void)unused;
	for (size_t i = 0; i < LENGTH(ways); i++) {
		struct raw raw = raw_client(TLS1_3_VERSION, TLS1_3_VERSION);
		stls_tls *tls = pair_open(server, STLS_IMAP, STLS_SERVER, NULL);
		unsigned char ours[32], theirs[32];
		struct stls_facts facts;
		char got[8];

		assert_int_equal(SSL_CTX_set_ciphersuites(raw.context, ways[i][0]), 1);
		assert_int_equal(SSL_CTX_set1_groups_list(raw.context, ways[i][1]), 1);
		raw_open(&raw);
		raw_run(&raw, tls);
		pair_expect_up(tls);
		stls_tls_facts(tls, &facts);
		assert_string_equal(facts.cipher, ways[i][0]);
		assert_int_equal(stls_tls_binding(tls, ours), 0);
		assert_int_equal(SSL_export_keying_material(raw.ssl, theirs, 32,
		                                            "EXPORTER-Channel-Binding", 24,
		                                            (const unsigned char *)"", 0, 1),
		                 1);
		assert_memory_equal(ours, theirs, 32);
		assert_int_equal(SSL_key_update(raw.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		assert_int_equal(SSL_write(raw.ssl, "a", 1), 1);
		raw_carry(&raw, tls);
		assert_int_equal(stls_tls_read(tls, got, sizeof(got)), 1);
		assert_int_equal(stls_tls_write(tls, "b", 1), 0);
		raw_carry(&raw, tls);
		assert_int_equal(SSL_read(raw.ssl, got, sizeof(got)), 1);
		stls_tls_free(tls);
		raw_free(&raw);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(published_secrets), cmocka_unit_test(published_keys),
	    cmocka_unit_test(refused),           cmocka_unit_test(same_as_openssl),
	    cmocka_unit_test(is_chosen),         cmocka_unit_test(shakes_hands),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
