/* SPDX-License-Identifier: ISC */
/* A TLS connection: started from a receipt, driven by its owner, ended. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "tls/direct.h"
#include "tls/internal.h"

/* ---- beginning ---- */

static bool attach(stls_tls *tls)
{
	BIO *bio = tls_bio_new(tls);

	if (bio == NULL)
		return false;
	SSL_set_bio(tls->ssl, bio, bio);
	SSL_set_app_data(tls->ssl, tls);
	return true;
}

static bool begin(stls_tls *tls, const struct stls_tls_peer *peer)
{
	const struct tls_slot *fallback = tls->context->shelf.fallback;

	tls->ssl = SSL_new(fallback ? fallback->ssl : tls->context->ssl);
	if (tls->ssl == NULL || !attach(tls))
		return false;
	if (tls->context->role == STLS_SERVER) {
		SSL_set_accept_state(tls->ssl);
		return peer == NULL || tls_want(tls, peer);
	}
	SSL_set_connect_state(tls->ssl);
	return tls_alpn_offer(tls) && tls_want(tls, peer);
}

stls_tls *stls_tls_open(stls_tls_context *context, struct stls_receipt *receipt,
                        const struct stls_tls_peer *peer)
{
	stls_tls *tls;

	if (receipt->role != context->role || !stls_receipt_spend(receipt) ||
	    (context->role == STLS_CLIENT && peer == NULL))
		return NULL;
	tls = calloc(1, sizeof(*tls));
	if (tls == NULL)
		return NULL;
	tls->protocol = receipt->protocol;
	tls->layer = receipt->layer;
	tls->unverified = STLS_FAULT_NO_CERTIFICATE;
	tls->context = context;
	context->references++;
	if (!begin(tls, peer)) {
		ERR_clear_error();
		stls_tls_free(tls);
		return NULL;
	}
	if (context->role == STLS_CLIENT)
		stls_tls_advance(tls); /* the ClientHello is ours to say first */
	return tls;
}

void stls_tls_free(stls_tls *tls)
{
	if (tls == NULL)
		return;
	SSL_free(tls->ssl);
	tls_words_free(tls->words);
	sk_X509_pop_free(tls->shown, X509_free);
	tls_bytes_free(&tls->in);
	tls_bytes_free(&tls->out);
	free(tls->wanted);
	free(tls->sni);
	free(tls->preset);
	free(tls->matched);
	free(tls->peer_name);
	stls_tls_context_free(tls->context);
	free(tls);
}

void stls_tls_direct(stls_tls *tls, const struct tls_pipe *pipe)
{
	tls->pipe = *pipe;
}

/* ---- the handshake ---- */

/* The name that a gateway tells its backend (PP-11). */
static void note_peer(stls_tls *tls)
{
	const X509 *peer = SSL_get0_peer_certificate(tls->ssl);

	if (peer != NULL)
		tls->peer_name = tls_common_name(peer);
}

static void shaken(stls_tls *tls)
{
	if (!tls_alpn_agreed(tls)) {
		tls_fault_set(tls, STLS_FAULT_ALPN,
		              "the server does not say that it speaks our protocol");
		tls->phase = TLS_BROKEN;
		return;
	}
	tls->phase = TLS_UP;
	if (tls->context->role == STLS_CLIENT)
		return;
	note_peer(tls);
	if (SSL_session_reused(tls->ssl))
		tls_verify_resumed(tls);
	if (tls->pipe.send == NULL)
		stls_tls_ticket(tls);
}

static void shake(stls_tls *tls)
{
	int result, error;

	ERR_clear_error();
	result = SSL_do_handshake(tls->ssl);
	if (result == 1) {
		shaken(tls);
		return;
	}
	error = SSL_get_error(tls->ssl, result);
	if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
		tls_broken(tls);
}

static void shake_corked(stls_tls *tls)
{
	tls->corked = tls->pipe.send != NULL;
	shake(tls);
	tls->corked = false;
}

enum stls_need stls_tls_advance(stls_tls *tls)
{
	bool out = true;

	if (tls->phase == TLS_SHAKING && tls_bio_flush(tls))
		shake_corked(tls);
	if (tls->pipe.send != NULL)
		out = tls_bio_flush(tls);
	if (tls->phase == TLS_SHAKING && tls->mute)
		shake(tls); /* what has come may say more than that it is over */
	switch (tls->phase) {
	case TLS_BROKEN: return STLS_FAILED;
	case TLS_UP: return out ? STLS_DONE : STLS_OUT;
	case TLS_SHAKING: break;
	}
	return tls_bytes_count(&tls->out) > 0 || SSL_want_write(tls->ssl) ? STLS_OUT : STLS_IN;
}

enum stls_need stls_tls_need(const stls_tls *tls)
{
	if (tls_bytes_count(&tls->out) > 0 && tls->pipe.send == NULL)
		return STLS_OUT;
	switch (tls->phase) {
	case TLS_SHAKING: return STLS_IN;
	case TLS_UP: return STLS_DONE;
	case TLS_BROKEN: break;
	}
	return STLS_FAILED;
}

/* ---- ciphertext ---- */

int stls_tls_feed(stls_tls *tls, const void *bytes, size_t count)
{
	if (tls->phase == TLS_BROKEN)
		return 0;
	if (!tls_bytes_add(&tls->in, bytes, count)) {
		tls_fault_set(tls, STLS_FAULT_MEMORY, "");
		tls->phase = TLS_BROKEN;
		return -1;
	}
	if (tls->pipe.recv == NULL)
		stls_tls_advance(tls);
	return 0;
}

void stls_tls_eof(stls_tls *tls)
{
	tls->eof = true;
	if (tls->pipe.recv == NULL)
		stls_tls_advance(tls);
}

const char *stls_tls_out(const stls_tls *tls, size_t *count)
{
	*count = tls_bytes_count(&tls->out);
	return *count > 0 ? tls->out.data + tls->out.start : "";
}

void stls_tls_sent(stls_tls *tls, size_t count)
{
	tls_bytes_drop(&tls->out, count);
}

/* ---- how it ended ---- */

enum stls_end stls_tls_end(const stls_tls *tls)
{
	return tls->end;
}

enum stls_fault stls_tls_fault(const stls_tls *tls)
{
	return tls->fault;
}

const char *stls_tls_detail(const stls_tls *tls)
{
	return tls->detail;
}
