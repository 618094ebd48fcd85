/* SPDX-License-Identifier: ISC */
/* An explanation for people. */
#include <inttypes.h>
#include <string.h>

#include "cli/explain.h"
#include "cli/render.h"
#include "cli/rows.h"
#include "policy/sts_lines.h"
#include "policy/tlsa_left.h"

/* Digits of a TLSA record that are shown. */
#define DIGITS 24

enum { DOMAIN = 2, HOST = 4 }; /* columns */

struct text {
	char bytes[2048];
	size_t length;
};

static void add(struct text *text, const char *bytes, size_t count)
{
	size_t room = sizeof(text->bytes) - 1 - text->length;

	if (count > room)
		count = room;
	memcpy(text->bytes + text->length, bytes, count);
	text->length += count;
	text->bytes[text->length] = '\0';
}

static void add_word(struct text *text, const char *word)
{
	add(text, word, strlen(word));
}

/* host: 1, 2, ... of the plan; 0: of the domain. */
static void put_steps(const struct rows *rows, size_t indent, const struct stls_plan *plan,
                      size_t host)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].host == host)
			rows_put(rows, indent, plan->steps[i].rule, plan->steps[i].text);
}

/* ---- the domain ---- */

static void span(char out[32], int64_t seconds)
{
	static const struct {
		int64_t length;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	size_t unit = 0;

	while (unit < 3 && seconds < units[unit].length)
		unit++;
	seconds /= units[unit].length;
	snprintf(out, 32, "%" PRId64 " %s%s", seconds, units[unit].name, seconds == 1 ? "" : "s");
}

static void put_policy(const struct rows *rows, const struct explanation *told)
{
	const struct stls_sts_state *sts = &told->plan->sts;
	char line[256], age[32], date[16], fetched[64] = "now";
	struct text patterns = {.length = 0};
	struct stls_text pattern;
	const char *at = NULL;

	if (sts->mode == STLS_STS_UNKNOWN)
		return;
	if (!sts->renewed) {
		span(age, told->now - sts->memory.fetched);
		snprintf(fetched, sizeof(fetched), "%s ago", age);
	}
	render_date(date, sts->expires);
	span(age, sts->policy.max_age);
	snprintf(line, sizeof(line), "%s, id %s, fetched %s, holds for %s until %s",
	         stls_sts_mode_name(sts->mode), sts->memory.id, fetched, age, date);
	rows_put(rows, DOMAIN, "MTA-STS", line);
	while (sts_lines_pattern(&sts->policy, &at, &pattern)) {
		add_word(&patterns, patterns.length > 0 ? ", " : "");
		add(&patterns, pattern.bytes, pattern.length);
	}
	if (patterns.length > 0)
		rows_put(rows, DOMAIN, "MTA-STS mx", patterns.bytes);
}

static void put_memory(const struct rows *rows, const struct explanation *told)
{
	char line[128], date[16];

	switch (told->memory) {
	case EXPLAIN_NOT_ASKED: return;
	case EXPLAIN_NO_STATE:
		snprintf(line, sizeof(line), "none, because there is no --state");
		break;
	case EXPLAIN_NOTHING: snprintf(line, sizeof(line), "no policy of this domain"); break;
	case EXPLAIN_TROUBLE: snprintf(line, sizeof(line), "it could not be asked"); break;
	case EXPLAIN_REMEMBERED:
		render_date(date, told->remembered);
		snprintf(line, sizeof(line), "a policy, as remembered since %s%s", date,
		         told->plan->sts.renewed ? "; there is a newer one" : "");
		break;
	}
	rows_put(rows, DOMAIN, "memory", line);
}

/* ---- hosts ---- */

static void put_record(const struct rows *rows, const struct tlsa_strongest *strongest,
                       const struct stls_tlsa *record)
{
	const char *why = tlsa_left_out(strongest, record);
	char about[32], digits[2 * DIGITS + 4] = "", line[256];
	size_t shown = record->length < DIGITS / 2 ? record->length : DIGITS / 2;

	for (size_t i = 0; i < shown; i++)
		snprintf(digits + 2 * i, 3, "%02x", record->data[i]);
	snprintf(about, sizeof(about), "TLSA %u %u %u", record->usage, record->selector,
	         record->matching);
	snprintf(line, sizeof(line), "%s%s %s%s", digits, shown < record->length ? "..." : "",
	         why != NULL ? "is left out: " : "counts", why != NULL ? why : "");
	rows_put(rows, HOST, about, line);
}

/* RFC 7672 section 3.1.1: names do not count where only usage 3 does. */
static bool names_count(const struct stls_host *host)
{
	if (host->level != STLS_LEVEL_DANE)
		return host->level >= STLS_LEVEL_SECURE;
	for (size_t i = 0; i < host->tlsa_count; i++)
		if (host->tlsa[i].usage != 3)
			return true;
	return false;
}

static void put_names(const struct rows *rows, const struct stls_host *host)
{
	static const char *const prefixes[] = {
	    [STLS_DNS_ID] = "", [STLS_SRV_ID] = "SRV:", [STLS_XMPP_ID] = "XMPP:"};
	struct text names = {.length = 0};

	if (!names_count(host))
		return;
	for (size_t i = 0; i < host->wanted_count; i++) {
		const struct stls_id *id = &host->wanted[i];

		add_word(&names, i > 0 ? ", or " : "");
		if (id->kind == STLS_IP_ID) {
			add_word(&names, host->name);
			continue;
		}
		add_word(&names, prefixes[id->kind]);
		add(&names, id->bytes, id->length);
	}
	rows_put(rows, HOST, "certificate for", names.bytes);
}

static const char *host_colour(const struct stls_host *host)
{
	if (host->skip != STLS_FAULT_NONE)
		return ROWS_RED;
	return explain_proves(host) ? ROWS_GREEN : ROWS_YELLOW;
}

static const char *way(enum stls_service service, const struct stls_host *host)
{
	if (service == STLS_SERVICE_RELAY)
		return "";
	return host->layer == STLS_IMPLICIT ? " (TLS first)" : " (STARTTLS)";
}

static void put_title(const struct rows *rows, const struct explanation *told,
                      const struct stls_host *host)
{
	bool skipped = host->skip != STLS_FAULT_NONE;

	fprintf(rows->to, "\n  %u %s%s%s:%u%s  ", host->preference, rows_colour(rows, ROWS_BOLD),
	        host->name, rows_colour(rows, ROWS_PLAIN), host->port, way(told->service, host));
	fprintf(rows->to, "%s%s%s: %s%s%s\n", rows_colour(rows, host_colour(host)),
	        skipped ? stls_fault_name(host->skip) : stls_level_name(host->level),
	        rows_colour(rows, ROWS_PLAIN),
	        skipped ? "this host is not used" : explain_level(host->level),
	        host->requiretls ? "; and REQUIRETLS is offered" : "",
	        host->ask ? "; the user is to be asked first" : "");
}

static void put_host(const struct rows *rows, const struct explanation *told, size_t index)
{
	const struct stls_host *host = told->plan->hosts[index];
	const struct tlsa_strongest strongest = tlsa_strongest(host->found, host->found_count);

	put_title(rows, told, host);
	put_steps(rows, HOST, told->plan, index + 1);
	for (size_t i = 0; i < host->found_count; i++)
		put_record(rows, &strongest, &host->found[i]);
	put_names(rows, host);
}

/* ---- what it comes to ---- */

static void put_summary(const struct rows *rows, const struct stls_plan *plan)
{
	enum stls_level highest = explain_highest(plan);
	size_t usable = 0, proven = 0;

	for (size_t i = 0; i < plan->host_count; i++) {
		usable += plan->hosts[i]->skip == STLS_FAULT_NONE;
		proven += explain_proves(plan->hosts[i]);
	}
	if (plan->outcome != STLS_DELIVER)
		fprintf(rows->to, "%s (%s)\n", stls_fault_sentence(plan->fault),
		        stls_fault_name(plan->fault));
	else if (proven == 0)
		fprintf(rows->to, "%s%s\n", explain_level(highest),
		        highest >= STLS_LEVEL_DANE
		            ? ", but nobody proves that the host is the domain's"
		            : "");
	else if (proven == usable)
		fprintf(rows->to, "TLS, and %s must prove who it is\n",
		        usable == 1 ? "the host" : "every host");
	else
		fprintf(rows->to, "TLS, and %zu of %zu hosts must prove who they are\n", proven,
		        usable);
}

static void put_outcome(const struct rows *rows, const struct stls_plan *plan)
{
	static const char *const colours[] = {ROWS_GREEN, ROWS_YELLOW, ROWS_RED, ROWS_MAGENTA};

	fprintf(rows->to, "\n  %s%s%s: ", rows_colour(rows, colours[explain_status(plan)]),
	        explain_word(plan), rows_colour(rows, ROWS_PLAIN));
	put_summary(rows, plan);
}

void explain_text(FILE *to, bool colours, const struct explanation *told)
{
	const struct rows rows = {.to = to, .colours = colours};

	fprintf(to, "%s%s%s", rows_colour(&rows, ROWS_BOLD), told->destination,
	        rows_colour(&rows, ROWS_PLAIN));
	fprintf(to, "%s%s\n", told->service != STLS_SERVICE_RELAY ? ", " : "",
	        told->service != STLS_SERVICE_RELAY ? stls_service_name(told->service) : "");
	put_steps(&rows, DOMAIN, told->plan, 0);
	put_policy(&rows, told);
	put_memory(&rows, told);
	if (told->reports != NULL && told->reports[0] != '\0')
		rows_put(&rows, DOMAIN, "TLS reports", told->reports);
	for (size_t i = 0; i < told->plan->host_count; i++)
		put_host(&rows, told, i);
	put_outcome(&rows, told->plan);
}
