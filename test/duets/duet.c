/* SPDX-License-Identifier: ISC */
/* Reads a duet. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duet.h"
#include "text.h"

static bool complain(const struct duet *duet, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", duet->path, duet->line, what);
	return false;
}

/* ---- the head ---- */

struct word {
	const char *name;
	int value;
};

static const struct word roles[] = {{"client", STLS_CLIENT}, {"server", STLS_SERVER}, {0}};
static const struct word demands[] = {{"may", STLS_MAY},
                                      {"must", STLS_MUST},
                                      {"offered", STLS_OFFERED},
                                      {"required", STLS_REQUIRED},
                                      {0}};
static const struct word goals[] = {{"upgrade", STLS_UPGRADE},
                                    {"list", STLS_LIST},
                                    {"greet", STLS_GREET},
                                    {"tell", STLS_TELL},
                                    {0}};
static const struct word layers[] = {{"plaintext", STLS_PLAINTEXT},
                                     {"implicit", STLS_IMPLICIT},
                                     {"after-starttls", STLS_AFTER_STARTTLS},
                                     {"after-implicit", STLS_AFTER_IMPLICIT},
                                     {0}};

/* The value of a word in a table, -1 if it is not there. */
static int value_of(const struct word *words, const char *name)
{
	for (; words->name != NULL; words++)
		if (strcmp(words->name, name) == 0)
			return words->value;
	return -1;
}

static bool read_choice(struct duet *duet, const char *key, const char *value)
{
	const struct word *words = strcmp(key, "role") == 0     ? roles
	                           : strcmp(key, "demand") == 0 ? demands
	                           : strcmp(key, "goal") == 0   ? goals
	                                                        : layers;
	int chosen = value_of(words, value);

	if (chosen < 0)
		return complain(duet, "no such value");
	if (words == roles)
		duet->spec.role = (enum stls_role)chosen;
	else if (words == demands)
		duet->spec.demand = (enum stls_demand)chosen;
	else if (words == goals)
		duet->spec.goal = (enum stls_goal)chosen;
	else
		duet->spec.layer = (enum stls_layer)chosen;
	return true;
}

static bool read_offer(struct duet *duet, const char *value)
{
	if (duet->offer_count == DUET_OFFERS)
		return complain(duet, "too many offers");
	duet->spec.offers = duet->offers;
	if (*value != '\0')
		duet->offers[duet->offer_count++] = value;
	return true;
}

/* "192.0.2.1 4711" */
static bool read_end(struct duet *duet, char *value, const char **address, unsigned *port)
{
	char *space = strchr(value, ' ');

	if (space == NULL)
		return complain(duet, "an address and a port are needed");
	*space = '\0';
	*address = value;
	*port = (unsigned)strtoul(space + 1, NULL, 10);
	return true;
}

/* NULL: there is no such limit. */
static size_t *limit_named(struct stls_spec *spec, const char *key)
{
	if (strcmp(key, "line-limit") == 0)
		return &spec->line_limit;
	if (strcmp(key, "literal-limit") == 0)
		return &spec->literal_limit;
	return strcmp(key, "element-limit") == 0 ? &spec->element_limit : NULL;
}

static bool read_head(struct duet *duet, const char *key, char *value)
{
	static const struct word choices[] = {
	    {"role", 0}, {"demand", 0}, {"goal", 0}, {"layer", 0}, {0}};
	struct stls_spec *spec = &duet->spec;

	if (value_of(choices, key) == 0)
		return read_choice(duet, key, value);
	if (limit_named(spec, key) != NULL) {
		*limit_named(spec, key) = strtoul(value, NULL, 10);
		return true;
	}
	if (strcmp(key, "protocol") == 0) {
		spec->protocol = stls_protocol_named(value);
		return spec->protocol != 0 || complain(duet, "no such protocol");
	}
	if (strcmp(key, "offer") == 0)
		return read_offer(duet, value);
	if (strcmp(key, "client") == 0)
		return read_end(duet, value, &spec->client, &spec->client_port);
	if (strcmp(key, "server") == 0)
		return read_end(duet, value, &spec->server, &spec->server_port);
	if (strcmp(key, "name") == 0)
		spec->name = value;
	else if (strcmp(key, "domain") == 0)
		spec->domain = value;
	else if (strcmp(key, "from") == 0)
		spec->from = value;
	else
		return complain(duet, "no such line");
	return true;
}

