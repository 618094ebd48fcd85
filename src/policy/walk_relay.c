/* SPDX-License-Identifier: ISC */
/* Mail for a domain: its hosts, and what each of them must show. */
#include <string.h>

#include "policy/case.h"
#include "policy/name.h"

/* More hosts than that nobody needs, and each one costs questions. */
enum { HOSTS = 32 };

struct candidates {
	struct stls_mx hosts[HOSTS];
	size_t count;
	size_t left_out; /* too many */
	size_t nameless; /* no name of a host */
	bool null;       /* RFC 7505 */
};

static void drop(struct candidates *found, size_t index)
{
	found->count--;
	memmove(&found->hosts[index], &found->hosts[index + 1],
	        (found->count - index) * sizeof(found->hosts[0]));
}

/* In order of preference, and of equals in the order of the answer. */
static void insert(struct candidates *found, struct stls_mx mx)
{
	size_t at;

	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->hosts[i].host, mx.host) == 0) {
			if (found->hosts[i].preference <= mx.preference)
				return;
			drop(found, i);
			break;
		}
	if (found->count == HOSTS) {
		found->left_out++;
		if (found->hosts[HOSTS - 1].preference <= mx.preference)
			return;
		found->count--;
	}
	at = found->count;
	while (at > 0 && found->hosts[at - 1].preference > mx.preference)
		at--;
	memmove(&found->hosts[at + 1], &found->hosts[at],
	        (found->count - at) * sizeof(found->hosts[0]));
	found->hosts[at] = mx;
	found->count++;
}

static void collect(struct candidates *found, const struct stls_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		const struct stls_mx *mx = &answer->mx[i];

		if (name_is_root(mx->host) && mx->host[0] == '.')
			found->null = true;
		else if (mx->host[0] == '\0')
			found->nameless++;
		else
			insert(found, *mx);
	}
}

/* ---- one host ---- */

static bool wants_dane(const struct walk *w)
{
	if (w->local && w->c->local.level == STLS_LEVEL_DANE)
		return true;
	return w->c->spec.dane && !w->optional && (!w->local || w->requiretls);
}

static bool wants_sts(const struct walk *w)
{
	return w->c->to.kind == STLS_DESTINATION_DOMAIN && w->c->spec.mta_sts && !w->optional &&
	       (!w->local || w->requiretls);
}

static void walk_host(struct walk *w, const char *name, unsigned preference)
{
	struct stls_host *host = case_host(w, name, w->c->to.port);
	const struct stls_answer *address;
	struct dane dane = {.kind = DANE_NONE};

	if (!host)
		return;
	host->preference = preference;
	host->protocol = STLS_SMTP;
	host->address = name_is_address(name);
	if (host->address) {
		case_step(w, name, "RFC 7672 section 2.2.1",
		          "it is an address: DANE and MTA-STS are for names");
	} else {
		if (walk_address(w, host, &address) != ADDRESS_FOUND)
			return;
		if (wants_dane(w))
			dane = walk_dane(w, name, host->port, address);
		host->found = dane.found;
		host->found_count = dane.found_count;
	}
	host->tlsa_lost = dane.kind == DANE_LOST;
	if (host->tlsa_lost)
		case_skip(host, dane.lost);
	else if (w->last)
		walk_level(w, host, &dane);
}

/* ---- the hosts of a domain ---- */

static void say_hosts(struct walk *w, const struct candidates *found)
{
	case_say(w, "", "RFC 5321 section 5.1", "it has %zu mail host%s, and the answer is %s",
	         found->count, found->count == 1 ? "" : "s", stls_dns_name(w->mx));
	if (w->mx != STLS_DNS_SECURE && wants_dane(w))
		case_step(w, "", "RFC 7672 section 2.2.1",
		          "nobody has signed which hosts are the domain's: DANE cannot prove it");
	if (found->left_out > 0)
		case_say(w, "", "local policy", "%zu more are left out", found->left_out);
	if (found->nameless > 0)
		case_say(w, "", "RFC 5321 section 5.1",
		         "%zu more have no name that a host can have", found->nameless);
}

static void with_records(struct walk *w, const struct stls_answer *answer)
{
	struct candidates found = {.count = 0};

	collect(&found, answer);
	if (found.count == 0 && found.null) {
		case_end(w, STLS_FAULT_NULL_MX, "RFC 7505 section 3",
		         "the domain says that it accepts no mail");
		return;
	}
	if (found.count == 0) {
		case_end(w, STLS_FAULT_NO_ADDRESS, "RFC 5321 section 5.1",
		         "the names of its mail hosts are none that a host can have");
		return;
	}
	say_hosts(w, &found);
	for (size_t i = 0; i < found.count; i++)
		walk_host(w, case_text(w, found.hosts[i].host), found.hosts[i].preference);
}

static void with_mx(struct walk *w, const struct stls_answer *answer)
{
	const char *what;

	w->mx = answer->security;
	if (answer->security == STLS_DNS_SECURE && case_is_alias(answer, w->c->to.name))
		w->expanded = answer->canonical;
	if (answer->security == STLS_DNS_BOGUS) {
		case_print(w, &what, "the answer that names its mail hosts is signed wrongly%s",
		           case_detail(w, answer));
		case_end(w, STLS_FAULT_BOGUS, "RFC 7672 section 2.1.2", what);
	} else if (answer->security == STLS_DNS_FAILED) {
		case_print(w, &what, "its mail hosts could not be looked up%s",
		           case_detail(w, answer));
		case_end(w, STLS_FAULT_LOOKUP, "RFC 7672 section 2.1.2", what);
	} else if (answer->absent == STLS_NO_NAME) {
		case_end(w, STLS_FAULT_NO_DOMAIN, "RFC 5321 section 5.1",
		         "the domain does not exist");
	} else if (answer->absent == STLS_NO_RECORDS) {
		case_say(w, "", "RFC 5321 section 5.1",
		         "it names no mail hosts, so it is its own; the answer is %s",
		         stls_dns_name(w->mx));
		walk_host(w, w->c->to.name, 0);
	} else {
		with_records(w, answer);
	}
}

static void say_demands(struct walk *w)
{
	const struct stls_case_spec *spec = &w->c->spec;

	if (w->local)
		case_say(w, "", "local policy", "there is an override: %s, \"%s\"",
		         stls_level_name(spec->local->level), spec->local->reason);
	if (w->requiretls)
		case_step(w, "", "RFC 8689 section 4.2.1", "the message demands REQUIRETLS");
	if (w->optional)
		case_step(w, "", "RFC 8689 section 4.2.2",
		          "the message says TLS-Required: No, so nothing published is asked for");
}

void walk_relay(struct walk *w)
{
	const struct stls_answer *answer;

	say_demands(w);
	if (w->c->to.kind != STLS_DESTINATION_DOMAIN) {
		/* Whoever configured the host has vouched for it. */
		w->mx = STLS_DNS_SECURE;
		case_step(w, "", "RFC 8461 section 3.4",
		          "the host was named, so neither MX nor MTA-STS is asked for");
		walk_host(w, w->c->to.name, 0);
		return;
	}
	answer = case_ask(w, STLS_ASK_MX, w->c->to.name);
	if (wants_sts(w))
		walk_sts(w);
	if (answer)
		with_mx(w, answer);
}
