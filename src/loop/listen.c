/* SPDX-License-Identifier: ISC */
/* accept4(2) */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "loop/listen.h"
#include "loop/timer.h"
#include "loop/watch.h"

#define AT_ONCE 64            /* connections accepted before others get their turn */
#define RETRY_AFTER 200       /* ms, when there are no descriptors left */
#define SAY_AGAIN_AFTER 60000 /* ms */

struct listener {
	int fd;
	struct watch *watch;
	struct timer *again;
	int64_t silent_until;
	struct listener_acts acts;
};

/* accept() also reports what happened to a connection before it was accepted
 * (accept(2)): that one is gone, the next one may be fine. */
static int is_out_of_something(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void complain(struct listener *listener, int error)
{
	int64_t now = loop_clock();

	if (now < listener->silent_until)
		return;
	listener->silent_until = now + SAY_AGAIN_AFTER;
	listener->acts.troubled(listener->acts.owner, error);
}

/* The socket itself is no good any more, and so will the next one be. */
static int is_for_good(int error)
{
	return error == EINVAL || error == EBADF || error == ENOTSOCK;
}

/* 1: it may be tried again at once. */
static int run_out(struct listener *listener, int error)
{
	const struct listener_acts *acts = &listener->acts;

	complain(listener, error);
	if (error == EMFILE && acts->make_room && acts->make_room(acts->owner))
		return 1;
	timer_set(listener->again, RETRY_AFTER);
	return 0;
}

/* One connection; 0 when there is none now. */
static int accept_one(struct listener *listener)
{
	struct sockaddr_storage peer = {0};
	socklen_t length = sizeof(peer);
	int fd =
	    accept4(listener->fd, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		listener->acts.accepted(listener->acts.owner, fd, (struct sockaddr *)&peer, length);
		return 1;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK || is_for_good(errno))
		return 0;
	return is_out_of_something(errno) ? run_out(listener, errno) : 1;
}

static void accept_some(void *owner)
{
	struct listener *listener = owner;
	int left = AT_ONCE;

	while (left && accept_one(listener))
		left--;
	if (!left)
		timer_set(listener->again, 0);
}

static void on_ready(void *owner, unsigned what)
{
	if (what & WATCH_READ)
		accept_some(owner);
}

struct listener *listener_open(struct loop *loop, int fd, const struct listener_acts *acts)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener) {
		close(fd);
		return NULL;
	}
	listener->fd = fd;
	listener->acts = *acts;
	listener->again = timer_open(loop, accept_some, listener);
	listener->watch = watch_open_reading(loop, fd, on_ready, listener);
	if (listener->again && listener->watch)
		return listener;
	listener_close(listener);
	return NULL;
}

void listener_retire(struct listener *listener)
{
	/* Whoever comes faster than that is not waiting yet. */
	int left = SOMAXCONN;

	while (left-- && accept_one(listener))
		;
	listener_close(listener);
}

void listener_close(struct listener *listener)
{
	if (!listener)
		return;
	watch_close(listener->watch);
	timer_close(listener->again);
	close(listener->fd);
	free(listener);
}
