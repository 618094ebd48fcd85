/* SPDX-License-Identifier: ISC */
/* starttls probe: all services at once, told in the order in which they were named. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "check/probe.h"
#include "cli/commands.h"
#include "cli/password.h"
#include "cli/render.h"
#include "cli/target.h"

struct target {
	struct probes *probes;
	struct trail trail;
	struct probe probe;
	struct service nowhere; /* of no protocol: a service that was not found */
	bool begun;             /* the probe */
	bool done;
};

struct probes {
	const struct options *options;
	struct loop *loop;
	struct resolver resolver;
	stls_tls_context *context;
	struct password password;
	char own_name[256];
	struct target *targets;
	size_t told; /* so many, from the first one on */
	int status;
	bool running;
};

static void tell(struct probes *probes, struct target *target)
{
	const char *no_color = getenv("NO_COLOR");
	struct render render = {
	    .to = stdout,
	    .colours = isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0'),
	    .verbose = probes->options->verbose,
	};
	struct verdict verdict = finding_verdict(&target->probe.finding, time(NULL));

	if (probes->options->json)
		render_json(&render, &target->probe.finding, &verdict);
	else
		render_text(&render, &target->probe.finding, &verdict);
	fflush(stdout);
	probes->status = status_worse(probes->status, verdict.status);
}

static void finish(struct target *target)
{
	struct probes *probes = target->probes;

	target->done = true;
	while (probes->told < probes->options->count && probes->targets[probes->told].done)
		tell(probes, &probes->targets[probes->told++]);
	if (probes->told == probes->options->count && probes->running)
		loop_stop(probes->loop);
}

/* A host that does not get as far as TLS is passed over, as a client would do it; one
 * that does is what there is to tell of. */
static void on_done(void *owner)
{
	struct target *target = owner;
	const struct finding *finding = &target->probe.finding;

	if (!finding->up && trail_has_more(&target->trail))
		trail_next(&target->trail, finding->fault, finding->detail);
	else
		finish(target);
}

static void end_probe(struct target *target)
{
	if (!target->begun)
		return;
	probe_end(&target->probe);
	finding_free(&target->probe.finding);
}

static void not_found(struct target *target)
{
	struct finding *finding = &target->probe.finding;
	const struct trail *trail = &target->trail;

	target->nowhere.url = trail->plan.goal.domain;
	finding->service = trail->plan.goal.url != NULL ? trail->plan.goal.url : &target->nowhere;
	finding->trail = trail;
	finding->fault = trail->fault;
	snprintf(finding->detail, sizeof(finding->detail), "%s", trail->detail);
	finish(target);
}

static void on_ready(void *owner)
{
	struct target *target = owner;
	struct probes *probes = target->probes;
	const struct options *options = probes->options;
	struct trail *trail = &target->trail;
	struct probe_plan plan = {
	    .loop = probes->loop,
	    .service = &trail->service,
	    .names = &trail->names,
	    .trail = trail,
	    .dns = probes->resolver.dns,
	    .context = probes->context,
	    .our_name = options->name != NULL
	                    ? options->name
	                    : options_own_name(probes->own_name, sizeof(probes->own_name)),
	    .account = {.user = options->user, .password = probes->password.text},
	    .done = on_done,
	    .owner = target,
	};

	end_probe(target);
	target->begun = !trail->over;
	if (trail->over) {
		not_found(target);
		return;
	}
	plan.milliseconds = trail_milliseconds(trail);
	probe_begin(&target->probe, &plan);
}

static void begin(struct probes *probes, size_t index)
{
	struct target *target = &probes->targets[index];
	struct trail_plan plan =
	    target_plan(probes->options, index, probes->loop, &probes->resolver);

	target->probes = probes;
	plan.ready = on_ready;
	plan.owner = target;
	trail_begin(&target->trail, &plan);
}

static void run(struct probes *probes)
{
	size_t count = probes->options->count;

	for (size_t i = 0; i < count; i++)
		begin(probes, i);
	probes->running = true;
	if (probes->told < count && loop_run(probes->loop) < 0)
		probes->status = STATUS_UNKNOWN;
	for (size_t i = 0; i < count; i++) {
		end_probe(&probes->targets[i]);
		trail_end(&probes->targets[i].trail);
	}
}

static bool make_context(struct probes *probes)
{
	struct stls_tls_settings settings = {
	    .size = sizeof(settings), .role = STLS_CLIENT, .ca_file = probes->options->ca_file};
	struct stls_tls_error error;

	probes->context = stls_tls_context_new(&settings, &error);
	if (probes->context == NULL)
		complain("%s", error.text);
	return probes->context != NULL;
}

static bool prepare(struct probes *probes)
{
	const struct options *options = probes->options;

	if (options->password_file != NULL &&
	    !password_read(&probes->password, options->password_file))
		return false;
	if (!make_context(probes))
		return false;
	probes->loop = loop_create();
	probes->targets = calloc(options->count, sizeof(*probes->targets));
	if (probes->loop != NULL && probes->targets != NULL)
		return target_resolver(&probes->resolver, probes->loop, options);
	complain("%s", stls_fault_sentence(STLS_FAULT_MEMORY));
	return false;
}

int command_probe(const struct options *options)
{
	struct probes probes = {.options = options};

	if (prepare(&probes))
		run(&probes);
	else
		probes.status = EXIT_USAGE;
	free(probes.targets);
	resolver_close(&probes.resolver);
	loop_free(probes.loop);
	stls_tls_context_free(probes.context);
	password_wipe(&probes.password);
	return probes.status;
}
