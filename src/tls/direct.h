/* SPDX-License-Identifier: ISC */
/*
 * TLS straight on a pipe: OpenSSL reads records from the owner's socket into
 * its own buffers, without a copy in between.  For the daemon; the bytes mode
 * of <starttls/tls.h> is the same over memory.
 */
#ifndef TLS_DIRECT_H
#define TLS_DIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include <starttls/tls.h>

#define TLS_PIPE_EOF 0
#define TLS_PIPE_WAIT (-1)
#define TLS_PIPE_BROKEN (-2)

/* A count, or one of the above. */
struct tls_pipe {
	void *owner;
	ptrdiff_t (*recv)(void *owner, void *, size_t);
	ptrdiff_t (*send)(void *owner, const void *, size_t);
};

/* Whether a server's certificates have that name; "*.example.org": all names one label
 * below it. */
bool stls_tls_context_covers(const stls_tls_context *, const char *name);

/* From now on the connection uses the pipe.  What was fed before is read first,
 * what it wants to say already goes out first.  The pipe is copied. */
void stls_tls_direct(stls_tls *, const struct tls_pipe *);

/* Goes on with the handshake as far as the pipe allows: STLS_IN, STLS_OUT (the
 * pipe must become readable or writable), STLS_DONE, STLS_FAILED (the alert is
 * out, if the pipe took it). */
enum stls_need stls_tls_advance(stls_tls *);

/* Whether there is something to read although the pipe may have nothing: an owner
 * that stops reading before stls_tls_read() said 0 must ask before it waits. */
bool stls_tls_pending(const stls_tls *);

/* Writes: how much was taken, 0 when the pipe is full (offer the same bytes
 * again), -1 when it failed. */
ptrdiff_t stls_tls_push(stls_tls *, const void *, size_t);

/* From cork to uncork, what is short may wait, and goes out in one piece: a system call
 * less, and a peer that is not woken for nothing.  Uncork: 1 when all is out, 0 when the
 * pipe is full (call it again), -1 when it failed. */
void stls_tls_cork(stls_tls *);
int stls_tls_uncork(stls_tls *);

/* Gives a client of TLS 1.3 its ticket (RFC 8446 section 4.6.1), once: in bytes mode that is
 * done at the handshake's end, here when the owner waits for something else anyway, so that
 * the client does not wait for it. */
void stls_tls_ticket(stls_tls *);

/* Sends close_notify, after everything that was pushed: 1 when it is out, 0 when the pipe is full,
 * -1 when it failed. */
int stls_tls_finish(stls_tls *);

#endif
