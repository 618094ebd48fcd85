/* SPDX-License-Identifier: ISC */
#include "pair.h"

#include <openssl/err.h>

struct stls_receipt pair_receipt(enum stls_protocol protocol, enum stls_role role)
{
	const struct stls_spec spec = {
	    .size = sizeof(spec),
	    .protocol = protocol,
	    .role = role,
	    .demand = STLS_MUST,
	    .layer = STLS_IMPLICIT,
	    .domain = "example.org",
	    .from = "example.net",
	};
	stls_dialogue *dialogue = stls_open(&spec);
	struct stls_receipt receipt;

	assert_non_null(dialogue);
	receipt = stls_switch(dialogue, NULL, 0);
	stls_close(dialogue);
	assert_true(stls_receipt_good(&receipt));
	return receipt;
}

static stls_tls_context *make(const struct stls_tls_settings *given, enum stls_role role)
{
	struct stls_tls_settings settings = given ? *given : (struct stls_tls_settings){0};
	struct stls_tls_error error = {""};
	stls_tls_context *context;

	settings.size = sizeof(settings);
	settings.role = role;
	context = stls_tls_context_new(&settings, &error);
	if (context == NULL)
		fail_msg("%s", error.text);
	return context;
}

stls_tls_context *pair_server(const struct stls_tls_settings *settings, const char *certificate,
                              ...)
{
	stls_tls_context *context = make(settings, STLS_SERVER);
	struct stls_tls_error error = {""};
	va_list more;

	va_start(more, certificate);
	for (; certificate != NULL; certificate = va_arg(more, const char *))
		if (stls_tls_context_add(context, certs_chain(certificate), certs_key(certificate),
		                         &error) != 0)
			fail_msg("%s", error.text);
	va_end(more);
	return context;
}

stls_tls_context *pair_client(const struct stls_tls_settings *settings)
{
	return make(settings, STLS_CLIENT);
}

stls_tls *pair_open(stls_tls_context *context, enum stls_protocol protocol, enum stls_role role,
                    const struct stls_tls_peer *peer)
{
	struct stls_receipt receipt = pair_receipt(protocol, role);
	stls_tls *tls = stls_tls_open(context, &receipt, peer);

	assert_non_null(tls);
	return tls;
}

static int carry(stls_tls *from, stls_tls *to, size_t chunk)
{
	size_t count;
	const char *bytes = stls_tls_out(from, &count);
	char copy[512];

	if (count == 0)
		return 0;
	if (chunk > sizeof(copy))
		chunk = sizeof(copy);
	if (count > chunk)
		count = chunk;
	memcpy(copy, bytes, count);
	stls_tls_sent(from, count);
	assert_int_equal(stls_tls_feed(to, copy, count), 0);
	return 1;
}

void pair_run(stls_tls *a, stls_tls *b, size_t chunk)
{
	int moved;

	do {
		moved = carry(a, b, chunk);
		moved |= carry(b, a, chunk);
	} while (moved);
}

struct pair pair_shake(stls_tls_context *client, stls_tls_context *server,
                       enum stls_protocol protocol, const struct stls_tls_peer *peer)
{
	struct pair pair = {pair_open(client, protocol, STLS_CLIENT, peer),
	                    pair_open(server, protocol, STLS_SERVER, NULL)};

	pair_run(pair.client, pair.server, 512);
	return pair;
}

void pair_free(struct pair *pair)
{
	stls_tls_free(pair->client);
	stls_tls_free(pair->server);
	/* whatever went wrong, the owner's own use of OpenSSL is not disturbed */
	assert_int_equal(ERR_peek_error(), 0);
}

void pair_expect(const stls_tls *tls, enum stls_fault fault)
{
	if (stls_tls_fault(tls) != fault)
		fail_msg("%s (%s), not %s", stls_fault_name(stls_tls_fault(tls)),
		         stls_tls_detail(tls), stls_fault_name(fault));
	assert_true(fault == STLS_FAULT_NONE || stls_tls_need(tls) == STLS_FAILED ||
	            stls_tls_need(tls) == STLS_OUT);
}

/* ---- OpenSSL alone ---- */

static struct raw make_raw(const SSL_METHOD *method, int minimum, int maximum)
{
	struct raw raw = {.context = SSL_CTX_new(method)};

	assert_non_null(raw.context);
	/* whatever this build of OpenSSL can: the tests are about ours */
	SSL_CTX_set_security_level(raw.context, 0);
	SSL_CTX_set_min_proto_version(raw.context, minimum);
	SSL_CTX_set_max_proto_version(raw.context, maximum);
	return raw;
}

struct raw raw_client(int minimum, int maximum)
{
	return make_raw(TLS_client_method(), minimum, maximum);
}

struct raw raw_server(int minimum, int maximum, const char *certificate)
{
	struct raw raw = make_raw(TLS_server_method(), minimum, maximum);

	assert_int_equal(SSL_CTX_use_certificate_chain_file(raw.context, certs_chain(certificate)),
	                 1);
	assert_int_equal(
	    SSL_CTX_use_PrivateKey_file(raw.context, certs_key(certificate), SSL_FILETYPE_PEM), 1);
	return raw;
}

void raw_open(struct raw *raw)
{
	raw->ssl = SSL_new(raw->context);
	assert_non_null(raw->ssl);
	SSL_set_bio(raw->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(raw->ssl), -1);
	if (SSL_CTX_get_ssl_method(raw->context) == TLS_client_method())
		SSL_set_connect_state(raw->ssl);
	else
		SSL_set_accept_state(raw->ssl);
	raw->reason = 0;
}

void raw_ask(struct raw *raw, const char *name)
{
	char copy[256];

	if (name == NULL)
		return;
	snprintf(copy, sizeof(copy), "%s", name);
	assert_int_equal(SSL_set_tlsext_host_name(raw->ssl, copy), 1);
}

void raw_carry(struct raw *raw, stls_tls *tls)
{
	char buffer[4096];
	size_t count;
	const char *out;
	int n;

	while ((n = BIO_read(SSL_get_wbio(raw->ssl), buffer, sizeof(buffer))) > 0)
		assert_int_equal(stls_tls_feed(tls, buffer, (size_t)n), 0);
	assert_int_equal(ERR_peek_error(), 0);
	while (out = stls_tls_out(tls, &count), count > 0) {
		n = BIO_write(SSL_get_rbio(raw->ssl), out, (int)count);
		assert_true(n > 0);
		stls_tls_sent(tls, (size_t)n);
	}
}

void raw_run(struct raw *raw, stls_tls *tls)
{
	for (int i = 0; i < 10; i++) {
		ERR_clear_error();
		raw->shaken = SSL_do_handshake(raw->ssl);
		if (raw->shaken != 1 && ERR_peek_last_error() != 0 && raw->reason == 0)
			raw->reason = (unsigned long)ERR_GET_REASON(ERR_peek_last_error());
		ERR_clear_error();
		raw_carry(raw, tls);
	}
	ERR_clear_error();
}

void raw_close(struct raw *raw)
{
	SSL_free(raw->ssl);
	raw->ssl = NULL;
}

void raw_free(struct raw *raw)
{
	SSL_free(raw->ssl);
	SSL_CTX_free(raw->context);
}
