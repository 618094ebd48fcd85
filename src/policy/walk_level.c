/* SPDX-License-Identifier: ISC */
/*
 * The decision table: what a host must show.  Its rows, the first that matches:
 *
 *	1  the operator's override
 *	2  the message demands REQUIRETLS
 *	3  the message says TLS-Required: No       (nothing published was asked for then)
 *	4  a look-up failed                        (the host has been skipped before)
 *	5  TLSA records that can be used           DANE, and MTA-STS where DANE does not decide
 *	6  TLSA records that cannot                encryption
 *	7  the same, and MTA-STS in enforce        as 8
 *	8  MTA-STS in enforce                      the policy names the host, and PKIX
 *	9  nothing, or MTA-STS in testing or none  as it can
 *
 * and nothing of it is below the floor.
 */
#include <string.h>

#include "policy/case.h"
#include "policy/name.h"

/* What a level is decided from. */
struct facts {
	struct walk *w;
	struct stls_host *host;
	const struct dane *dane;
	bool enforce, testing;
	bool named;      /* by the MTA-STS policy */
	bool signed_way; /* DNSSEC proves that this is a host of the domain */
};

static bool is_wanted(const struct stls_id *ids, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i].length == strlen(name) && memcmp(ids[i].bytes, name, ids[i].length) == 0)
			return true;
	return false;
}

static struct stls_id id_of(struct walk *w, const char *name)
{
	unsigned char octets[16];
	size_t length = name_address(octets, name, strlen(name));

	if (length > 0)
		return (struct stls_id){STLS_IP_ID,
		                        arena_text(w->arena, (const char *)octets, length), length};
	return (struct stls_id){STLS_DNS_ID, name, strlen(name)};
}

void walk_want(struct walk *w, struct stls_host *host, const char *const *names, size_t count)
{
	struct stls_id *ids = arena_take(w->arena, count, sizeof(*ids));
	size_t used = 0;

	for (size_t i = 0; ids && i < count; i++)
		if (names[i] && !is_wanted(ids, used, names[i]))
			ids[used++] = id_of(w, names[i]);
	host->wanted = ids;
	host->wanted_count = used;
}

static void want_host(const struct facts *f)
{
	walk_want(f->w, f->host, &f->host->name, 1);
}

/* The domain itself, and what DNSSEC says is the same (RFC 9525 section 6.1.1: names
 * from insecure answers are no reference). */
static void want_domain(const struct facts *f, bool host_too)
{
	const char *names[] = {f->w->c->to.name, f->w->expanded, host_too ? f->host->name : NULL};

	walk_want(f->w, f->host, names, 3);
}

static void set(const struct facts *f, enum stls_level level, const char *rule, const char *text)
{
	f->host->level = level;
	case_step(f->w, f->host->name, rule, text);
}

static void skip(const struct facts *f, enum stls_fault fault, const char *rule, const char *text)
{
	case_skip(f->host, fault);
	case_step(f->w, f->host->name, rule, text);
}

static void use_records(const struct facts *f)
{
	f->host->tlsa = f->dane->tlsa;
	f->host->tlsa_count = f->dane->count;
	f->host->tlsa_base = f->host->sni = f->dane->base;
}

/* RFC 7672 section 3.2.2: with an insecure MX only the host's own name counts. */
static void want_for_dane(const struct facts *f)
{
	const char *names[] = {f->dane->base, f->signed_way ? f->w->c->to.name : NULL,
	                       f->signed_way ? f->w->expanded : NULL};

	use_records(f);
	walk_want(f->w, f->host, names, 3);
}

/* Row 8, and 7. */
static void by_sts(const struct facts *f)
{
	if (!f->named) {
		skip(f, STLS_FAULT_STS_MX, "RFC 8461 section 4.1",
		     "its policy does not name this host: mail must not go there");
		return;
	}
	set(f, STLS_LEVEL_SECURE, "RFC 8461 section 4.2",
	    "its policy names this host: the certificate must be trusted, and be for the host");
	want_host(f);
	f->host->policy_type = "sts";
}

