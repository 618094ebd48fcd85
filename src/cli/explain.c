/* SPDX-License-Identifier: ISC */
/* What a plan comes to. */
#include "cli/explain.h"

/* RFC 7672 section 2.2.1: with TLSA records of a host that nobody has signed to be the
 * domain's, who answers is proven, but not that it is the right one. */
bool explain_proves(const struct stls_host *host)
{
	if (host->skip != STLS_FAULT_NONE)
		return false;
	return host->level >= STLS_LEVEL_SECURE || (host->level == STLS_LEVEL_DANE && host->proven);
}

enum stls_level explain_highest(const struct stls_plan *plan)
{
	enum stls_level level = STLS_LEVEL_PLAIN;

	for (size_t i = 0; i < plan->host_count; i++)
		if (plan->hosts[i]->skip == STLS_FAULT_NONE && plan->hosts[i]->level > level)
			level = plan->hosts[i]->level;
	return level;
}

int explain_status(const struct stls_plan *plan)
{
	if (plan->outcome != STLS_DELIVER)
		return stls_fault_exit(plan->fault) == 3 ? EXPLAIN_UNKNOWN : EXPLAIN_NOWHERE;
	for (size_t i = 0; i < plan->host_count; i++)
		if (explain_proves(plan->hosts[i]))
			return EXPLAIN_AUTHENTICATED;
	return EXPLAIN_NOT;
}

const char *explain_word(const struct stls_plan *plan)
{
	switch (explain_status(plan)) {
	case EXPLAIN_AUTHENTICATED: return "authenticated";
	case EXPLAIN_UNKNOWN: return "unknown";
	case EXPLAIN_NOWHERE: return plan->outcome == STLS_FAIL ? "refused" : "deferred";
	default: break;
	}
	switch (explain_highest(plan)) {
	case STLS_LEVEL_PLAIN: return "plain";
	case STLS_LEVEL_MAY: return "opportunistic";
	default: return "encrypted";
	}
}

const char *explain_level(enum stls_level level)
{
	switch (level) {
	case STLS_LEVEL_PLAIN: return "no TLS";
	case STLS_LEVEL_MAY: return "TLS when it can be had, else in the clear";
	case STLS_LEVEL_ENCRYPT: return "TLS, with whatever certificate";
	case STLS_LEVEL_DANE: return "TLS, and the TLSA records match";
	case STLS_LEVEL_SECURE: return "TLS, and a trusted certificate";
	case STLS_LEVEL_BOTH: return "TLS, the TLSA records match, and a trusted certificate";
	}
	return "";
}
