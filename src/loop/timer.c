/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "loop/base.h"
#include "loop/timer.h"

#define NEVER INT64_MAX

struct timer {
	struct event event;
	int64_t due;   /* when it is to ring */
	int64_t armed; /* when the event comes: at due, or earlier */
	void (*ring)(void *owner);
	void *owner;
};

static void arm(struct timer *timer, int64_t now)
{
	int64_t wait = timer->due > now ? timer->due - now : 0;
	struct timeval interval = {.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000};

	if (event_add(&timer->event, &interval) == 0)
		timer->armed = timer->due;
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct timer *timer = arg;
	int64_t now = loop_clock();

	(void)fd;
	(void)what;
	timer->armed = NEVER;
	if (timer->due == NEVER)
		return;
	if (timer->due > now) {
		arm(timer, now);
		return;
	}
	timer->due = NEVER;
	timer->ring(timer->owner);
}

struct timer *timer_open(struct loop *loop, void (*ring)(void *owner), void *owner)
{
	struct timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return NULL;
	timer->due = timer->armed = NEVER;
	timer->ring = ring;
	timer->owner = owner;
	evtimer_assign(&timer->event, loop_base(loop), on_time, timer);
	return timer;
}

void timer_close(struct timer *timer)
{
	if (timer)
		event_del(&timer->event);
	free(timer);
}

void timer_set(struct timer *timer, int64_t milliseconds)
{
	int64_t now = loop_clock();

	timer->due = now + milliseconds;
	if (timer->due < timer->armed)
		arm(timer, now);
}

void timer_clear(struct timer *timer)
{
	timer->due = NEVER;
}

int timer_is_set(const struct timer *timer)
{
	return timer->due != NEVER;
}
