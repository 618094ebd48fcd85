/* SPDX-License-Identifier: ISC */
/* What the world would answer: "mx S 10 mx1", "tlsa mx1 S 311", "txt S 1", "sts enforce mx1". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

static struct prepared *prepare(struct scene *scene, enum stls_question_kind kind, const char *name)
{
	struct prepared *prepared = &scene->prepared[scene->prepared_count];

	if (scene->prepared_count == PREPARED - 1)
		scene->wrong = "there are too many answers";
	else
		scene->prepared_count++;
	prepared->kind = kind;
	prepared->name = name;
	prepared->answer = (struct stls_answer){.size = sizeof(struct stls_answer), .ttl = 86400};
	return prepared;
}

/* "S", "I", "B", "F"; then "-" or "!" for what is not there, ">name" for an alias,
 * "~60" for a time to live. */
static void read_security(struct scene *scene, struct stls_answer *answer, const char *word)
{
	static const char letters[] = "FBIS";
	const char *letter = word[0] ? strchr(letters, word[0]) : NULL, *alias;

	if (!letter) {
		scene->wrong = pool_print(scene->pool, "\"%s\" is not how secure it is", word);
		return;
	}
	answer->security = (enum stls_dns)(letter - letters);
	if (strchr(word, '-'))
		answer->absent = STLS_NO_RECORDS;
	if (strchr(word, '!'))
		answer->absent = STLS_NO_NAME;
	if (strchr(word, '~'))
		answer->ttl = (uint32_t)strtoul(strchr(word, '~') + 1, NULL, 10);
	alias = strchr(word, '>');
	if (alias)
		answer->canonical =
		    scene_name(scene, pool_text(scene->pool, alias + 1, strcspn(alias + 1, "-!~")));
}

static void read_mx(struct scene *scene, const struct clause *clause)
{
	struct prepared *prepared = prepare(scene, STLS_ASK_MX, NULL);
	struct stls_mx *mx = pool_take(scene->pool, WORDS * sizeof(*mx));

	prepared->answer.mx = mx;
	for (size_t i = 2; i + 1 < clause->count; i += 2)
		mx[prepared->answer.count++] = (struct stls_mx){
		    scene_number(scene, clause->words[i]), scene_name(scene, clause->words[i + 1])};
	read_security(scene, &prepared->answer, clause->words[1]);
}

/* "srv _imaps S 10/0 993 imap" */
static void read_srv(struct scene *scene, const struct clause *clause)
{
	struct prepared *prepared = prepare(
	    scene, STLS_ASK_SRV, pool_print(scene->pool, "%s._tcp.d.test", clause->words[1]));
	struct stls_srv *srv = pool_take(scene->pool, WORDS * sizeof(*srv));

	prepared->answer.srv = srv;
	for (size_t i = 3; i + 2 < clause->count; i += 3) {
		struct stls_srv *one = &srv[prepared->answer.count++];

		sscanf(clause->words[i], "%u/%u", &one->priority, &one->weight);
		one->port = scene_number(scene, clause->words[i + 1]);
		one->host = scene_name(scene, clause->words[i + 2]);
	}
	read_security(scene, &prepared->answer, clause->words[2]);
}

static void read_address(struct scene *scene, const struct clause *clause)
{
	struct prepared *prepared =
	    prepare(scene, STLS_ASK_ADDRESS, scene_name(scene, clause->words[1]));

	prepared->answer.count = 1;
	read_security(scene, &prepared->answer, clause->words[2]);
}

static void read_cname(struct scene *scene, const struct clause *clause)
{
	struct prepared *prepared =
	    prepare(scene, STLS_ASK_CNAME, scene_name(scene, clause->words[1]));

	read_security(scene, &prepared->answer, clause->words[2]);
}

/* "311": usage, selector, matching, with data of the right length; "311x" has one
 * octet less, "311b" other octets. */
static struct stls_tlsa read_record(struct scene *scene, const char *word)
{
	static unsigned char data[2][64] = {{0xaa}, {0xbb}};
	struct stls_tlsa record = {0};

	if (strlen(word) < 3)
		scene->wrong = pool_print(scene->pool, "\"%s\" is no TLSA record", word);
	record.usage = (uint8_t)(word[0] - '0');
	record.selector = (uint8_t)(word[1] - '0');
	record.matching = (uint8_t)(word[2] - '0');
	record.data = data[strchr(word, 'b') != NULL];
	record.length = record.matching == 2 ? 64 : 32;
	if (strchr(word, 'x'))
		record.length--;
	if (strchr(word, 'e'))
		record.length = 0;
	return record;
}

/* "tlsa mx1 S 311", "tlsa mx1:587 S 311" */
static void read_tlsa(struct scene *scene, const struct clause *clause)
{
	const char *word = clause->words[1], *colon = strchr(word, ':');
	const char *host = pool_text(scene->pool, word, strcspn(word, ":"));
	const char *name = pool_print(scene->pool, "_%s._tcp.%s", colon ? colon + 1 : "25",
	                              scene_name(scene, host));
	struct prepared *prepared = prepare(scene, STLS_ASK_TLSA, name);
	struct stls_tlsa *tlsa = pool_take(scene->pool, WORDS * sizeof(*tlsa));

	prepared->answer.tlsa = tlsa;
	for (size_t i = 3; i < clause->count; i++)
		tlsa[prepared->answer.count++] = read_record(scene, clause->words[i]);
	read_security(scene, &prepared->answer, clause->words[2]);
}

