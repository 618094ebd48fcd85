/* SPDX-License-Identifier: ISC */
/* Expected words against said ones, clause by clause. */
#include <stdio.h>
#include <string.h>

#include "scene.h"

struct text {
	const char *at;
	size_t length;
};

/* The next part of a text, up to one of the ends; false behind the last one. */
static bool next(struct text *rest, char end, struct text *part)
{
	const char *stop;

	while (rest->length > 0 && (*rest->at == ' ' || *rest->at == '\t')) {
		rest->at++;
		rest->length--;
	}
	if (rest->length == 0)
		return false;
	stop = memchr(rest->at, end, rest->length);
	part->at = rest->at;
	part->length = stop ? (size_t)(stop - rest->at) : rest->length;
	rest->at += part->length + (stop ? 1 : 0);
	rest->length -= part->length + (stop ? 1 : 0);
	return true;
}

static bool same(struct text one, struct text other)
{
	return one.length == other.length && memcmp(one.at, other.at, one.length) == 0;
}

static bool has(struct text clause, struct text word)
{
	struct text one;

	while (next(&clause, ' ', &one))
		if (same(one, word))
			return true;
	return false;
}

static bool begins(struct text word, const char *with)
{
	return word.length >= strlen(with) && memcmp(word.at, with, strlen(with)) == 0;
}

/* What is said before the first "=" (outcome and fault, host and level) is what was
 * decided: no line may say less, nor leave out the reason. */
static bool tells(struct text expected, struct text said, const char **missing)
{
	struct text word;

	while (next(&said, ' ', &word) && !memchr(word.at, '=', word.length))
		if (!has(expected, word)) {
			*missing = word.at;
			return false;
		}
	return true;
}

static bool compare_clause(struct text expected, struct text said, const char **missing)
{
	struct text word;
	bool reason = false;

	for (struct text all = expected; next(&all, ' ', &word);) {
		reason = reason || begins(word, "by=") || begins(word, "via=");
		if (!has(said, word)) {
			*missing = word.at;
			return false;
		}
	}
	if (!tells(expected, said, missing))
		return false;
	/* Where mail goes, it is for the hosts to say why. */
	*missing = "by=";
	return reason || begins(expected, "deliver");
}

static size_t count(struct text clauses)
{
	struct text one;
	size_t found = 0;

	while (next(&clauses, ';', &one))
		found++;
	return found;
}

bool compare(const char *expected, const char *said, const char **missing)
{
	struct text wanted = {expected, strlen(expected)}, told = {said, strlen(said)};
	struct text one, other;
	bool brief = count(wanted) == 1;

	*missing = "another number of hosts";
	if (!brief && count(wanted) != count(told))
		return false;
	while (next(&wanted, ';', &one))
		if (!next(&told, ';', &other) || !compare_clause(one, other, missing))
			return false;
	return true;
}
