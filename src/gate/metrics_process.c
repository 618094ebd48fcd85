/* SPDX-License-Identifier: ISC */
/* The process that tells how the others are. */
#include <stdlib.h>
#include <unistd.h>

#include "gate/confine.h"
#include "gate/metrics.h"
#include "gate/worker.h"
#include "loop/watch.h"
#include "proc/channel.h"
#include "proc/fork.h"

struct teller {
	const struct worker_order *order;
	struct loop *loop;
	struct watch *watch;
	struct metrics_facts facts;
	struct metrics *metrics;
	int *fds;
	size_t fd_count;
};

static void on_empty(void *owner)
{
	loop_stop(((struct teller *)owner)->loop);
}

/* While the daemon drains it is asked how it gets on. */
static void on_channel(void *owner, unsigned what)
{
	struct teller *teller = owner;
	struct proc_message message;
	enum proc_received received;

	(void)what;
	while ((received = proc_receive(teller->order->channel, &message)) == PROC_MESSAGE) {
		if (message.kind == PROC_RETIRE)
			metrics_retire(teller->metrics);
		if (message.kind == PROC_STOP)
			loop_stop(teller->loop);
	}
	if (received == PROC_GONE)
		loop_stop(teller->loop);
}

static int take_sockets(struct teller *teller)
{
	const struct generation *generation = teller->order->generation;

	teller->fds = calloc(generation->metrics_count, sizeof(*teller->fds));
	for (size_t i = 0; teller->fds && i < generation->metrics_count; i++) {
		int fd = sockets_own(generation->metrics[i], 0);

		if (fd < 0)
			return -1;
		teller->fds[teller->fd_count++] = fd;
	}
	sockets_free(teller->order->sockets);
	return teller->fds ? 0 : -1;
}

/* Of the fronts it keeps no more than what is told. */
static int take_facts(struct teller *teller)
{
	struct generation *generation = teller->order->generation;
	const struct config *config = &generation->config;
	int result =
	    metrics_facts_take(&teller->facts, generation->fronts, generation->front_count);

	teller->facts.fronts = config->front_count;
	teller->facts.policies = config->policy_count;
	teller->facts.keeps =
	    config->policy_count || (config->front_count && config_shares_state(config));
	generation_close_fronts(generation);
	return result;
}

static int start(struct teller *teller)
{
	const struct worker_order *order = teller->order;

	if (confine_user(order) < 0 || take_facts(teller) < 0 || take_sockets(teller) < 0)
		return -1;
	teller->loop = loop_create();
	if (!teller->loop)
		return -1;
	proc_hear_signals();
	teller->watch = watch_open_reading(teller->loop, order->channel, on_channel, teller);
	teller->metrics = metrics_open(&(struct metrics_spec){
	    .loop = teller->loop,
	    .log = order->log,
	    .fds = teller->fds,
	    .fd_count = teller->fd_count,
	    .board = order->board,
	    .facts = &teller->facts,
	    .empty = on_empty,
	    .owner = teller,
	});
	if (!teller->watch || !teller->metrics)
		return -1;
	confine_rest(order);
	return proc_send(order->channel, PROC_READY, NULL, 0);
}

int worker_tell(const struct worker_order *order)
{
	struct teller teller = {.order = order};
	int result = start(&teller);

	if (result == 0)
		result = loop_run(teller.loop);
	metrics_close(teller.metrics);
	metrics_facts_free(&teller.facts);
	watch_close(teller.watch);
	loop_free(teller.loop);
	free(teller.fds);
	generation_free(order->generation);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
