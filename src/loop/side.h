/* SPDX-License-Identifier: ISC */
/*
 * A side of a session: an end, bare or with TLS on it, as one thing that bytes
 * are read from and written to.  It keeps apart the two ways in which a peer can
 * stop talking: it closes (end of file, or close_notify where there is TLS), or
 * it is cut off (reset, or an end of file without close_notify: RFC 8446
 * section 6.1).
 */
#ifndef LOOP_SIDE_H
#define LOOP_SIDE_H

#include <stdbool.h>
#include <stddef.h>

#include <starttls/tls.h>

#include "loop/ends.h"

#define SIDE_CLOSED 0 /* reading: the peer is done */
#define SIDE_WAIT (-1)
#define SIDE_CUT (-2)

struct side {
	struct end end;
	stls_tls *tls; /* NULL: bare */
	bool finished; /* we are done */
};

#define SIDE_NONE ((struct side){.end = {.fd = -1}})

/*
 * Starts TLS on a bare side, as stls_tls_open() does: 0, or -1 when that will not
 * have it.  Then whatever was read of the handshake before (0 or -1), and then
 * shaking hands: STLS_DONE, STLS_FAILED (an alert is out), or not over yet.
 */
int side_start(struct side *, stls_tls_context *, struct stls_receipt *,
               const struct stls_tls_peer *);
int side_push(struct side *, const void *, size_t);
enum stls_need side_shake(struct side *);

/* Gives a client its ticket, while we wait for somebody else anyway. */
void side_give_ticket(struct side *);

/* A count, or one of the above.  Writing may take less than everything; what is
 * offered next must then begin with the rest. */
ptrdiff_t side_read(struct side *, void *, size_t);
ptrdiff_t side_write(struct side *, const void *, size_t);

/* Whether it is worth a try to read more at once. */
bool side_has_more(const struct side *);

/* Between the two, what is written may wait, to go out in one piece: 0, SIDE_WAIT (call
 * it again), SIDE_CUT. */
void side_cork(struct side *);
ptrdiff_t side_uncork(struct side *);

/* Tells the peer that we are done, which still may talk: 0, SIDE_WAIT (call it
 * again), SIDE_CUT. */
ptrdiff_t side_finish(struct side *);

/* Lets go of everything, in an orderly way or with a reset. */
void side_close(struct side *);
void side_abort(struct side *);

#endif
