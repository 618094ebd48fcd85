/* SPDX-License-Identifier: ISC */
/* A binary heap: timers[0] comes first, and the children of i are 2i + 1 and 2i + 2. */
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

#include "loop/base.h"
#include "loop/timer.h"

#define NEVER INT64_MAX
#define NOWHERE SIZE_MAX

struct timer {
	struct loop *loop;
	int64_t due;   /* when it is to ring */
	int64_t armed; /* where it is in the heap: at due, or earlier */
	size_t place;  /* NOWHERE: it is not */
	unsigned turn; /* of the loop, in which it was armed */
	void (*ring)(void *owner);
	void *owner;
};

static void put(struct heap *heap, size_t place, struct timer *timer)
{
	heap->timers[place] = timer;
	timer->place = place;
}

static void rise(struct heap *heap, size_t place)
{
	struct timer *timer = heap->timers[place];

	while (place && heap->timers[(place - 1) / 2]->armed > timer->armed) {
		put(heap, place, heap->timers[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	put(heap, place, timer);
}

static void sink(struct heap *heap, size_t place)
{
	struct timer *timer = heap->timers[place];
	size_t child;

	while ((child = 2 * place + 1) < heap->count) {
		if (child + 1 < heap->count &&
		    heap->timers[child + 1]->armed < heap->timers[child]->armed)
			child++;
		if (heap->timers[child]->armed >= timer->armed)
			break;
		put(heap, place, heap->timers[child]);
		place = child;
	}
	put(heap, place, timer);
}

static void disarm(struct timer *timer)
{
	struct heap *heap = loop_heap(timer->loop);
	size_t place = timer->place;
	struct timer *last;

	if (place == NOWHERE)
		return;
	timer->place = NOWHERE;
	last = heap->timers[--heap->count];
	if (last == timer)
		return;
	put(heap, place, last);
	sink(heap, place);
	rise(heap, last->place);
}

/* There is room: timer_open() has seen to that. */
static void arm(struct timer *timer)
{
	struct heap *heap = loop_heap(timer->loop);

	disarm(timer);
	timer->armed = timer->due;
	timer->turn = loop_turn(timer->loop);
	put(heap, heap->count++, timer);
	rise(heap, timer->place);
}

int heap_wait(const struct heap *heap, int64_t now)
{
	int64_t wait = heap->timers[0]->armed - now;

	return wait <= 0 ? 0 : wait > INT_MAX ? INT_MAX : (int)wait;
}

int heap_ring(struct heap *heap, int64_t now, unsigned turn)
{
	struct timer *timer = heap->count ? heap->timers[0] : NULL;

	if (!timer || timer->armed > now || timer->turn == turn)
		return 0;
	disarm(timer);
	if (timer->due == NEVER)
		return 1;
	if (timer->due > now) {
		arm(timer);
		return 1;
	}
	timer->due = NEVER;
	timer->ring(timer->owner);
	return 1;
}

static bool make_room(struct heap *heap)
{
	size_t size = heap->size ? heap->size * 2 : 64;
	struct timer **timers;

	if (heap->opened < heap->size)
		return true;
	timers = realloc(heap->timers, size * sizeof(struct timer *));
	if (!timers)
		return false;
	heap->timers = timers;
	heap->size = size;
	return true;
}

struct timer *timer_open(struct loop *loop, void (*ring)(void *owner), void *owner)
{
	struct heap *heap = loop_heap(loop);
	struct timer *timer = make_room(heap) ? malloc(sizeof(*timer)) : NULL;

	if (!timer)
		return NULL;
	*timer = (struct timer){.loop = loop,
	                        .due = NEVER,
	                        .armed = NEVER,
	                        .place = NOWHERE,
	                        .ring = ring,
	                        .owner = owner};
	heap->opened++;
	return timer;
}

void timer_close(struct timer *timer)
{
	if (!timer)
		return;
	disarm(timer);
	loop_heap(timer->loop)->opened--;
	free(timer);
}

void timer_set(struct timer *timer, int64_t milliseconds)
{
	timer->due = loop_clock() + milliseconds;
	if (timer->place == NOWHERE || timer->due < timer->armed)
		arm(timer);
}

void timer_clear(struct timer *timer)
{
	timer->due = NEVER;
}

int timer_is_set(const struct timer *timer)
{
	return timer->due != NEVER;
}
