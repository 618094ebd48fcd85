/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/confine.h"
#include "gate/session.h"
#include "gate/tickets.h"
#include "gate/worker.h"
#include "gate/worker_talk.h"
#include "loop/timer.h"
#include "loop/watch.h"
#include "proc/channel.h"
#include "proc/fork.h"

struct worker {
	const struct worker_order *order;
	struct loop *loop;
	struct watch *watch;
	struct timer *limit;
	struct timer *minute;
	struct limits *limits;
	struct turns *turns;
	bool draining;
};

#define MINUTE 60000 /* ms that a log may be silent about what it left out */

/* The last session of a front is over. */
static void on_empty(void *owner)
{
	struct worker *worker = owner;
	const struct generation *generation = worker->order->generation;

	for (size_t i = 0; i < generation->front_count; i++)
		if (!generation->fronts[i].retired || generation->fronts[i].sessions)
			return;
	loop_stop(worker->loop);
}

static void on_limit(void *owner)
{
	loop_stop(((struct worker *)owner)->loop);
}

static void on_minute(void *owner)
{
	struct worker *worker = owner;

	log_tell(worker->order->log);
	timer_set(worker->minute, MINUTE);
}

static void retire(struct worker *worker)
{
	struct generation *generation = worker->order->generation;

	board_tell(worker->order->slot, BOARD_RETIRING);
	limits_retire(worker->limits);
	for (size_t i = 0; i < generation->front_count; i++)
		front_retire(&generation->fronts[i]);
	on_empty(worker);
}

static void drain(struct worker *worker, int64_t milliseconds)
{
	struct generation *generation = worker->order->generation;

	if (worker->draining)
		return;
	worker->draining = true;
	board_tell(worker->order->slot, BOARD_RETIRING);
	timer_set(worker->limit, milliseconds);
	for (size_t i = 0; i < generation->front_count; i++)
		front_drain(&generation->fronts[i]);
	on_empty(worker);
}

/* Somebody asks this process and not its parent. */
static void on_signal(void *owner)
{
	struct worker *worker = owner;

	if (worker->draining)
		loop_stop(worker->loop);
	else
		drain(worker, (int64_t)worker->order->generation->config.drain * 1000);
}

/* Keys that it will not have leave it the ones that it has. */
static void take_keys(struct worker *worker, const struct proc_message *message)
{
	struct generation *generation = worker->order->generation;
	struct worker_keys keys;

	if (message->length != sizeof(keys))
		return;
	memcpy(&keys, message->body, sizeof(keys));
	if (keys.front < generation->front_count &&
	    stls_tls_context_tickets(generation->fronts[keys.front].tls,
	                             (const unsigned char(*)[STLS_TICKET_KEY_SIZE])keys.keys,
	                             keys.count) < 0)
		log_say(worker->order->log, LOG_LEVEL_ERROR, "tickets", "New keys cannot be used.");
	explicit_bzero(&keys, sizeof(keys));
}

static void obey(struct worker *worker, const struct proc_message *message)
{
	int64_t milliseconds;

	switch (message->kind) {
	case PROC_RETIRE: retire(worker); break;
	case PROC_STOP: loop_stop(worker->loop); break;
	case PROC_TICKETS: take_keys(worker, message); break;
	case PROC_DRAIN:
		memcpy(&milliseconds, message->body, sizeof(milliseconds));
		drain(worker, milliseconds);
		break;
	default: break;
	}
}

/* A parent that is gone starts no successor: the addresses are left to whoever
 * comes instead, and the sessions end in their own time. */
static void on_channel(void *owner, unsigned what)
{
	struct worker *worker = owner;
	struct proc_message message;
	enum proc_received received;

	(void)what;
	while ((received = proc_receive(worker->order->channel, &message)) == PROC_MESSAGE)
		obey(worker, &message);
	explicit_bzero(&message, sizeof(message));
	if (received == PROC_GONE)
		retire(worker);
}

static int open_loop(struct worker *worker)
{
	worker->loop = loop_create();
	if (!worker->loop)
		return -1;
	worker->limit = timer_open(worker->loop, on_limit, worker);
	worker->minute = timer_open(worker->loop, on_minute, worker);
	worker->watch =
	    watch_open_reading(worker->loop, worker->order->channel, on_channel, worker);
	worker->turns = turns_open(worker->loop, session_wake);
	if (!worker->limit || !worker->minute || !worker->watch || !worker->turns ||
	    loop_signal(worker->loop, SIGTERM, on_signal, worker) < 0)
		return -1;
	timer_set(worker->minute, MINUTE);
	return loop_signal(worker->loop, SIGINT, on_signal, worker);
}

static int open_limits(struct worker *worker)
{
	const struct worker_order *order = worker->order;
	const struct config *config = &order->generation->config;
	const struct limits_order wanted = {
	    .config = &config->limits,
	    .workers = config->workers,
	    .board = order->tallies,
	    .own = order->tally,
	    .loop = worker->loop,
	    .log = order->log,
	    .evict = session_evict,
	};

	worker->limits = limits_open(&wanted);
	if (!worker->limits)
		return -1;
	limits_enforce(worker->limits);
	return 0;
}

static int start_fronts(struct worker *worker)
{
	const struct worker_order *order = worker->order;
	struct generation *generation = order->generation;
	const struct front_host host = {
	    .loop = worker->loop,
	    .log = order->log,
	    .index = order->index,
	    .count = generation->config.workers,
	    .board = order->board,
	    .slot = order->slot,
	    .limits = worker->limits,
	    .turns = worker->turns,
	    .empty = on_empty,
	    .owner = worker,
	};

	for (size_t i = 0; i < generation->front_count; i++) {
		struct front *front = &generation->fronts[i];
		struct reason error;

		if (front_start(front, &host, &error) < 0) {
			log_say(order->log, LOG_LEVEL_ERROR, "start", "%s:%u: front \"%s\": %s",
			        order->path, error.line, front->config->name, error.text);
			return -1;
		}
	}
	sockets_free(order->sockets);
	return 0;
}

static int start(struct worker *worker)
{
	if (confine_user(worker->order) < 0)
		return -1;
	if (open_loop(worker) < 0 || open_limits(worker) < 0) {
		log_say(worker->order->log, LOG_LEVEL_ERROR, "start",
		        "There can be no event loop.");
		return -1;
	}
	proc_hear_signals();
	if (start_fronts(worker) < 0)
		return -1;
	confine_rest(worker->order);
	board_tell(worker->order->slot, BOARD_SERVING);
	return proc_send(worker->order->channel, PROC_READY, NULL, 0);
}

int worker_run(const struct worker_order *order)
{
	struct worker worker = {.order = order};
	int result = start(&worker);

	if (result == 0)
		result = loop_run(worker.loop);
	generation_free(order->generation);
	watch_close(worker.watch);
	timer_close(worker.limit);
	timer_close(worker.minute);
	limits_close(worker.limits);
	turns_close(worker.turns);
	loop_free(worker.loop);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
