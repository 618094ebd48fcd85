/* SPDX-License-Identifier: ISC */
#include "gate/talk.h"

int talk_open(struct talk *talk, struct pool *pool, const struct stls_spec *spec)
{
	talk->pool = pool;
	talk->dialogue = stls_open(spec);
	return talk->dialogue ? 0 : -1;
}

static void give_back(struct talk *talk)
{
	pool_return(talk->pool, talk->unread);
	talk->unread = NULL;
	talk->head = talk->tail = 0;
}

void talk_close(struct talk *talk)
{
	if (talk->unread)
		give_back(talk);
	stls_close(talk->dialogue);
	talk->dialogue = NULL;
	talk->keeps = false;
}

ptrdiff_t talk_read(struct talk *talk, struct side *side)
{
	ptrdiff_t n;

	if (!talk->unread)
		talk->unread = pool_borrow(talk->pool);
	if (!talk->unread || talk->tail == POOL_BUFFER)
		return SIDE_CUT;
	n = side_read(side, talk->unread + talk->tail, POOL_BUFFER - talk->tail);
	if (n > 0)
		talk->tail += (size_t)n;
	else if (talk->head == talk->tail && (!talk->keeps || !talk->tail))
		give_back(talk);
	return n;
}

void talk_skip(struct talk *talk, size_t count)
{
	talk->head += count;
	if (talk->head == talk->tail && !talk->keeps)
		give_back(talk);
}

void talk_again(struct talk *talk)
{
	talk->head = 0;
	talk->keeps = false;
}

/* Gives the dialogue what there is; false when it took nothing of it. */
static bool feed(struct talk *talk)
{
	size_t there = talk->tail - talk->head, taken;

	if (!there)
		return false;
	taken = stls_feed(talk->dialogue, talk->unread + talk->head, there);
	talk_skip(talk, taken);
	return taken > 0;
}

/* True when the dialogue got on. */
static bool hear(struct talk *talk, struct side *side)
{
	ptrdiff_t n;

	if (feed(talk))
		return true;
	n = talk_read(talk, side);
	if (n > 0)
		return true;
	if (n != SIDE_WAIT)
		stls_eof(talk->dialogue);
	return n != SIDE_WAIT && stls_need(talk->dialogue) != STLS_IN;
}

static bool say(struct talk *talk, struct side *side)
{
	size_t count;
	const char *bytes = stls_out(talk->dialogue, &count);
	ptrdiff_t n = side_write(side, bytes, count);

	if (n == SIDE_WAIT)
		return false;
	if (n < 0) { /* nobody is there to hear the rest */
		stls_eof(talk->dialogue);
		stls_out(talk->dialogue, &count);
	}
	stls_sent(talk->dialogue, n < 0 ? count : (size_t)n);
	return true;
}

enum stls_need talk_run(struct talk *talk, struct side *side)
{
	enum stls_need need = stls_need(talk->dialogue);
	bool moved = true;

	while (moved && (need == STLS_IN || need == STLS_OUT)) {
		moved = need == STLS_IN ? hear(talk, side) : say(talk, side);
		need = stls_need(talk->dialogue);
	}
	return need;
}

const char *talk_unread(const struct talk *talk, size_t *count)
{
	*count = talk->tail - talk->head;
	return talk->unread ? talk->unread + talk->head : NULL;
}
