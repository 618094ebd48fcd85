/* SPDX-License-Identifier: ISC */
#include "loop/side.h"

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

ptrdiff_t side_write(struct side *side, const void *bytes, size_t count)
{
	return end_send(&side->end, bytes, count);
}

ptrdiff_t side_finish(struct side *side)
{
	if (!side->finished)
		end_shut(&side->end);
	side->finished = true;
	return 0;
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
