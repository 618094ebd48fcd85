/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gate/config_complain.h"

/* Complaints about the whole file (line 0) come last. */
static unsigned rank(unsigned line)
{
	return line - 1;
}

/* The place for a complaint about that line, behind others about it; NULL when
 * only earlier ones are kept. */
static struct config_complaint *make_place(struct config_error *error, unsigned line)
{
	size_t kept = error->count < CONFIG_ERRORS ? error->count : CONFIG_ERRORS, at = kept;
	while (at > 0 && rank(error->list[at - 1].line) > rank(line))
		at--;
	error->count++;
	if (at == CONFIG_ERRORS)
		return NULL;
	size_t behind = (kept < CONFIG_ERRORS ? kept : CONFIG_ERRORS - 1) - at;
	memmove(&error->list[at + 1], &error->list[at], behind * sizeof(error->list[0]));
	error->list[at].line = line;
	return &error->list[at];
}

void complain(const struct complaints *complaints, unsigned line, const char *format, ...)
{
	struct config_complaint *place = make_place(complaints->error, line);
	va_list list;
	int used;
	if (!place)
		return;
	size_t room = sizeof(place->text);
	if (line)
		used = snprintf(place->text, room, "%s:%u: ", complaints->path, line);
	else
		used = snprintf(place->text, room, "%s: ", complaints->path);
	if (used < 0 || (size_t)used >= room)
		return;
	va_start(list, format);
	vsnprintf(place->text + used, room - (size_t)used, format, list);
	va_end(list);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

#define WORD 32

/* How many letters have to be changed, added, taken out, or swapped with their
 * neighbour (the restricted distance of Damerau and Levenshtein). */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][WORD + 1], *older = rows[0], *old = rows[1], *row = rows[2];
	size_t length = strlen(b);
	for (unsigned i = 0; i <= length; i++)
		row[i] = i;
	for (unsigned j = 1; a[j - 1]; j++) {
		unsigned *spare = older;
		older = old;
		old = row;
		row = spare;
		row[0] = j;
		for (size_t i = 1; i <= length; i++) {
			row[i] = least(old[i - 1] + (a[j - 1] != b[i - 1]),
			               least(old[i], row[i - 1]) + 1);
			if (i > 1 && j > 1 && a[j - 1] == b[i - 2] && a[j - 2] == b[i - 1])
				row[i] = least(row[i], older[i - 2] + 1);
		}
	}
	return row[length];
}

const char *complain_nearest(const char *word, const char *const *words, size_t count)
{
	const char *nearest = NULL;
	size_t length = strlen(word);
	/* A third of the letters, else everything is near to everything. */
	unsigned best = (unsigned)length / 3 + 1;
	if (length > WORD)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		unsigned far = distance(word, words[i]);
		if (far < best) {
			best = far;
			nearest = words[i];
		}
	}
	return nearest;
}

void complain_list(char *out, size_t room, const char *const *words, size_t count)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < count && used < room; i++)
		used += (size_t)snprintf(out + used, room - used, "%s%s", i ? ", " : "", words[i]);
}
