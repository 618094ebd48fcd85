/* SPDX-License-Identifier: ISC */
/* Where TLSA records are looked for, and which of them count. */
#include <string.h>

#include "policy/case.h"

static struct dane lost(struct walk *w, const char *host, const struct stls_answer *answer,
                        const char *what)
{
	bool bogus = answer->security == STLS_DNS_BOGUS;

	case_say(w, host, "RFC 7672 section 2.1.2", "%s %s%s: this host is left out", what,
	         bogus ? "are signed wrongly" : "could not be looked up", case_detail(w, answer));
	return (struct dane){.kind = DANE_LOST,
	                     .lost = bogus ? STLS_FAULT_BOGUS : STLS_FAULT_LOOKUP};
}

/* The first reason there is. */
static const char *why_unusable(const struct stls_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++)
		if (stls_tlsa_unusable(&answer->tlsa[i]))
			return stls_tlsa_unusable(&answer->tlsa[i]);
	return "";
}

static struct dane weigh(struct walk *w, const char *host, const char *base,
                         const struct stls_answer *answer)
{
	struct stls_tlsa *records = arena_take(w->arena, answer->count, sizeof(*records));
	struct dane dane = {.kind = DANE_USABLE,
	                    .base = base,
	                    .tlsa = records,
	                    .found = answer->tlsa,
	                    .found_count = answer->count};

	if (!records)
		return (struct dane){.kind = DANE_LOST, .lost = STLS_FAULT_MEMORY};
	dane.count = stls_tlsa_select(answer->tlsa, answer->count, records);
	if (dane.count == 0) {
		dane.kind = DANE_UNUSABLE;
		case_say(w, host, "RFC 7672 section 2.2.3",
		         "it has TLSA records (%s), and none can be used: %s", base,
		         why_unusable(answer));
		return dane;
	}
	case_say(w, host, "RFC 7671 section 9", "of %zu TLSA record%s (%s) %zu count%s",
	         answer->count, answer->count == 1 ? "" : "s", base, dane.count,
	         dane.count == 1 ? "s" : "");
	return dane;
}

struct dane walk_dane_at(struct walk *w, const char *host, unsigned port, const char *base)
{
	const struct stls_answer *answer;
	const char *name;

	/* The port that is really used (RFC 7672 section 2.2.3). */
	case_print(w, &name, "_%u._tcp.%s", port, base);
	answer = case_ask(w, STLS_ASK_TLSA, name);
	if (!answer)
		return (struct dane){.kind = DANE_WAITS};
	if (answer->security <= STLS_DNS_BOGUS)
		return lost(w, host, answer, "its TLSA records");
	if (answer->security == STLS_DNS_SECURE && answer->absent == STLS_THERE)
		return weigh(w, host, base, answer);
	case_say(w, host, "RFC 7672 section 2.2", "%s of %s",
	         answer->absent == STLS_THERE ? "nobody has signed the TLSA records"
	                                      : "there are no TLSA records",
	         base);
	return (struct dane){.kind = DANE_NONE};
}

/* The addresses are not signed, but the host's own alias may be (RFC 7672 section
 * 2.2.2): then its TLSA records are looked for, and only then. */
static struct dane behind_alias(struct walk *w, const char *host, unsigned port)
{
	const struct stls_answer *alias = case_ask(w, STLS_ASK_CNAME, host);

	if (!alias)
		return (struct dane){.kind = DANE_WAITS};
	if (alias->security <= STLS_DNS_BOGUS)
		return lost(w, host, alias, "the aliases of it");
	if (alias->security == STLS_DNS_SECURE && alias->absent == STLS_THERE)
		return walk_dane_at(w, host, port, host);
	case_step(w, host, "RFC 7672 section 2.1.3",
	          "it is an alias that nobody has signed: no TLSA records are looked for");
	return (struct dane){.kind = DANE_NONE};
}

struct dane walk_dane(struct walk *w, const char *host, unsigned port,
                      const struct stls_answer *address)
{
	struct dane dane;
	bool alias = case_is_alias(address, host);

	if (address->security != STLS_DNS_SECURE && alias)
		return behind_alias(w, host, port);
	if (address->security != STLS_DNS_SECURE) {
		case_step(w, host, "RFC 7672 section 2.2.2",
		          "its address is not signed: no TLSA records are looked for");
		return (struct dane){.kind = DANE_NONE};
	}
	if (!alias)
		return walk_dane_at(w, host, port, host);
	dane = walk_dane_at(w, host, port, address->canonical);
	return dane.kind == DANE_NONE ? walk_dane_at(w, host, port, host) : dane;
}
