/* SPDX-License-Identifier: ISC */
/*
 * Plays golden files: every line is a decision.  Each case is driven by the questions
 * that it asks, in three orders of answering; a question that must not be asked, an
 * answer that is never asked for, another decision or another reason fail the line.
 *
 *	run FILE...
 *	run --wrong FILE...	every line must fail
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

struct result {
	const char *said;    /* in words */
	const char *trouble; /* or why there is nothing to say */
};

enum order { FIRST_COMES_FIRST, LAST_COMES_FIRST, EVERY_OTHER, ORDERS };

/* ---- answering ---- */

static bool fits(const struct prepared *prepared, const struct stls_question *question)
{
	return prepared->kind == question->kind &&
	       (!prepared->name || strcmp(prepared->name, question->name) == 0);
}

static const struct stls_answer *answer_to(struct scene *scene,
                                           const struct stls_question *question)
{
	static const struct stls_answer there = {
	    .size = sizeof(there), .security = STLS_DNS_SECURE, .count = 1, .ttl = 86400};

	for (size_t i = 0; i < scene->prepared_count; i++)
		if (fits(&scene->prepared[i], question)) {
			scene->prepared[i].asked = true;
			return &scene->prepared[i].answer;
		}
	return question->kind == STLS_ASK_ADDRESS ? &there : NULL;
}

static const struct stls_question *pick(struct scene *scene, const stls_case *c, enum order order,
                                        unsigned turn)
{
	const struct stls_question *question, *picked = NULL;
	bool last = order == LAST_COMES_FIRST || (order == EVERY_OTHER && turn % 2 == 1);

	for (unsigned id = 1; (question = stls_case_question(c, id)) != NULL; id++) {
		bool better = !picked || last;

		/* Whoever gives up has waited for what could be had. */
		if (picked && scene->give_up && !answer_to(scene, picked))
			better = true;
		if (!question->answered && better)
			picked = question;
	}
	return picked;
}

/* NULL, or the question that must not be asked. */
static const char *drive(struct scene *scene, stls_case *c, enum order order)
{
	for (unsigned turn = 0; stls_case_waits(c) > 0; turn++) {
		const struct stls_question *question = pick(scene, c, order, turn);
		const struct stls_answer *answer = answer_to(scene, question);

		if (answer)
			stls_case_answer(c, question->id, answer);
		else if (scene->give_up)
			stls_case_give_up(c, "it took too long");
		else
			return pool_print(scene->pool, "asked for %s %s",
			                  stls_question_kind_name(question->kind), question->name);
	}
	return NULL;
}

static const char *unasked(const struct scene *scene)
{
	for (size_t i = 0; i < scene->prepared_count; i++)
		if (!scene->prepared[i].asked)
			return pool_print(scene->pool, "never asked for %s %s",
			                  stls_question_kind_name(scene->prepared[i].kind),
			                  scene->prepared[i].name ? scene->prepared[i].name : "");
	return NULL;
}

/* ---- what is asked of the plan ---- */

static struct result try_host(struct scene *scene, const struct stls_plan *plan)
{
	struct stls_verdict verdict = {.size = sizeof(verdict)};

	for (size_t i = 0; i < plan->host_count; i++)
		if (strcmp(plan->hosts[i]->name, scene->tried) == 0) {
			stls_verdict(plan, i, &scene->attempt, &verdict);
			return (struct result){render_verdict(scene->pool, &verdict), NULL};
		}
	return (struct result){NULL, "there is no such host"};
}

static struct result ask_postfix(struct scene *scene, const struct stls_plan *plan)
{
	char text[POSTFIX_ROOM];

	switch (postfix_map(text, sizeof(text), plan, &scene->wish)) {
	case POSTFIX_FOUND: return (struct result){pool_print(scene->pool, "OK %s", text), NULL};
	case POSTFIX_NOT_FOUND: return (struct result){"NOTFOUND", NULL};
	case POSTFIX_TEMPORARY:
		return (struct result){pool_print(scene->pool, "TEMP %s", text), NULL};
	}
	return (struct result){NULL, "no reply"};
}

static struct result play_case(struct scene *scene, enum order order)
{
	struct result result = {NULL, NULL};
	stls_case *c = stls_case_open(&scene->spec, &result.trouble);

	if (!c)
		return (struct result){pool_print(scene->pool, "refused %s", result.trouble), NULL};
	result.trouble = drive(scene, c, order);
	if (!result.trouble && scene->postfix)
		result = ask_postfix(scene, stls_case_plan(c));
	else if (!result.trouble && scene->tried)
		result = try_host(scene, stls_case_plan(c));
	else if (!result.trouble)
		result.said = render_plan(scene->pool, stls_case_plan(c));
	stls_case_close(c);
	return result;
}

static struct result read_key(struct scene *scene)
{
	struct stls_destination to = {.size = sizeof(to)};
	bool found = postfix_key(&to, scene->key) == POSTFIX_FOUND;
	const char *said =
	    found ? pool_print(scene->pool, "OK %s %u", to.name, to.port) : "NOTFOUND";

	return (struct result){said, NULL};
}

/* ---- the ratchet ---- */

static struct stls_occasion occasion_of(enum event_kind kind)
{
	return (struct stls_occasion){.size = sizeof(struct stls_occasion),
	                              .offered = kind != EVENT_GONE,
	                              .encrypted = kind == EVENT_GOOD || kind == EVENT_VERIFIED,
	                              .authenticated = kind == EVENT_VERIFIED};
}

