/* SPDX-License-Identifier: ISC */
/* From the plan for a host and what became of the connection: may it go? */
#include <stdbool.h>
#include <string.h>

#include <starttls/policy.h>

#include "policy/faults.h"
#include "policy/sized.h"

struct facts {
	const struct stls_plan *plan;
	size_t index;
	const struct stls_host *host;
	struct stls_attempt attempt;
	struct stls_verdict *verdict;
};

static void say(const struct facts *f, enum stls_action action, enum stls_fault fault,
                const char *rule, const char *reason)
{
	f->verdict->action = action;
	f->verdict->fault = fault;
	f->verdict->rule = rule;
	f->verdict->reason = reason;
}

static bool there_is_another(const struct facts *f)
{
	for (size_t i = f->index + 1; i < f->plan->host_count; i++)
		if (f->plan->hosts[i]->skip == STLS_FAULT_NONE)
			return true;
	return false;
}

/* A host that was left out for what may pass: the mail may still get there. */
static bool there_is_hope(const struct facts *f)
{
	for (size_t i = 0; i < f->plan->host_count; i++)
		if (f->plan->hosts[i]->skip != STLS_FAULT_NONE &&
		    !faults_permanent(f->plan->hosts[i]->skip))
			return true;
	return false;
}

static bool by_sts(const struct facts *f)
{
	return f->host->level >= STLS_LEVEL_SECURE && strcmp(f->host->policy_type, "sts") == 0;
}

/* Not over this connection. */
static void refuse(const struct facts *f, enum stls_fault fault, const char *rule,
                   const char *reason)
{
	enum stls_action action = STLS_NEXT;

	if (!there_is_another(f))
		action = faults_permanent(fault) && !there_is_hope(f) && !by_sts(f) ? STLS_BOUNCE
		                                                                    : STLS_LATER;
	say(f, action, fault, rule, reason);
	if (faults_report(fault))
		f->verdict->report = fault;
	/* RFC 8461 section 5.1: the policy may have changed. */
	f->verdict->look_again = by_sts(f) || f->host->level == STLS_LEVEL_BOTH;
}

/* TLS could not be had, or not as demanded.  With REQUIRETLS that is for good (RFC
 * 8689 section 4.2.1). */
static void refuse_low(const struct facts *f, enum stls_fault fault, const char *rule,
                       const char *reason)
{
	if (f->host->requiretls) {
		refuse(f, STLS_FAULT_REQUIRETLS_LOW, "RFC 8689 section 4.2.1", reason);
		if (faults_report(fault))
			f->verdict->report = fault;
		return;
	}
	refuse(f, fault, rule, reason);
}

/* ---- without TLS ---- */

static bool certificate_fault(enum stls_fault fault)
{
	switch (fault) {
	case STLS_FAULT_UNTRUSTED:
	case STLS_FAULT_EXPIRED:
	case STLS_FAULT_MISMATCH:
	case STLS_FAULT_NO_CERTIFICATE:
	case STLS_FAULT_CERTIFICATE:
	case STLS_FAULT_DANE: return true;
	default: return false;
	}
}

static bool refusal(enum stls_fault fault)
{
	return fault == STLS_FAULT_NOT_OFFERED || fault == STLS_FAULT_REFUSED ||
	       fault == STLS_FAULT_REFUSED_FOR_NOW;
}

/* The peer seems to be unable to do TLS, and nobody seems to have meddled. */
static bool incapable(const struct facts *f)
{
	switch (f->attempt.fault) {
	case STLS_FAULT_HANDSHAKE:
	case STLS_FAULT_NOT_TLS:
	case STLS_FAULT_VERSION:
	case STLS_FAULT_CIPHER:
	case STLS_FAULT_SNI: return true;
	case STLS_FAULT_CLOSED:
	case STLS_FAULT_CUT:
	case STLS_FAULT_TIMEOUT: return f->attempt.offered;
	default: return false;
	}
}

static void go_clear(const struct facts *f, enum stls_fault why)
{
	if (f->attempt.ruling == STLS_RULING_HOLD) {
		refuse(f, STLS_FAULT_RATCHET, "local policy",
		       "the host has always had TLS, and has none now: mail is held back");
		return;
	}
	say(f, STLS_GO, STLS_FAULT_NONE,
	    f->host->level == STLS_LEVEL_PLAIN ? "local policy" : "RFC 7435 section 3",
	    f->attempt.ruling == STLS_RULING_LET_GO
	        ? "it was held back long enough, and goes without TLS"
	        : "it may go without TLS");
	if (f->host->level != STLS_LEVEL_PLAIN && faults_report(why))
		f->verdict->report = why;
}

/* The connection is in the clear, and usable. */
static void judge_clear(const struct facts *f, enum stls_fault why)
{
	if (f->host->level <= STLS_LEVEL_MAY)
		go_clear(f, why);
	else if (why == STLS_FAULT_REFUSED_FOR_NOW)
		refuse(f, why, "RFC 3207 section 4", "TLS is demanded, and is refused for now");
	else
		refuse_low(f, why, "RFC 3207 section 4", "TLS is demanded, and is not to be had");
}

