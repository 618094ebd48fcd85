/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/config_values.h"

/* A week: whoever wants more wants none. */
#define SECONDS_MAX 604800u

static bool is_in(const struct config_range *range, unsigned long number)
{
	return (number >= range->least && number <= range->most) || (number == 0 && range->zero);
}

unsigned value_number(const struct reading *reading, const char *key,
                      const struct config_range *range, unsigned fallback)
{
	const struct grammar_value *value = grammar_value(reading->section, key, 0);
	if (!value)
		return fallback;
	size_t digits = strspn(value->text, "0123456789");
	unsigned long number = strtoul(value->text, NULL, 10); /* ULONG_MAX when too large */
	if (digits > 0 && value->text[digits] == '\0' && is_in(range, number))
		return (unsigned)number;
	complain(reading->complaints, value->line,
	         "%s: \"%.60s\" is not allowed; allowed: %s from %u to %u%s", key, value->text,
	         range->what, range->least, range->most, range->rest);
	return fallback;
}

unsigned value_seconds(const struct reading *reading, const char *key, unsigned least,
                       unsigned fallback)
{
	const struct config_range range = {least, SECONDS_MAX, false, "a number of seconds", ""};
	return value_number(reading, key, &range, fallback);
}
