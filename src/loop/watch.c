/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "loop/base.h"
#include "loop/watch.h"

struct watch {
	struct event event;
	void (*ready)(void *owner, unsigned what);
	void *owner;
};

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct watch *watch = arg;
	unsigned bits = 0;

	(void)fd;
	if (what & EV_READ)
		bits |= WATCH_READ;
	if (what & EV_WRITE)
		bits |= WATCH_WRITE;
	watch->ready(watch->owner, bits);
}

struct watch *watch_open(struct loop *loop, int fd, void (*ready)(void *owner, unsigned what),
                         void *owner)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	loop_expect(loop, fd);
	watch->ready = ready;
	watch->owner = owner;
	if (event_assign(&watch->event, loop_base(loop), fd,
	                 EV_READ | EV_WRITE | EV_PERSIST | EV_ET, on_ready, watch) < 0 ||
	    event_add(&watch->event, NULL) < 0) {
		free(watch);
		return NULL;
	}
	return watch;
}

void watch_close(struct watch *watch)
{
	if (watch)
		event_del(&watch->event);
	free(watch);
}
