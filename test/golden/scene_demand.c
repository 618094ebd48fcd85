/* SPDX-License-Identifier: ISC */
/* What is wanted: the destination, the switches, the override, a service. */
#include <string.h>

#include "scene.h"

static bool read_switch(struct scene *scene, const struct clause *clause)
{
	struct stls_case_spec *spec = &scene->spec;
	const struct {
		const char *word;
		int *what;
		int value;
	} switches[] = {{"nodane", &spec->dane, 0},
	                {"nosts", &spec->mta_sts, 0},
	                {"both", &spec->both, 1},
	                {"unfetched", &spec->unfetched_defers, 1},
	                {"requiretls", &spec->requiretls, 1},
	                {"optional", &spec->tls_optional, 1},
	                {"overrules", &spec->tls_overrules, 1},
	                {"refresh", &spec->refresh, 1},
	                {"unseen", &spec->sts_unseen, 1},
	                {"inside", &spec->inside, 1}};

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (clause_is(clause, switches[i].word) && clause->count == 1) {
			*switches[i].what = switches[i].value;
			return true;
		}
	return false;
}

static enum stls_level read_level(struct scene *scene, const char *word)
{
	for (int level = STLS_LEVEL_PLAIN; level <= STLS_LEVEL_BOTH; level++)
		if (strcmp(word, stls_level_name((enum stls_level)level)) == 0)
			return (enum stls_level)level;
	scene->wrong = pool_print(scene->pool, "\"%s\" is no level", word);
	return STLS_LEVEL_MAY;
}

/* "local may 4d": an override for another four days; "local secure 4d name". */
static void read_local(struct scene *scene, const struct clause *clause)
{
	const char **names = pool_take(scene->pool, WORDS * sizeof(*names));
	int64_t left = scene_duration(scene, clause->words[2]);

	scene->local.level = read_level(scene, clause->words[1]);
	scene->local.expires = left == STLS_NEVER ? left : GOLDEN_NOW + left;
	scene->local.reason = "their certificate is broken";
	for (size_t i = 3; i < clause->count; i++)
		names[i - 3] = scene_name(scene, clause->words[i]);
	scene->local.names = clause->count > 3 ? names : NULL;
	scene->spec.local = &scene->local;
}

static void read_postfix(struct scene *scene, const struct clause *clause)
{
	scene->postfix = true;
	scene->wish.version = scene_number(scene, clause->words[1]);
	scene->wish.reports = clause->count > 2 && strcmp(clause->words[2], "reports") == 0;
}

static bool read_pair(struct scene *scene, const struct clause *clause)
{
	const char *value = clause->words[1];

	if (clause_is(clause, "to"))
		scene->spec.domain = value;
	else if (clause_is(clause, "key"))
		scene->key = value;
	else if (clause_is(clause, "floor"))
		scene->spec.floor = read_level(scene, value);
	else if (clause_is(clause, "random"))
		scene->spec.random = scene_number(scene, value);
	else if (clause_is(clause, "accepted"))
		scene->spec.accepted = scene_name(scene, value);
	else if (!clause_is(clause, "service"))
		return false;
	else if (stls_service_named(value, &scene->spec.service) != 0)
		scene->wrong = "there is no such service";
	return true;
}

bool scene_read_demand(struct scene *scene, const struct clause *clause)
{
	if (read_switch(scene, clause))
		return true;
	if (clause_is(clause, "giveup")) {
		scene->give_up = true;
		return true;
	}
	if (clause_is(clause, "local") && clause->count >= 3) {
		read_local(scene, clause);
		return true;
	}
	if (clause_is(clause, "postfix") && clause->count >= 2) {
		read_postfix(scene, clause);
		return true;
	}
	return clause->count == 2 && read_pair(scene, clause);
}
