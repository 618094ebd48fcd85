/* SPDX-License-Identifier: ISC */
/* The processes: begun, heard, ended, and begun again. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/parent.h"
#include "gate/worker.h"
#include "proc/channel.h"
#include "proc/fork.h"

#define YOUNG 1000 /* ms: what dies so soon after its birth would do so again */

static void close_channel(struct child *child)
{
	watch_close(child->watch);
	child->watch = NULL;
	if (child->channel >= 0)
		close(child->channel);
	child->channel = -1;
}

/* The one after that, NULL at first and at last. */
static struct generation *next_generation(const struct parent *parent,
                                          const struct generation *after)
{
	if (!after && parent->starting)
		return parent->starting;
	if ((!after || after == parent->starting) && parent->current)
		return parent->current;
	if (!after || after == parent->starting || after == parent->current)
		return parent->old;
	return after->next;
}

static struct child *next_child(const struct parent *parent, const struct child *after)
{
	struct generation *generation = after ? after->generation : next_generation(parent, NULL);
	size_t at = after ? (size_t)(after - generation->children) + 1 : 0;

	for (; generation && at == generation->child_count; at = 0)
		generation = next_generation(parent, generation);
	return generation ? &generation->children[at] : NULL;
}

/* In the new process: what it has of others is not its to keep. */
static void leave_parent(struct parent *parent, struct generation *mine)
{
	struct child *child = NULL;

	loop_part(parent->loop);
	children_free(mine);
	while ((child = next_child(parent, child)))
		if (child->channel >= 0)
			close(child->channel);
	tickets_forget(&parent->tickets);
	loop_free(parent->loop);
	/* Who sends it to all of us means the parent. */
	signal(SIGHUP, SIG_IGN);
}

static int (*const lives[])(const struct worker_order *) = {
    [BOARD_PROCESS_WORKER] = worker_run,
    [BOARD_PROCESS_METRICS] = worker_tell,
    [BOARD_PROCESS_POLICY] = worker_advise,
};

static _Noreturn void live(struct child *child, const int ends[2])
{
	struct parent *parent = child->parent;
	const struct worker_order order = {
	    .path = parent->path,
	    .generation = child->generation,
	    .sockets = parent->sockets,
	    .log = &child->generation->log,
	    .board = parent->board,
	    .slot = child->slot,
	    .tallies = &parent->tallies,
	    .tally = child->tally,
	    .kind = child->kind,
	    .index = child->index,
	    .channel = ends[1],
	};

	close(ends[0]);
	leave_parent(parent, child->generation);
	exit(lives[order.kind](&order));
}

#define AT_MOST 16 /* messages of a process that has one thing to say */
#define MANY 1000  /* of one that has something to say now and then, at once */

static void hear(struct child *child, const struct proc_message *message)
{
	if (message->kind == PROC_READY)
		child->ready = true;
	if (message->kind == PROC_TICKETS && child->kind == BOARD_PROCESS_POLICY)
		parent_take_keys(child->parent, child->generation, message);
}

/* One that talks on is somebody else's by now, and would only keep us busy. */
static void on_channel(void *owner, unsigned what)
{
	struct child *child = owner;
	unsigned most = child->kind == BOARD_PROCESS_POLICY ? MANY : AT_MOST;
	struct proc_message message;
	enum proc_received received = PROC_MESSAGE;

	(void)what;
	if (child->kind == BOARD_PROCESS_POLICY)
		child->heard = 0;
	while (received == PROC_MESSAGE && child->heard < most) {
		received = proc_receive(child->channel, &message);
		if (received == PROC_MESSAGE)
			hear(child, &message);
		child->heard += received == PROC_MESSAGE || received == PROC_MALFORMED;
	}
	explicit_bzero(&message, sizeof(message));
	if (received == PROC_MESSAGE || received == PROC_MALFORMED)
		proc_kill(child->pid);
	if (child->ready && child->generation->state == GENERATION_STARTING)
		parent_progress(child->parent);
}

static int cannot_start(struct child *child, int error)
{
	log_say(child->parent->log, LOG_LEVEL_ERROR, "worker",
	        "Another process cannot be started: %s.", strerror(error));
	return -1;
}

/* Metrics are not told of the process that tells them. */
static void take_slot(struct child *child)
{
	struct board *board = child->parent->board;

	if (child->kind != BOARD_PROCESS_WORKER)
		return;
	child->slot = board_take(board);
	child->tally = tally_take(&child->parent->tallies);
	board_tell(child->slot, BOARD_STARTING);
	board_add(&board->daemon.workers, 1);
}

static void leave_slot(struct child *child)
{
	if (child->slot)
		board_release(child->slot);
	if (child->tally)
		tally_release(child->tally);
	child->slot = NULL;
	child->tally = NULL;
}

