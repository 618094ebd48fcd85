/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "policy/faults.h"
#include "policy/plan_json.h"
#include "policy/sts_lines.h"
#include "policy/tlsa_left.h"

struct pen {
	char *out;
	size_t room, length;
	const char *between; /* what stands before the next member or element */
};

static void put(struct pen *pen, const char *text, size_t count)
{
	size_t left = pen->length < pen->room ? pen->room - pen->length : 0;

	if (left > 0)
		memcpy(pen->out + pen->length, text, count < left ? count : left);
	pen->length += count;
}

static void put_word(struct pen *pen, const char *word)
{
	put(pen, word, strlen(word));
}

/* What others have said is in it: all but printable ASCII is escaped, octet by octet. */
static void put_octet(struct pen *pen, unsigned char octet)
{
	char text[8];

	if (octet == '"' || octet == '\\')
		put(pen, "\\", 1);
	else if (octet < ' ' || octet > '~') {
		put(pen, text, (size_t)snprintf(text, sizeof(text), "\\u%04x", octet));
		return;
	}
	put(pen, (const char *)&octet, 1);
}

static void put_bytes(struct pen *pen, const char *bytes, size_t count)
{
	put(pen, "\"", 1);
	for (size_t i = 0; i < count; i++)
		put_octet(pen, (unsigned char)bytes[i]);
	put(pen, "\"", 1);
}

static void begin(struct pen *pen, const char *key, const char *bracket)
{
	put_word(pen, pen->between);
	if (key) {
		put_bytes(pen, key, strlen(key));
		put(pen, ":", 1);
	}
	put_word(pen, bracket);
	pen->between = bracket[0] ? "" : ",";
}

static void end(struct pen *pen, const char *bracket)
{
	put_word(pen, bracket);
	pen->between = ",";
}

/* null where there is nothing to say. */
static void text(struct pen *pen, const char *key, const char *value)
{
	begin(pen, key, "");
	if (value && *value)
		put_bytes(pen, value, strlen(value));
	else
		put_word(pen, "null");
}

static void number(struct pen *pen, const char *key, long long value)
{
	char digits[24];

	begin(pen, key, "");
	put(pen, digits, (size_t)snprintf(digits, sizeof(digits), "%lld", value));
}

static void truth(struct pen *pen, const char *key, int value)
{
	begin(pen, key, "");
	put_word(pen, value ? "true" : "false");
}

static void fault(struct pen *pen, const char *key, enum stls_fault value)
{
	text(pen, key, value ? faults_name(value) : NULL);
}

static void put_patterns(struct pen *pen, const struct stls_sts_state *sts)
{
	struct stls_text pattern;
	const char *at = NULL;

	begin(pen, "mx", "[");
	while (sts->mode && sts_lines_pattern(&sts->policy, &at, &pattern)) {
		begin(pen, NULL, "");
		put_bytes(pen, pattern.bytes, pattern.length);
	}
	end(pen, "]");
}

static void put_sts(struct pen *pen, const struct stls_sts_state *sts)
{
	begin(pen, "mta_sts", "{");
	text(pen, "mode", stls_sts_mode_name(sts->mode));
	number(pen, "max_age", sts->mode ? sts->policy.max_age : 0);
	put_patterns(pen, sts);
	number(pen, "fetched", sts->mode ? sts->memory.fetched : 0);
	text(pen, "id", sts->memory.text ? sts->memory.id : NULL);
	text(pen, "record_id", sts->record_id);
	number(pen, "expires", sts->expires);
	number(pen, "next_look", sts->next_look);
	fault(pen, "fault", sts->fault);
	text(pen, "detail", sts->detail);
	end(pen, "}");
}

static void put_names(struct pen *pen, const struct stls_host *host)
{
	begin(pen, "names", "[");
	for (size_t i = 0; i < host->wanted_count; i++) {
		if (host->wanted[i].kind == STLS_IP_ID)
			continue;
		begin(pen, NULL, "");
		put_bytes(pen, host->wanted[i].bytes, host->wanted[i].length);
	}
	end(pen, "]");
}

static void put_tlsa(struct pen *pen, const struct stls_tlsa *record)
{
	char octets[16];

	put(pen, octets,
	    (size_t)snprintf(octets, sizeof(octets), "\"%u %u %u ", record->usage, record->selector,
	                     record->matching));
	for (size_t i = 0; i < record->length; i++)
		put(pen, octets, (size_t)snprintf(octets, sizeof(octets), "%02x", record->data[i]));
	put(pen, "\"", 1);
}

