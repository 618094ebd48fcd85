/* SPDX-License-Identifier: ISC */
/* A finding for programs. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/render.h"

/* What a peer said need not be UTF-8: the escaping of the text makes it so. */
static json_t *text(const char *said)
{
	char escaped[4096];

	tape_escape(escaped, sizeof(escaped), said, strlen(said));
	return json_string(escaped);
}

static json_t *text_or_null(const char *said)
{
	return said == NULL || said[0] == '\0' ? json_null() : text(said);
}

static json_t *list_of(char *const *strings, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, text(strings[i]));
	return list;
}

static json_t *dialogue_of(const struct tape *tape)
{
	static const char *const who[] = {"client", "server", "note"};
	json_t *list = json_array();

	for (size_t i = 0; i < tape->count; i++) {
		const struct tape_piece *piece = &tape->pieces[i];
		char line[4096];
		size_t at = 0;

		while (tape_line(piece, &at, line, sizeof(line)))
			json_array_append_new(list,
			                      json_pack("{s:s, s:b, s:s}", "from", who[piece->who],
			                                "inside", piece->inside, "text", line));
	}
	return list;
}

static const char *verified_word(enum stls_trust trust)
{
	switch (trust) {
	case STLS_TRUST_PKIX: return "pkix";
	case STLS_TRUST_DANE: return "dane";
	case STLS_TRUST_ANY: break;
	}
	return "no";
}

static json_t *tls_of(const struct finding *finding)
{
	if (!finding->up)
		return json_null();
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:b, s:b, s:s, s:o, s:o}", "version",
	                 finding->version, "cipher", finding->cipher, "group",
	                 text_or_null(finding->group), "alpn", text_or_null(finding->alpn), "sni",
	                 text_or_null(finding->sni), "resumed", finding->resumed, "channel_binding",
	                 finding->binds, "verified", verified_word(finding->verified), "matched",
	                 text_or_null(finding->matched), "unverified",
	                 finding->verified == STLS_TRUST_ANY
	                     ? text(stls_fault_name(finding->unverified))
	                     : json_null());
}

static json_t *certificate_of(const struct finding_certificate *certificate, int64_t days_left)
{
	char before[16], after[16];

	if (!certificate->there)
		return json_null();
	render_date(before, certificate->not_before);
	render_date(after, certificate->not_after);
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:I}", "subject",
	                 certificate->subject, "issuer", certificate->issuer, "key",
	                 certificate->key, "signature", certificate->signature, "names",
	                 list_of(certificate->names, certificate->name_count), "not_before", before,
	                 "not_after", after, "days_left", (json_int_t)days_left);
}

static json_t *login_of(const struct finding *finding)
{
	static const char *const words[] = {"", "skipped", "done", "failed"};

	if (finding->login == FINDING_NO_LOGIN)
		return json_null();
	return json_pack("{s:o, s:s, s:o}", "user", text(finding->user), "result",
	                 words[finding->login], "mechanism", text_or_null(finding->mechanism));
}

/* ---- how it was found ---- */

static json_t *passed_of(const struct trail *trail)
{
	json_t *list = json_array();

	for (size_t i = 0; i < trail->passed_count; i++) {
		const struct trail_passed *passed = &trail->passed[i];

		json_array_append_new(list,
		                      json_pack("{s:o, s:s, s:s, s:o}", "url", text(passed->host),
		                                "fault", stls_fault_name(passed->fault), "sentence",
		                                stls_fault_sentence(passed->fault), "detail",
		                                text_or_null(passed->detail)));
	}
	return list;
}

static json_t *found_of(const struct trail *trail)
{
	bool hosts = trail != NULL && trail->hosts != NULL && trail->hosts->host_count > 0;

	if (trail == NULL || trail->plan.goal.url != NULL)
		return json_null();
	return json_pack("{s:o, s:s, s:o, s:b, s:o}", "domain", text(trail->plan.goal.domain),
	                 "service", stls_service_name(trail->plan.goal.kind), "dnssec",
	                 hosts ? text(stls_dns_name(trail->hosts->mx)) : json_null(), "proven",
	                 trail->host != NULL && trail->host->proven, "passed", passed_of(trail));
}

