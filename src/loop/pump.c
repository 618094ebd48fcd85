/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "loop/pump.h"

#define ROUNDS_AT_ONCE 8 /* half a MiB each way, then others get their turn */
#define MUCH (POOL_BUFFER / 2)

void pump_open(struct pump *pump, struct pool *pool, struct side *first, struct side *second)
{
	*pump = (struct pump){.pool = pool, .side = {first, second}, .first = -1};
}

static void lane_give_back(struct pump *pump, struct lane *lane)
{
	if (lane->size == POOL_LARGE)
		pool_return_large(pump->pool, lane->in);
	else
		pool_return(pump->pool, lane->in);
	lane->in = NULL;
	lane->size = lane->head = lane->judged = lane->tail = 0;
}

static void lane_empty(struct pump *pump, struct lane *lane)
{
	lane_give_back(pump, lane);
	pool_return(pump->pool, lane->out);
	lane->out = NULL;
	lane->out_head = lane->out_tail = 0;
}

static void lane_borrow(struct pump *pump, struct lane *lane)
{
	lane->in = lane->busy ? pool_borrow_large(pump->pool) : NULL;
	lane->size = lane->in ? POOL_LARGE : POOL_BUFFER;
	if (!lane->in)
		lane->in = pool_borrow(pump->pool);
}

void pump_close(struct pump *pump)
{
	lane_empty(pump, &pump->lane[0]);
	lane_empty(pump, &pump->lane[1]);
}

/* Room behind tail: the buffer is borrowed, or its bytes move to its front. */
static size_t lane_room(struct pump *pump, struct lane *lane)
{
	if (!lane->in)
		lane_borrow(pump, lane);
	if (!lane->in) {
		pump->starved = true;
		return 0;
	}
	if (lane->head && lane->tail == lane->size) {
		memmove(lane->in, lane->in + lane->head, lane->tail - lane->head);
		lane->judged -= lane->head;
		lane->tail -= lane->head;
		lane->head = 0;
	}
	return lane->size - lane->tail;
}

/* Gives buffers back that have nothing in them. */
static void lane_tidy(struct pump *pump, struct lane *lane)
{
	if (lane->in && lane->head == lane->tail)
		lane_give_back(pump, lane);
	if (lane->out && lane->out_head == lane->out_tail) {
		pool_return(pump->pool, lane->out);
		lane->out = NULL;
		lane->out_head = lane->out_tail = 0;
	}
}

int pump_prime(struct pump *pump, int from, const char *bytes, size_t count)
{
	struct lane *lane = &pump->lane[from];

	if (!count)
		return 0;
	if (lane_room(pump, lane) < count)
		return -1;
	memcpy(lane->in + lane->tail, bytes, count);
	lane->tail += count;
	return 0;
}

/* Reads what is there, TLS records even if there are several. */
static ptrdiff_t lane_read(struct pump *pump, int from, size_t room)
{
	struct lane *lane = &pump->lane[from];
	size_t before = lane->tail;
	ptrdiff_t n;

	do {
		n = side_read(pump->side[from], lane->in + lane->tail, room);
		if (n <= 0)
			break;
		lane->tail += (size_t)n;
		room -= (size_t)n;
	} while (room && side_has_more(pump->side[from]));
	if (lane->tail == before)
		return n;
	lane->busy = lane->tail - before >= MUCH;
	return (ptrdiff_t)(lane->tail - before);
}

/* True when that changed something. */
static bool lane_fill(struct pump *pump, int from)
{
	struct lane *lane = &pump->lane[from];
	size_t room;
	ptrdiff_t n;

	if (lane->end != LANE_OPEN || pump->closing)
		return false;
	room = lane_room(pump, lane);
	if (!room)
		return false;
	n = lane_read(pump, from, room);
	if (n == SIDE_WAIT)
		return false;
	lane->held = false;
	if (n <= 0) {
		/* Who waits for this side waits in vain. */
		pump->lane[!from].held = false;
		lane->end = n == SIDE_CLOSED ? LANE_CLOSED : LANE_CUT;
		if (pump->first < 0)
			pump->first = from;
	}
	return true;
}

static size_t lane_owed(const struct lane *lane)
{
	return lane->out_tail - lane->out_head + lane->judged - lane->head;
}

/* Appends the judge's words to a lane, behind what it may already pass. There
 * is room: pump_may_judge() has seen to that. */
static bool lane_say(struct pump *pump, struct lane *lane, const char *with, size_t length)
{
	size_t passed = lane->judged - lane->head;

	if (length > PUMP_WITH)
		return false;
	if (!lane->out)
		lane->out = pool_borrow(pump->pool);
	if (!lane->out)
		return false;
	memmove(lane->out, lane->out + lane->out_head, lane->out_tail - lane->out_head);
	lane->out_tail -= lane->out_head;
	lane->out_head = 0;
	if (passed)
		memcpy(lane->out + lane->out_tail, lane->in + lane->head, passed);
	lane->head = lane->judged;
	lane->out_tail += passed;
	if (length)
		memcpy(lane->out + lane->out_tail, with, length);
	lane->out_tail += length;
	return true;
}

/* The judge's words must fit into either lane, whatever they are. */
static bool pump_may_judge(const struct pump *pump)
{
	return !pump->closing && lane_owed(&pump->lane[0]) <= POOL_BUFFER - PUMP_WITH &&
	       lane_owed(&pump->lane[1]) <= POOL_BUFFER - PUMP_WITH;
}

