/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "gate/config_values.h"

static int read_address(const struct reading *reading, const struct grammar_value *value,
                        struct config_address *out)
{
	const char *wrong = address_parse(&out->address, value->text);
	out->line = value->line;
	if (wrong)
		complain(reading->complaints, value->line, "%s: \"%.120s\": %s", value->key,
		         value->text, wrong);
	else
		out->text = value_copy(reading->complaints, value->text);
	return out->text ? 0 : -1;
}

struct config_addresses value_addresses(const struct reading *reading, const char *key)
{
	struct config_addresses addresses = {0};
	size_t count = grammar_count(reading->section, key);
	addresses.list = value_array(reading->complaints, count, sizeof(addresses.list[0]));
	for (size_t i = 0; addresses.list && i < count; i++) {
		const struct grammar_value *value = grammar_value(reading->section, key, i);
		if (read_address(reading, value, &addresses.list[addresses.count]) == 0)
			addresses.count++;
	}
	return addresses;
}

/* The same network before this one; NULL when there is none. */
static const struct network *find_network(const struct network *list, const struct network *network)
{
	for (; list < network; list++)
		if (network_equal(list, network))
			return list;
	return NULL;
}

static int read_network(const struct reading *reading, const struct grammar_value *value,
                        const struct network *list, struct network *out)
{
	const char *wrong = network_parse(out, value->text);
	if (wrong)
		complain(reading->complaints, value->line, "%s: \"%.80s\" %s", value->key,
		         value->text, wrong);
	else if (find_network(list, out))
		complain(reading->complaints, value->line, "%s: \"%.80s\" is here a second time",
		         value->key, value->text);
	return wrong ? -1 : 0;
}

struct network *value_networks(const struct reading *reading, const char *key, size_t *count)
{
	size_t given = grammar_count(reading->section, key);
	struct network *list = value_array(reading->complaints, given, sizeof(list[0]));
	*count = 0;
	for (size_t i = 0; list && i < given; i++) {
		const struct grammar_value *value = grammar_value(reading->section, key, i);
		if (read_network(reading, value, list, &list[*count]) == 0)
			++*count;
	}
	return list;
}

void value_free_addresses(struct config_addresses *addresses)
{
	for (size_t i = 0; i < addresses->count; i++)
		free(addresses->list[i].text);
	free(addresses->list);
	*addresses = (struct config_addresses){0};
}
