/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <sys/epoll.h>

#include "loop/base.h"

#define READING (EPOLLIN | EPOLLRDHUP | EPOLLET)

static struct watch *make(struct watch what, unsigned events)
{
	struct watch *watch = malloc(sizeof(*watch));

	if (!watch)
		return NULL;
	*watch = what;
	if (loop_watch(watch->loop, watch, events) == 0)
		return watch;
	free(watch);
	return NULL;
}

struct watch *watch_open(struct loop *loop, int fd, void (*ready)(void *owner, unsigned what),
                         void *owner)
{
	return make((struct watch){loop, fd, ready, owner}, READING | EPOLLOUT);
}

struct watch *watch_open_reading(struct loop *loop, int fd,
                                 void (*ready)(void *owner, unsigned what), void *owner)
{
	return make((struct watch){loop, fd, ready, owner}, READING);
}

int watch_writes(struct watch *watch)
{
	return loop_watch_again(watch->loop, watch, READING | EPOLLOUT);
}

void watch_close(struct watch *watch)
{
	if (watch)
		loop_forget(watch->loop, watch);
	free(watch);
}