/* "txt S 20260101": a record of that id; in quotes: the record itself. */
static void read_txt(struct scene *scene, const struct clause *clause)
{
	struct prepared *prepared = prepare(scene, STLS_ASK_STS_RECORD, NULL);
	struct stls_text *texts = pool_take(scene->pool, WORDS * sizeof(*texts));

	prepared->answer.texts = texts;
	for (size_t i = 2; i < clause->count; i++) {
		const char *text = clause->words[i];

		if (!clause->quoted[i])
			text = pool_print(scene->pool, "v=STSv1; id=%s;", text);
		texts[prepared->answer.count++] = (struct stls_text){text, strlen(text)};
	}
	read_security(scene, &prepared->answer, clause->words[1]);
}

/* "enforce mx1 *.e.test", "testing 3600 mx1": mode, perhaps max_age, patterns. */
static struct stls_text write_policy(struct scene *scene, const struct clause *clause, size_t from)
{
	const char *text = pool_print(scene->pool, "version: STSv1\nmode: %s\n",
	                              from < clause->count ? clause->words[from] : "");
	const char *age = "604800";

	if (from + 1 < clause->count &&
	    strspn(clause->words[from + 1], "0123456789") == strlen(clause->words[from + 1]))
		age = clause->words[++from];
	text = pool_print(scene->pool, "%smax_age: %s\n", text, age);
	for (size_t i = from + 1; i < clause->count; i++)
		text = pool_print(scene->pool, "%smx: %s\n", text,
		                  scene_name(scene, clause->words[i]));
	return (struct stls_text){text, strlen(text)};
}

/* "sts !404", "sts !certificate-expired": what is there instead of a policy. */
static void read_trouble(struct scene *scene, struct stls_answer *answer, const char *word)
{
	static char big[STLS_STS_LARGEST + 1];

	if (strcmp(word, "big") == 0) {
		const char *head = "version: STSv1\nmode: enforce\nmax_age: 9\nmx: mx1.test\n";

		memset(big, '\n', sizeof(big));
		memcpy(big, head, strlen(head));
		answer->body = (struct stls_text){big, sizeof(big)};
	} else if (strcmp(word, "html") == 0) {
		answer->content_type = "text/html";
	} else if (strcmp(word, "untyped") == 0) {
		answer->content_type = NULL;
	} else if (word[0] >= '0' && word[0] <= '9') {
		answer->status = (int)scene_number(scene, word);
	} else {
		answer->status = 0;
		answer->fault = scene_fault(scene, word);
	}
}

static void read_sts(struct scene *scene, const struct clause *clause)
{
	struct prepared *prepared = prepare(scene, STLS_ASK_STS_POLICY, NULL);
	struct stls_answer *answer = &prepared->answer;

	answer->status = 200;
	answer->content_type = "text/plain; charset=utf-8";
	if (clause->quoted[1])
		answer->body = (struct stls_text){clause->words[1], strlen(clause->words[1])};
	else if (clause->words[1][0] == '!')
		read_trouble(scene, answer, clause->words[1] + 1);
	else
		answer->body = write_policy(scene, clause, 1);
}

/* "known ID AGE MODE ...": what is remembered of the domain's policy. */
static void read_known(struct scene *scene, const struct clause *clause)
{
	struct stls_text text = write_policy(scene, clause, 3);

	scene->memory.id = clause->words[1];
	scene->memory.fetched = GOLDEN_NOW - scene_duration(scene, clause->words[2]);
	scene->memory.text = text.bytes;
	scene->memory.length = text.length;
	scene->spec.sts = &scene->memory;
}

/* "failed ID AGE TIMES FAULT": what is remembered of fetching it. */
static void read_failed(struct scene *scene, const struct clause *clause)
{
	scene->memory.failed_id = clause->words[1];
	scene->memory.failed = GOLDEN_NOW - scene_duration(scene, clause->words[2]);
	scene->memory.failures = scene_number(scene, clause->words[3]);
	scene->memory.fault = scene_fault(scene, clause->words[4]);
	scene->spec.sts = &scene->memory;
}

/* "looked AGE": when it was last refreshed, or tried to be. */
static void read_looked(struct scene *scene, const struct clause *clause)
{
	scene->memory.looked = GOLDEN_NOW - scene_duration(scene, clause->words[1]);
	scene->spec.sts = &scene->memory;
}

bool scene_read_answer(struct scene *scene, const struct clause *clause)
{
	static const struct {
		const char *word;
		size_t least;
		void (*read)(struct scene *, const struct clause *);
	} readers[] = {{"mx", 2, read_mx},         {"srv", 3, read_srv},
	               {"a", 3, read_address},     {"cname", 3, read_cname},
	               {"tlsa", 3, read_tlsa},     {"txt", 2, read_txt},
	               {"sts", 2, read_sts},       {"known", 4, read_known},
	               {"failed", 5, read_failed}, {"looked", 2, read_looked}};

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (!clause_is(clause, readers[i].word))
			continue;
		if (clause->count < readers[i].least)
			scene->wrong =
			    pool_print(scene->pool, "\"%s\" lacks something", readers[i].word);
		else
			readers[i].read(scene, clause);
		return true;
	}
	return false;
}
