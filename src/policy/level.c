/* SPDX-License-Identifier: ISC */
/* Levels, overrides, and what things are called. */
#include <stdbool.h>
#include <string.h>

#include <starttls/policy.h>

#include "policy/name.h"
#include "policy/sized.h"

const char *stls_level_name(enum stls_level level)
{
	switch (level) {
	case STLS_LEVEL_PLAIN: return "plain";
	case STLS_LEVEL_MAY: return "may";
	case STLS_LEVEL_ENCRYPT: return "encrypt";
	case STLS_LEVEL_DANE: return "dane";
	case STLS_LEVEL_SECURE: return "secure";
	case STLS_LEVEL_BOTH: return "dane+secure";
	}
	return "";
}

enum stls_trust stls_level_trust(enum stls_level level)
{
	switch (level) {
	case STLS_LEVEL_PLAIN:
	case STLS_LEVEL_MAY:
	case STLS_LEVEL_ENCRYPT: return STLS_TRUST_ANY;
	case STLS_LEVEL_DANE:
	case STLS_LEVEL_BOTH: return STLS_TRUST_DANE;
	case STLS_LEVEL_SECURE: break;
	}
	return STLS_TRUST_PKIX;
}

static const char *check_names(const struct stls_override *local)
{
	char name[NAME_ROOM];

	if (local->level != STLS_LEVEL_SECURE)
		return "only an override of level secure has names";
	if (!local->names[0])
		return "an override with no name at all would never let anything through";
	for (size_t i = 0; local->names[i]; i++)
		if (!name_read(name, local->names[i], strlen(local->names[i])))
			return "a name of the override is no name of a host";
	return NULL;
}

const char *stls_override_check(const struct stls_override *given)
{
	struct stls_override own;
	const struct stls_override *local = &own;

	sized_in(&own, sizeof(own), given, given->size);
	if (local->level < STLS_LEVEL_PLAIN || local->level > STLS_LEVEL_SECURE)
		return "an override is one of plain, may, encrypt, dane and secure";
	if (!local->reason || local->reason[strspn(local->reason, " \t")] == '\0')
		return "an override needs a reason";
	if (local->expires <= 0)
		return "an override needs a day on which it expires";
	return local->names ? check_names(local) : NULL;
}

const char *stls_dns_name(enum stls_dns security)
{
	switch (security) {
	case STLS_DNS_FAILED: return "failed";
	case STLS_DNS_BOGUS: return "bogus";
	case STLS_DNS_INSECURE: return "insecure";
	case STLS_DNS_SECURE: return "secure";
	}
	return "failed";
}

const char *stls_question_kind_name(enum stls_question_kind kind)
{
	switch (kind) {
	case STLS_ASK_MX: return "MX";
	case STLS_ASK_SRV: return "SRV";
	case STLS_ASK_ADDRESS: return "A";
	case STLS_ASK_CNAME: return "CNAME";
	case STLS_ASK_TLSA: return "TLSA";
	case STLS_ASK_STS_RECORD: return "TXT";
	case STLS_ASK_STS_POLICY: return "HTTPS";
	}
	return "";
}

static const char *const services[] = {"relay", "submission",  "imap",       "pop3",
                                       "sieve", "xmpp-client", "xmpp-server"};

const char *stls_service_name(enum stls_service service)
{
	return (unsigned)service < sizeof(services) / sizeof(services[0]) ? services[service] : "";
}

int stls_service_named(const char *name, enum stls_service *service)
{
	for (unsigned i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (strcmp(name, services[i]) == 0) {
			*service = (enum stls_service)i;
			return 0;
		}
	return -1;
}