static void put_tlsas(struct pen *pen, const struct stls_host *host)
{
	begin(pen, "tlsa", "[");
	for (size_t i = 0; i < host->tlsa_count; i++) {
		begin(pen, NULL, "");
		put_tlsa(pen, &host->tlsa[i]);
	}
	end(pen, "]");
}

static void put_left_out(struct pen *pen, const struct stls_host *host)
{
	const struct tlsa_strongest strongest = tlsa_strongest(host->found, host->found_count);

	begin(pen, "tlsa_left_out", "[");
	for (size_t i = 0; i < host->found_count; i++) {
		const char *why = tlsa_left_out(&strongest, &host->found[i]);

		if (!why)
			continue;
		begin(pen, NULL, "{");
		begin(pen, "record", "");
		put_tlsa(pen, &host->found[i]);
		text(pen, "why", why);
		end(pen, "}");
	}
	end(pen, "]");
}

static void put_demands(struct pen *pen, const struct stls_host *host)
{
	text(pen, "level", stls_level_name(host->level));
	text(pen, "tls", host->layer == STLS_IMPLICIT ? "implicit" : "starttls");
	text(pen, "sni", host->sni);
	put_names(pen, host);
	text(pen, "tlsa_base", host->tlsa_base);
	put_tlsas(pen, host);
	put_left_out(pen, host);
	truth(pen, "requiretls", host->requiretls);
	truth(pen, "proven", host->proven);
	truth(pen, "ask", host->ask);
	truth(pen, "testing", host->testing);
	fault(pen, "remark", host->remark);
	text(pen, "policy_type", host->policy_type);
}

static void put_host(struct pen *pen, const struct stls_host *host)
{
	begin(pen, NULL, "{");
	text(pen, "host", host->name);
	number(pen, "port", host->port);
	number(pen, "preference", host->preference);
	fault(pen, "skip", host->skip);
	if (!host->skip)
		put_demands(pen, host);
	end(pen, "}");
}

static void put_step(struct pen *pen, const struct stls_step *step)
{
	begin(pen, NULL, "{");
	text(pen, "about", step->about);
	text(pen, "rule", step->rule);
	text(pen, "text", step->text);
	end(pen, "}");
}

static const char *outcome_name(enum stls_outcome outcome)
{
	switch (outcome) {
	case STLS_DELIVER: return "deliver";
	case STLS_DEFER: return "defer";
	case STLS_FAIL: return "fail";
	}
	return NULL;
}

static void put_lists(struct pen *pen, const struct stls_plan *plan)
{
	begin(pen, "hosts", "[");
	for (size_t i = 0; i < plan->host_count; i++)
		put_host(pen, plan->hosts[i]);
	end(pen, "]");
	begin(pen, "steps", "[");
	for (size_t i = 0; i < plan->step_count; i++)
		put_step(pen, &plan->steps[i]);
	end(pen, "]");
}

static size_t finish(struct pen *pen)
{
	end(pen, "}");
	if (pen->room)
		pen->out[pen->length < pen->room ? pen->length : pen->room - 1] = '\0';
	return pen->length;
}

size_t plan_json_none(char *out, size_t room, const char *destination, const char *outcome,
                      const char *reason)
{
	struct pen pen = {.out = out, .room = room, .between = ""};

	begin(&pen, NULL, "{");
	text(&pen, "destination", destination);
	text(&pen, "outcome", outcome);
	text(&pen, "reason", reason);
	return finish(&pen);
}

size_t plan_json(char *out, size_t room, const char *destination, const struct stls_plan *plan)
{
	struct pen pen = {.out = out, .room = room, .between = ""};

	begin(&pen, NULL, "{");
	text(&pen, "destination", destination);
	text(&pen, "domain", plan->domain);
	text(&pen, "outcome", outcome_name(plan->outcome));
	fault(&pen, "fault", plan->fault);
	text(&pen, "reason", plan->reason);
	text(&pen, "mx", stls_dns_name(plan->mx));
	truth(&pen, "overridden", plan->overridden);
	number(&pen, "valid_until", plan->valid_until);
	put_sts(&pen, &plan->sts);
	put_lists(&pen, plan);
	return finish(&pen);
}
