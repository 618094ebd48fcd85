/* SPDX-License-Identifier: ISC */
/*
 * How a case thinks.  It keeps what it was told, and after every answer walks the
 * whole way again from the start (case_walk): whatever is not known yet becomes a
 * question, and the walk goes on with what does not depend on it.  When a walk has met
 * no open question, the way is walked once more, to the end, and what is put together
 * then is the plan.  So a plan is a function of the spec and the answers, and of
 * nothing else.
 */
#ifndef POLICY_CASE_H
#define POLICY_CASE_H

#include <stdbool.h>
#include <stdio.h>

#include <starttls/policy.h>

#include "policy/arena.h"

struct asked {
	struct stls_question question;
	struct stls_answer answer;
	/* STLS_ASK_STS_POLICY: what is in the body, or what is wrong with it. */
	struct stls_sts_policy policy;
	const char *malformed;
	struct asked *next;
};

struct stls_case {
	struct arena kept;    /* the spec, questions, answers */
	struct arena scratch; /* of the last walk: the plan */
	struct stls_case_spec spec;
	struct stls_override local;
	struct stls_sts_memory sts;
	struct stls_sts_policy known; /* of sts, if it is valid */
	bool valid;
	int64_t next_look;
	struct stls_destination to;
	struct asked *first;
	struct asked **end;
	unsigned asked;
	size_t waits; /* open questions that the last walk met */
	bool given_up;
	const char *given_up_detail;
	struct stls_plan plan;
};

struct step_link {
	struct stls_step step;
	struct step_link *next;
};

struct host_link {
	struct stls_host host;
	struct host_link *next;
};

/* Why nothing is known of MTA-STS: hosts that depend on it cannot be used. */
struct sts_found {
	struct stls_sts_state state;
	enum stls_fault lost; /* NONE: it is known whether there is a policy, and which */
	bool unseen;          /* what is remembered cannot be read */
	bool found;           /* all that there is to find out */
};

/* One walk. */
struct walk {
	stls_case *c;
	struct arena *arena;
	bool last; /* nothing is open: hosts are judged */
	int64_t valid_until;
	bool local, requiretls, optional; /* which demands count (table 4.4, rows 1 to 3) */
	enum stls_level floor;
	struct sts_found sts;
	enum stls_dns mx;     /* how secure the way to the hosts is */
	const char *expanded; /* the end of the domain's aliases, where secure; or NULL */
	struct step_link *steps, **steps_end;
	size_t step_count;
	struct host_link *hosts, **hosts_end;
	size_t host_count;
};

/* case_ask.c */

/* The answer, or NULL: then it is a question, and the walk waits. */
const struct stls_answer *case_ask(struct walk *, enum stls_question_kind, const char *name);
/* The same, with what was made of the answer. */
const struct asked *case_asked(struct walk *, enum stls_question_kind, const char *name);
/* The answer to an address question says that the name is an alias. */
bool case_is_alias(const struct stls_answer *, const char *name);
void case_keep_answer(stls_case *, struct asked *, const struct stls_answer *);

/* case_say.c */

/* One step; text is a format.  about is a host, or "". */
#define SENTENCE 700
#define case_say(WALK, ABOUT, RULE, ...)                                                           \
	do {                                                                                       \
		char text_[SENTENCE];                                                              \
		snprintf(text_, sizeof(text_), __VA_ARGS__);                                       \
		case_step(WALK, ABOUT, RULE, text_);                                               \
	} while (0)
void case_step(struct walk *, const char *about, const char *rule, const char *text);
/* Text of the walk, as snprintf() has it. */
#define case_print(WALK, OUT, ...)                                                                 \
	do {                                                                                       \
		char text_[SENTENCE];                                                              \
		snprintf(text_, sizeof(text_), __VA_ARGS__);                                       \
		*(OUT) = case_text(WALK, text_);                                                   \
	} while (0)
const char *case_text(struct walk *, const char *); /* never NULL */
/* The part of a sentence behind a failure: ": timeout", or "". */
const char *case_detail(struct walk *, const struct stls_answer *);
const char *case_seconds(struct walk *, int64_t); /* "3 days" */

/* case_walk.c */
void case_walk(stls_case *);
/* Another host of the plan, zeroed; NULL when memory is out. */
struct stls_host *case_host(struct walk *, const char *name, unsigned port);
/* The host must not be used. */
void case_skip(struct stls_host *, enum stls_fault);
/* The whole domain: deferred or failed, by the fault. */
void case_end(struct walk *, enum stls_fault, const char *rule, const char *reason);
/* The outcome from what became of the hosts. */
void case_sum(struct walk *);
bool case_over(const struct walk *); /* case_end() was called */
void case_expire(struct walk *, int64_t moment);

/* The parts of a walk, a file each. */
void walk_relay(struct walk *);
void walk_service(struct walk *);
void walk_sts(struct walk *);     /* fills walk->sts */
void walk_sts_end(struct walk *); /* what follows from it, once the plan is made */

/* walk_dane.c */
enum dane_kind { DANE_NONE, DANE_WAITS, DANE_LOST, DANE_UNUSABLE, DANE_USABLE };
struct dane {
	enum dane_kind kind;
	enum stls_fault lost;
	const char *base;
	const struct stls_tlsa *tlsa; /* those that count */
	size_t count;
	const struct stls_tlsa *found; /* all of them */
	size_t found_count;
};
/* The TLSA records of one name. */
struct dane walk_dane_at(struct walk *, const char *host, unsigned port, const char *base);
/* Of a host, whose addresses have been looked up (RFC 7672 section 2.2.2, 2.2.3). */
struct dane walk_dane(struct walk *, const char *host, unsigned port, const struct stls_answer *);

/* walk_level.c: the decision table of what a host must show */
void walk_level(struct walk *, struct stls_host *, const struct dane *);
/* Names that the certificate may be for, the last one NULL; NULLs before it are left
 * out. */
void walk_want(struct walk *, struct stls_host *, const char *const *names, size_t count);

/* walk_address.c */
enum address_found { ADDRESS_WAITS, ADDRESS_LOST, ADDRESS_FOUND };
/* The addresses of a host; ADDRESS_LOST: the host is skipped. */
enum address_found walk_address(struct walk *, struct stls_host *, const struct stls_answer **);

#endif
