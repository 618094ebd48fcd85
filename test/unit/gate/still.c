/* SPDX-License-Identifier: ISC */
#include "../loop/pair.h"

#include "loop/timer.h"
#include "still.h"

#define MORNING INT64_C(1000000)  /* ms of the clock */
#define TODAY INT64_C(1800000000) /* and the date then */

static int64_t clock_now;

int64_t __wrap_loop_clock(void);
int64_t __wrap_loop_date(void);
struct timer *__wrap_timer_open(struct loop *, void (*)(void *), void *);
void __wrap_timer_close(struct timer *);
void __wrap_timer_set(struct timer *, int64_t);
void __wrap_timer_clear(struct timer *);
int __wrap_timer_is_set(const struct timer *);

int64_t __wrap_loop_clock(void)
{
	return clock_now;
}

int64_t __wrap_loop_date(void)
{
	return TODAY + (clock_now - MORNING) / 1000;
}

/* ---- instead of loop/timer.c ---- */

struct timer {
	struct timer *next, **link;
	int64_t due; /* 0: never */
	void (*ring)(void *owner);
	void *owner;
};

static struct timer *timers;

struct timer *__wrap_timer_open(struct loop *loop, void (*ring)(void *owner), void *owner)
{
	struct timer *timer = calloc(1, sizeof(*timer));

	(void)loop;
	*timer = (struct timer){.next = timers, .link = &timers, .ring = ring, .owner = owner};
	if (timer->next)
		timer->next->link = &timer->next;
	timers = timer;
	return timer;
}

void __wrap_timer_close(struct timer *timer)
{
	if (!timer)
		return;
	if (timer->next)
		timer->next->link = timer->link;
	*timer->link = timer->next;
	free(timer);
}

void __wrap_timer_set(struct timer *timer, int64_t milliseconds)
{
	timer->due = clock_now + milliseconds;
}

void __wrap_timer_clear(struct timer *timer)
{
	timer->due = 0;
}

int __wrap_timer_is_set(const struct timer *timer)
{
	return timer->due != 0;
}

/* The first one that is due by then. */
static struct timer *next_timer(int64_t until)
{
	struct timer *first = NULL;

	for (struct timer *timer = timers; timer; timer = timer->next)
		if (timer->due && timer->due <= until && (!first || timer->due < first->due))
			first = timer;
	return first;
}

static void ring_until(int64_t until)
{
	struct timer *timer;

	while ((timer = next_timer(until))) {
		if (timer->due > clock_now)
			clock_now = timer->due;
		timer->due = 0;
		timer->ring(timer->owner);
	}
	clock_now = until;
}

/* ---- the loop ---- */

static void stop(void *owner, unsigned what)
{
	(void)what;
	loop_stop(((struct still *)owner)->loop);
}

/* A loop that always has something to do, and stops then. */
void still_open(struct still *still)
{
	clock_now = MORNING;
	still->loop = loop_create();
	assert_int_equal(pipe(still->bell), 0);
	still->watch = watch_open(still->loop, still->bell[0], stop, still);
	assert_non_null(still->watch);
}

void still_close(struct still *still)
{
	assert_null(timers);
	watch_close(still->watch);
	close(still->bell[0]);
	close(still->bell[1]);
	loop_free(still->loop);
}

/* What is ready is seen to in the same turn as the bell, or in the one before. */
void still_turn(struct still *still)
{
	char byte = 'x';

	for (int i = 0; i < 3; i++) {
		assert_int_equal(write(still->bell[1], &byte, 1), 1);
		loop_run(still->loop);
		assert_int_equal(read(still->bell[0], &byte, 1), 1);
		ring_until(clock_now);
	}
}

void still_pass(struct still *still, int64_t milliseconds)
{
	ring_until(clock_now + milliseconds);
	still_turn(still);
}
