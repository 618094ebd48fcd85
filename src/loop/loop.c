/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "loop/base.h"
#include "loop/pool.h"

#define AT_ONCE 64 /* events of a turn */
#define SIGNALS 64 /* turns from one look for signals to the next */

struct signal_watch {
	struct signal_watch *next;
	int number;
	void (*act)(void *owner);
	void *owner;
};

struct loop {
	int epoll;
	int stopped;
	unsigned turn;
	struct pool *pool;
	struct heap heap;
	struct signal_watch *signals;
	/* Events of this turn that are still to be told: [next, count).  They outlive
	 * loop_stop(): what is edge-triggered is not told again. */
	int next, count;
	struct epoll_event events[AT_ONCE];
};

/* All that a signal handler can do.  They run only while the loop waits, and are
 * looked at when it has waited. */
static volatile sig_atomic_t came[_NSIG];

static void note(int number)
{
	came[number] = 1;
}

struct loop *loop_create(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->pool = pool_create();
	if (loop->epoll >= 0 && loop->pool)
		return loop;
	loop_free(loop);
	return NULL;
}

static void free_signals(struct signal_watch *signals)
{
	while (signals) {
		struct signal_watch *next = signals->next;

		signal(signals->number, SIG_DFL);
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
	free(loop->heap.timers);
	if (loop->epoll >= 0)
		close(loop->epoll);
	free(loop);
}

/* Both processes have the same list of what is waited for: the child leaves it. */
void loop_part(struct loop *loop)
{
	close(loop->epoll);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->next = loop->count = 0;
	for (struct signal_watch *watch = loop->signals; watch; watch = watch->next)
		came[watch->number] = 0;
}

static int control(struct loop *loop, int what, struct watch *watch, unsigned events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	return epoll_ctl(loop->epoll, what, watch->fd, &event);
}

int loop_watch(struct loop *loop, struct watch *watch, unsigned events)
{
	return control(loop, EPOLL_CTL_ADD, watch, events);
}

int loop_watch_again(struct loop *loop, struct watch *watch, unsigned events)
{
	return control(loop, EPOLL_CTL_MOD, watch, events);
}

void loop_forget(struct loop *loop, struct watch *watch)
{
	control(loop, EPOLL_CTL_DEL, watch, 0);
	for (int i = loop->next; i < loop->count; i++)
		if (loop->events[i].data.ptr == watch)
			loop->events[i].data.ptr = NULL;
}

/* EPOLLRDHUP and its like say that nothing new will come to be told of. */
static unsigned in_bits(unsigned events)
{
	unsigned bits = 0;

	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		bits |= WATCH_END | WATCH_READ;
	if (events & EPOLLIN)
		bits |= WATCH_READ;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		bits |= WATCH_WRITE;
	return bits;
}

static void tell(struct loop *loop)
{
	while (!loop->stopped && loop->next < loop->count) {
		const struct epoll_event *event = &loop->events[loop->next++];
		struct watch *watch = event->data.ptr;

		if (watch)
			watch->ready(watch->owner, in_bits(event->events));
	}
}

static void ring(struct loop *loop)
{
	int64_t now = loop_clock();

	while (!loop->stopped && heap_ring(&loop->heap, now, loop->turn))
		;
}

static void heed_signals(struct loop *loop)
{
	for (struct signal_watch *watch = loop->signals; watch; watch = watch->next)
		if (came[watch->number]) {
			came[watch->number] = 0;
			watch->act(watch->owner);
		}
}

/* Where there is always something to tell of, the wait is never interrupted, and a
 * signal would come in vain. */
static void fetch_signals(struct loop *loop, const sigset_t *ours)
{
	const struct timespec now = {0};
	int number;

	while ((number = sigtimedwait(ours, NULL, &now)) > 0)
		came[number] = 1;
	heed_signals(loop);
}

/* 0, or -1.  Signals come here, or by fetch_signals(). */
static int look(struct loop *loop, const sigset_t *mask)
{
	int wait = loop->heap.count ? heap_wait(&loop->heap, loop_clock()) : -1;
	int count = epoll_pwait(loop->epoll, loop->events, AT_ONCE, wait, mask);

	loop->next = 0;
	loop->count = count > 0 ? count : 0;
	loop->turn++;
	if (count >= 0)
		return 0;
	if (errno != EINTR)
		return -1;
	heed_signals(loop);
	return 0;
}

static int run(struct loop *loop, const sigset_t *mask, const sigset_t *ours)
{
	int result = 0;

	tell(loop);
	while (!loop->stopped && result == 0) {
		result = look(loop, mask);
		tell(loop);
		ring(loop);
		if (loop->signals && loop->turn % SIGNALS == 0)
			fetch_signals(loop, ours);
	}
	return result;
}

int loop_run(struct loop *loop)
{
	sigset_t ours, before;
	int result;

	sigemptyset(&ours);
	for (const struct signal_watch *watch = loop->signals; watch; watch = watch->next)
		sigaddset(&ours, watch->number);
	sigprocmask(SIG_BLOCK, &ours, &before);
	for (const struct signal_watch *watch = loop->signals; watch; watch = watch->next)
		sigdelset(&before, watch->number);
	loop->stopped = 0;
	heed_signals(loop); /* those that came before */
	result = run(loop, &before, &ours);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return result;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = 1;
}

int loop_signal(struct loop *loop, int number, void (*act)(void *owner), void *owner)
{
	struct signal_watch *watch = calloc(1, sizeof(*watch));
	struct sigaction action = {.sa_handler = note};

	if (!watch)
		return -1;
	*watch = (struct signal_watch){loop->signals, number, act, owner};
	came[number] = 0;
	sigfillset(&action.sa_mask);
	if (sigaction(number, &action, NULL) < 0) {
		free(watch);
		return -1;
	}
	loop->signals = watch;
	return 0;
}

struct pool *loop_pool(struct loop *loop)
{
	return loop->pool;
}

struct heap *loop_heap(struct loop *loop)
{
	return &loop->heap;
}

unsigned loop_turn(const struct loop *loop)
{
	return loop->turn;
}

int64_t loop_date(void)
{
	return (int64_t)time(NULL);
}

int64_t loop_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