static struct result play_ratchet(struct scene *scene)
{
	static const char *const rulings[] = {"fine", "hold", "let-go"};
	struct stls_ratchet *host = &scene->host;
	int64_t now = GOLDEN_NOW;
	const char *said = "";

	for (size_t i = 0; i < scene->event_count; i++)
		for (unsigned n = 0; n < scene->events[i].times; n++) {
			const struct event *event = &scene->events[i];
			struct stls_occasion occasion = occasion_of(event->kind);
			enum stls_ruling before, after;
			int alert;

			if (event->kind != EVENT_WAIT) {
				before = stls_ratchet_judge(host, &scene->settings, &occasion, now);
				alert =
				    stls_ratchet_observe(host, &scene->settings, &occasion, now);
				after = stls_ratchet_judge(host, &scene->settings, &occasion, now);
				if (before != after)
					return (struct result){NULL,
					                       "the ruling changes by being told"};
				said = rulings[after];
				if (alert)
					said = pool_print(scene->pool, "%s alert", said);
				if (host->hold_until)
					said = pool_print(
					    scene->pool, "%s until=%s", said,
					    render_duration(scene->pool, host->hold_until - now));
			}
			now += event->pause;
		}
	return (struct result){
	    pool_print(scene->pool, "%s occasions=%u days=%u", said, host->occasions, host->days),
	    NULL};
}

/* ---- lines ---- */

static const char *trim(struct pool *pool, const char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length > 0 && text[length - 1] == ' ')
		length--;
	return pool_text(pool, text, length);
}

/* Only plans and verdicts are told in more words than a line needs. */
static bool is_whole(const struct scene *scene, const char *said)
{
	return scene->key || scene->postfix || strncmp(said, "refused", 7) == 0;
}

static bool agrees(struct scene *scene, const struct result *result, const char **missing)
{
	const char *expected = trim(scene->pool, scene->expected);

	*missing = "";
	if (is_whole(scene, result->said)) {
		if (strncmp(result->said, "TEMP ", 5) == 0 && strcmp(expected, "TEMP") == 0)
			return true;
		return strcmp(expected, result->said) == 0;
	}
	if (scene->ratchet)
		return compare(pool_print(scene->pool, "%s by=ratchet", expected),
		               pool_print(scene->pool, "%s by=ratchet", result->said), missing);
	return compare(expected, result->said, missing);
}

/* The same answers make the same plan, in whatever order they came.  (A domain that is
 * not to be delivered to may be known as one before everything was answered.) */
static const char *play_other_orders(struct scene *scene, const struct result *first)
{
	for (int order = LAST_COMES_FIRST; order < ORDERS; order++) {
		struct result again = play_case(scene, (enum order)order);
		const char *missing;

		if (!again.trouble && strcmp(again.said, first->said) != 0 &&
		    (strncmp(again.said, "deliver", 7) == 0 || !agrees(scene, &again, &missing)))
			again.trouble = again.said;
		if (again.trouble)
			return pool_print(scene->pool, "in another order: %s", again.trouble);
	}
	return NULL;
}

static struct result play(struct scene *scene)
{
	struct result result;

	if (scene->key)
		return read_key(scene);
	if (scene->ratchet)
		return play_ratchet(scene);
	result = play_case(scene, FIRST_COMES_FIRST);
	/* Whoever gives up has what came first. */
	if (!result.trouble && !scene->give_up)
		result.trouble = play_other_orders(scene, &result);
	if (!result.trouble)
		result.trouble = unasked(scene);
	return result;
}

static bool play_line(struct scene *scene, const char *where, bool loud)
{
	struct result result = {NULL, scene->wrong};
	const char *missing = "";

	if (!result.trouble)
		result = play(scene);
	if (!result.trouble && agrees(scene, &result, &missing))
		return true;
	if (loud && result.trouble)
		printf("%s: %s\n", where, result.trouble);
	else if (loud)
		printf("%s:\n\texpected%s\n\tfound    %s\n\tmissing  %.40s\n", where,
		       scene->expected, result.said, missing);
	return false;
}

struct score {
	unsigned passed, failed;
};

static int play_file(const char *path, bool wrong, struct score *score)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	if (!file) {
		perror(path);
		return -1;
	}
	for (unsigned number = 1; (length = getline(&line, &room, file)) >= 0; number++) {
		struct scene scene = {.pool = pool_new()};

		line[strcspn(line, "\n")] = '\0';
		if (scene_read(&scene, line)) {
			bool good = play_line(&scene, pool_print(scene.pool, "%s:%u", path, number),
			                      !wrong);

			if (wrong && good)
				printf("%s:%u: should have failed\n", path, number);
			++*(good != wrong ? &score->passed : &score->failed);
		}
		pool_free(scene.pool);
	}
	free(line);
	fclose(file);
	return 0;
}

int main(int argc, char **argv)
{
	bool wrong = argc > 1 && strcmp(argv[1], "--wrong") == 0;
	struct score score = {0, 0};

	for (int i = wrong ? 2 : 1; i < argc; i++)
		if (play_file(argv[i], wrong, &score) != 0)
			return EXIT_FAILURE;
	printf("%u passed, %u failed\n", score.passed, score.failed);
	return score.failed == 0 && score.passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
