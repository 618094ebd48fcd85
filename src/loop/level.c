/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "loop/base.h"
#include "loop/level.h"

struct level {
	struct event event;
	struct event_base *base;
	void (*ready)(void *owner, unsigned what);
	void *owner;
};

/* ready() may close the level. */
static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct level *level = arg;
	unsigned bits = 0;

	(void)fd;
	if (what & EV_READ)
		bits |= WATCH_READ;
	if (what & EV_WRITE)
		bits |= WATCH_WRITE;
	if (what & EV_TIMEOUT)
		bits |= LEVEL_TIME;
	level->ready(level->owner, bits);
}

struct level *level_open(struct loop *loop, void (*ready)(void *owner, unsigned what), void *owner)
{
	struct level *level = calloc(1, sizeof(*level));

	if (!level)
		return NULL;
	level->base = loop_base(loop);
	level->ready = ready;
	level->owner = owner;
	evtimer_assign(&level->event, level->base, on_ready, level);
	return level;
}

void level_close(struct level *level)
{
	if (level)
		event_del(&level->event);
	free(level);
}

int level_set(struct level *level, int fd, unsigned what, int64_t milliseconds)
{
	struct timeval time = {.tv_sec = milliseconds / 1000,
	                       .tv_usec = milliseconds % 1000 * 1000};
	short bits = what ? EV_PERSIST : 0;

	if (what & WATCH_READ)
		bits |= EV_READ;
	if (what & WATCH_WRITE)
		bits |= EV_WRITE;
	event_del(&level->event);
	if (event_assign(&level->event, level->base, fd, bits, on_ready, level) < 0)
		return -1;
	return event_add(&level->event, milliseconds < 0 ? NULL : &time);
}

void level_clear(struct level *level)
{
	event_del(&level->event);
}