/* ---- the conversation ---- */

/* The part that this line belongs to: the last one, if it is of that kind and
 * lines of that kind go together. */
static struct part *part_for(struct duet *duet, enum part_kind kind)
{
	struct part *last = duet->part_count > 0 ? &duet->parts[duet->part_count - 1] : NULL;

	if (last != NULL && last->kind == kind && (kind == PART_HEAR || kind == PART_SAY))
		return last;
	if (duet->part_count == DUET_PARTS) {
		complain(duet, "too many turns");
		return NULL;
	}
	last = &duet->parts[duet->part_count++];
	last->kind = kind;
	return last;
}

static bool read_octets(struct duet *duet, struct octets *said, char how, const char *text)
{
	bool good = how == '#' ? text_hexadecimal(said, text) : text_escaped(said, text);

	if (!good)
		return complain(duet, "this cannot be read as octets");
	if (how == ':')
		octets_add(said, "\r\n", 2);
	return true;
}

static void add_said(struct part *part, const struct octets *said, bool glued)
{
	for (size_t i = 0; part->kind == PART_HEAR && i < said->count; i++)
		octets_add(&part->glue, glued && i == 0 ? "\1" : "\0", 1);
	octets_add(&part->text, said->bytes, said->count);
}

/* "S: text", "C*20. text", "+S# 30": line stands on the speaker. */
static bool read_said(struct duet *duet, const char *line, bool glued)
{
	enum stls_role speaker = line[0] == 'C' ? STLS_CLIENT : STLS_SERVER;
	struct part *part = part_for(duet, speaker == duet->spec.role ? PART_SAY : PART_HEAR);
	struct octets said = {0};
	unsigned long times = 1;
	bool good;

	if (part == NULL)
		return false;
	if (glued && (part->kind != PART_HEAR || part->text.count == 0))
		return complain(duet, "there is nothing to glue it to");
	line++;
	if (*line == '*') {
		char *rest;

		times = strtoul(line + 1, &rest, 10);
		line = rest;
	}
	if (times > 100000 || strchr(":.#", *line) == NULL || *line == '\0')
		return complain(duet, "':', '.' or '#' is needed");
	good = read_octets(duet, &said, *line, line + (line[1] == ' ' ? 2 : 1));
	if (part->kind == PART_HEAR)
		duet->heard += said.count * times;
	while (good && times-- > 0)
		add_said(part, &said, glued);
	octets_free(&said);
	return good;
}

static bool read_fault(struct duet *duet, const char *name, enum stls_fault *fault)
{
	for (int i = 0; i < STLS_FAULT_COUNT; i++)
		if (strcmp(stls_fault_name((enum stls_fault)i), name) == 0) {
			*fault = (enum stls_fault)i;
			return true;
		}
	return complain(duet, "no such fault");
}

static bool read_dismissal(struct duet *duet, const char *fault)
{
	struct part *part = part_for(duet, PART_DISMISS);

	return part != NULL && read_fault(duet, fault, &part->fault);
}

/* ---- the end ---- */

static const struct word ends[] = {{"switch", STLS_SWITCH},
                                   {"plain", STLS_PLAIN},
                                   {"done", STLS_DONE},
                                   {"failed", STLS_FAILED},
                                   {0}};

static bool read_end_line(struct duet *duet, char *text)
{
	char *fault = strchr(text, ' ');
	int end;

	if (fault != NULL)
		*fault++ = '\0';
	end = value_of(ends, text);
	if (end < 0)
		return complain(duet, "no such end");
	duet->end = (enum stls_need)end;
	if (end == STLS_FAILED && fault == NULL)
		return complain(duet, "which fault?");
	return fault == NULL || read_fault(duet, fault, &duet->fault);
}

