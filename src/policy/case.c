/* SPDX-License-Identifier: ISC */
/* Opening a case, its questions, and the answers. */
#include <stdlib.h>
#include <string.h>

#include "policy/case.h"
#include "policy/name.h"
#include "policy/sized.h"

static void keep_override(stls_case *c, const struct stls_override *local)
{
	const char **names;
	size_t count = 0;

	sized_in(&c->local, sizeof(c->local), local, local->size);
	c->local.reason = arena_string(&c->kept, local->reason);
	c->spec.local = &c->local;
	if (!local->names)
		return;
	while (local->names[count])
		count++;
	names = arena_take(&c->kept, count + 1, sizeof(*names));
	for (size_t i = 0; names && i < count; i++) {
		char name[NAME_ROOM] = "";

		name_read(name, local->names[i], strlen(local->names[i]));
		names[i] = arena_string(&c->kept, name);
	}
	c->local.names = names;
}

static void keep_memory(stls_case *c, const struct stls_sts_memory *memory)
{
	c->sts.size = sizeof(c->sts);
	c->sts.id = c->sts.failed_id = "";
	if (!memory)
		return;
	sized_in(&c->sts, sizeof(c->sts), memory, memory->size);
	c->sts.size = sizeof(c->sts);
	c->sts.text = arena_text(&c->kept, memory->text, memory->length);
	c->sts.id = arena_string(&c->kept, memory->id ? memory->id : "");
	c->sts.failed_id = arena_string(&c->kept, memory->failed_id ? memory->failed_id : "");
}

static void keep_spec(stls_case *c, const struct stls_case_spec *spec)
{
	c->spec = *spec;
	c->spec.size = sizeof(c->spec);
	c->spec.domain = c->to.name;
	c->spec.accepted = arena_string(&c->kept, spec->accepted);
	c->spec.sts = &c->sts;
	keep_memory(c, spec->sts);
	c->known.size = sizeof(c->known);
	c->valid = stls_sts_valid(&c->sts, spec->now, &c->known);
	c->next_look = stls_sts_next_look(&c->sts, spec->now);
	if (spec->local)
		keep_override(c, spec->local);
}

static const char *check(const struct stls_case_spec *spec, struct stls_destination *to)
{
	const char *wrong =
	    spec->domain ? stls_destination_parse(to, spec->domain) : "there is no domain";

	if (!wrong && to->kind == STLS_DESTINATION_PARENT)
		wrong = "a parent domain is no destination";
	if (!wrong && spec->service != STLS_SERVICE_RELAY && to->kind != STLS_DESTINATION_DOMAIN)
		wrong = "a service is looked for in a domain";
	if (!wrong && spec->service != STLS_SERVICE_RELAY && !*stls_service_name(spec->service))
		wrong = "there is no such service";
	if (!wrong && spec->floor != 0 && spec->floor != STLS_LEVEL_MAY &&
	    spec->floor != STLS_LEVEL_ENCRYPT && spec->floor != STLS_LEVEL_SECURE)
		wrong = "the floor is one of may, encrypt and secure";
	if (!wrong && spec->local)
		wrong = stls_override_check(spec->local);
	return wrong;
}

stls_case *stls_case_open(const struct stls_case_spec *given, const char **wrong)
{
	struct stls_destination to = {.size = sizeof(to)};
	struct stls_case_spec spec;
	const char *why;
	stls_case *c;

	sized_in(&spec, sizeof(spec), given, given->size);
	why = check(&spec, &to);
	c = why ? NULL : calloc(1, sizeof(*c));
	if (!why && !c)
		why = "there is no memory left";
	if (wrong)
		*wrong = why;
	if (!c)
		return NULL;
	c->to = to;
	c->end = &c->first;
	keep_spec(c, &spec);
	case_walk(c);
	return c;
}

void stls_case_close(stls_case *c)
{
	if (!c)
		return;
	arena_clear(&c->kept);
	arena_clear(&c->scratch);
	free(c);
}

static struct asked *find(const stls_case *c, unsigned id)
{
	struct asked *asked = c->first;

	while (asked && asked->question.id != id)
		asked = asked->next;
	return asked;
}

const struct stls_question *stls_case_question(const stls_case *c, unsigned id)
{
	const struct asked *asked = find(c, id);

	return asked ? &asked->question : NULL;
}

size_t stls_case_waits(const stls_case *c)
{
	return c->waits;
}

void stls_case_answer(stls_case *c, unsigned id, const struct stls_answer *given)
{
	struct asked *asked = find(c, id);
	struct stls_answer answer;

	/* What the plan points to must stay as it is. */
	if (!asked || asked->question.answered || c->waits == 0)
		return;
	sized_in(&answer, sizeof(answer), given, given->size);
	case_keep_answer(c, asked, &answer);
	case_walk(c);
}

void stls_case_give_up(stls_case *c, const char *detail)
{
	if (c->waits == 0)
		return;
	c->given_up = true;
	c->given_up_detail = arena_string(&c->kept, detail);
	case_walk(c);
}

const struct stls_plan *stls_case_plan(stls_case *c)
{
	return c->waits == 0 ? &c->plan : NULL;
}
