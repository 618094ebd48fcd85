/* SPDX-License-Identifier: ISC */
/* Questions, and what is kept of the answers. */
#include <string.h>

#include "policy/case.h"
#include "policy/name.h"

static struct asked *find(const stls_case *c, enum stls_question_kind kind, const char *name)
{
	struct asked *asked = c->first;

	while (asked && (asked->question.kind != kind || strcmp(asked->question.name, name) != 0))
		asked = asked->next;
	return asked;
}

static struct asked *add(stls_case *c, enum stls_question_kind kind, const char *name)
{
	struct asked *asked = arena_take(&c->kept, 1, sizeof(*asked));

	if (!asked)
		return NULL;
	asked->question.id = ++c->asked;
	asked->question.kind = kind;
	asked->question.name = arena_string(&c->kept, name);
	*c->end = asked;
	c->end = &asked->next;
	return asked;
}

/* A failure that says nothing of when to ask again is not asked again at once. */
static const uint32_t failed_ttl = 30;

static void expire(struct walk *w, const struct asked *asked)
{
	const struct stls_answer *answer = &asked->answer;
	uint32_t ttl = answer->ttl;

	if (asked->question.kind == STLS_ASK_STS_POLICY)
		return;
	if (answer->security <= STLS_DNS_BOGUS && ttl < failed_ttl)
		ttl = failed_ttl;
	case_expire(w, w->c->spec.now + ttl);
}

/* With a label in front a long name may become one that DNS has no room for (RFC 1035
 * section 2.3.4): there is none such, and no need to ask. */
static const struct asked cannot_be = {
    .answer = {.security = STLS_DNS_SECURE, .absent = STLS_NO_NAME}};

const struct asked *case_asked(struct walk *w, enum stls_question_kind kind, const char *name)
{
	struct asked *asked;

	if (kind != STLS_ASK_STS_POLICY && strlen(name) >= NAME_ROOM)
		return &cannot_be;
	asked = find(w->c, kind, name);
	if (!asked)
		asked = add(w->c, kind, name);
	if (!asked)
		return NULL;
	if (!asked->question.answered && w->c->given_up) {
		asked->question.answered = 1;
		asked->answer.fault = STLS_FAULT_TIMEOUT;
		asked->answer.detail = w->c->given_up_detail;
	}
	if (!asked->question.answered) {
		w->c->waits++;
		return NULL;
	}
	expire(w, asked);
	return asked;
}

const struct stls_answer *case_ask(struct walk *w, enum stls_question_kind kind, const char *name)
{
	const struct asked *asked = case_asked(w, kind, name);

	return asked ? &asked->answer : NULL;
}

bool case_is_alias(const struct stls_answer *answer, const char *name)
{
	return answer->canonical && strcmp(answer->canonical, name) != 0;
}

/* A host as it is compared; what is no host name is kept as "", but for the root. */
static const char *keep_host(stls_case *c, const char *host)
{
	char name[NAME_ROOM] = "";

	if (!host || name_is_root(host))
		return ".";
	return name_read(name, host, strlen(host)) ? arena_string(&c->kept, name) : "";
}

/* Whether there is something there, and how much of it. */
static size_t kept(const struct stls_answer *answer, const void *records)
{
	return records && answer->absent == STLS_THERE ? answer->count : 0;
}

static void keep_mx(stls_case *c, struct stls_answer *copy, const struct stls_answer *from)
{
	size_t count = kept(from, from->mx);
	struct stls_mx *mx = arena_take(&c->kept, count, sizeof(*mx));

	for (size_t i = 0; mx && i < count; i++)
		mx[i] = (struct stls_mx){from->mx[i].preference, keep_host(c, from->mx[i].host)};
	copy->mx = mx;
	copy->count = mx ? count : 0;
}

static void keep_srv(stls_case *c, struct stls_answer *copy, const struct stls_answer *from)
{
	size_t count = kept(from, from->srv);
	struct stls_srv *srv = arena_take(&c->kept, count, sizeof(*srv));

	for (size_t i = 0; srv && i < count; i++) {
		srv[i] = from->srv[i];
		srv[i].host = keep_host(c, from->srv[i].host);
	}
	copy->srv = srv;
	copy->count = srv ? count : 0;
}

