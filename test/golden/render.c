/* SPDX-License-Identifier: ISC */
/* What came of a scene, in words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

#define ADD(...)                                                                                   \
	do {                                                                                       \
		out = pool_print(pool, "%s", out);                                                 \
		out = pool_print(pool, "%s %s", out, pool_print(pool, __VA_ARGS__));               \
	} while (0)

static const char *fault_name(enum stls_fault fault)
{
#define FAULT_NAME(NAME, name, whose, exit, rpt, smtp, enhanced, sentence) name,
	static const char *const names[] = {STLS_FAULTS(FAULT_NAME)};
#undef FAULT_NAME

	return names[fault];
}

const char *render_name(struct pool *pool, const char *name)
{
	size_t length = strlen(name);

	if (length > 5 && strcmp(name + length - 5, ".test") == 0)
		return pool_text(pool, name, length - 5);
	return name;
}

/* "RFC 7672 section 2.2" is "7672/2.2", "local policy" is "local". */
static const char *render_rule(struct pool *pool, const char *rule)
{
	const char *section = strstr(rule, " section ");

	if (strcmp(rule, "local policy") == 0)
		return "local";
	if (strncmp(rule, "RFC ", 4) != 0)
		return rule;
	if (!section)
		return rule + 4;
	return pool_print(pool, "%.*s/%s", (int)(section - rule - 4), rule + 4,
	                  section + strlen(" section "));
}

const char *render_duration(struct pool *pool, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};

	for (size_t i = 0; i < 4; i++)
		if (seconds % units[i].seconds == 0 && (seconds != 0 || i == 3))
			return pool_print(pool, "%lld%c", (long long)(seconds / units[i].seconds),
			                  units[i].unit);
	return "";
}

/* The steps about a host (1, 2, ...) or, with 0, about the domain: by=LAST and via=EACH. */
static const char *render_steps(struct pool *pool, const struct stls_plan *plan, size_t host)
{
	const char *out = "", *last = NULL;

	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].host == host) {
			last = render_rule(pool, plan->steps[i].rule);
			ADD("via=%s", last);
		}
	if (last)
		ADD("by=%s", last);
	return out;
}

static const char *render_wanted(struct pool *pool, const struct stls_host *host)
{
	static const char *const kinds[] = {"", "", "srv:", "ip:", "xmpp:"};
	const char *out = "want=";

	for (size_t i = 0; i < host->wanted_count; i++) {
		const struct stls_id *id = &host->wanted[i];
		const char *name = pool_text(pool, id->bytes, id->length);

		if (id->kind == STLS_IP_ID)
			name = pool_print(pool, "%zu", id->length);
		out = pool_print(pool, "%s%s%s%s", out, i ? "," : "", kinds[id->kind],
		                 render_name(pool, name));
	}
	return out;
}

static const char *render_tlsa(struct pool *pool, const struct stls_host *host)
{
	const char *out = "use=";

	for (size_t i = 0; i < host->tlsa_count; i++)
		out = pool_print(pool, "%s%s%u%u%u%s", out, i ? "," : "", host->tlsa[i].usage,
		                 host->tlsa[i].selector, host->tlsa[i].matching,
		                 host->tlsa[i].data[0] == 0xbb ? "b" : "");
	return out;
}

static const char *render_use(struct pool *pool, const struct stls_host *host)
{
	const char *out = stls_level_name(host->level);

	ADD("%s", render_wanted(pool, host));
	ADD("sni=%s", host->sni ? render_name(pool, host->sni) : "none");
	ADD("type=%s", host->policy_type);
	ADD("%s", host->proven ? "proven" : "unproven");
	ADD("%s", host->layer == STLS_IMPLICIT ? "implicit" : "starttls");
	if (host->tlsa_base)
		ADD("base=%s %s", render_name(pool, host->tlsa_base), render_tlsa(pool, host));
	if (host->requiretls)
		ADD("requiretls");
	if (host->ask)
		ADD("ask");
	if (host->testing)
		ADD("testing");
	if (host->remark)
		ADD("remark=%s", fault_name(host->remark));
	return out;
}

static const char *render_host(struct pool *pool, const struct stls_plan *plan, size_t index)
{
	const struct stls_host *host = plan->hosts[index];
	const char *out = render_name(pool, host->name);

	if (host->skip)
		ADD("skip %s", fault_name(host->skip));
	else
		ADD("%s", render_use(pool, host));
	ADD("port=%u pref=%u%s%s", host->port, host->preference, host->address ? " address" : "",
	    host->tlsa_lost ? " tlsa-lost" : "");
	ADD("%s", render_steps(pool, plan, index + 1));
	return out;
}

static const char *render_sts(struct pool *pool, const struct stls_plan *plan)
{
	const struct stls_sts_state *sts = &plan->sts;
	const char *out = "";

	ADD("sts=%s", sts->mode ? stls_sts_mode_name(sts->mode) : "unknown");
	ADD("id=%s", sts->memory.id && *sts->memory.id ? sts->memory.id : "none");
	ADD("%s", sts->changed ? "store" : "unchanged");
	if (sts->renewed)
		ADD("renewed");
	if (sts->new_id)
		ADD("new-id");
	if (sts->expires)
		ADD("expires=%s", render_duration(pool, sts->expires - GOLDEN_NOW));
	if (sts->next_look)
		ADD("look=%s", render_duration(pool, sts->next_look - GOLDEN_NOW));
	else
		ADD("look=never");
	if (sts->memory.failed)
		ADD("failed=%s failures=%u", sts->memory.failed_id, sts->memory.failures);
	if (sts->fault)
		ADD("trouble=%s", fault_name(sts->fault));
	return out;
}

const char *render_plan(struct pool *pool, const struct stls_plan *plan)
{
	static const char *const outcomes[] = {"?", "deliver", "defer", "fail"};
	const char *out = outcomes[plan->outcome];

	if (plan->fault)
		ADD("%s", fault_name(plan->fault));
	ADD("mx=%s", stls_dns_name(plan->mx));
	ADD("valid=%s", render_duration(pool, plan->valid_until - GOLDEN_NOW));
	if (plan->overridden)
		ADD("overridden");
	ADD("%s", render_sts(pool, plan));
	ADD("%s", render_steps(pool, plan, 0));
	for (size_t i = 0; i < plan->host_count; i++)
		ADD("; %s", render_host(pool, plan, i));
	return out;
}

const char *render_verdict(struct pool *pool, const struct stls_verdict *verdict)
{
	static const char *const actions[] = {"?", "go", "retry-clear", "next", "later", "bounce"};
	const char *out = actions[verdict->action];

	if (verdict->fault)
		ADD("%s", fault_name(verdict->fault));
	if (verdict->action != STLS_GO)
		ADD("%d %s", verdict->smtp, verdict->enhanced);
	ADD("by=%s", render_rule(pool, verdict->rule));
	if (verdict->report)
		ADD("report=%s", fault_name(verdict->report));
	ADD("%s", verdict->look_again ? "look-again" : "no-look");
	ADD("%s", verdict->authenticated ? "authenticated" : "unauthenticated");
	return out;
}
