/* SPDX-License-Identifier: ISC */
/* For strptime(). */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gate/config_listen.h"
#include "gate/config_policy.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY 86400

static const struct config_word floors[] = {
    {"may", STLS_LEVEL_MAY},
    {"encrypt", STLS_LEVEL_ENCRYPT},
    {"secure", STLS_LEVEL_SECURE},
};

/* ---- policy ---- */

static void read_switches(const struct reading *reading, struct config_policy *policy)
{
	/* Postfix waits for 100 (socketmap_table(5)). */
	static const struct config_range deadline = {1, 90, false, "a number of seconds", ""};
	static const struct config_word speakers[] = {
	    {"socketmap", CONFIG_POLICY_SOCKETMAP},
	    {"tcp-table", CONFIG_POLICY_TCP_TABLE},
	    {"json", CONFIG_POLICY_JSON},
	};
	policy->speaks = (enum config_policy_speaks)value_word(
	    reading, "protocol", speakers, COUNT(speakers), CONFIG_POLICY_SOCKETMAP);
	policy->floor =
	    (enum stls_level)value_word(reading, "level", floors, COUNT(floors), STLS_LEVEL_MAY);
	policy->dane = value_bool(reading, "dane", true);
	policy->mta_sts = value_bool(reading, "mta-sts", true);
	policy->both = value_bool(reading, "sts-beside-dane", false);
	policy->unfetched_defers = value_bool(reading, "defer-without-policy", false);
	policy->deadline = value_number(reading, "deadline", &deadline, 60);
}

/* Neither side of these protocols proves who it is (MAP-03). */
static void check_loopback(const struct reading *reading, const struct config_policy *policy)
{
	for (size_t i = 0; i < policy->listen.count; i++) {
		const struct config_address *one = &policy->listen.list[i];
		bool local = one->address.kind == ADDRESS_UNIX ||
		             strncmp(one->address.host, "127.", 4) == 0 ||
		             strcmp(one->address.host, "::1") == 0;
		if (!local && one->address.kind != ADDRESS_NAME)
			complain(reading->complaints, one->line,
			         "listen: \"%s\": whoever asks or answers there proves nothing; "
			         "allowed: unix:/PATH, 127.0.0.1:PORT, [::1]:PORT",
			         one->text);
	}
}

static void read_policy(const struct reading *reading, struct config_policy *policy)
{
	policy->name = value_copy(reading->complaints, grammar_title(reading->section));
	policy->line = grammar_line(reading->section);
	policy->listen = value_addresses(reading, "listen");
	listen_check(reading->complaints, &policy->listen);
	read_switches(reading, policy);
	if (grammar_count(reading->section, "listen") == 0)
		complain(reading->complaints, value_line(reading, "listen"),
		         "policy \"%.64s\": listen is missing, such as: listen = "
		         "{\"unix:/var/spool/postfix/starttls/policy\"}",
		         grammar_title(reading->section));
	check_loopback(reading, policy);
}

static void read_policies(const struct reading *reading, struct config *config)
{
	struct reading inner;
	config->policies = value_sections(reading, "policy", sizeof(config->policies[0]));
	while (config->policies && value_section(reading, "policy", config->policy_count, &inner))
		read_policy(&inner, &config->policies[config->policy_count++]);
}

/* ---- override ---- */

/* "2027-01-31", or "never": up to the end of that day, UTC. */
static bool read_date(const char *text, int64_t *expires)
{
	struct tm tm = {0};
	char again[11] = "";
	if (strcmp(text, "never") == 0) {
		*expires = STLS_NEVER;
		return true;
	}
	if (!strptime(text, "%Y-%m-%d", &tm))
		return false;
	*expires = (int64_t)timegm(&tm) + DAY;
	/* Days that there are not are others by now. */
	strftime(again, sizeof(again), "%Y-%m-%d", &tm);
	return strcmp(text, again) == 0 && *expires > 0;
}

/* 0, with a complaint, when there is none. */
static int64_t read_expiry(const struct reading *reading)
{
	const struct grammar_value *value = grammar_value(reading->section, "expires", 0);
	int64_t expires;
	if (value && read_date(value->text, &expires))
		return expires;
	if (value)
		complain(reading->complaints, value->line,
		         "expires: \"%.40s\" is not allowed; allowed: a date such as 2027-01-31, "
		         "or never",
		         value->text);
	else
		complain(reading->complaints, value_line(reading, "expires"),
		         "override \"%.120s\": expires is missing: a date such as 2027-01-31, or "
		         "never",
		         grammar_title(reading->section));
	return 0;
}

