/* SPDX-License-Identifier: ISC */
/* Lines into clauses, and clauses into what they set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

/* ---- words ---- */

bool clause_is(const struct clause *clause, const char *word)
{
	return clause->count > 0 && !clause->quoted[0] && strcmp(clause->words[0], word) == 0;
}

const char *scene_name(struct scene *scene, const char *word)
{
	if (strchr(word, '.'))
		return word;
	return pool_print(scene->pool, "%s.test", word);
}

unsigned scene_number(struct scene *scene, const char *word)
{
	char *end;
	unsigned long value = strtoul(word, &end, 10);

	if (end == word || *end != '\0')
		scene->wrong = pool_print(scene->pool, "\"%s\" is no number", word);
	return (unsigned)value;
}

int64_t scene_duration(struct scene *scene, const char *word)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
	char *end;
	long long value = strtoll(word, &end, 10);

	if (strcmp(word, "never") == 0)
		return STLS_NEVER;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end != word && end[0] == units[i].unit && end[1] == '\0')
			return value * units[i].seconds;
	scene->wrong = pool_print(scene->pool, "\"%s\" is no duration", word);
	return 0;
}

enum stls_fault scene_fault(struct scene *scene, const char *word)
{
#define FAULT_NAME(NAME, name, whose, exit, rpt, smtp, enhanced, sentence) name,
	static const char *const names[] = {STLS_FAULTS(FAULT_NAME)};
#undef FAULT_NAME

	for (size_t i = 0; i < STLS_FAULT_COUNT; i++)
		if (strcmp(word, names[i]) == 0)
			return (enum stls_fault)i;
	scene->wrong = pool_print(scene->pool, "\"%s\" is no fault", word);
	return STLS_FAULT_NONE;
}

/* What is behind a backslash: one of n r t \ ", or x and two digits. */
static char read_escape(const char **at)
{
	static const char from[] = "nrt\\\"", to[] = "\n\r\t\\\"";
	const char *found = strchr(from, **at);
	char digits[3] = {0};

	if (**at == 'x' && (*at)[1] && (*at)[2]) {
		memcpy(digits, *at + 1, 2);
		*at += 2;
		return (char)strtol(digits, NULL, 16);
	}
	return found && *found ? to[found - from] : **at;
}

/* A word in double quotes. */
static const char *read_quoted(struct scene *scene, const char **at)
{
	char *out = pool_take(scene->pool, strlen(*at) + 1), *end = out;

	for ((*at)++; **at && **at != '"'; (*at)++) {
		bool escaped = **at == '\\' && (*at)[1];

		if (escaped)
			(*at)++;
		*end++ = escaped ? read_escape(at) : **at;
	}
	if (**at == '"')
		(*at)++;
	else
		scene->wrong = "a quote is not closed";
	return out;
}

static void read_clause(struct scene *scene, struct clause *clause, const char **at)
{
	for (;;) {
		size_t length;

		*at += strspn(*at, " \t");
		if (**at == '\0' || **at == ';' || clause->count == WORDS)
			return;
		clause->quoted[clause->count] = **at == '"';
		if (**at == '"') {
			clause->words[clause->count++] = read_quoted(scene, at);
			continue;
		}
		length = strcspn(*at, " \t;");
		clause->words[clause->count++] = pool_text(scene->pool, *at, length);
		*at += length;
	}
}

static void read_clauses(struct scene *scene, const char *text)
{
	while (*text && !scene->wrong) {
		struct clause *clause = &scene->clauses[scene->clause_count];

		read_clause(scene, clause, &text);
		if (clause->count > 0 && ++scene->clause_count == CLAUSES)
			scene->wrong = "there are too many clauses";
		if (*text == ';')
			text++;
	}
}

/* What is outside of quotes: a comment's start, the arrow. */
static const char *find(const char *line, const char *what)
{
	bool quoted = false;

	for (const char *at = line; *at; at++) {
		if (*at == '"' && (at == line || at[-1] != '\\'))
			quoted = !quoted;
		if (!quoted && strncmp(at, what, strlen(what)) == 0)
			return at;
	}
	return NULL;
}

static void read_all(struct scene *scene)
{
	for (size_t i = 0; i < scene->clause_count && !scene->wrong; i++) {
		const struct clause *clause = &scene->clauses[i];

		if (!scene_read_demand(scene, clause) && !scene_read_answer(scene, clause) &&
		    !scene_read_attempt(scene, clause) && !scene_read_ratchet(scene, clause))
			scene->wrong = pool_print(scene->pool, "what is \"%s\"?", clause->words[0]);
	}
}

static void begin(struct scene *scene, struct pool *pool)
{
	*scene = (struct scene){.pool = pool};
	scene->spec.size = sizeof(scene->spec);
	scene->spec.domain = "d.test";
	scene->spec.now = GOLDEN_NOW;
	scene->spec.dane = scene->spec.mta_sts = 1;
	scene->memory.size = sizeof(scene->memory);
	scene->local.size = sizeof(scene->local);
	scene->attempt.size = sizeof(scene->attempt);
	scene->settings.size = sizeof(scene->settings);
	scene->host.size = sizeof(scene->host);
}

bool scene_read(struct scene *scene, const char *line)
{
	struct pool *pool = scene->pool;
	const char *arrow, *end;

	begin(scene, pool);
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return false;
	end = find(line, " #");
	line = pool_text(pool, line, end ? (size_t)(end - line) : strlen(line));
	arrow = find(line, "->");
	if (!arrow) {
		scene->wrong = "there is no \"->\"";
		return true;
	}
	scene->expected = arrow + 2;
	read_clauses(scene, pool_text(pool, line, (size_t)(arrow - line)));
	read_all(scene);
	return true;
}
