/* SPDX-License-Identifier: ISC */
/*
 * MTA-STS (RFC 8461): the record, the policy, which hosts it names, and when to
 * look at it again.  Pure: time is an argument, in seconds since 1970.
 */
#ifndef STARTTLS_STS_H
#define STARTTLS_STS_H

#include <stddef.h>
#include <stdint.h>

#include <starttls/api.h>
#include <starttls/fault.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STLS_STS_LARGEST 65536   /* octets of a policy (RFC 8461 section 3.3) */
#define STLS_STS_ID_LONGEST 32   /* characters of an id (RFC 8461 section 3.1) */
#define STLS_STS_OLDEST 31557600 /* seconds that a policy may hold (section 3.2) */

/* The text of a record, its strings joined without a space between them. */
struct stls_text {
	const char *bytes;
	size_t length;
};

/* What the TXT records of _mta-sts.DOMAIN come to. */
enum stls_sts_record {
	STLS_STS_ABSENT = 0, /* none is an MTA-STS record: the domain has none */
	STLS_STS_PRESENT,    /* exactly one, and the id is in it */
	STLS_STS_MALFORMED   /* several, or one that is not well-formed (RFC 8461 section 3.1) */
};

/* id has room for STLS_STS_ID_LONGEST + 1 and is "" but for STLS_STS_PRESENT.
 * *wrong, if not NULL, is why it is malformed, as a sentence without a dot. */
STLS_API enum stls_sts_record stls_sts_record(const struct stls_text *records, size_t count,
                                              char *id, const char **wrong);

enum stls_sts_mode {
	STLS_STS_UNKNOWN = 0, /* there is no policy, or none is known */
	STLS_STS_NONE,
	STLS_STS_TESTING,
	STLS_STS_ENFORCE
};
STLS_API const char *stls_sts_mode_name(enum stls_sts_mode); /* "enforce"; "" for no policy */

/* A policy that was read.  Everything is borrowed from its text. */
struct stls_sts_policy {
	size_t size; /* sizeof(struct stls_sts_policy), set by the caller */
	enum stls_sts_mode mode;
	uint32_t max_age;
	size_t mx_count;
	const char *text;
	size_t length;
};

/* NULL, or what is wrong with the policy as a sentence without a dot: the whole
 * of it is refused then (RFC 8461 section 3.2). */
STLS_API const char *stls_sts_policy(struct stls_sts_policy *, const char *text, size_t length);

/* The pattern of one "mx" field, "mail.example.org" or "*.example.org"; its
 * length is 0 when there are not that many. */
STLS_API struct stls_text stls_sts_pattern(const struct stls_sts_policy *, size_t index);

/* True when the policy names the host (RFC 8461 section 4.1): without case, a dot
 * at the end is ignored, "*." stands for exactly one label. */
STLS_API int stls_sts_names(const struct stls_sts_policy *, const char *host);

/*
 * What is remembered of a domain.  It is given to a case, which gives back what
 * to remember from then on.  All of it zero: nothing is known.  A policy outlives
 * failures to fetch it, and a record that has gone, until max_age is over.
 */
struct stls_sts_memory {
	size_t size;      /* sizeof(struct stls_sts_memory) */
	const char *text; /* the policy as it was fetched; NULL: none is known */
	size_t length;
	const char *id;        /* of the record under which it was fetched, or "" */
	int64_t fetched;       /* when */
	int64_t failed;        /* when fetching failed last, 0: it did not since */
	const char *failed_id; /* the id that it failed for, or "" */
	unsigned failures;     /* how often in a row */
	enum stls_fault fault; /* how it failed last */
	int64_t looked;        /* when a case last refreshed it, whatever came of it; or 0 */
};

/* True when a policy is known, well-formed and has not expired; policy (may be
 * NULL) receives it.  A clock that was set back does not make a policy expire. */
STLS_API int stls_sts_valid(const struct stls_sts_memory *, int64_t now,
                            struct stls_sts_policy *policy);

/* When the known policy expires, or 0. */
STLS_API int64_t stls_sts_expires(const struct stls_sts_memory *);

/*
 * When to look again at record and policy, without anybody asking: daily, hourly
 * for one in testing, always before half of max_age is over, and five minutes
 * (then longer) after a failure.  0: nothing is known any more, so there is nothing
 * to look after.
 */
STLS_API int64_t stls_sts_next_look(const struct stls_sts_memory *, int64_t now);

/* True when the policy of this id may be fetched now: RFC 8461 section 3.3 asks
 * for a pause of five minutes after a failure, which holds for the same id only. */
STLS_API int stls_sts_may_fetch(const struct stls_sts_memory *, const char *id, int64_t now);

/* True when repeated failures are worth an alert (RFC 8461 section 3.3: not for a
 * policy of mode none). */
STLS_API int stls_sts_alert(const struct stls_sts_memory *, int64_t now);

#ifdef __cplusplus
}
#endif

#endif
