/* SPDX-License-Identifier: ISC */
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

/* The listeners of a front, or, behind the last one, those of the metrics. */
static const struct config_addresses *group(const struct config *config, size_t index)
{
	return index < config->front_count ? &config->fronts[index].listen : &config->metrics;
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
	for (*owner = 0; *owner <= config->front_count; ++*owner) {
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
	size_t owner;
	const struct config_address *same = find_same(config, address, &owner);
	if (same && owner == config->front_count)
		complain(complaints, address->line,
		         "listen: \"%s\" is the address of the metrics already, in line %u",
		         address->text, same->line);
	else if (same)
		complain(complaints, address->line,
		         "listen: \"%s\" is the address of front \"%.64s\" already, in line %u",
		         address->text, config->fronts[owner].name, same->line);
}

void listen_check_all(const struct complaints *complaints, const struct config *config)
{
	for (size_t g = 0; g <= config->front_count; g++)
		for (size_t i = 0; i < group(config, g)->count; i++)
			check_same(complaints, config, &group(config, g)->list[i]);
}
