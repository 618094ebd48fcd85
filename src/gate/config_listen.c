/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "gate/config_listen.h"

void listen_check(const struct complaints *complaints, const struct config_addresses *listen)
{
	for (size_t i = 0; i < listen->count; i++)
		if (listen->list[i].address.kind == ADDRESS_NAME)
			complain(complaints, listen->list[i].line,
			         "listen: \"%s\" is a name; allowed: IPV4:PORT, [IPV6]:PORT, "
			         "unix:/PATH",
			         listen->list[i].text);
}

/* Groups of listeners: the fronts, then the metrics, then the policies. */
static size_t group_count(const struct config *config)
{
	return config->front_count + 1 + config->policy_count;
}

static const struct config_addresses *group(const struct config *config, size_t index)
{
	if (index < config->front_count)
		return &config->fronts[index].listen;
	if (index == config->front_count)
		return &config->metrics;
	return &config->policies[index - config->front_count - 1].listen;
}

static void group_name(char out[96], const struct config *config, size_t index)
{
	if (index < config->front_count)
		snprintf(out, 96, "front \"%.64s\"", config->fronts[index].name);
	else if (index == config->front_count)
		snprintf(out, 96, "the metrics");
	else
		snprintf(out, 96, "policy \"%.64s\"",
		         config->policies[index - config->front_count - 1].name);
}

/* Port 0 is another one each time. */
static bool is_same(const struct config_address *a, const struct config_address *b)
{
	return (a->address.kind == ADDRESS_UNIX || a->address.port != 0) &&
	       address_equal(&a->address, &b->address);
}

/* The listener on the same address, in a line before or earlier in the same list. */
static const struct config_address *find_same(const struct config *config,
                                              const struct config_address *address, size_t *owner)
{
	for (*owner = 0; *owner < group_count(config); ++*owner) {
		const struct config_addresses *listen = group(config, *owner);
		for (size_t i = 0; i < listen->count; i++) {
			const struct config_address *other = &listen->list[i];
			if (other != address && is_same(other, address) &&
			    (other->line < address->line ||
			     (other->line == address->line && other < address)))
				return other;
		}
	}
	return NULL;
}

static void check_same(const struct complaints *complaints, const struct config *config,
                       const struct config_address *address)
{
	char name[96];
	size_t owner;
	const struct config_address *same = find_same(config, address, &owner);
	if (!same)
		return;
	group_name(name, config, owner);
	complain(complaints, address->line,
	         "listen: \"%s\" is the address of %s already, in line %u", address->text, name,
	         same->line);
}

void listen_check_all(const struct complaints *complaints, const struct config *config)
{
	for (size_t g = 0; g < group_count(config); g++)
		for (size_t i = 0; i < group(config, g)->count; i++)
			check_same(complaints, config, &group(config, g)->list[i]);
}