/* Row 5, where MTA-STS has a say too. */
static void by_both(const struct facts *f)
{
	if (!f->named) {
		skip(f, STLS_FAULT_STS_MX, "RFC 8461 section 4.1",
		     "its policy does not name this host: mail must not go there, whatever DANE "
		     "says");
		return;
	}
	use_records(f);
	want_host(f);
	set(f, STLS_LEVEL_BOTH, f->signed_way ? "local policy" : "RFC 8461 section 2",
	    "both the TLSA records and the MTA-STS policy must be met");
}

static void by_dane(const struct facts *f)
{
	want_for_dane(f);
	if (!f->signed_way)
		set(f, STLS_LEVEL_DANE, "RFC 7672 section 2.2.1",
		    "the TLSA records must match; but nobody has signed that it is a host of the "
		    "domain");
	else if (f->enforce)
		set(f, STLS_LEVEL_DANE, "RFC 8461 section 2",
		    "the TLSA records must match: DANE decides, not the MTA-STS policy");
	else
		set(f, STLS_LEVEL_DANE, "RFC 7672 section 2.2",
		    "the TLSA records must match, or mail must not go there");
}

/* Row 9. */
static void by_chance(const struct facts *f)
{
	want_host(f);
	f->host->testing = f->testing;
	if (f->testing) {
		f->host->policy_type = "sts";
		if (!f->named)
			f->host->remark = STLS_FAULT_STS_MX;
		set(f, STLS_LEVEL_MAY, "RFC 8461 section 5",
		    f->named
		        ? "its policy is in testing: what would fail is reported only"
		        : "its policy does not name this host, but is in testing: reported only");
	} else if (f->w->optional) {
		set(f, STLS_LEVEL_MAY, "RFC 8689 section 4.2.2",
		    "the message says that it may go without TLS");
	} else {
		set(f, STLS_LEVEL_MAY, "RFC 7435 section 3",
		    "nothing that counts is published: TLS when it can be had");
	}
}

/* Row 6. */
static void by_unusable(const struct facts *f)
{
	want_host(f);
	f->host->testing = f->testing;
	set(f, STLS_LEVEL_ENCRYPT, "RFC 7672 section 2.2",
	    "there are TLSA records, so it has TLS: with any certificate, but never without");
}

/* Rows 3 and 5 to 9. */
static void by_publication(const struct facts *f)
{
	bool usable = f->dane->kind == DANE_USABLE;
	bool decides = usable && f->signed_way && !f->w->c->spec.both;

	if (usable || f->dane->kind == DANE_UNUSABLE)
		f->host->policy_type = "tlsa";
	if (f->dane->kind == DANE_UNUSABLE)
		f->host->remark = STLS_FAULT_TLSA_UNUSABLE;
	if (f->w->sts.lost && !decides)
		skip(f, f->w->sts.lost, "RFC 8461 section 10.2",
		     "an MTA-STS policy that cannot be seen now might forbid this host");
	else if (usable && f->enforce && !decides)
		by_both(f);
	else if (usable)
		by_dane(f);
	else if (f->enforce)
		by_sts(f);
	else if (f->dane->kind == DANE_UNUSABLE)
		by_unusable(f);
	else
		by_chance(f);
}

/* ---- the floor ---- */

static void raise_to_floor(const struct facts *f)
{
	struct stls_host *host = f->host;
	bool proven = f->signed_way || f->named;

	if (f->w->floor == STLS_LEVEL_ENCRYPT && host->level == STLS_LEVEL_MAY)
		set(f, STLS_LEVEL_ENCRYPT, "local policy", "nothing goes out without TLS");
	if (f->w->floor != STLS_LEVEL_SECURE)
		return;
	if (host->level < STLS_LEVEL_DANE) {
		want_domain(f, proven);
		set(f, STLS_LEVEL_SECURE, "local policy",
		    "nothing goes out without a certificate for the domain, or for a host that is "
		    "proven to be its own");
	} else if (host->level == STLS_LEVEL_DANE && !proven) {
		want_domain(f, false);
		set(f, STLS_LEVEL_BOTH, "local policy",
		    "DANE does not prove that this host is the domain's: the certificate must");
	}
}

/* ---- row 2 ---- */

