/* SPDX-License-Identifier: ISC */
/* Services of a domain, found by SRV: never without TLS (RFC 6186, RFC 8314 section
 * 5.1, RFC 7673). */
#include <string.h>

#include "policy/case.h"
#include "policy/name.h"
#include "policy/services.h"
#include "policy/srv.h"

enum { TARGETS = 32 };

struct targets {
	struct srv_target list[TARGETS];
	size_t count;
	bool waits;
	bool failed;          /* one of the ways could not be looked up */
	const char *bogus;    /* NULL, or which one is signed wrongly */
	bool denied;          /* a target of ".": this way is not offered */
	enum stls_dns denial; /* how secure it is that there are no records */
};

static void add(struct targets *targets, const struct stls_answer *answer, bool implicit)
{
	for (size_t i = 0; i < answer->count && targets->count < TARGETS; i++) {
		const struct stls_srv *srv = &answer->srv[i];

		if (srv->host[0] == '.')
			targets->denied = true;
		else if (srv->host[0] != '\0' && srv->port > 0 && srv->port < 65536 &&
		         !name_is_address(srv->host))
			targets->list[targets->count++] = (struct srv_target){
			    *srv, implicit, answer->security == STLS_DNS_SECURE};
	}
}

static void say_answer(struct walk *w, const char *name, const struct stls_answer *answer)
{
	if (answer->absent != STLS_THERE)
		case_say(w, "", "RFC 2782", "%s: there are no records (%s)", name,
		         stls_dns_name(answer->security));
	else if (answer->count == 1 && answer->srv[0].host[0] == '.')
		case_say(w, "", "RFC 6186 section 3", "%s: this is not offered", name);
	else
		case_say(w, "", "RFC 2782", "%s: %zu record%s (%s)", name, answer->count,
		         answer->count == 1 ? "" : "s", stls_dns_name(answer->security));
}

static void look(struct walk *w, struct targets *targets, const struct service_way *way,
                 bool implicit)
{
	const struct stls_answer *answer;
	const char *name;

	if (!way->label)
		return;
	case_print(w, &name, "%s._tcp.%s", way->label, w->c->to.name);
	answer = case_ask(w, STLS_ASK_SRV, name);
	if (!answer) {
		targets->waits = true;
	} else if (answer->security == STLS_DNS_BOGUS) {
		case_print(w, &targets->bogus, "%s is signed wrongly%s", name,
		           case_detail(w, answer));
	} else if (answer->security == STLS_DNS_FAILED) {
		targets->failed = true;
		case_say(w, "", "RFC 7673 section 3.1", "%s could not be looked up%s", name,
		         case_detail(w, answer));
	} else {
		say_answer(w, name, answer);
		if (answer->security < targets->denial)
			targets->denial = answer->security;
		add(targets, answer, implicit);
	}
}

/* Without SRV records the domain itself is the host (RFC 6120 section 3.2.2; what
 * mail clients do, RFC 6186 section 4). */
static void fall_back(struct walk *w, struct targets *targets, const struct service *service)
{
	const struct service_way *ways[] = {&service->implicit, &service->starttls};

	for (size_t i = 0; i < 2; i++)
		if (ways[i]->port != 0)
			targets->list[targets->count++] =
			    (struct srv_target){{0, 0, ways[i]->port, w->c->to.name},
			                        i == 0,
			                        targets->denial == STLS_DNS_SECURE};
	case_step(w, "", "RFC 6186 section 4", "so it is looked for at the domain itself");
}

/* ---- one host ---- */

static bool is_accepted(const struct walk *w, const struct stls_host *host)
{
	return w->c->spec.accepted && name_equal(w->c->spec.accepted, host->name);
}

/* RFC 7673 section 4.1: the domain; the host too if DNSSEC vouches for it, or the
 * user does. */