static void keep_texts(stls_case *c, struct stls_answer *copy, const struct stls_answer *from)
{
	size_t count = kept(from, from->texts);
	struct stls_text *texts = arena_take(&c->kept, count, sizeof(*texts));

	for (size_t i = 0; texts && i < count; i++) {
		texts[i].bytes = arena_text(&c->kept, from->texts[i].bytes, from->texts[i].length);
		texts[i].length = texts[i].bytes ? from->texts[i].length : 0;
	}
	copy->texts = texts;
	copy->count = texts ? count : 0;
}

static void keep_tlsa(stls_case *c, struct stls_answer *copy, const struct stls_answer *from)
{
	size_t count = kept(from, from->tlsa);
	struct stls_tlsa *tlsa = arena_take(&c->kept, count, sizeof(*tlsa));

	for (size_t i = 0; tlsa && i < count; i++) {
		const char *data = (const char *)from->tlsa[i].data;

		tlsa[i] = from->tlsa[i];
		tlsa[i].data =
		    (const unsigned char *)arena_text(&c->kept, data, from->tlsa[i].length);
		if (!tlsa[i].data)
			tlsa[i].length = 0;
	}
	copy->tlsa = tlsa;
	copy->count = tlsa ? count : 0;
}

static void keep_records(stls_case *c, enum stls_question_kind kind, struct stls_answer *copy,
                         const struct stls_answer *from)
{
	switch (kind) {
	case STLS_ASK_MX: keep_mx(c, copy, from); break;
	case STLS_ASK_SRV: keep_srv(c, copy, from); break;
	case STLS_ASK_STS_RECORD: keep_texts(c, copy, from); break;
	case STLS_ASK_TLSA: keep_tlsa(c, copy, from); break;
	case STLS_ASK_ADDRESS: copy->count = from->count; break;
	case STLS_ASK_CNAME: copy->count = 1; break;
	case STLS_ASK_STS_POLICY:
		/* One octet more than is allowed says as much as all of them. */
		copy->body.length = from->body.length <= STLS_STS_LARGEST ? from->body.length
		                                                          : STLS_STS_LARGEST + 1;
		copy->body.bytes = arena_text(&c->kept, from->body.bytes, copy->body.length);
		copy->content_type = arena_string(&c->kept, from->content_type);
		copy->fault = from->fault;
		copy->status = from->status;
		break;
	}
}

/* Once, and not in every walk: it may be large. */
static void read_policy(struct asked *asked)
{
	const struct stls_text *body = &asked->answer.body;

	asked->policy.size = sizeof(asked->policy);
	asked->malformed =
	    stls_sts_policy(&asked->policy, body->bytes ? body->bytes : "", body->length);
}

static const char *keep_detail(stls_case *c, const char *detail)
{
	size_t length = detail ? strlen(detail) : 0;

	return arena_text(&c->kept, detail, length < 200 ? length : 200);
}

void case_keep_answer(stls_case *c, struct asked *asked, const struct stls_answer *from)
{
	struct stls_answer *copy = &asked->answer;
	char name[NAME_ROOM];

	asked->question.answered = 1;
	*copy = (struct stls_answer){.size = sizeof(*copy),
	                             .security = from->security,
	                             .absent = from->absent,
	                             .ttl = from->ttl,
	                             .detail = keep_detail(c, from->detail)};
	if (from->canonical && name_read(name, from->canonical, strlen(from->canonical)))
		copy->canonical = arena_string(&c->kept, name);
	keep_records(c, asked->question.kind, copy, from);
	if (asked->question.kind == STLS_ASK_STS_POLICY)
		read_policy(asked);
	/* "There are records", and none came: there are none. */
	if (copy->count == 0 && copy->absent == STLS_THERE)
		copy->absent = STLS_NO_RECORDS;
}
