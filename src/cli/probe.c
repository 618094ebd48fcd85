/* SPDX-License-Identifier: ISC */
/* starttls probe: all services at once, told in the order in which they were named. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "check/probe.h"
#include "cli/commands.h"
#include "cli/password.h"
#include "cli/render.h"

struct target {
	struct probes *probes;
	struct probe probe;
	struct service_names names;
	bool done;
};

struct probes {
	const struct options *options;
	struct loop *loop;
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

static void on_done(void *owner)
{
	struct target *target = owner;
	struct probes *probes = target->probes;

	target->done = true;
	while (probes->told < probes->options->count && probes->targets[probes->told].done)
		tell(probes, &probes->targets[probes->told++]);
	if (probes->told == probes->options->count && probes->running)
		loop_stop(probes->loop);
}

static void begin(struct probes *probes, size_t index)
{
	const struct options *options = probes->options;
	struct target *target = &probes->targets[index];
	struct probe_plan plan = {
	    .loop = probes->loop,
	    .service = &options->services[index],
	    .names = &target->names,
	    .context = probes->context,
	    .our_name = options->name != NULL
	                    ? options->name
	                    : options_own_name(probes->own_name, sizeof(probes->own_name)),
	    .milliseconds = options->milliseconds,
	    .account = {.user = options->user, .password = probes->password.text},
	    .done = on_done,
	    .owner = target,
	};

	target->probes = probes;
	service_names(plan.service, options->servername, options->domain, &target->names);
	probe_begin(&target->probe, &plan);
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
		probe_end(&probes->targets[i].probe);
		finding_free(&probes->targets[i].probe.finding);
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
		return true;
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
	loop_free(probes.loop);
	stls_tls_context_free(probes.context);
	password_wipe(&probes.password);
	return probes.status;
}
