/* SPDX-License-Identifier: ISC */
#include "rig.h"

struct stls_receipt rig_receipt(enum stls_protocol protocol, enum stls_role role)
{
	struct stls_spec spec = {.size = sizeof(spec),
	                         .protocol = protocol,
	                         .role = role,
	                         .demand = STLS_MUST,
	                         .layer = STLS_IMPLICIT,
	                         .domain = "example.org"};
	stls_dialogue *dialogue = stls_open(&spec);
	struct stls_receipt receipt;

	assert_non_null(dialogue);
	receipt = stls_switch(dialogue, NULL, 0);
	stls_close(dialogue);
	return receipt;
}

/* ---- contexts ---- */

static stls_tls_context *context(const struct stls_tls_settings *settings)
{
	struct stls_tls_error error = {0};
	stls_tls_context *context = stls_tls_context_new(settings, &error);

	if (context == NULL)
		fail_msg("%s", error.text);
	return context;
}

static void add(stls_tls_context *context, const struct pki_pair *pair)
{
	struct stls_tls_error error = {0};

	if (stls_tls_context_add(context, pair->chain_file, pair->key_file, &error) != 0)
		fail_msg("%s", error.text);
}

stls_tls_context *rig_client(const struct pki *pki, int weaker)
{
	return context(&(struct stls_tls_settings){.size = sizeof(struct stls_tls_settings),
	                                           .role = STLS_CLIENT,
	                                           .ca_file = pki_authority_file(pki),
	                                           .weaker = weaker});
}

stls_tls_context *rig_server(const struct stls_tls_settings *given,
                             const struct pki_pair *const *pairs, size_t count)
{
	struct stls_tls_settings settings = *given;
	stls_tls_context *server;

	settings.size = sizeof(settings);
	settings.role = STLS_SERVER;
	server = context(&settings);
	for (size_t i = 0; i < count; i++)
		add(server, pairs[i]);
	return server;
}

stls_tls_context *rig_server_of(const struct pki_pair *pair)
{
	return rig_server(&(struct stls_tls_settings){0}, &pair, 1);
}

/* ---- both ours ---- */

stls_tls *rig_accept(stls_tls_context *context, enum stls_protocol protocol)
{
	struct stls_receipt receipt = rig_receipt(protocol, STLS_SERVER);
	stls_tls *tls = stls_tls_open(context, &receipt, NULL);

	assert_non_null(tls);
	return tls;
}

void rig_open(struct rig *rig, enum stls_protocol protocol, stls_tls_context *client,
              stls_tls_context *server, const struct stls_tls_peer *given)
{
	struct stls_receipt receipt = rig_receipt(protocol, STLS_CLIENT);
	struct stls_tls_peer peer = *given;

	peer.size = sizeof(peer);
	rig->client = stls_tls_open(client, &receipt, &peer);
	assert_non_null(rig->client);
	rig->server = rig_accept(server, protocol);
}

size_t rig_carry(stls_tls *from, stls_tls *to, size_t step)
{
	size_t count;
	const char *bytes = stls_tls_out(from, &count);

	assert_int_equal(stls_tls_need(from) == STLS_OUT, count > 0);
	if (count > step)
		count = step;
	assert_int_equal(stls_tls_feed(to, bytes, count), 0);
	stls_tls_sent(from, count);
	return count;
}

void rig_run(struct rig *rig, size_t step)
{
	while (rig_carry(rig->client, rig->server, step) +
	           rig_carry(rig->server, rig->client, step) >
	       0)
		;
	assert_int_equal(ERR_peek_error(), 0);
}

void rig_close(struct rig *rig)
{
	stls_tls_free(rig->client);
	stls_tls_free(rig->server);
	assert_int_equal(ERR_peek_error(), 0);
	*rig = (struct rig){0};
}

/* ---- one of them OpenSSL's ---- */

static void note_alert(const SSL *ssl, int where, int what)
{
	struct raw *raw = SSL_get_app_data(ssl);

	if (where == SSL_CB_READ_ALERT)
		raw->alert = what & 0xff;
}

static void begin(struct raw *raw, const SSL_METHOD *method, int version)
{
	*raw = (struct raw){0};
	raw->context = SSL_CTX_new(method);
	assert_non_null(raw->context);
	SSL_CTX_set_security_level(raw->context, 0);
	SSL_CTX_set_min_proto_version(raw->context, 0);
	SSL_CTX_set_max_proto_version(raw->context, version);
	SSL_CTX_set_info_callback(raw->context, note_alert);
}

static void attach(struct raw *raw)
{
	raw->ssl = SSL_new(raw->context);
	raw->in = BIO_new(BIO_s_mem());
	raw->out = BIO_new(BIO_s_mem());
	assert_true(raw->ssl != NULL && raw->in != NULL && raw->out != NULL);
	SSL_set_bio(raw->ssl, raw->in, raw->out);
	SSL_set_app_data(raw->ssl, raw);
}

void raw_client(struct raw *raw, int version)
{
	begin(raw, TLS_client_method(), version);
	attach(raw);
	SSL_set_connect_state(raw->ssl);
}

void raw_server(struct raw *raw, int version, const struct pki_pair *pair)
{
	begin(raw, TLS_server_method(), version);
	assert_int_equal(SSL_CTX_use_certificate_chain_file(raw->context, pair->chain_file), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(raw->context, pair->key), 1);
	attach(raw);
	SSL_set_accept_state(raw->ssl);
}

static void step(struct raw *raw)
{
	int n;

	if (SSL_do_handshake(raw->ssl) != 1)
		return;
	n = SSL_read(raw->ssl, raw->heard + raw->heard_length,
	             (int)(sizeof(raw->heard) - raw->heard_length));
	if (n > 0)
		raw->heard_length += (size_t)n;
}

static size_t hand_over(struct raw *raw, stls_tls *tls)
{
	char bytes[4096];
	int n = BIO_read(raw->out, bytes, sizeof(bytes));
	size_t count;
	const char *out;

	if (n > 0)
		assert_int_equal(stls_tls_feed(tls, bytes, (size_t)n), 0);
	out = stls_tls_out(tls, &count);
	if (count > 0)
		assert_int_equal(BIO_write(raw->in, out, (int)count), (int)count);
	stls_tls_sent(tls, count);
	raw->answered += count;
	return (n > 0 ? (size_t)n : 0) + count;
}

bool raw_run(struct raw *raw, stls_tls *tls)
{
	do
		step(raw);
	while (hand_over(raw, tls) > 0);
	ERR_clear_error();
	return SSL_is_init_finished(raw->ssl);
}

void raw_close(struct raw *raw)
{
	SSL_free(raw->ssl);
	SSL_CTX_free(raw->context);
	ERR_clear_error();
}
