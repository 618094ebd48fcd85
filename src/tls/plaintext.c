/* SPDX-License-Identifier: ISC */
/* What crosses a TLS connection once its handshake is over, and how it ends. */
#include <openssl/err.h>

#include "tls/internal.h"

static bool is_waiting(const stls_tls *tls, int error)
{
	return !tls->renegotiates &&
	       (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE);
}

static ptrdiff_t not_read(stls_tls *tls)
{
	int error = SSL_get_error(tls->ssl, 0);

	if (is_waiting(tls, error))
		return 0;
	if (error == SSL_ERROR_ZERO_RETURN)
		tls->end = STLS_END_CLOSED;
	else
		tls_broken(tls);
	return -1;
}

/* Where much comes, OpenSSL may read several records at once.  Its buffer lives from
 * record to record, and is sized when it is made the next time.  Four full records of
 * TLS 1.3 (RFC 8446 section 5.2), and the three octets that it leaves free before them:
 * the rest of a fifth one would have to be read by itself. */
#define MUCH 8192
#define SEVERAL_RECORDS (4 * (5 + 16384 + 1 + 16) + 3)

static void expect(stls_tls *tls, bool much)
{
	if (tls->busy == much || tls->pipe.recv == NULL)
		return;
	tls->busy = much;
	SSL_set_default_read_buffer_len(tls->ssl, much ? SEVERAL_RECORDS : 0);
}

ptrdiff_t stls_tls_read(stls_tls *tls, void *bytes, size_t count)
{
	size_t n;
	int result;

	if (tls->phase != TLS_UP || tls->end != STLS_END_OPEN)
		return -1;
	if (!tls->corked)
		tls_bio_flush(tls);
	ERR_clear_error();
	tls->reading = true;
	result = SSL_read_ex(tls->ssl, bytes, count, &n);
	tls->reading = false;
	if (result != 1)
		return not_read(tls);
	expect(tls, n >= MUCH);
	return (ptrdiff_t)n;
}

bool stls_tls_pending(const stls_tls *tls)
{
	return tls_bytes_count(&tls->in) > 0 || SSL_has_pending(tls->ssl);
}

/* A peer that takes nothing any more may have said something before, its goodbye
 * even, that is still to be read: how it ended is for reading to say. */
static int not_written(stls_tls *tls, int result)
{
	int error = SSL_get_error(tls->ssl, result);

	if (is_waiting(tls, error))
		return 0;
	if (error != SSL_ERROR_SYSCALL)
		tls_broken(tls);
	return -1;
}

ptrdiff_t stls_tls_push(stls_tls *tls, const void *bytes, size_t count)
{
	size_t n;

	if (tls->phase != TLS_UP || SSL_get_shutdown(tls->ssl) & SSL_SENT_SHUTDOWN)
		return -1;
	if (count == 0)
		return 0;
	ERR_clear_error();
	if (SSL_write_ex(tls->ssl, bytes, count, &n) == 1)
		return (ptrdiff_t)n;
	return not_written(tls, 0);
}

void stls_tls_cork(stls_tls *tls)
{
	tls->corked = tls->pipe.send != NULL;
}

int stls_tls_uncork(stls_tls *tls)
{
	tls->corked = false;
	if (!tls_bio_flush(tls))
		return 0;
	return tls->mute ? -1 : 1;
}

int stls_tls_write(stls_tls *tls, const void *bytes, size_t count)
{
	const char *at = bytes;

	while (count > 0) {
		ptrdiff_t n = stls_tls_push(tls, at, count);

		if (n <= 0)
			return -1;
		at += n;
		count -= (size_t)n;
	}
	return 0;
}

/* close_notify, once.  What the pipe does not take of it waits in out: OpenSSL would
 * forget that it waits as soon as something is read. */
int stls_tls_finish(stls_tls *tls)
{
	int result = 0;

	if (tls->phase != TLS_UP)
		return -1;
	if (!(SSL_get_shutdown(tls->ssl) & SSL_SENT_SHUTDOWN)) {
		ERR_clear_error();
		tls->reading = true;
		result = SSL_shutdown(tls->ssl);
		tls->reading = false;
	}
	if (result < 0)
		return not_written(tls, result);
	return tls_bio_flush(tls) ? 1 : 0;
}

void stls_tls_close(stls_tls *tls)
{
	stls_tls_finish(tls);
}
