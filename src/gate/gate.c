/* SPDX-License-Identifier: ISC */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <starttls/api.h>

#include "gate/front.h"
#include "gate/gate.h"
#include "loop/timer.h"
#include "proc/privileges.h"

#define DRAIN 10000 /* ms that sessions have to end after SIGTERM */

struct gate {
	const char *path;
	const struct config *config;
	struct log log;
	struct loop *loop;
	struct timer *limit;
	struct front *fronts;
	size_t count; /* of those that were prepared */
	bool draining;
};

/* As the complaints about the configuration itself look. */
static void complain(const struct gate *gate, const struct config_front *front,
                     const struct front_error *error)
{
	fprintf(stderr, "%s:%u: front \"%s\": %s\n", gate->path, error->line, front->name,
	        error->text);
}

/* All fronts, so that all complaints are heard at once. */
static int prepare(struct gate *gate)
{
	int result = 0;

	gate->fronts = calloc(gate->config->front_count + 1, sizeof(*gate->fronts));
	if (!gate->fronts)
		return -1;
	for (size_t i = 0; i < gate->config->front_count; i++) {
		const struct config_front *config = &gate->config->fronts[i];
		struct front_error error;

		gate->count++;
		if (front_prepare(&gate->fronts[i], gate->config, config, &error) < 0) {
			complain(gate, config, &error);
			result = -1;
		}
	}
	return result;
}

static void close_gate(struct gate *gate)
{
	for (size_t i = 0; i < gate->count; i++)
		front_close(&gate->fronts[i]);
	free(gate->fronts);
	timer_close(gate->limit);
	loop_free(gate->loop);
}

int gate_test(const char *path, const struct config *config)
{
	struct gate gate = {.path = path, .config = config};
	int result = prepare(&gate);

	close_gate(&gate);
	return result;
}

static int bind_all(struct gate *gate)
{
	for (size_t i = 0; i < gate->count; i++) {
		struct front_error error;

		if (front_bind(&gate->fronts[i], &error) < 0) {
			complain(gate, gate->fronts[i].config, &error);
			return -1;
		}
	}
	return 0;
}

static int start_all(struct gate *gate)
{
	for (size_t i = 0; i < gate->count; i++) {
		struct front_error error;

		if (front_start(&gate->fronts[i], gate->loop, &gate->log, &error) < 0) {
			complain(gate, gate->fronts[i].config, &error);
			return -1;
		}
	}
	return 0;
}

/* Keys are read and ports are bound: nothing else needs to be root. */
static int drop_privileges(struct gate *gate)
{
	struct proc_error error;
	enum proc_drop dropped = proc_drop(gate->config->user, &error);

	if (dropped == PROC_FAILED)
		fprintf(stderr, "%s: user: %s\n", gate->path, error.text);
	else if (dropped == PROC_KEPT && error.text[0])
		log_say(&gate->log, LOG_LEVEL_INFO, "user", "%s", error.text);
	return dropped == PROC_FAILED ? -1 : 0;
}

static void on_empty(void *owner)
{
	struct gate *gate = owner;

	for (size_t i = 0; i < gate->count; i++)
		if (gate->fronts[i].sessions)
			return;
	loop_stop(gate->loop);
}

static void on_limit(void *owner)
{
	loop_stop(((struct gate *)owner)->loop);
}

/* The first signal asks for an orderly end, another one for an end. */
static void on_signal(void *owner)
{
	struct gate *gate = owner;

	if (gate->draining) {
		loop_stop(gate->loop);
		return;
	}
	gate->draining = true;
	log_say(&gate->log, LOG_LEVEL_INFO, "stopping", "sessions have %d seconds to end",
	        DRAIN / 1000);
	timer_set(gate->limit, DRAIN);
	for (size_t i = 0; i < gate->count; i++)
		front_drain(&gate->fronts[i], on_empty, gate);
	on_empty(gate);
}

static int open_loop(struct gate *gate)
{
	gate->loop = loop_create();
	if (!gate->loop)
		return -1;
	gate->limit = timer_open(gate->loop, on_limit, gate);
	if (!gate->limit || loop_signal(gate->loop, SIGTERM, on_signal, gate) < 0)
		return -1;
	return loop_signal(gate->loop, SIGINT, on_signal, gate);
}

static int start(struct gate *gate)
{
	proc_raise_files();
	if (prepare(gate) < 0 || bind_all(gate) < 0 || drop_privileges(gate) < 0)
		return -1;
	if (open_loop(gate) < 0) {
		perror("starttlsd: event loop");
		return -1;
	}
	return start_all(gate);
}

int gate_run(const char *path, const struct config *config)
{
	struct gate gate = {
	    .path = path,
	    .config = config,
	    .log = {.fd = STDERR_FILENO, .level = config->log.level},
	};
	int result = start(&gate);

	if (result == 0) {
		log_say(&gate.log, LOG_LEVEL_INFO, "ready", "starttlsd " STLS_VERSION);
		result = loop_run(gate.loop);
	}
	close_gate(&gate);
	if (result == 0)
		log_say(&gate.log, LOG_LEVEL_INFO, "stopped", "all sessions are over");
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