int child_start(struct child *child)
{
	int ends[2];

	if (proc_channel(ends) < 0)
		return cannot_start(child, errno);
	take_slot(child);
	child->pid = proc_fork();
	if (child->pid == 0)
		live(child, ends);
	close(ends[1]);
	child->channel = ends[0];
	child->ready = false;
	child->heard = 0;
	child->born = loop_clock();
	if (child->pid < 0) {
		int error = errno;

		child->pid = 0;
		close_channel(child);
		leave_slot(child);
		return cannot_start(child, error);
	}
	child->watch = watch_open_reading(child->parent->loop, child->channel, on_channel, child);
	if (child->watch)
		return 0;
	proc_kill(child->pid); /* nobody would hear it */
	return cannot_start(child, ENOMEM);
}

static void start_again(void *owner)
{
	struct child *child = owner;

	/* What was to be may be over meanwhile. */
	if (child->parent->draining || child->generation->state != GENERATION_SERVING)
		return;
	if (child_start(child) < 0)
		timer_set(child->again, YOUNG);
}

static int child_new(struct parent *parent, struct generation *generation, enum board_process kind,
                     size_t index)
{
	struct child *child = &generation->children[generation->child_count++];

	*child = (struct child){.parent = parent,
	                        .generation = generation,
	                        .kind = kind,
	                        .index = index,
	                        .channel = -1};
	child->again = timer_open(parent->loop, start_again, child);
	return child->again ? 0 : -1;
}

int children_new(struct parent *parent, struct generation *generation)
{
	size_t workers = generation->front_count ? generation->config.workers : 0;

	generation->children = calloc(workers + 2, sizeof(*generation->children));
	if (!generation->children)
		return -1;
	for (size_t i = 0; i < workers; i++)
		if (child_new(parent, generation, BOARD_PROCESS_WORKER, i) < 0)
			return -1;
	if (generation->metrics_count &&
	    child_new(parent, generation, BOARD_PROCESS_METRICS, 0) < 0)
		return -1;
	if (!generation->policy_count &&
	    !(generation->front_count && config_shares_state(&generation->config)))
		return 0;
	return child_new(parent, generation, BOARD_PROCESS_POLICY, 0);
}

/* One that serves is missed; one that was to retire has done so. */
static void child_over(struct child *child, const struct proc_end *end)
{
	struct parent *parent = child->parent;
	bool young = loop_clock() - child->born < YOUNG;
	char how[PROC_ENDED];

	child->pid = 0;
	close_channel(child);
	leave_slot(child);
	if (!proc_ended_well(end)) {
		board_add(&child->parent->board->daemon.died[child->kind], 1);
		parent_report_end(parent, child, proc_ended(how, end));
	}
	if (parent->draining)
		return;
	if (child->generation->state == GENERATION_STARTING)
		parent_give_up(parent);
	else if (child->generation->state == GENERATION_SERVING)
		timer_set(child->again, young ? YOUNG : 0);
}

static struct child *find_child(const struct parent *parent, pid_t pid)
{
	struct child *child = NULL;

	while ((child = next_child(parent, child)) && child->pid != pid)
		;
	return child;
}

/* Metrics are told as long as anybody serves. */
static bool has_workers(const struct parent *parent)
{
	const struct child *child = NULL;

	while ((child = next_child(parent, child)))
		if (child->pid && child->kind != BOARD_PROCESS_METRICS)
			return true;
	return false;
}

void parent_reap(void *owner)
{
	struct parent *parent = owner;
	struct proc_end end;

	while (proc_reap(&end)) {
		struct child *child = find_child(parent, end.pid);

		if (child)
			child_over(child, &end);
	}
	parent_sweep(parent);
	if (parent->draining && !has_workers(parent))
		parent_tell_all(parent, PROC_STOP, NULL, 0);
	parent_childless(parent);
}

void generation_tell(struct generation *generation, uint32_t kind, const void *body, size_t length)
{
	for (size_t i = 0; i < generation->child_count; i++)
		if (generation->children[i].channel >= 0)
			proc_send(generation->children[i].channel, kind, body, length);
}

void parent_tell_all(struct parent *parent, uint32_t kind, const void *body, size_t length)
{
	struct generation *generation = NULL;

	while ((generation = next_generation(parent, generation)))
		generation_tell(generation, kind, body, length);
}

bool generation_lives(const struct generation *generation)
{
	for (size_t i = 0; i < generation->child_count; i++)
		if (generation->children[i].pid)
			return true;
	return false;
}

bool parent_has_children(const struct parent *parent)
{
	const struct child *child = NULL;

	while ((child = next_child(parent, child)))
		if (child->pid)
			return true;
	return false;
}

void parent_kill_all(struct parent *parent)
{
	const struct child *child = NULL;

	while ((child = next_child(parent, child)))
		proc_kill(child->pid);
}

void children_free(struct generation *generation)
{
	for (size_t i = 0; i < generation->child_count; i++) {
		close_channel(&generation->children[i]);
		timer_close(generation->children[i].again);
	}
	generation->child_count = 0;
}
