/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/policy_talker.h"
#include "loop/pool.h"
#include "loop/watch.h"

#define OUTSTANDING 4096 /* requests of a connection without a reply */
#define FULL 65536       /* octets of replies that are not taken: no more is read */
#define ROUNDS 16        /* of hearing and answering, before others get their turn */

_Static_assert(POOL_BUFFER > REQUEST_LONGEST + 16, "a request fits, with its length");

bool talker_is_busy(const struct talker *talker)
{
	return talker->slots.first || out_left(&talker->out);
}

/* ---- answering ---- */

/* The replies whose turn it is. */
static bool say_ready(struct talker *talker)
{
	struct desk_reply reply;

	while ((reply = slots_next(&talker->slots)).bytes) {
		if (!out_add(&talker->out, reply.bytes, reply.length))
			return false;
		slots_take(&talker->slots);
	}
	return true;
}

/* A reply that is there goes out at once, unless others come before it. */
static bool take_request(struct talker *talker, const struct request *request)
{
	struct desk *desk = talker->talk->desk;
	struct desk_reply reply;

	if (!desk_ask(desk, request->key, request->length, request->form, &reply))
		return slots_ask(&talker->slots, request);
	if (talker->slots.first)
		return slots_add(&talker->slots, reply);
	return out_add(&talker->out, reply.bytes, reply.length);
}

static bool may_ask_more(const struct talker *talker)
{
	return talker->slots.count < OUTSTANDING && out_left(&talker->out) < FULL;
}

/* Of what follows something that is no request nobody can tell where the next one begins;
 * those before it are answered. */
static void hear_no_more(struct talker *talker)
{
	talker->done = true;
	talker->filled = 0;
}

/* What is left is half a request. */
static void keep_rest(struct talker *talker, size_t taken)
{
	talker->filled -= taken;
	if (taken && talker->filled)
		memmove(talker->in, talker->in + taken, talker->filled);
}

/* The requests that are there; false when memory is out. */
static bool take_requests(struct talker *talker)
{
	struct request request;
	size_t at = 0;
	ptrdiff_t n = 0;

	while (may_ask_more(talker) && at < talker->filled &&
	       (n = request_read(talker->talk->speaks, talker->in + at, talker->filled - at,
	                         &request)) > 0) {
		if (!take_request(talker, &request))
			return false;
		at += (size_t)n;
	}
	keep_rest(talker, at);
	if (n < 0)
		hear_no_more(talker);
	return true;
}

/* ---- hearing ---- */

static bool has_room(struct talker *talker)
{
	if (!talker->in)
		talker->in = pool_borrow(loop_pool(talker->talk->loop));
	talker->done = !talker->in;
	return talker->in && talker->filled < POOL_BUFFER;
}

static void give_back(struct talker *talker)
{
	if (talker->filled)
		return;
	pool_return(loop_pool(talker->talk->loop), talker->in);
	talker->in = NULL;
}

/* Reads once; false when there was nothing. */
static bool hear(struct talker *talker)
{
	ptrdiff_t n;

	if (talker->done || !has_room(talker))
		return false;
	n = end_recv(&talker->end, talker->in + talker->filled, POOL_BUFFER - talker->filled);
	if (n == END_WAIT)
		return false;
	talker->heard = loop_clock();
	link_into(&talker->talk->all, &talker->place);
	if (n > 0)
		talker->filled += (size_t)n;
	else
		talker->done = true;
	return true;
}

bool talker_has_more(struct talker *talker)
{
	bool more;

	talker->end.ready |= WATCH_READ; /* what has come may not have been told yet */
	more = hear(talker);
	give_back(talker);
	return more;
}

/* ---- a turn ---- */

static bool can_go_on(struct talker *talker, size_t before)
{
	return !out_left(&talker->out) && (talker->filled != before || hear(talker));
}

/* Whatever can be said is said, and whatever can be heard then is; within bounds.  False
 * when that was the end. */
static bool take_turn(struct talker *talker)
{
	bool moved = true;

	for (int rounds = ROUNDS; moved && rounds; rounds--) {
		size_t before = talker->filled;

		if (!take_requests(talker) || !say_ready(talker) ||
		    !out_flush(&talker->out, &talker->end))
			return false;
		moved = can_go_on(talker, before);
	}
	if (moved) {
		link_into(&talker->talk->again, &talker->again);
		timer_set(talker->talk->turn, 0);
		return true;
	}
	give_back(talker);
	/* Half a request is none. */
	return !talker->done || talker_is_busy(talker);
}

void talker_go_on(struct talker *talker)
{
	link_out(&talker->again);
	if (!take_turn(talker))
		talker_end(talker);
}

static void go_on(void *owner)
{
	talker_go_on(owner);
}

/* ---- beginning and end ---- */

bool talker_open(struct talk *talk, int fd)
{
	struct talker *talker = calloc(1, sizeof(*talker));

	if (!talker) {
		end_turn_away(fd, NULL, 0);
		return false;
	}
	talker->talk = talk;
	if (end_open(&talker->end, talk->loop, fd, go_on, talker) < 0) {
		free(talker);
		return false;
	}
	slots_open(&talker->slots, talk->desk, go_on, talker);
	talker->heard = loop_clock();
	link_init(&talker->place);
	link_init(&talker->again);
	link_into(&talk->all, &talker->place);
	talk->count++;
	return true;
}

void talker_end(struct talker *talker)
{
	struct talk *talk = talker->talk;

	link_out(&talker->place);
	link_out(&talker->again);
	slots_close(&talker->slots);
	end_close(&talker->end);
	out_drop(&talker->out);
	pool_return(loop_pool(talk->loop), talker->in);
	free(talker);
	talk->count--;
	if (talk->left)
		talk->left(talk->owner);
}
