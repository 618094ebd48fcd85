/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/policy_words.h"
#include "policy/plan_json.h"
#include "policy/postfix.h"
#include "wire/netstring.h"
#include "wire/tcp_table.h"

static char *copy(const char *bytes, size_t length)
{
	char *made = length ? malloc(length) : NULL;

	if (made)
		memcpy(made, bytes, length);
	return made;
}

/* socketmap_table(5): not found has a space behind it, and nothing else. */
static char *socketmap(enum postfix_reply kind, const char *text, size_t *length)
{
	static const char *const words[] = {
	    [POSTFIX_FOUND] = "OK", [POSTFIX_NOT_FOUND] = "NOTFOUND", [POSTFIX_TEMPORARY] = "TEMP"};
	size_t room = strlen(text) + 32;
	char *line = malloc(room), *out = line ? malloc(room) : NULL;

	if (out) {
		int count = snprintf(line, room, "%s %s", words[kind], text);

		*length = netstring_write(out, room, line, (size_t)count);
	}
	free(line);
	return out;
}

/* tcp_table(5) wants a text with each of them. */
static char *tcp_table(enum postfix_reply kind, const char *text, size_t *length)
{
	static const unsigned codes[] = {
	    [POSTFIX_FOUND] = 200, [POSTFIX_NOT_FOUND] = 500, [POSTFIX_TEMPORARY] = 400};
	static const char too_long[] = "the answer does not fit into a table's line";
	char out[TCP_TABLE_LINE];

	if (kind == POSTFIX_NOT_FOUND)
		text = "not found";
	*length = tcp_table_write(out, sizeof(out), codes[kind], text, strlen(text));
	if (!*length)
		*length = tcp_table_write(out, sizeof(out), codes[POSTFIX_TEMPORARY], too_long,
		                          strlen(too_long));
	return copy(out, *length);
}

/* The NUL becomes the end of the line. */
static char *end_line(char *made, size_t size, size_t *length)
{
	made[size] = '\n';
	*length = size + 1;
	return made;
}

static char *json(const char *key, const struct stls_plan *plan, size_t *length)
{
	size_t size = plan_json(NULL, 0, key, plan);
	char *made = malloc(size + 1);

	if (!made)
		return NULL;
	plan_json(made, size + 1, key, plan);
	return end_line(made, size, length);
}

/* What has no plan: a key that is no destination, or trouble of ours. */
static char *json_none(const char *key, const char *outcome, const char *why, size_t *length)
{
	size_t size = plan_json_none(NULL, 0, key, outcome, why);
	char *made = malloc(size + 1);

	if (!made)
		return NULL;
	plan_json_none(made, size + 1, key, outcome, why);
	return end_line(made, size, length);
}

static char *postfix_words(enum config_policy_speaks speaks, enum postfix_reply kind,
                           const char *text, size_t *length)
{
	return speaks == CONFIG_POLICY_SOCKETMAP ? socketmap(kind, text, length)
	                                         : tcp_table(kind, text, length);
}

char *policy_words(enum config_policy_speaks speaks, enum desk_form form, const char *key,
                   const struct stls_plan *plan, const char *why, size_t *length)
{
	const struct postfix_wish wish = {
	    .version = form == DESK_TLSRPT ? 310 : 307,
	    .reports = form == DESK_TLSRPT,
	};
	enum postfix_reply kind;
	char *text, *made;

	if (speaks == CONFIG_POLICY_JSON)
		return plan ? json(key, plan, length) : json_none(key, "none", why, length);
	if (!plan)
		return policy_words_none(speaks, length);
	text = malloc(POSTFIX_ROOM);
	if (!text)
		return NULL;
	kind = postfix_map(text, POSTFIX_ROOM, plan, &wish);
	made = postfix_words(speaks, kind, text, length);
	free(text);
	return made;
}

char *policy_words_none(enum config_policy_speaks speaks, size_t *length)
{
	if (speaks == CONFIG_POLICY_JSON)
		return json_none(NULL, "none", "this is no destination that has a policy", length);
	return postfix_words(speaks, POSTFIX_NOT_FOUND, "", length);
}

char *policy_words_defer(enum config_policy_speaks speaks, const char *why, size_t *length)
{
	if (speaks == CONFIG_POLICY_JSON)
		return json_none(NULL, "defer", why, length);
	return postfix_words(speaks, POSTFIX_TEMPORARY, why, length);
}