static bool read_check(struct duet *duet, const char *key, const char *value)
{
	static const struct word kinds[] = {{"capability", CHECK_CAPABILITY},
	                                    {"replay", CHECK_REPLAY},
	                                    {"helo", CHECK_HELO},
	                                    {"domain-is", CHECK_DOMAIN},
	                                    {"left", CHECK_LEFT},
	                                    {"refusals", CHECK_REFUSALS},
	                                    {0}};
	struct check *check = &duet->checks[duet->check_count];
	int kind = value_of(kinds, key);

	if (kind < 0)
		return complain(duet, "no such check");
	if (duet->check_count == DUET_CHECKS)
		return complain(duet, "too many checks");
	duet->check_count++;
	check->kind = (enum check_kind)kind;
	return text_escaped(&check->text, value) || complain(duet, "no such escape");
}

/* ---- the file ---- */

static bool read_keyed(struct duet *duet, char *line)
{
	char *value = line + strcspn(line, " \t");

	if (*value != '\0') {
		*value++ = '\0';
		value += strspn(value, " \t");
	}
	if (strcmp(line, "DISMISS") == 0)
		return read_dismissal(duet, value);
	if (strcmp(line, "UNREAD") == 0)
		return text_escaped(&duet->unread, value) || complain(duet, "no such escape");
	if (strcmp(line, "=") == 0)
		return read_end_line(duet, value);
	if (duet->end != STLS_IN)
		return read_check(duet, line, value);
	if (duet->part_count > 0)
		return complain(duet, "no such line in a conversation");
	return read_head(duet, line, value);
}

static bool read_line(struct duet *duet, char *line)
{
	bool glued = line[0] == '+';

	if (*line == '\0' || *line == '#')
		return true;
	if (strcmp(line, "EOF") == 0)
		return part_for(duet, PART_EOF) != NULL;
	if ((line[glued] == 'S' || line[glued] == 'C') && line[glued + 1] != '\0' &&
	    strchr(":.#*", line[glued + 1]) != NULL) {
		if (duet->spec.role == 0)
			return complain(duet, "the role is to be said first");
		return duet->end == STLS_IN ? read_said(duet, line + glued, glued)
		                            : complain(duet, "the duet is over");
	}
	return read_keyed(duet, line);
}

static bool read_lines(struct duet *duet)
{
	char *line = duet->file;

	while (line != NULL && *line != '\0') {
		char *next = strchr(line, '\n');

		if (next != NULL)
			*next++ = '\0';
		duet->line++;
		if (!read_line(duet, line))
			return false;
		line = next;
	}
	return duet->end != STLS_IN || complain(duet, "it has no end");
}

static char *load(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct octets all = {0};
	char buffer[4096];
	size_t count;

	if (file == NULL) {
		perror(path);
		return NULL;
	}
	octets_add(&all, "", 0);
	while ((count = fread(buffer, 1, sizeof(buffer), file)) > 0)
		octets_add(&all, buffer, count);
	fclose(file);
	return all.bytes;
}

struct duet *duet_read(const char *path)
{
	struct duet *duet = calloc(1, sizeof(*duet));

	if (duet == NULL)
		abort();
	duet->path = strdup(path);
	duet->file = load(path);
	duet->spec.size = sizeof(duet->spec);
	if (duet->file == NULL || !read_lines(duet)) {
		duet_free(duet);
		return NULL;
	}
	return duet;
}

void duet_free(struct duet *duet)
{
	for (size_t i = 0; i < duet->part_count; i++) {
		octets_free(&duet->parts[i].text);
		octets_free(&duet->parts[i].glue);
	}
	for (size_t i = 0; i < duet->check_count; i++)
		octets_free(&duet->checks[i].text);
	octets_free(&duet->unread);
	free(duet->path);
	free(duet->file);
	free(duet);
}
