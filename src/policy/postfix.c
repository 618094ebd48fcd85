/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "policy/postfix.h"
#include "policy/sts_lines.h"

/* ---- writing ---- */

struct line {
	char *out;
	size_t room, used;
	bool full;
};

static void put(struct line *line, const char *text, size_t length)
{
	if (line->full || length >= line->room - line->used) {
		line->full = true;
		return;
	}
	memcpy(line->out + line->used, text, length);
	line->used += length;
	line->out[line->used] = '\0';
}

static void put_string(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

/* ---- what the hosts come to ---- */

struct view {
	size_t usable;
	size_t unusable; /* of these, at level encrypt since no TLSA record can be used */
	bool tlsa_lost;  /* a host is to be left out, and only "dane" makes Postfix do that */
	bool signed_way;
	size_t at[STLS_LEVEL_BOTH + 1];
};

static struct view look(const struct stls_plan *plan)
{
	struct view view = {.signed_way = plan->mx == STLS_DNS_SECURE};

	for (size_t i = 0; i < plan->host_count; i++) {
		const struct stls_host *host = plan->hosts[i];

		if (host->tlsa_lost)
			view.tlsa_lost = true;
		if (host->skip != STLS_FAULT_NONE)
			continue;
		view.usable++;
		view.at[host->level]++;
		if (host->level == STLS_LEVEL_ENCRYPT && host->remark == STLS_FAULT_TLSA_UNUSABLE)
			view.unusable++;
	}
	return view;
}

/* ---- by certificate ---- */

static void put_match(struct line *line, const char *name, size_t length, bool *first)
{
	put_string(line, *first ? " match=" : ":");
	put(line, name, length);
	*first = false;
}

/* "*.example.org" is ".example.org" here, which stands for any depth there: Postfix
 * before 3.10.5 cannot do better. */
static void put_patterns(struct line *line, const struct stls_sts_policy *policy)
{
	struct stls_text pattern;
	const char *at = NULL;
	bool first = true;

	while (!line->full && sts_lines_pattern(policy, &at, &pattern)) {
		size_t skip = pattern.length > 1 && pattern.bytes[0] == '*' ? 1 : 0;

		put_match(line, pattern.bytes + skip, pattern.length - skip, &first);
	}
}

static void put_each(struct line *line, const struct stls_sts_policy *policy, const char *before,
                     const char *behind)
{
	struct stls_text pattern;
	const char *at = NULL;

	while (!line->full && sts_lines_pattern(policy, &at, &pattern)) {
		put_string(line, before);
		put(line, pattern.bytes, pattern.length);
		put_string(line, behind);
	}
}

/* The hosts alone that may be used, of those that the policy names. */
static void put_usable(struct line *line, const struct stls_plan *plan, const char *before)
{
	for (size_t i = 0; i < plan->host_count; i++)
		if (plan->hosts[i]->skip == STLS_FAULT_NONE) {
			put_string(line, before);
			put_string(line, plan->hosts[i]->name);
		}
}

static bool loses_tlsa(const struct stls_plan *plan)
{
	for (size_t i = 0; i < plan->host_count; i++)
		if (plan->hosts[i]->tlsa_lost)
			return true;
	return false;
}

/* Of what a policy has only what is understood is passed on: the rest of it might be
 * understood by Postfix, as attributes. */
static void put_reports(struct line *line, const struct stls_plan *plan)
{
	const struct stls_sts_policy *policy = &plan->sts.policy;
	char text[160];

	put_string(line, " policy_type=sts policy_domain=");
	put_string(line, plan->domain);
	snprintf(text, sizeof(text),
	         " { policy_string = version: STSv1 } { policy_string = mode: %s }",
	         stls_sts_mode_name(policy->mode));
	put_string(line, text);
	put_each(line, policy, " { policy_string = mx: ", " }");
	snprintf(text, sizeof(text), " { policy_string = max_age: %u }", (unsigned)policy->max_age);
	put_string(line, text);
	/* They are enforced (3.10.5), so a policy in testing keeps them to itself. */
	if (policy->mode == STLS_STS_ENFORCE && loses_tlsa(plan))
		put_usable(line, plan, " mx_host_pattern=");
	else if (policy->mode == STLS_STS_ENFORCE)
		put_each(line, policy, " mx_host_pattern=", "");
}

static bool reports(const struct postfix_wish *wish)
{
	return wish->reports && wish->version >= 310;
}

static bool told_before(const struct stls_plan *plan, size_t host, size_t id)
{
	const struct stls_id *wanted = &plan->hosts[host]->wanted[id];

	for (size_t h = 0; h <= host; h++)
		for (size_t i = 0; i < plan->hosts[h]->wanted_count && (h < host || i < id); i++)
			if (plan->hosts[h]->wanted[i].length == wanted->length &&
			    memcmp(plan->hosts[h]->wanted[i].bytes, wanted->bytes,
			           wanted->length) == 0)
				return true;
	return false;
}

/* The names that the hosts may have, instead of patterns. */
static void put_names(struct line *line, const struct stls_plan *plan)
{
	bool first = true;

	put_string(line, "secure");
	for (size_t h = 0; h < plan->host_count; h++)
		for (size_t i = 0; i < plan->hosts[h]->wanted_count; i++)
			if (plan->hosts[h]->wanted[i].kind == STLS_DNS_ID &&
			    !told_before(plan, h, i))
				put_match(line, plan->hosts[h]->wanted[i].bytes,
				          plan->hosts[h]->wanted[i].length, &first);
	put_string(line, " servername=hostname");
}

static void put_sts(struct line *line, const struct stls_plan *plan,
                    const struct postfix_wish *wish)
{
	/* A host whose TLSA records could not be looked up must not be used, whatever its
	 * certificate (RFC 7672 section 2.1.2), and at this level Postfix looks for none. */
	if (loses_tlsa(plan)) {
		put_names(line, plan);
	} else {
		put_string(line, "secure");
		put_patterns(line, &plan->sts.policy);
		put_string(line, " servername=hostname");
	}
	if (reports(wish))
		put_reports(line, plan);
}

/* ---- the value ---- */

static bool enforces(const struct stls_plan *plan)
{
	return plan->sts.mode == STLS_STS_ENFORCE;
}

/* Some hosts by DANE.  "dane" lets hosts without TLSA records be used as it comes;
 * where they must not, only those with TLSA records are left. */
static void put_dane(struct line *line, const struct stls_plan *plan, const struct view *view)
{
	size_t by_floor = view->at[STLS_LEVEL_ENCRYPT] - view->unusable;
	bool all = view->at[STLS_LEVEL_DANE] == view->usable;
	bool strict = enforces(plan) || view->at[STLS_LEVEL_SECURE] > 0 || by_floor > 0;

	put_string(line, view->signed_way && (all || strict) ? "dane-only" : "dane");
}

/* Hosts whose TLSA records cannot be used, or not be looked up, among others: with
 * "dane" Postfix finds the same. */
static bool wants_dane(const struct view *view)
{
	return view->tlsa_lost || (view->unusable > 0 && view->at[STLS_LEVEL_MAY] > 0);
}

/* No host by DANE, none by certificate. */
static enum postfix_reply put_rest(struct line *line, const struct stls_plan *plan,
                                   const struct view *view, const struct postfix_wish *wish)
{
	if (view->at[STLS_LEVEL_PLAIN] > 0) {
		put_string(line, "none");
	} else if (wants_dane(view) && view->at[STLS_LEVEL_ENCRYPT] > view->unusable) {
		put_string(line,
		           "the TLSA records of a host could not be looked up, and the others "
		           "must have TLS: no level says both");
		return POSTFIX_TEMPORARY;
	} else if (wants_dane(view)) {
		put_string(line, "dane");
	} else if (view->at[STLS_LEVEL_ENCRYPT] > 0) {
		put_string(line, "encrypt");
	} else if (plan->overridden) {
		put_string(line, "may");
	} else if (plan->sts.mode == STLS_STS_TESTING && reports(wish)) {
		put_string(line, "may");
		put_reports(line, plan);
	} else {
		return POSTFIX_NOT_FOUND;
	}
	return POSTFIX_FOUND;
}

static enum postfix_reply put_value(struct line *line, const struct stls_plan *plan,
                                    const struct postfix_wish *wish)
{
	struct view view = look(plan);
	size_t both = view.at[STLS_LEVEL_BOTH];

	/* Postfix cannot do both; where DNSSEC vouches for the hosts, DANE may not be
	 * overridden by anything else (RFC 8461 section 2). */
	if (view.signed_way && view.at[STLS_LEVEL_DANE] + both > 0)
		put_dane(line, plan, &view);
	else if (enforces(plan))
		put_sts(line, plan, wish);
	else if (view.at[STLS_LEVEL_SECURE] + both > 0)
		put_names(line, plan);
	else if (view.at[STLS_LEVEL_DANE] > 0)
		put_dane(line, plan, &view);
	else
		return put_rest(line, plan, &view, wish);
	return POSTFIX_FOUND;
}

static enum postfix_reply temporary(char *out, size_t room, const char *reason)
{
	snprintf(out, room, "%s", reason);
	return POSTFIX_TEMPORARY;
}

/* There is nowhere to deliver to, which Postfix finds out for itself, and then does not
 * ask.  Who asks has found something else, and what is demanded holds for it. */
static enum postfix_reply put_failure(struct line *line, const struct stls_plan *plan,
                                      const struct postfix_wish *wish)
{
	if (enforces(plan)) {
		put_sts(line, plan, wish);
	} else if (plan->least == STLS_LEVEL_ENCRYPT) {
		put_string(line, "encrypt");
	} else if (plan->least > STLS_LEVEL_MAY) {
		put_string(line, plan->reason);
		return POSTFIX_TEMPORARY;
	} else {
		return POSTFIX_NOT_FOUND;
	}
	return POSTFIX_FOUND;
}

enum postfix_reply postfix_map(char *out, size_t room, const struct stls_plan *plan,
                               const struct postfix_wish *wish)
{
	struct line line = {.out = out, .room = room};
	enum postfix_reply reply;

	out[0] = '\0';
	if (plan->outcome == STLS_DEFER)
		return temporary(out, room, plan->reason);
	reply = plan->outcome == STLS_DELIVER ? put_value(&line, plan, wish)
	                                      : put_failure(&line, plan, wish);
	if (line.full)
		return temporary(out, room, "the policy is too long for this table");
	return reply;
}

enum postfix_reply postfix_key(struct stls_destination *to, const char *key)
{
	to->size = sizeof(*to);
	if (stls_destination_parse(to, key) || to->kind != STLS_DESTINATION_DOMAIN)
		return POSTFIX_NOT_FOUND;
	return POSTFIX_FOUND;
}
