/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <strings.h>

#include "check/finding.h"
#include "wire/sasl.h"

const char *warning_name(enum warning_kind kind)
{
	switch (kind) {
	case WARN_EXPIRES_SOON: return stls_fault_name(STLS_FAULT_EXPIRES_SOON);
	case WARN_STILL_LISTED: return "starttls-still-listed";
	case WARN_TEMPTING: return "plaintext-login-offered";
	case WARN_PASSED_OVER: return "host-passed-over";
	case WARN_KINDS: break;
	}
	return "";
}

const char *warning_sentence(enum warning_kind kind)
{
	switch (kind) {
	case WARN_EXPIRES_SOON: return stls_fault_sentence(STLS_FAULT_EXPIRES_SOON);
	case WARN_STILL_LISTED: return "the server still offers STARTTLS inside of TLS";
	case WARN_TEMPTING:
		return "the server lets clients send their password before TLS: "
		       "do not offer logging in there";
	case WARN_PASSED_OVER: return "a host that comes before this one could not be used";
	case WARN_KINDS: break;
	}
	return "";
}

const char *status_word(int status)
{
	static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

	return status >= STATUS_OK && status <= STATUS_UNKNOWN ? words[status] : "UNKNOWN";
}

int status_worse(int one, int other)
{
	static const int rank[] = {0, 1, 3, 2};

	return rank[one & 3] >= rank[other & 3] ? one : other;
}

/* ---- the warnings ---- */

static int64_t days_until(int64_t moment, int64_t now)
{
	int64_t seconds = moment - now;

	return seconds >= 0 ? seconds / 86400 : -((86399 - seconds) / 86400);
}

/* A name that is the offer of STARTTLS in this protocol's list. */
static bool is_starttls(const char *capability)
{
	static const char *const offers[] = {"STARTTLS", "\"STARTTLS\"", "STLS", "AUTH TLS"};

	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		size_t length = strlen(offers[i]);

		if (strncasecmp(capability, offers[i], length) == 0 &&
		    (capability[length] == '\0' || capability[length] == ' '))
			return true;
	}
	return false;
}

/* FTP has no rule against it: RFC 4217 does not speak of FEAT after AUTH. */
static bool still_listed(const struct finding *finding)
{
	if (finding->service->protocol == STLS_FTP)
		return false;
	for (size_t i = 0; i < finding->capability_count; i++)
		if (is_starttls(finding->capabilities[i]))
			return true;
	return false;
}

static bool is_tempting(const struct finding *finding)
{
	for (size_t i = 0; i < finding->tape.count; i++) {
		const struct tape_piece *piece = &finding->tape.pieces[i];

		if (piece->who == TAPE_SERVER && !piece->inside &&
		    sasl_tempts(finding->service->protocol, piece->bytes, piece->count))
			return true;
	}
	return false;
}

static void warn(struct verdict *verdict, enum warning_kind kind)
{
	verdict->warnings[kind] = true;
	if (verdict->status != STATUS_OK)
		return;
	verdict->status = STATUS_WARNING;
	verdict->name = warning_name(kind);
	verdict->sentence = warning_sentence(kind);
}

/* ---- all of it ---- */

static enum stls_fault worst_fault(const struct finding *finding)
{
	if (finding->fault != STLS_FAULT_NONE)
		return finding->fault;
	if (finding->up && finding->verified == STLS_TRUST_ANY)
		return finding->unverified != STLS_FAULT_NONE ? finding->unverified
		                                              : STLS_FAULT_UNTRUSTED;
	return STLS_FAULT_NONE;
}

struct verdict finding_verdict(const struct finding *finding, int64_t now)
{
	enum stls_fault fault = worst_fault(finding);
	struct verdict verdict = {
	    .status = stls_fault_exit(fault),
	    .name = fault == STLS_FAULT_NONE ? "fine" : stls_fault_name(fault),
	    .sentence = stls_fault_sentence(fault),
	    .days_left = days_until(finding->certificate.not_after, now),
	};

	if (finding->certificate.there && verdict.days_left >= 0 && verdict.days_left < SOON_DAYS)
		warn(&verdict, WARN_EXPIRES_SOON);
	if (still_listed(finding))
		warn(&verdict, WARN_STILL_LISTED);
	if (is_tempting(finding))
		warn(&verdict, WARN_TEMPTING);
	if (finding->up && finding->trail != NULL && finding->trail->passed_count > 0)
		warn(&verdict, WARN_PASSED_OVER);
	return verdict;
}