/* Parents are asked for by mail servers, but no mail goes to them. */
static const char *read_destination(struct config_override *override)
{
	const char *wrong;

	override->to.size = sizeof(override->to);
	wrong = stls_destination_parse(&override->to, override->destination);
	if (!wrong && override->to.kind == STLS_DESTINATION_PARENT)
		wrong = "a parent domain is no destination: an override is for one domain";
	return wrong;
}

static void check_override(const struct reading *reading, struct config_override *override)
{
	const struct stls_override rule = {
	    .size = sizeof(rule),
	    .level = override->level,
	    .names = (const char *const *) override->names,
	    .reason = override->reason,
	    .expires = override->expires,
	};
	const char *wrong = read_destination(override);
	if (!wrong)
		wrong = stls_override_check(&rule);
	if (wrong)
		complain(reading->complaints, override->line, "override \"%.120s\": %s",
		         override->destination, wrong);
}

static void read_override(const struct reading *reading, struct config_override *override)
{
	static const struct config_word levels[] = {
	    {"plain", STLS_LEVEL_PLAIN},     {"may", STLS_LEVEL_MAY},
	    {"encrypt", STLS_LEVEL_ENCRYPT}, {"dane", STLS_LEVEL_DANE},
	    {"secure", STLS_LEVEL_SECURE},
	};
	override->destination = value_copy(reading->complaints, grammar_title(reading->section));
	override->line = grammar_line(reading->section);
	override->level = (enum stls_level)value_word(reading, "level", levels, COUNT(levels), 0);
	override->names = value_texts(reading, "names");
	override->reason = value_text(reading, "reason");
	override->expires = read_expiry(reading);
	if (grammar_count(reading->section, "level") == 0)
		complain(reading->complaints, value_line(reading, "level"),
		         "override \"%.120s\": level is missing; allowed: plain, may, encrypt, "
		         "dane, secure",
		         grammar_title(reading->section));
	else if (override->destination && override->level && override->expires)
		check_override(reading, override);
}

/* The same one in other words: the second would never count. */
static void check_twice(const struct reading *reading, const struct config *config,
                        const struct config_override *override)
{
	for (const struct config_override *one = config->overrides; one < override; one++)
		if (one->to.kind == override->to.kind && one->to.port == override->to.port &&
		    one->to.kind && strcmp(one->to.name, override->to.name) == 0) {
			complain(reading->complaints, override->line,
			         "override \"%.120s\": there is one for that destination already, "
			         "in line %u",
			         override->destination, one->line);
			return;
		}
}

static void read_overrides(const struct reading *reading, struct config *config)
{
	struct reading inner;
	config->overrides = value_sections(reading, "override", sizeof(config->overrides[0]));
	while (config->overrides &&
	       value_section(reading, "override", config->override_count, &inner)) {
		struct config_override *override = &config->overrides[config->override_count++];
		read_override(&inner, override);
		check_twice(reading, config, override);
	}
}

/* ---- ratchet, resolver ---- */

static void read_ratchet(const struct reading *reading, struct config *config)
{
	static const struct config_range times = {1, 1000, false, "a number", ""},
	                                 seconds = {60, 30 * DAY, false, "a number of seconds", ""};
	struct reading inner;
	config->ratchet = (struct stls_ratchet_settings){.size = sizeof(config->ratchet)};
	if (!value_only(reading, "ratchet", &inner))
		return;
	config->ratchet.occasions = value_number(&inner, "occasions", &times, 0);
	config->ratchet.days = value_number(&inner, "days", &times, 0);
	config->ratchet.hold = value_number(&inner, "hold", &seconds, 0);
	config->ratchet.authentication = value_bool(&inner, "authentication", false);
	config->ratchet.let_go = value_bool(&inner, "let-go", false);
}

static void read_resolver(const struct reading *reading, struct config_resolver *resolver)
{
	struct reading inner;
	if (!value_only(reading, "resolver", &inner))
		return;
	resolver->line = grammar_line(inner.section);
	resolver->config = value_path(&inner, "config");
	resolver->ca_file = value_path(&inner, "ca-file");
}

void config_policy_read(const struct reading *reading, struct config *config)
{
	read_policies(reading, config);
	read_overrides(reading, config);
	read_ratchet(reading, config);
	read_resolver(reading, &config->resolver);
}

static void free_texts(char **list)
{
	for (char **one = list; one && *one; one++)
		free(*one);
	free(list);
}

void config_policy_free(struct config *config)
{
	for (size_t i = 0; i < config->policy_count; i++) {
		free(config->policies[i].name);
		value_free_addresses(&config->policies[i].listen);
	}
	for (size_t i = 0; i < config->override_count; i++) {
		free(config->overrides[i].destination);
		free(config->overrides[i].reason);
		free_texts(config->overrides[i].names);
	}
	free(config->policies);
	free(config->overrides);
	free(config->resolver.config);
	free(config->resolver.ca_file);
}
