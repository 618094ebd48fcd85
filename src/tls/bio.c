/* SPDX-License-Identifier: ISC */
/* The BIO under a connection: bytes in memory, or the owner's pipe. */
#include <string.h>

#include "tls/internal.h"

/* TLS-35: a handshake begins with a handshake record (a server may also answer
 * with an alert).  Anything else is not TLS, and is not answered. */
static bool is_tls(stls_tls *tls, const char *bytes, size_t count)
{
	static const char *const verbs[] = {"GET ", "POST", "PUT ", "HEAD", "OPTI", "CONN", "PRI "};
	bool client = tls->context->role == STLS_CLIENT;

	tls->sniffed = true;
	if (bytes[0] == 22 || (client && bytes[0] == 21))
		return true;
	tls_fault_set(tls, STLS_FAULT_NOT_TLS, "the first octet is not that of a TLS record");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (count >= 4 && memcmp(bytes, verbs[i], 4) == 0)
			tls_fault_set(tls, STLS_FAULT_CROSS_PROTOCOL, "the peer speaks HTTP");
	return false;
}

static ptrdiff_t pull(stls_tls *tls, void *to, size_t count)
{
	size_t held = tls_bytes_take(&tls->in, to, count);

	if (held > 0)
		return (ptrdiff_t)held;
	if (tls->eof)
		return TLS_PIPE_EOF;
	return tls->pipe.recv ? tls->pipe.recv(tls->pipe.owner, to, count) : TLS_PIPE_WAIT;
}

static int bio_read(BIO *bio, char *to, int count)
{
	stls_tls *tls = BIO_get_data(bio);
	ptrdiff_t n = pull(tls, to, (size_t)count);

	BIO_clear_retry_flags(bio);
	if (n == TLS_PIPE_WAIT)
		BIO_set_retry_read(bio);
	if (n == TLS_PIPE_EOF || n == TLS_PIPE_BROKEN)
		tls->eof = true;
	if (n > 0 && !tls->sniffed && !is_tls(tls, to, (size_t)n))
		return -1;
	return n > 0 ? (int)n : n == TLS_PIPE_EOF ? 0 : -1;
}

bool tls_bio_flush(stls_tls *tls)
{
	while (tls_bytes_count(&tls->out) > 0 && tls->pipe.send) {
		ptrdiff_t n = tls->pipe.send(tls->pipe.owner, tls->out.data + tls->out.start,
		                             tls_bytes_count(&tls->out));

		if (n <= 0)
			return false;
		tls_bytes_drop(&tls->out, (size_t)n);
	}
	return true;
}

static int bio_write(BIO *bio, const char *from, int count)
{
	stls_tls *tls = BIO_get_data(bio);
	ptrdiff_t n;

	BIO_clear_retry_flags(bio);
	if (!tls->pipe.send)
		return tls_bytes_add(&tls->out, from, (size_t)count) ? count : -1;
	n = tls_bio_flush(tls) ? tls->pipe.send(tls->pipe.owner, from, (size_t)count)
	                       : TLS_PIPE_WAIT;
	if (n == TLS_PIPE_WAIT)
		BIO_set_retry_write(bio);
	return n > 0 ? (int)n : -1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	stls_tls *tls = BIO_get_data(bio);

	(void)number, (void)pointer;
	if (command == BIO_CTRL_EOF)
		return tls->eof;
	return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

/* Made once, on first use; OpenSSL guards it. */
static BIO_METHOD *method;
static CRYPTO_ONCE method_once = CRYPTO_ONCE_STATIC_INIT;

static void make_method(void)
{
	BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "starttls");

	if (made == NULL)
		return;
	BIO_meth_set_read(made, bio_read);
	BIO_meth_set_write(made, bio_write);
	BIO_meth_set_ctrl(made, bio_ctrl);
	method = made;
}

BIO *tls_bio_new(stls_tls *tls)
{
	BIO *bio;

	if (!CRYPTO_THREAD_run_once(&method_once, make_method) || method == NULL)
		return NULL;
	bio = BIO_new(method);
	if (bio == NULL)
		return NULL;
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	return bio;
}
