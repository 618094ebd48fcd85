/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <sys/epoll.h>

#include "loop/base.h"
#include "loop/level.h"
#include "loop/timer.h"

struct level {
	struct watch watch; /* fd -1: there is none */
	struct timer *timer;
	int64_t patience; /* how often the time comes; LEVEL_FOREVER: once, or not at all */
	void (*ready)(void *owner, unsigned what);
	void *owner;
};

/* ready() may close the level. */
static void on_ready(void *owner, unsigned what)
{
	struct level *level = owner;

	if (level->patience >= 0)
		timer_set(level->timer, level->patience);
	level->ready(level->owner, what & (WATCH_READ | WATCH_WRITE));
}

static void on_time(void *owner)
{
	struct level *level = owner;

	if (level->patience >= 0)
		timer_set(level->timer, level->patience);
	level->ready(level->owner, LEVEL_TIME);
}

struct level *level_open(struct loop *loop, void (*ready)(void *owner, unsigned what), void *owner)
{
	struct level *level = calloc(1, sizeof(*level));

	if (!level)
		return NULL;
	*level = (struct level){.watch = {loop, -1, on_ready, level},
	                        .timer = timer_open(loop, on_time, level),
	                        .ready = ready,
	                        .owner = owner};
	if (level->timer)
		return level;
	free(level);
	return NULL;
}

void level_close(struct level *level)
{
	if (!level)
		return;
	level_clear(level);
	timer_close(level->timer);
	free(level);
}

int level_set(struct level *level, int fd, unsigned what, int64_t milliseconds)
{
	unsigned events = (what & WATCH_READ ? EPOLLIN : 0) | (what & WATCH_WRITE ? EPOLLOUT : 0);

	level_clear(level);
	level->patience = events ? milliseconds : LEVEL_FOREVER;
	if (milliseconds >= 0)
		timer_set(level->timer, milliseconds);
	if (!events)
		return 0;
	level->watch.fd = fd;
	if (loop_watch(level->watch.loop, &level->watch, events) == 0)
		return 0;
	level->watch.fd = -1;
	return -1;
}

void level_clear(struct level *level)
{
	timer_clear(level->timer);
	if (level->watch.fd >= 0)
		loop_forget(level->watch.loop, &level->watch);
	level->watch.fd = -1;
}
