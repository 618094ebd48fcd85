/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/config_complain.h"
#include "gate/config_text.h"
#include "gate/gate.h"
#include "gate/parent.h"
#include "gate/worker_talk.h"
#include "proc/channel.h"
#include "proc/inherited.h"
#include "proc/notify.h"
#include "proc/privileges.h"
#include "proc/shared.h"

#define GRACE 2000 /* ms for processes to obey, before they are not asked any more */

static void on_reload(void *owner)
{
	struct parent *parent = owner;

	if (!parent->draining)
		parent_reload(parent);
}

static void stop(struct parent *parent)
{
	parent_tell_all(parent, PROC_STOP, NULL, 0);
	timer_set(parent->limit, GRACE);
}

static unsigned patience_of(const struct parent *parent)
{
	return parent->current ? parent->current->config.drain : 0;
}

static void drain(struct parent *parent)
{
	int64_t milliseconds = (int64_t)patience_of(parent) * 1000;

	parent->draining = true;
	timer_clear(parent->look);
	parent_abandon(parent, PROC_RETIRE);
	atomic_store(&parent->board->daemon.draining, 1);
	proc_notify("STOPPING=1");
	log_say(parent->log, LOG_LEVEL_INFO, "stopping", "sessions have %u seconds to end",
	        patience_of(parent));
	parent_tell_all(parent, PROC_DRAIN, &milliseconds, sizeof(milliseconds));
	timer_set(parent->limit, milliseconds + GRACE);
	if (parent->current)
		generation_unbind(parent->current, parent->sockets);
	parent_childless(parent);
}

/* The first signal asks for an orderly end, another one for an end. */
static void on_signal(void *owner)
{
	struct parent *parent = owner;

	if (parent->draining)
		stop(parent);
	else
		drain(parent);
}

static void on_limit(void *owner)
{
	struct parent *parent = owner;

	log_say(parent->log, LOG_LEVEL_WARNING, "stopping", "processes had to be killed");
	parent_kill_all(parent);
}

static void on_impatience(void *owner)
{
	parent_give_up(owner);
}

void parent_childless(struct parent *parent)
{
	if (parent->draining && !parent_has_children(parent))
		loop_stop(parent->loop);
}

void parent_fail(struct parent *parent)
{
	parent->failed = true;
	parent->draining = true;
	timer_set(parent->limit, GRACE);
	parent_childless(parent);
}

static int open_timers(struct parent *parent)
{
	parent->patience = timer_open(parent->loop, on_impatience, parent);
	parent->turn = timer_open(parent->loop, parent_turn_keys, parent);
	parent->look = timer_open(parent->loop, parent_look, parent);
	parent->limit = timer_open(parent->loop, on_limit, parent);
	if (!parent->patience || !parent->turn || !parent->look || !parent->limit)
		return -1;
	timer_set(parent->turn, TICKETS_TURN);
	return 0;
}

static int hear_signals(struct parent *parent)
{
	if (loop_signal(parent->loop, SIGCHLD, parent_reap, parent) < 0 ||
	    loop_signal(parent->loop, SIGHUP, on_reload, parent) < 0 ||
	    loop_signal(parent->loop, SIGTERM, on_signal, parent) < 0)
		return -1;
	return loop_signal(parent->loop, SIGINT, on_signal, parent);
}

/* What is no listening socket cannot be meant for us. */
static void adopt_inherited(struct parent *parent)
{
	size_t count = proc_inherited();

	for (size_t i = 0; i < count; i++) {
		int fd = proc_inherited_fd(i);

		if (fd < 0 || sockets_adopt(parent->sockets, fd) < 0)
			log_say(parent->log, LOG_LEVEL_WARNING, "inherited",
			        "Descriptor %zu of those that we were started with is no "
			        "listening socket.",
			        i + 3);
	}
}

static int open_shared(struct parent *parent)
{
	struct tally_board *tallies = &parent->tallies;

	parent->board = proc_shared(sizeof(*parent->board));
	tallies->shared = proc_shared(sizeof(*tallies->shared));
	return parent->board && tallies->shared ? tally_begin(tallies) : -1;
}

static int open_parent(struct parent *parent)
{
	parent->loop = loop_create();
	parent->sockets = sockets_new();
	if (!parent->loop || !parent->sockets || open_shared(parent) < 0 ||
	    open_timers(parent) < 0 || hear_signals(parent) < 0) {
		perror("starttlsd");
		return -1;
	}
	board_begin(parent->board, loop_date());
	adopt_inherited(parent);
	return 0;
}

static void close_parent(struct parent *parent)
{
	parent_sweep(parent);
	parent->log = &parent->first;
	if (parent->current) {
		generation_unbind(parent->current, parent->sockets);
		children_free(parent->current);
		generation_free(parent->current);
	}
	timer_close(parent->patience);
	timer_close(parent->turn);
	timer_close(parent->look);
	timer_close(parent->limit);
	stamps_forget(&parent->stamps);
	tickets_forget(&parent->tickets);
	hosts_forget(&parent->hosts);
	sockets_free(parent->sockets);
	loop_free(parent->loop);
	proc_shared_free(parent->board, sizeof(*parent->board));
	proc_shared_free(parent->tallies.shared, sizeof(*parent->tallies.shared));
	free(parent->text);
	free(parent->coming);
}

int gate_run(const char *path)
{
	struct parent parent = {
	    .path = path,
	    .first = {.fd = STDERR_FILENO, .level = LOG_LEVEL_INFO},
	    .log = &parent.first,
	};
	int result;

	proc_raise_files();
	result = open_parent(&parent);
	if (result == 0)
		result = parent_reload(&parent);
	if (result == 0 && parent_has_children(&parent))
		result = loop_run(parent.loop);
	if (result == 0 && !parent.failed)
		log_say(parent.log, LOG_LEVEL_INFO, "stopped", "all sessions are over");
	close_parent(&parent);
	return result < 0 || parent.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int gate_test(const char *path)
{
	struct parent nobody = {.path = path};
	struct config_error error = {0};
	struct hosts hosts = {0};
	const struct complaints complaints = {path, &error};
	size_t length;
	char *text = config_text_load(&complaints, &length);
	struct generation *generation =
	    text ? generation_new(path, text, length, &hosts, &error) : NULL;

	hosts_forget(&hosts);
	free(text);
	if (!generation) {
		parent_complain(&nobody, &error);
		return EXIT_FAILURE;
	}
	generation_free(generation);
	printf("%s: fine\n", path);
	return EXIT_SUCCESS;
}
