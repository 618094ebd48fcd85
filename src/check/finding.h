/* SPDX-License-Identifier: ISC */
/*
 * What a probe found out about a service, kept after the connection is gone, and
 * the verdict on it, which is pure.
 */
#ifndef CHECK_FINDING_H
#define CHECK_FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include <starttls/tls.h>

#include "check/service.h"
#include "check/tape.h"
#include "check/trail.h"

struct finding_certificate {
	bool there;
	char subject[256], issuer[256], key[64], signature[64];
	int64_t not_before, not_after;
	char **names; /* "DNS:mail.example.org", escaped */
	size_t name_count;
};

enum finding_login {
	FINDING_NO_LOGIN,
	FINDING_LOGIN_SKIPPED,
	FINDING_LOGIN_DONE,
	FINDING_LOGIN_FAILED
};

/* What the TLSA records say of the certificate. */
enum finding_tlsa {
	FINDING_NO_TLSA,
	FINDING_TLSA_LOST,     /* they could not be looked up */
	FINDING_TLSA_UNUSABLE, /* there are some, and none can be used */
	FINDING_TLSA_MATCHES,
	FINDING_TLSA_DIFFERS
};

struct finding {
	const struct service *service;
	const struct trail *trail; /* how it was found, or NULL */
	enum stls_fault fault;     /* what ended the probe before it was over */
	char detail[400];
	char peer[ADDRESS_TEXT];
	int64_t milliseconds;
	struct tape tape;

	bool up; /* the handshake is over, and what follows is known */
	char version[16], cipher[64], group[64], alpn[32], sni[256], matched[256];
	bool resumed, binds;
	enum stls_trust verified;
	enum stls_fault unverified;
	struct finding_certificate certificate;
	enum finding_tlsa tlsa;
	enum stls_fault tlsa_fault; /* FINDING_TLSA_LOST, FINDING_TLSA_DIFFERS */

	bool listed;
	char **capabilities;
	size_t capability_count;

	enum finding_login login;
	const char *mechanism; /* NULL: none was found */
	const char *user;
};

void finding_free(struct finding *);

/* Copies of what the connection knows. 0, or -1 when memory is out. */
int finding_facts(struct finding *, stls_tls *);
/* The TLSA records of the trail's host, of which the connection knows nothing: where they
 * decide, they alone do (RFC 7672 section 3.1, RFC 7673 section 3.4). */
void finding_records(struct finding *, const stls_tls *, const struct stls_tls_peer *);
int finding_capabilities(struct finding *, const stls_dialogue *);

/* ---- the verdict ---- */

enum { STATUS_OK, STATUS_WARNING, STATUS_CRITICAL, STATUS_UNKNOWN };

enum warning_kind {
	WARN_EXPIRES_SOON,
	WARN_STILL_LISTED, /* CORE-12 */
	WARN_TEMPTING,     /* CHK-07 */
	WARN_PASSED_OVER,  /* a host that comes before this one could not be used */
	WARN_KINDS
};

#define SOON_DAYS 14

struct verdict {
	int status;
	const char *name, *sentence; /* of the fault, or of the first warning, or "fine" */
	bool warnings[WARN_KINDS];
	int64_t days_left; /* of the certificate */
};

/* now: seconds since 1970 */
struct verdict finding_verdict(const struct finding *, int64_t now);

const char *warning_name(enum warning_kind);
const char *warning_sentence(enum warning_kind);
const char *status_word(int status);
/* Of several: critical is worse than unknown, and that than a warning. */
int status_worse(int one, int other);

#endif
