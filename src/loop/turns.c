/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "loop/base.h"
#include "loop/timer.h"
#include "loop/turns.h"

#define AT_ONCE 8 /* handshakes of a turn of the loop: about a millisecond */

struct turns {
	struct loop *loop;
	struct timer *more;
	struct turn *newest;
	void (*wake)(void *owner);
	unsigned now, left; /* how many more this turn of the loop has time for */
};

static void refresh(struct turns *turns)
{
	if (turns->now == loop_turn(turns->loop))
		return;
	turns->now = loop_turn(turns->loop);
	turns->left = AT_ONCE;
}

static bool has_time(struct turns *turns)
{
	refresh(turns);
	return turns->left > 0;
}

static void serve(void *owner)
{
	struct turns *turns = owner;

	while (turns->newest && has_time(turns)) {
		struct turn *turn = turns->newest;

		turns_leave(turn);
		turn->had = true;
		turns->left--;
		turns->wake(turn->owner);
	}
	if (turns->newest)
		timer_set(turns->more, 0);
}

struct turns *turns_open(struct loop *loop, void (*wake)(void *owner))
{
	struct turns *turns = calloc(1, sizeof(*turns));

	if (!turns)
		return NULL;
	turns->loop = loop;
	turns->wake = wake;
	turns->left = AT_ONCE;
	turns->more = timer_open(loop, serve, turns);
	if (turns->more)
		return turns;
	free(turns);
	return NULL;
}

void turns_close(struct turns *turns)
{
	if (!turns)
		return;
	timer_close(turns->more);
	free(turns);
}

static void wait(struct turns *turns, struct turn *turn, void *owner)
{
	turn->owner = owner;
	turn->next = turns->newest;
	turn->link = &turns->newest;
	if (turn->next)
		turn->next->link = &turn->next;
	else
		timer_set(turns->more, 0);
	turns->newest = turn;
}

bool turns_take(struct turns *turns, struct turn *turn, void *owner)
{
	if (turn->had)
		return true;
	if (turn->link)
		return false;
	if (!turns->newest && has_time(turns)) {
		turns->left--;
		turn->had = true;
		return true;
	}
	wait(turns, turn, owner);
	return false;
}

void turns_leave(struct turn *turn)
{
	if (!turn->link)
		return;
	if (turn->next)
		turn->next->link = turn->link;
	*turn->link = turn->next;
	turn->link = NULL;
}