static bool pump_obey(struct pump *pump, int from, const struct pump_step *step)
{
	struct lane *lane = &pump->lane[from];
	size_t there = lane->tail - lane->judged;
	size_t take = step->take < there ? step->take : there;
	bool said = true;

	switch (step->move) {
	case PUMP_PASS: lane->judged += take; return take > 0;
	case PUMP_HOLD: lane->held = true; return false;
	case PUMP_REPLACE: said = lane_say(pump, lane, step->with, step->length); break;
	case PUMP_ANSWER:
		lane_say(pump, lane, NULL, 0);
		said = lane_say(pump, &pump->lane[!from], step->with, step->length);
		break;
	case PUMP_CLOSE:
		lane_say(pump, &pump->lane[1], step->with, step->length);
		pump->closing = true;
		return false;
	}
	lane->judged += take;
	lane->head = lane->judged;
	if (!said)
		pump->closing = true;
	return take > 0;
}

/* Has the judge look at what came from a side; true when something may cross. */
static bool lane_judge(struct pump *pump, int from)
{
	struct lane *lane = &pump->lane[from];
	bool moved = false;

	while (pump->judge.next && lane->judged < lane->tail && !lane->held &&
	       pump_may_judge(pump)) {
		struct pump_step step =
		    pump->judge.next(pump->judge.owner, from, lane->in + lane->judged,
		                     lane->tail - lane->judged, lane->end != LANE_OPEN);

		if (!pump_obey(pump, from, &step))
			break;
		/* Who waits for this side has reason to look again. */
		pump->lane[!from].held = false;
		moved = true;
	}
	/* A judge may take its leave while it judges. */
	if (!pump->judge.next && lane->judged != lane->tail) {
		lane->judged = lane->tail;
		moved = true;
	}
	return moved;
}

/* Writes from a buffer; true when some of it went. */
static bool lane_write(struct pump *pump, int from, const char *buffer, size_t *head, size_t tail)
{
	struct lane *lane = &pump->lane[from];
	bool moved = false;

	while (*head < tail && !lane->deaf) {
		ptrdiff_t n = side_write(pump->side[!from], buffer + *head, tail - *head);

		if (n == SIDE_WAIT)
			break;
		moved = true;
		if (n < 0) {
			lane->deaf = true;
			break;
		}
		*head += (size_t)n;
		lane->moved += (size_t)n;
	}
	return moved;
}

static bool lane_flush(struct pump *pump, int from)
{
	struct lane *lane = &pump->lane[from];
	bool moved = lane_write(pump, from, lane->out, &lane->out_head, lane->out_tail);

	if (lane->out_head == lane->out_tail)
		moved |= lane_write(pump, from, lane->in, &lane->head, lane->judged);
	if (lane->deaf)
		lane_empty(pump, lane);
	lane_tidy(pump, lane);
	return moved;
}

/* Passes a close on when everything before it has been delivered. */
static bool lane_finish(struct pump *pump, int from)
{
	struct lane *lane = &pump->lane[from];

	if (lane->end != LANE_CLOSED || lane->done || lane->in || lane->out)
		return false;
	if (!lane->deaf) {
		ptrdiff_t n = side_finish(pump->side[!from]);

		if (n == SIDE_WAIT)
			return false;
		lane->deaf = n == SIDE_CUT;
	}
	lane->done = true;
	return true;
}

static bool lane_turn(struct pump *pump, int from)
{
	bool moved = lane_fill(pump, from);

	moved |= lane_judge(pump, from);
	moved |= lane_flush(pump, from);
	return lane_finish(pump, from) || moved;
}

/* A side that takes nothing any more has been cut off, but may have said
 * something before, which is read first: that is where "end" comes from. */
static bool pump_is_cut(const struct pump *pump)
{
	for (int n = 0; n < 2; n++) {
		const struct lane *lane = &pump->lane[n];

		if (lane->end == LANE_CUT && !lane_owed(lane))
			return true;
		if (lane->deaf && pump->lane[!n].end != LANE_OPEN && !lane_owed(&pump->lane[!n]))
			return true;
	}
	return false;
}

static enum pump_state pump_look(const struct pump *pump, bool moved)
{
	if (pump->closing && (pump->lane[1].deaf || !lane_owed(&pump->lane[1])))
		return PUMP_REFUSED;
	if (pump_is_cut(pump))
		return PUMP_CUTOFF;
	if (pump->lane[0].done && pump->lane[1].done)
		return PUMP_CLOSED;
	return moved ? PUMP_AGAIN : PUMP_WAITS;
}

static enum pump_state pump_turn(struct pump *pump)
{
	bool moved = lane_turn(pump, 0);

	moved |= lane_turn(pump, 1);
	return pump_look(pump, moved);
}

/* A side that takes nothing any more is deaf; true when that is news. */
static bool pump_uncork(struct pump *pump)
{
	bool news = false;

	for (int n = 0; n < 2; n++) {
		struct lane *lane = &pump->lane[!n];

		if (side_uncork(pump->side[n]) != SIDE_CUT || lane->deaf)
			continue;
		lane->deaf = news = true;
	}
	return news;
}

enum pump_state pump_run(struct pump *pump)
{
	enum pump_state state = PUMP_AGAIN;

	pump->starved = false;
	side_cork(pump->side[0]);
	side_cork(pump->side[1]);
	for (int round = 0; round < ROUNDS_AT_ONCE && state == PUMP_AGAIN; round++)
		state = pump_turn(pump);
	return pump_uncork(pump) && state == PUMP_WAITS ? pump_turn(pump) : state;
}
