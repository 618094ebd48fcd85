/* SPDX-License-Identifier: ISC */
/* starttls policy: all domains at once, told in the order in which they were named. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/decision.h"
#include "check/finding.h"
#include "check/reports.h"
#include "cli/commands.h"
#include "cli/explain.h"
#include "cli/state.h"
#include "cli/target.h"
#include "loop/timer.h"
#include "store/recall.h"

struct subject {
	struct policies *policies;
	const char *destination;
	struct decision decision;
	struct reports reports;
	enum explain_memory memory;
	int64_t remembered;
	unsigned waits; /* for the plan, and where reports go */
};

struct policies {
	const struct options *options;
	struct loop *loop;
	struct resolver resolver;
	struct store *store;
	int64_t now;
	struct subject *subjects;
	size_t told;
	int status;
};

/* ---- telling ---- */

static void tell(struct policies *policies, struct subject *subject)
{
	const struct options *options = policies->options;
	const char *no_color = getenv("NO_COLOR");
	bool colours = isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0');
	const struct explanation told = {
	    .destination = subject->destination,
	    .service = options->service,
	    .plan = decision_plan(&subject->decision),
	    .memory = subject->memory,
	    .remembered = subject->remembered,
	    .reports = subject->reports.text,
	    .now = policies->now,
	};

	if (options->json)
		explain_json(stdout, &told);
	else
		explain_text(stdout, colours, &told);
	if (!options->json && policies->told < options->count)
		putchar('\n');
	fflush(stdout);
	policies->status = status_worse(policies->status, explain_status(told.plan));
}

static void on_answer(void *owner)
{
	struct subject *subject = owner;
	struct policies *policies = subject->policies;

	subject->waits--;
	while (policies->told < policies->options->count &&
	       policies->subjects[policies->told].waits == 0) {
		policies->told++;
		tell(policies, &policies->subjects[policies->told - 1]);
	}
	if (policies->told == policies->options->count)
		loop_stop(policies->loop);
}

/* ---- asking ---- */

static bool wants_policy(const struct options *options, const struct stls_destination *to)
{
	return options->service == STLS_SERVICE_RELAY && !options->no_mta_sts &&
	       to->kind == STLS_DESTINATION_DOMAIN;
}

/* What is remembered of the domain; NULL where there is nothing. */
static const struct stls_sts_memory *recall(struct subject *subject, const char *domain,
                                            struct store_recalled *recalled)
{
	struct policies *policies = subject->policies;
	enum store_result result = STORE_NOT_THERE;

	subject->memory = policies->store != NULL ? EXPLAIN_NOTHING : EXPLAIN_NO_STATE;
	if (policies->store != NULL)
		result = store_recall(policies->store, domain, policies->now, recalled);
	if (result == STORE_TROUBLE)
		subject->memory = EXPLAIN_TROUBLE;
	if (result != STORE_OK || recalled->memory.text == NULL)
		return result == STORE_OK ? &recalled->memory : NULL;
	subject->memory = EXPLAIN_REMEMBERED;
	subject->remembered = recalled->memory.fetched;
	return &recalled->memory;
}

static void ask_for_reports(struct subject *subject, const char *domain)
{
	struct policies *policies = subject->policies;

	if (reports_begin(&subject->reports, policies->resolver.dns, domain, on_answer, subject))
		subject->waits++;
}

static bool begin(struct policies *policies, size_t index)
{
	const struct options *options = policies->options;
	struct subject *subject = &policies->subjects[index];
	struct stls_destination to = {.size = sizeof(to)};
	struct store_recalled recalled;
	const char *wrong;
	struct stls_case_spec spec = {
	    .size = sizeof(spec),
	    .domain = options->words[index],
	    .service = options->service,
	    .now = policies->now,
	    .floor = options->level,
	    .dane = !options->no_dane,
	    .mta_sts = !options->no_mta_sts,
	    .requiretls = options->requiretls,
	};
	const struct decision_wish wish = {
	    .loop = policies->loop,
	    .resolver = &policies->resolver,
	    .milliseconds = options->milliseconds,
	    .done = on_answer,
	    .owner = subject,
	};

	*subject = (struct subject){.policies = policies, .destination = spec.domain, .waits = 1};
	wrong = stls_destination_parse(&to, spec.domain);
	if (wrong == NULL && wants_policy(options, &to)) {
		spec.sts = recall(subject, to.name, &recalled);
		ask_for_reports(subject, to.name);
	}
	if (wrong == NULL)
		wrong = decision_begin(&subject->decision, &spec, &wish);
	if (wrong != NULL)
		complain("%s: %s", spec.domain, wrong);
	return wrong == NULL;
}

static void run(struct policies *policies)
{
	size_t count = policies->options->count, begun = 0;

	while (begun < count && begin(policies, begun))
		begun++;
	if (begun < count || loop_run(policies->loop) < 0)
		policies->status = EXIT_USAGE;
	for (size_t i = 0; i < count; i++) {
		decision_end(&policies->subjects[i].decision);
		reports_end(&policies->subjects[i].reports);
	}
}

static bool prepare(struct policies *policies)
{
	const struct options *options = policies->options;

	policies->now = loop_date();
	if (options->state != NULL) {
		policies->store = state_open(options->state, policies->now);
		if (policies->store == NULL)
			return false;
	}
	policies->loop = loop_create();
	policies->subjects = calloc(options->count, sizeof(*policies->subjects));
	if (policies->loop != NULL && policies->subjects != NULL)
		return target_resolver(&policies->resolver, policies->loop, options);
	complain("%s", stls_fault_sentence(STLS_FAULT_MEMORY));
	return false;
}

int command_policy(const struct options *options)
{
	struct policies policies = {.options = options};

	if (prepare(&policies))
		run(&policies);
	else
		policies.status = EXIT_USAGE;
	free(policies.subjects);
	resolver_close(&policies.resolver);
	loop_free(policies.loop);
	store_close(policies.store);
	return policies.status;
}