static void raise_for_message(const struct facts *f)
{
	enum stls_fault trouble = f->w->sts.state.fault;

	if (!f->host->proven) {
		skip(f, trouble != STLS_FAULT_NONE ? trouble : STLS_FAULT_REQUIRETLS_LOW,
		     "RFC 8689 section 4.2.1",
		     "the message demands REQUIRETLS, and neither DNSSEC nor MTA-STS proves that "
		     "this host is the domain's");
		return;
	}
	f->host->requiretls = 1;
	if (f->host->level < STLS_LEVEL_DANE) {
		want_host(f);
		set(f, STLS_LEVEL_SECURE, "RFC 8689 section 4.2.1",
		    "the message demands REQUIRETLS: the certificate must be trusted");
	} else {
		case_step(f->w, f->host->name, "RFC 8689 section 4.2.1",
		          "the message demands REQUIRETLS");
	}
}

/* ---- row 1 ---- */

static void local_dane(const struct facts *f)
{
	if (!f->signed_way) {
		skip(f, STLS_FAULT_DANE_REQUIRED, "RFC 7672 section 2.2.1",
		     "DANE is demanded here, and nobody has signed which hosts are the domain's");
	} else if (f->dane->kind != DANE_USABLE) {
		skip(f, STLS_FAULT_DANE_REQUIRED, "local policy",
		     "DANE is demanded here, and there are no TLSA records that count");
	} else {
		want_for_dane(f);
		f->host->policy_type = "tlsa";
		set(f, STLS_LEVEL_DANE, "local policy", "DANE is demanded here");
	}
}

static void local_secure(const struct facts *f)
{
	const char *const *names = f->w->c->local.names;
	size_t count = 0;

	while (names && names[count])
		count++;
	if (names)
		walk_want(f->w, f->host, names, count);
	else
		want_domain(f, f->signed_way);
	set(f, STLS_LEVEL_SECURE, "local policy",
	    names ? "the certificate must be trusted, and be for a name of the override"
	          : "the certificate must be trusted, and be for the domain");
}

static void by_override(const struct facts *f)
{
	enum stls_level level = f->w->c->local.level;

	if (level == STLS_LEVEL_DANE) {
		local_dane(f);
	} else if (level == STLS_LEVEL_SECURE) {
		local_secure(f);
	} else {
		want_host(f);
		set(f, level, "local policy",
		    level == STLS_LEVEL_PLAIN ? "the override says: without TLS"
		    : level == STLS_LEVEL_MAY ? "the override says: TLS when it can be had"
		                              : "the override says: TLS, with any certificate");
	}
}

/* The override and what the message demands: the stricter of both, or both. */
static void by_override_too(const struct facts *f)
{
	struct stls_host host = *f->host;
	enum stls_level level = host.level;
	struct facts other = *f;

	other.host = &host;
	by_override(&other);
	if (host.skip != STLS_FAULT_NONE) {
		*f->host = host;
	} else if (host.level > level) {
		*f->host = host;
		f->host->level = level == STLS_LEVEL_DANE ? STLS_LEVEL_BOTH : host.level;
	} else if (level > host.level) {
		case_step(f->w, f->host->name, "RFC 8689 section 4.2.1",
		          "what the message demands is stricter than the override");
	}
}

void walk_level(struct walk *w, struct stls_host *host, const struct dane *dane)
{
	enum stls_sts_mode mode = w->sts.state.mode;
	struct facts f = {.w = w,
	                  .host = host,
	                  .dane = dane,
	                  .enforce = mode == STLS_STS_ENFORCE,
	                  .testing = mode == STLS_STS_TESTING,
	                  .signed_way = w->mx == STLS_DNS_SECURE};

	f.named = mode >= STLS_STS_TESTING && stls_sts_names(&w->sts.state.policy, host->name);
	host->proven = f.signed_way || f.named;
	host->sni = host->address ? NULL : host->name;
	if (w->local && !w->requiretls) {
		by_override(&f);
		return;
	}
	by_publication(&f);
	if (host->skip == STLS_FAULT_NONE)
		raise_to_floor(&f);
	if (host->skip == STLS_FAULT_NONE && w->requiretls)
		raise_for_message(&f);
	if (host->skip == STLS_FAULT_NONE && w->local)
		by_override_too(&f);
}
