/* SPDX-License-Identifier: ISC */
#include "loop/side.h"
#include "loop/watch.h"
#include "tls/direct.h"

int side_start(struct side *side, stls_tls_context *context, struct stls_receipt *receipt,
               const struct stls_tls_peer *peer)
{
	const struct tls_pipe pipe = {&side->end, end_recv, end_send};

	side->tls = stls_tls_open(context, receipt, peer);
	if (!side->tls)
		return -1;
	stls_tls_direct(side->tls, &pipe);
	return 0;
}

int side_push(struct side *side, const void *bytes, size_t count)
{
	return stls_tls_feed(side->tls, bytes, count);
}

enum stls_need side_shake(struct side *side)
{
	return stls_tls_advance(side->tls);
}

void side_give_ticket(struct side *side)
{
	if (side->tls)
		stls_tls_ticket(side->tls);
}

static ptrdiff_t read_tls(struct side *side, void *bytes, size_t count)
{
	ptrdiff_t n = stls_tls_read(side->tls, bytes, count);

	if (n > 0)
		return n;
	if (n == 0)
		return SIDE_WAIT;
	return stls_tls_end(side->tls) == STLS_END_CLOSED ? SIDE_CLOSED : SIDE_CUT;
}

ptrdiff_t side_read(struct side *side, void *bytes, size_t count)
{
	return side->tls ? read_tls(side, bytes, count) : end_recv(&side->end, bytes, count);
}

static ptrdiff_t write_tls(struct side *side, const void *bytes, size_t count)
{
	ptrdiff_t n = stls_tls_push(side->tls, bytes, count);

	if (n > 0)
		return n;
	return n == 0 ? SIDE_WAIT : SIDE_CUT;
}

ptrdiff_t side_write(struct side *side, const void *bytes, size_t count)
{
	return side->tls ? write_tls(side, bytes, count) : end_send(&side->end, bytes, count);
}

bool side_has_more(const struct side *side)
{
	return (side->end.ready & WATCH_READ) || (side->tls && stls_tls_pending(side->tls));
}

void side_cork(struct side *side)
{
	if (side->tls)
		stls_tls_cork(side->tls);
}

ptrdiff_t side_uncork(struct side *side)
{
	int out = side->tls ? stls_tls_uncork(side->tls) : 1;

	if (out == 0)
		return SIDE_WAIT;
	return out < 0 ? SIDE_CUT : 0;
}

ptrdiff_t side_finish(struct side *side)
{
	int out;

	if (side->finished)
		return 0;
	side->end.flags = MSG_MORE; /* the last words and the FIN in one packet */
	out = side->tls ? stls_tls_finish(side->tls) : 1;
	if (out == 0)
		return SIDE_WAIT;
	side->finished = true;
	end_shut(&side->end);
	return out < 0 ? SIDE_CUT : 0;
}

static void free_tls(struct side *side)
{
	stls_tls_free(side->tls);
	side->tls = NULL;
}

void side_close(struct side *side)
{
	free_tls(side);
	end_close(&side->end);
}

void side_abort(struct side *side)
{
	free_tls(side);
	end_abort(&side->end);
}
