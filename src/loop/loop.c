/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "loop/base.h"
#include "loop/pool.h"

struct signal_watch {
	struct signal_watch *next;
	struct event event;
	void (*act)(void *owner);
	void *owner;
};

struct loop {
	struct event_base *base;
	struct pool *pool;
	struct signal_watch *signals;
	int expected; /* descriptors below that the library has been shown */
};

/* Edge-triggered readiness is what the room is built on (see watch.h), so a
 * method without it (select, poll) must not be chosen. */
static struct event_base *edge_triggered_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (!config)
		return NULL;
	if (event_config_require_features(config, EV_FEATURE_ET) == 0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

struct loop *loop_create(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->base = edge_triggered_base();
	loop->pool = pool_create();
	if (loop->base && loop->pool)
		return loop;
	loop_free(loop);
	return NULL;
}

static void free_signals(struct signal_watch *signals)
{
	while (signals) {
		struct signal_watch *next = signals->next;

		event_del(&signals->event);
		free(signals);
		signals = next;
	}
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	free_signals(loop->signals);
	pool_free(loop->pool);
	if (loop->base)
		event_base_free(loop->base);
	free(loop);
}

void loop_part(struct loop *loop)
{
	event_reinit(loop->base);
}

int loop_run(struct loop *loop)
{
	return event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0 ? -1 : 0;
}

void loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct signal_watch *watch = arg;

	(void)number;
	(void)what;
	watch->act(watch->owner);
}

int loop_signal(struct loop *loop, int number, void (*act)(void *owner), void *owner)
{
	struct signal_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return -1;
	watch->act = act;
	watch->owner = owner;
	if (evsignal_assign(&watch->event, loop->base, number, on_signal, watch) < 0 ||
	    event_add(&watch->event, NULL) < 0) {
		free(watch);
		return -1;
	}
	watch->next = loop->signals;
	loop->signals = watch;
	return 0;
}

struct pool *loop_pool(struct loop *loop)
{
	return loop->pool;
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

int64_t loop_date(void)
{
	return (int64_t)time(NULL);
}

static void on_nothing(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* The library keeps a few bytes for each number of a descriptor that it has seen, for
 * good.  Made for one connection after another they would lie between what those
 * had, and hold on to the pages when they are gone: so they are made for many at
 * once. */
#define AT_ONCE 256

void loop_expect(struct loop *loop, int fd)
{
	int copy = fd;

	if (fd < loop->expected)
		return;
	loop->expected = fd + AT_ONCE;
	while (copy >= 0 && copy < loop->expected) {
		struct event event;

		copy = fcntl(fd, F_DUPFD_CLOEXEC, copy + 1);
		if (copy < 0)
			return;
		if (event_assign(&event, loop->base, copy, EV_READ, on_nothing, NULL) == 0 &&
		    event_add(&event, NULL) == 0)
			event_del(&event);
		close(copy);
	}
}

int64_t loop_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