static json_t *tlsa_of(const struct finding *finding)
{
	static const char *const words[] = {"none", "lost", "unusable", "match", "mismatch"};
	const struct stls_host *host = finding->trail != NULL ? finding->trail->host : NULL;

	if (host == NULL || !finding->up)
		return json_null();
	return json_pack(
	    "{s:s, s:I, s:I, s:o, s:b, s:o}", "result", words[finding->tlsa], "records",
	    (json_int_t)host->found_count, "usable", (json_int_t)host->tlsa_count, "base",
	    text_or_null(host->tlsa_base), "counts", finding->trail->dane_counts, "fault",
	    finding->tlsa_fault != STLS_FAULT_NONE ? text(stls_fault_name(finding->tlsa_fault))
	                                           : json_null());
}

static json_t *warnings_of(const struct verdict *verdict)
{
	json_t *list = json_array();

	for (int kind = 0; kind < WARN_KINDS; kind++)
		if (verdict->warnings[kind])
			json_array_append_new(list,
			                      json_pack("{s:s, s:s}", "name", warning_name(kind),
			                                "sentence", warning_sentence(kind)));
	return list;
}

static const char *lower_status(int status)
{
	static const char *const words[] = {"ok", "warning", "critical", "unknown"};

	return words[status & 3];
}

/* A service that was not found has no protocol to speak. */
static json_t *mode_of(const struct service *service)
{
	if (service->protocol == 0)
		return json_null();
	return text(service->layer == STLS_IMPLICIT ? "implicit" : "starttls");
}

static json_t *place_of(const struct finding *finding)
{
	const struct service *service = finding->service;

	return json_pack(
	    "{s:o, s:o, s:o, s:o, s:o}", "url", text(service->url), "protocol",
	    text_or_null(service->protocol != 0 ? stls_protocol_name(service->protocol) : NULL),
	    "mode", mode_of(service), "address", text_or_null(finding->peer), "found",
	    found_of(finding->trail));
}

static json_t *judgement_of(const struct finding *finding, const struct verdict *verdict)
{
	return json_pack("{s:s, s:i, s:s, s:s, s:o, s:I}", "status", lower_status(verdict->status),
	                 "exit", verdict->status, "verdict", verdict->name, "sentence",
	                 verdict->sentence, "detail", text_or_null(finding->detail), "milliseconds",
	                 (json_int_t)finding->milliseconds);
}

static json_t *connection_of(const struct finding *finding, const struct verdict *verdict)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "tls", tls_of(finding), "tlsa",
	                 tlsa_of(finding), "certificate",
	                 certificate_of(&finding->certificate, verdict->days_left), "capabilities",
	                 finding->listed ? list_of(finding->capabilities, finding->capability_count)
	                                 : json_null(),
	                 "login", login_of(finding), "warnings", warnings_of(verdict), "dialogue",
	                 dialogue_of(&finding->tape));
}

/* Takes the parts; NULL when memory is out. */
static json_t *join(json_t *one, json_t *other)
{
	if (one != NULL && json_object_update(one, other) < 0) {
		json_decref(one);
		one = NULL;
	}
	json_decref(other);
	return one;
}

void render_json(const struct render *render, const struct finding *finding,
                 const struct verdict *verdict)
{
	json_t *object = join(join(place_of(finding), judgement_of(finding, verdict)),
	                      connection_of(finding, verdict));

	if (object == NULL || json_dumpf(object, render->to, JSON_COMPACT) < 0)
		fprintf(render->to, "{\"status\":\"unknown\",\"exit\":3}");
	fputc('\n', render->to);
	json_decref(object);
}
