/* SPDX-License-Identifier: ISC */
/* The BIO under a connection: bytes in memory, or the owner's pipe. */
#include <string.h>

#include "tls/internal.h"

/* What OpenSSL may say while it reads (alerts, answers to KeyUpdate) before the
 * owner takes it: more than that is a flood (TLS-41). */
#define REPLIES_MAX 16384

/* What waits in out while the pipe is corked: four records.  To copy them once more
 * costs less than to wake the peer for each. */
#define CORKED_MAX 66560

static bool is_http(const char *bytes, size_t count)
{
	static const char *const verbs[] = {"GET ", "POST", "PUT ", "HEAD", "OPTI", "CONN", "PRI "};

	for (size_t i = 0; count >= 4 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (memcmp(bytes, verbs[i], 4) == 0)
			return true;
	return false;
}

/* TLS-35: a handshake begins with a handshake record (a server may also answer
 * with an alert).  Anything else is not TLS, and is not answered. */
static bool is_tls(stls_tls *tls, const char *bytes, size_t count)
{
	bool client = tls->context->role == STLS_CLIENT;

	tls->sniffed = true;
	if (bytes[0] == SSL3_RT_HANDSHAKE || (client && bytes[0] == SSL3_RT_ALERT))
		return true;
	if (is_http(bytes, count))
		tls_fault_set(tls, STLS_FAULT_CROSS_PROTOCOL, "the peer speaks HTTP");
	else
		tls_fault_set(tls, STLS_FAULT_NOT_TLS,
		              "the first octet is not that of a TLS record");
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

/* Nobody will ever take it.  A handshake ends with that; later there may still be
 * something to read. */
static void give_up(stls_tls *tls)
{
	tls_bytes_free(&tls->out);
	tls->mute = true;
	if (tls->phase == TLS_SHAKING)
		tls->eof = true;
}

/* The memory is kept for more to come while the pipe is corked. */
static void emptied(stls_tls *tls)
{
	tls->replies = 0;
	tls->out.start = tls->out.end = 0;
	if (!tls->corked)
		tls_bytes_free(&tls->out);
}

bool tls_bio_flush(stls_tls *tls)
{
	while (tls_bytes_count(&tls->out) > 0 && tls->pipe.send) {
		ptrdiff_t n = tls->pipe.send(tls->pipe.owner, tls->out.data + tls->out.start,
		                             tls_bytes_count(&tls->out));

		if (n == TLS_PIPE_BROKEN)
			give_up(tls);
		else if (n <= 0)
			return false;
		else
			tls->out.start += (size_t)n;
	}
	if (tls_bytes_count(&tls->out) == 0)
		emptied(tls);
	return true;
}

static int keep(stls_tls *tls, const char *from, int count)
{
	if (tls->reading && tls->replies > REPLIES_MAX)
		return -1;
	if (tls->reading)
		tls->replies += (size_t)count;
	return tls_bytes_add(&tls->out, from, (size_t)count) ? count : -1;
}

static bool has_room(const stls_tls *tls, int count)
{
	return tls_bytes_count(&tls->out) + (size_t)count <= CORKED_MAX;
}

/* Whether it may wait; what waits already makes room for it. */
static bool is_gathered(stls_tls *tls, int count)
{
	if (!tls->corked)
		return false;
	return has_room(tls, count) || (tls_bio_flush(tls) && has_room(tls, count));
}

/* A full pipe makes the owner wait, but not a read: what is said then waits in
 * out. */
static int bio_write(BIO *bio, const char *from, int count)
{
	stls_tls *tls = BIO_get_data(bio);
	ptrdiff_t n;

	BIO_clear_retry_flags(bio);
	if (tls->mute)
		return -1;
	if (!tls->pipe.send || is_gathered(tls, count))
		return keep(tls, from, count);
	n = tls_bio_flush(tls) ? tls->pipe.send(tls->pipe.owner, from, (size_t)count)
	                       : TLS_PIPE_WAIT;
	if (n == TLS_PIPE_WAIT && tls->reading)
		return keep(tls, from, count);
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
	return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *tls_bio_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "starttls");

	if (method == NULL)
		return NULL;
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_ctrl(method, bio_ctrl);
	return method;
}

BIO *tls_bio_new(stls_tls *tls)
{
	BIO *bio = BIO_new(tls->context->bio);

	if (bio == NULL)
		return NULL;
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	return bio;
}
