/* SPDX-License-Identifier: ISC */
/* An explanation for programs: the plan, as the policy service tells it, and more. */
#include <stdlib.h>

#include <jansson.h>

#include "cli/explain.h"
#include "policy/plan_json.h"

static json_t *plan_of(const struct explanation *told)
{
	size_t length = plan_json(NULL, 0, told->destination, told->plan);
	char *line = malloc(length + 1);
	json_t *object;

	if (line == NULL)
		return NULL;
	plan_json(line, length + 1, told->destination, told->plan);
	object = json_loadb(line, length, JSON_ALLOW_NUL, NULL);
	free(line);
	return object;
}

static json_t *memory_of(const struct explanation *told)
{
	static const char *const words[] = {"not-asked", "no-state", "nothing", "policy",
	                                    "trouble"};

	return json_pack("{s:s, s:o}", "state", words[told->memory], "fetched",
	                 told->memory == EXPLAIN_REMEMBERED ? json_integer(told->remembered)
	                                                    : json_null());
}

static json_t *more_of(const struct explanation *told)
{
	bool reports = told->reports != NULL && told->reports[0] != '\0';

	return json_pack("{s:s, s:s, s:i, s:o, s:o}", "service", stls_service_name(told->service),
	                 "verdict", explain_word(told->plan), "exit", explain_status(told->plan),
	                 "memory", memory_of(told), "tls_reports",
	                 reports ? json_string(told->reports) : json_null());
}

void explain_json(FILE *to, const struct explanation *told)
{
	json_t *object = plan_of(told), *more = more_of(told);

	if (object == NULL || json_object_update(object, more) < 0 ||
	    json_dumpf(object, to, JSON_COMPACT | JSON_ENSURE_ASCII) < 0)
		fprintf(to, "{\"verdict\":\"unknown\",\"exit\":3}");
	fputc('\n', to);
	json_decref(object);
	json_decref(more);
}