static void judge_failure(const struct facts *f)
{
	enum stls_fault fault = f->attempt.fault;

	if (certificate_fault(fault))
		refuse_low(f, fault, "RFC 7435 section 3",
		           "the certificate is not what is demanded; without TLS nothing would be "
		           "better");
	else if (faults_attack(fault))
		refuse(f, fault, "RFC 3207 section 6", "somebody meddles with this connection");
	else if (f->host->level != STLS_LEVEL_MAY || !incapable(f))
		refuse(f, fault, "RFC 5321 section 5.1", "this host could not be used");
	else if (f->attempt.ruling == STLS_RULING_HOLD)
		refuse(f, STLS_FAULT_RATCHET, "local policy",
		       "the handshake with this host has always been good, and fails now");
	else {
		say(f, STLS_RETRY_CLEAR, fault, "RFC 7672 section 2.2",
		    "TLS fails, and is not demanded: once more, on a new connection, without");
		if (faults_report(fault))
			f->verdict->report = fault;
	}
}

/* ---- with TLS ---- */

/* NONE, or why the certificate is not what is demanded. */
static enum stls_fault shortfall(const struct facts *f)
{
	const struct stls_attempt *attempt = &f->attempt;
	enum stls_fault why = attempt->unverified;

	switch (f->host->level) {
	case STLS_LEVEL_PLAIN:
	case STLS_LEVEL_MAY:
	case STLS_LEVEL_ENCRYPT: return STLS_FAULT_NONE;
	case STLS_LEVEL_DANE:
		if (attempt->verified == STLS_TRUST_DANE)
			return STLS_FAULT_NONE;
		return why ? why : STLS_FAULT_DANE;
	case STLS_LEVEL_SECURE:
		if (attempt->verified == STLS_TRUST_PKIX)
			return STLS_FAULT_NONE;
		return why ? why : STLS_FAULT_UNTRUSTED;
	case STLS_LEVEL_BOTH:
		if (attempt->verified != STLS_TRUST_DANE)
			return why ? why : STLS_FAULT_DANE;
		if (attempt->pkix)
			return STLS_FAULT_NONE;
		return why ? why : STLS_FAULT_UNTRUSTED;
	}
	return STLS_FAULT_INTERNAL;
}

static void go_encrypted(const struct facts *f)
{
	bool verified = f->attempt.verified != STLS_TRUST_ANY;

	f->verdict->authenticated = verified && f->host->proven && f->host->wanted_count > 0;
	say(f, STLS_GO, STLS_FAULT_NONE,
	    f->host->level >= STLS_LEVEL_DANE ? "RFC 3207 section 4.1" : "RFC 7435 section 3",
	    f->host->level >= STLS_LEVEL_DANE ? "the certificate is what is demanded"
	                                      : "it is encrypted, and no more is demanded");
	if (f->host->remark != STLS_FAULT_NONE)
		f->verdict->report = f->host->remark;
	else if (f->host->testing && !verified)
		f->verdict->report = f->attempt.unverified;
}

static void judge_encrypted(const struct facts *f)
{
	enum stls_fault wrong = shortfall(f);

	if (wrong != STLS_FAULT_NONE)
		refuse_low(f, wrong, "RFC 3207 section 4.1",
		           "the certificate is not what is demanded");
	else if (f->host->requiretls && !f->attempt.requiretls)
		refuse(f, STLS_FAULT_REQUIRETLS, "RFC 8689 section 4.2.1",
		       "the message demands REQUIRETLS, and the server does not know it");
	else if (f->attempt.ruling == STLS_RULING_HOLD)
		refuse(f, STLS_FAULT_RATCHET, "local policy",
		       "the certificate has always been good, and is not now: mail is held back");
	else
		go_encrypted(f);
}

static void judge(const struct facts *f)
{
	const struct stls_attempt *attempt = &f->attempt;

	if (f->host->skip != STLS_FAULT_NONE)
		refuse(f, f->host->skip, "RFC 7672 section 2.1.2", "this host must not be used");
	else if (attempt->encrypted && attempt->fault == STLS_FAULT_NONE)
		judge_encrypted(f);
	else if (attempt->retried && attempt->fault == STLS_FAULT_NONE)
		judge_clear(f, STLS_FAULT_HANDSHAKE);
	else if (attempt->fault == STLS_FAULT_NONE)
		judge_clear(f, STLS_FAULT_NOT_OFFERED);
	else if (refusal(attempt->fault))
		judge_clear(f, attempt->fault);
	else
		judge_failure(f);
}

void stls_verdict(const struct stls_plan *plan, size_t index, const struct stls_attempt *attempt,
                  struct stls_verdict *out)
{
	struct stls_verdict verdict = {.action = STLS_LATER, .fault = STLS_FAULT_INTERNAL};
	struct facts f = {.plan = plan, .index = index, .verdict = &verdict};

	sized_in(&f.attempt, sizeof(f.attempt), attempt, attempt->size);
	verdict.rule = "";
	verdict.reason = "there is no such host in the plan";
	if (plan->outcome == STLS_DELIVER && index < plan->host_count) {
		f.host = plan->hosts[index];
		judge(&f);
	}
	verdict.smtp = faults_smtp(verdict.fault);
	verdict.enhanced = faults_enhanced(verdict.fault);
	/* What would be permanent, and is not: the sender is told to come again. */
	if (verdict.action != STLS_BOUNCE && verdict.smtp >= 500) {
		verdict.smtp = 450;
		verdict.enhanced = "4.7.5";
	}
	sized_out(out, out->size, &verdict, sizeof(verdict));
}
