/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <sys/time.h>
#include <unbound-event.h>

#include "loop/level.h"
#include "names/dns_events.h"

/* What libunbound never calls in a loop that is not its own (unbound-event.h says
 * which) stays NULL: signals, running, stopping. */
struct dns_events {
	struct ub_event_base base; /* the first member: it is what libunbound holds */
	struct ub_event_base_vmt base_acts;
	struct ub_event_vmt acts;
	struct loop *loop;
};

struct event {
	struct ub_event event; /* the first member, too */
	struct level *level;
	int fd;
	short bits;
	void (*act)(int fd, short bits, void *owner);
	void *owner;
};

static void on_ready(void *owner, unsigned what)
{
	struct event *event = owner;
	short bits = 0;

	if (what & WATCH_READ)
		bits |= UB_EV_READ;
	if (what & WATCH_WRITE)
		bits |= UB_EV_WRITE;
	if (what & LEVEL_TIME)
		bits |= UB_EV_TIMEOUT;
	if (!(event->bits & UB_EV_PERSIST))
		level_clear(event->level);
	event->act(event->fd, bits, event->owner);
}

static int set(struct event *event, const struct timeval *time)
{
	int64_t wait = LEVEL_FOREVER;
	unsigned what = 0;

	if (event->bits & UB_EV_READ)
		what |= WATCH_READ;
	if (event->bits & UB_EV_WRITE)
		what |= WATCH_WRITE;
	if (time)
		wait = (int64_t)time->tv_sec * 1000 + (time->tv_usec + 999) / 1000;
	return level_set(event->level, event->fd, what, wait);
}

static void add_bits(struct ub_event *ub, short bits)
{
	struct event *event = (struct event *)ub;

	event->bits = (short)(event->bits | bits);
}

static void del_bits(struct ub_event *ub, short bits)
{
	struct event *event = (struct event *)ub;

	event->bits = (short)(event->bits & ~bits);
}

static void set_fd(struct ub_event *ub, int fd)
{
	((struct event *)ub)->fd = fd;
}

static int add(struct ub_event *ub, struct timeval *time)
{
	return set((struct event *)ub, time);
}

static int del(struct ub_event *ub)
{
	level_clear(((struct event *)ub)->level);
	return 0;
}

static int add_timer(struct ub_event *ub, struct ub_event_base *base,
                     void (*act)(int, short, void *), void *owner, struct timeval *time)
{
	struct event *event = (struct event *)ub;

	(void)base;
	event->fd = -1;
	event->bits = UB_EV_TIMEOUT;
	event->act = act;
	event->owner = owner;
	return set(event, time);
}

static void free_event(struct ub_event *ub)
{
	level_close(((struct event *)ub)->level);
	free(ub);
}

static struct ub_event *new_event(struct ub_event_base *base, int fd, short bits,
                                  void (*act)(int, short, void *), void *owner)
{
	struct dns_events *events = (struct dns_events *)base;
	struct event *event = calloc(1, sizeof(*event));

	if (!event)
		return NULL;
	event->event = (struct ub_event){UB_EVENT_MAGIC, &events->acts};
	event->fd = fd;
	event->bits = bits;
	event->act = act;
	event->owner = owner;
	event->level = level_open(events->loop, on_ready, event);
	if (event->level)
		return &event->event;
	free(event);
	return NULL;
}

struct dns_events *dns_events_open(struct loop *loop)
{
	struct dns_events *events = calloc(1, sizeof(*events));

	if (!events)
		return NULL;
	events->loop = loop;
	events->base_acts.new_event = new_event;
	events->acts = (struct ub_event_vmt){
	    .add_bits = add_bits,
	    .del_bits = del_bits,
	    .set_fd = set_fd,
	    .free = free_event,
	    .add = add,
	    .del = del,
	    .add_timer = add_timer,
	    .del_timer = del,
	};
	events->base = (struct ub_event_base){UB_EVENT_MAGIC, &events->base_acts};
	return events;
}

struct ub_event_base *dns_events_base(struct dns_events *events)
{
	return &events->base;
}

void dns_events_close(struct dns_events *events)
{
	free(events);
}