static void want(struct walk *w, struct stls_host *host, const struct service *service,
                 const struct srv_target *target)
{
	const struct service_way *way = target->implicit ? &service->implicit : &service->starttls;
	const char *domain = w->c->to.name, *names[2] = {domain, NULL}, *id;
	bool inside = name_inside(host->name, domain) && w->c->spec.inside;
	struct stls_id *ids = arena_take(w->arena, 4, sizeof(*ids));

	if (target->secure || is_accepted(w, host) || inside)
		names[1] = host->name;
	walk_want(w, host, names, 2);
	if (!ids)
		return;
	memcpy(ids, host->wanted, host->wanted_count * sizeof(*ids));
	case_print(w, &id, "%s.%s", way->id, domain);
	ids[host->wanted_count++] = (struct stls_id){STLS_SRV_ID, id, strlen(id)};
	if (service->by_domain)
		ids[host->wanted_count++] = (struct stls_id){STLS_XMPP_ID, domain, strlen(domain)};
	host->wanted = ids;
}

static void take_level(struct walk *w, struct stls_host *host, const struct service *service,
                       const struct dane *dane)
{
	/* XEP-0368 section 3: the domain of the address, always. */
	host->sni = w->c->to.name;
	if (dane->kind != DANE_USABLE) {
		host->level = STLS_LEVEL_SECURE;
		case_step(w, host->name, "RFC 7673 section 4.1",
		          "the certificate must be trusted, and be for the service");
		return;
	}
	host->level = STLS_LEVEL_DANE;
	host->tlsa = dane->tlsa;
	host->tlsa_count = dane->count;
	host->tlsa_base = dane->base;
	host->policy_type = "tlsa";
	if (!service->by_domain)
		host->sni = dane->base;
	case_step(w, host->name, "RFC 7673 section 3.4", "the TLSA records must match");
}

static void judge(struct walk *w, struct stls_host *host, const struct service *service,
                  const struct srv_target *target, const struct dane *dane)
{
	bool inside = name_inside(host->name, w->c->to.name);

	host->proven =
	    target->secure || is_accepted(w, host) || strcmp(host->name, w->c->to.name) == 0;
	host->ask = !host->proven && !inside;
	want(w, host, service, target);
	take_level(w, host, service, dane);
	if (host->ask)
		case_step(w, host->name, "RFC 6186 section 6",
		          "nobody has signed that this host, outside of the domain, serves it: the "
		          "user is to be asked");
}

static void walk_target(struct walk *w, const struct service *service,
                        const struct srv_target *target)
{
	struct stls_host *host = case_host(w, case_text(w, target->srv.host), target->srv.port);
	struct dane dane = {.kind = DANE_NONE};
	const struct stls_answer *address;

	if (!host)
		return;
	host->preference = target->srv.priority;
	host->protocol = service->protocol;
	host->layer = target->implicit ? STLS_IMPLICIT : STLS_PLAINTEXT;
	if (walk_address(w, host, &address) != ADDRESS_FOUND)
		return;
	/* RFC 7673 section 3.2: only where every step is secure; the base domain is the
	 * target, not what it is an alias of. */
	if (w->c->spec.dane && target->secure && address->security == STLS_DNS_SECURE)
		dane = walk_dane_at(w, host->name, host->port, host->name);
	host->found = dane.found;
	host->found_count = dane.found_count;
	host->tlsa_lost = dane.kind == DANE_LOST;
	if (host->tlsa_lost)
		case_skip(host, dane.lost);
	else if (dane.kind != DANE_WAITS)
		judge(w, host, service, target, &dane);
}

void walk_service(struct walk *w)
{
	const struct service *service = service_of(w->c->spec.service);
	struct targets targets = {.denial = STLS_DNS_SECURE};

	if (!service)
		return;
	look(w, &targets, &service->implicit, true);
	look(w, &targets, &service->starttls, false);
	if (targets.bogus)
		case_end(w, STLS_FAULT_BOGUS, "RFC 7673 section 3.1", targets.bogus);
	if (targets.waits || targets.bogus)
		return;
	w->mx = targets.denial;
	if (targets.count == 0 && targets.failed)
		case_end(w, STLS_FAULT_LOOKUP, "RFC 7673 section 3.1",
		         "whether the service is offered could not be looked up");
	else if (targets.count == 0 && targets.denied)
		case_end(w, STLS_FAULT_NO_SERVICE, "RFC 6186 section 3",
		         "the domain says that it does not offer this service");
	else if (targets.count == 0)
		fall_back(w, &targets, service);
	srv_order(targets.list, targets.count, w->c->spec.random, !service->by_domain);
	for (size_t i = 0; i < targets.count; i++)
		walk_target(w, service, &targets.list[i]);
}
