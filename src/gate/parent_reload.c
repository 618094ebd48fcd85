/* SPDX-License-Identifier: ISC */
/* From one generation to the next: the new one serves before the old one stops to,
 * and one that cannot be is never begun. */
#include <stdlib.h>
#include <string.h>

#include "gate/config_complain.h"
#include "gate/config_text.h"
#include "gate/parent.h"
#include "gate/worker_talk.h"
#include "proc/channel.h"
#include "proc/notify.h"

#define PATIENCE 60000 /* ms for all processes of a generation to be ready */
#define SETTLING 2000  /* ms without a change before changed files are taken for whole */

/* What has been prepared, bound and perhaps begun goes without a trace. */
static void drop(struct parent *parent, struct generation *generation)
{
	generation_unbind(generation, parent->sockets);
	sockets_shrink(parent->sockets);
	children_free(generation);
	generation_free(generation);
}

static int start_children(struct parent *parent, struct generation *generation)
{
	if (children_new(parent, generation) < 0)
		return -1;
	for (size_t i = 0; i < generation->child_count; i++)
		if (child_start(&generation->children[i]) < 0)
			return -1;
	return 0;
}

static int begin(struct parent *parent, const char *text, size_t length, struct config_error *error)
{
	const struct ground ground = {parent->board, parent->sockets, &parent->tickets};
	struct generation *generation =
	    generation_new(parent->path, text, length, &parent->hosts, error);

	if (!generation)
		return -1;
	if (generation_bind(generation, parent->path, &ground, error) < 0) {
		drop(parent, generation);
		return -1;
	}
	parent->starting = generation;
	timer_set(parent->patience, PATIENCE);
	if (start_children(parent, generation) < 0)
		parent_give_up(parent);
	return 0;
}

static int refuse(struct parent *parent, const struct config_error *error)
{
	board_reloaded(parent->board, false, loop_date());
	parent_complain(parent, error);
	if (parent->current)
		proc_notify("READY=1");
	return -1;
}

/* One after the other: false when it has to wait. */
static bool may_begin(struct parent *parent)
{
	parent->again = parent->starting != NULL;
	if (parent->current && !parent->starting)
		proc_notify_reloading();
	return !parent->starting;
}

int parent_reload(struct parent *parent)
{
	struct config_error error = {0};
	const struct complaints complaints = {parent->path, &error};
	size_t length;
	char *text;

	if (!may_begin(parent))
		return 0;
	text = config_text_load(&complaints, &length);
	if (!text || begin(parent, text, length, &error) < 0) {
		free(text);
		return refuse(parent, &error);
	}
	if (!parent->starting) { /* it has been given up */
		free(text);
		return 0;
	}
	parent->coming = text;
	parent->coming_length = length;
	return 0;
}

int parent_renew(struct parent *parent)
{
	struct config_error error = {0};

	if (!may_begin(parent))
		return 0;
	if (begin(parent, parent->text, parent->length, &error) < 0)
		return refuse(parent, &error);
	return 0;
}

/* Its processes are told to go, in one way or the other, and are awaited. */
static void lay_off(struct parent *parent, struct generation *generation, enum proc_kind how)
{
	generation->state = GENERATION_RETIRING;
	generation_tell(generation, how, NULL, 0);
	generation_unbind(generation, parent->sockets);
	generation->next = parent->old;
	parent->old = generation;
}

static void forget_coming(struct parent *parent)
{
	free(parent->coming);
	parent->coming = NULL;
}

/* From now on it is what is read again when files have changed. */
static void take_coming(struct parent *parent)
{
	if (!parent->coming)
		return;
	free(parent->text);
	parent->text = parent->coming;
	parent->length = parent->coming_length;
	parent->coming = NULL;
}

static bool is_ready(const struct generation *generation)
{
	for (size_t i = 0; i < generation->child_count; i++)
		if (!generation->children[i].ready)
			return false;
	return true;
}

static void go_on(struct parent *parent)
{
	if (parent->again)
		parent_reload(parent);
}

void parent_progress(struct parent *parent)
{
	struct generation *before = parent->current;

	if (!is_ready(parent->starting))
		return;
	timer_clear(parent->patience);
	take_coming(parent);
	sockets_keep(parent->sockets);
	parent->current = parent->starting;
	parent->log = &parent->current->log;
	parent->starting = NULL;
	parent->current->state = GENERATION_SERVING;
	if (before)
		board_reloaded(parent->board, true, loop_date());
	parent_watch(parent);
	parent_serves(parent, before == NULL);
	if (before)
		lay_off(parent, before, PROC_RETIRE);
	parent_sweep(parent);
	go_on(parent);
}

void parent_abandon(struct parent *parent, enum proc_kind how)
{
	struct generation *generation = parent->starting;

	if (!generation)
		return;
	parent->starting = NULL;
	forget_coming(parent);
	timer_clear(parent->patience);
	lay_off(parent, generation, how);
	sockets_shrink(parent->sockets);
}

/* Without a generation that serves, that is the end.  Some of its processes may have
 * got further than the one that failed, and have sessions. */
void parent_give_up(struct parent *parent)
{
	if (!parent->starting)
		return;
	parent_abandon(parent, parent->current ? PROC_RETIRE : PROC_STOP);
	if (!parent->current) {
		parent_fail(parent);
		return;
	}
	board_reloaded(parent->board, false, loop_date());
	log_say(parent->log, LOG_LEVEL_ERROR, "reload",
	        "The processes for the new configuration did not start: the old one stays.");
	proc_notify("READY=1");
	go_on(parent);
}

void parent_sweep(struct parent *parent)
{
	struct generation **link = &parent->old;

	while (*link) {
		struct generation *generation = *link;

		if (generation_lives(generation)) {
			link = &generation->next;
			continue;
		}
		*link = generation->next;
		children_free(generation);
		generation_free(generation);
	}
}

void parent_watch(struct parent *parent)
{
	struct generation *current = parent->current;

	parent->changing = NULL;
	timer_clear(parent->look);
	stamps_forget(&parent->stamps);
	parent->stamps = current->stamps;
	current->stamps = (struct stamps){0};
	if (current->config.watch_certificates)
		timer_set(parent->look, (int64_t)current->config.watch_certificates * 1000);
}

/* Chain and key are written one after the other: all is read when nothing has changed
 * for a while.  What is wrong with them is told once a change. */
void parent_look(void *owner)
{
	struct parent *parent = owner;
	const struct config *config = &parent->current->config;
	const char *changed = stamps_changed(&parent->stamps);

	if (stamps_take(&parent->stamps, config) < 0)
		return;
	timer_set(parent->look, changed ? SETTLING : (int64_t)config->watch_certificates * 1000);
	if (!changed && parent->changing) {
		log_say(parent->log, LOG_LEVEL_INFO, "files", "%s has changed: it is read again.",
		        parent->changing);
		parent_renew(parent);
	}
	parent->changing = changed;
}
