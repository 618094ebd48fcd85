/* SPDX-License-Identifier: ISC */
/* A finding for people. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cli/render.h"

/* Of one turn of the dialogue, unless all of it is wanted. */
#define ABRIDGED_LINES 4
#define ABRIDGED_NAMES 8

static const char *colour(const struct render *render, const char *code)
{
	return render->colours ? code : "";
}

static const char *status_colour(int status)
{
	static const char *const codes[] = {"\033[32m", "\033[33m", "\033[31m", "\033[35m"};

	return codes[status & 3];
}

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

static void label(const struct render *render, const char *name)
{
	fprintf(render->to, "  %s%-12s%s", colour(render, DIM), name, colour(render, PLAIN));
}

void render_date(char out[16], int64_t moment)
{
	time_t seconds = (time_t)moment;
	struct tm parts;

	out[0] = '\0';
	if (gmtime_r(&seconds, &parts) != NULL)
		strftime(out, 16, "%Y-%m-%d", &parts);
}

/* ---- how it was found ---- */

static void print_found(const struct render *render, const struct trail *trail)
{
	const struct trail_goal *goal = &trail->plan.goal;
	char detail[512];

	if (goal->url == NULL) {
		label(render, "found");
		fprintf(render->to, "%s of %s", stls_service_name(goal->kind), goal->domain);
		if (trail->hosts != NULL && trail->hosts->host_count > 0)
			fprintf(render->to, ", DNSSEC: %s", stls_dns_name(trail->hosts->mx));
		fputc('\n', render->to);
	}
	for (size_t i = 0; i < trail->passed_count; i++) {
		const struct trail_passed *passed = &trail->passed[i];

		tape_escape(detail, sizeof(detail), passed->detail, strlen(passed->detail));
		label(render, "passed over");
		fprintf(render->to, "%s: %s%s%s\n", passed->host,
		        stls_fault_sentence(passed->fault), detail[0] != '\0' ? ": " : "", detail);
	}
}

/* ---- the dialogue ---- */

static void print_piece(const struct render *render, const struct tape_piece *piece)
{
	static const char *const who[] = {"C:", "S:", "--"};
	char line[2048];
	size_t at = 0, lines = 0;

	while (tape_line(piece, &at, line, sizeof(line))) {
		if (++lines <= ABRIDGED_LINES || render->verbose)
			fprintf(render->to, "  %s%s%s %.*s\n", colour(render, DIM), who[piece->who],
			        colour(render, PLAIN), render->verbose ? 2048 : 100, line);
	}
	if (lines > ABRIDGED_LINES && !render->verbose)
		fprintf(render->to, "     ... and %zu more (-v shows them)\n",
		        lines - ABRIDGED_LINES);
}

static void print_dialogue(const struct render *render, const struct finding *finding)
{
	bool inside = finding->service->layer == STLS_IMPLICIT;

	for (size_t i = 0; i < finding->tape.count; i++) {
		const struct tape_piece *piece = &finding->tape.pieces[i];

		if (piece->inside && !render->verbose)
			break; /* what it offers there is told below */
		if (piece->inside && !inside)
			fputs("     (TLS from here on)\n", render->to);
		inside = piece->inside;
		print_piece(render, piece);
	}
	if (finding->tape.full)
		fputs("     ... and more than is kept\n", render->to);
}

/* ---- TLS ---- */

static void print_verified(const struct render *render, const struct finding *finding)
{
	label(render, "verified");
	switch (finding->verified) {
	case STLS_TRUST_PKIX:
		fprintf(render->to, "by an authority, as %s\n", finding->matched);
		break;
	case STLS_TRUST_DANE: fputs("by TLSA records\n", render->to); break;
	case STLS_TRUST_ANY:
		fprintf(render->to, "%sno%s: %s\n", colour(render, status_colour(STATUS_CRITICAL)),
		        colour(render, PLAIN), stls_fault_sentence(finding->unverified));
		break;
	}
}

static const char *tlsa_words(const struct finding *finding)
{
	switch (finding->tlsa) {
	case FINDING_NO_TLSA: return "there are no records";
	case FINDING_TLSA_LOST:
		return finding->tlsa_fault == STLS_FAULT_BOGUS
		           ? "the records are signed wrongly"
		           : "the records could not be looked up";
	case FINDING_TLSA_UNUSABLE: return "none of the records can be used";
	case FINDING_TLSA_MATCHES: return "the records match";
	case FINDING_TLSA_DIFFERS: return "the records do not match";
	}
	return "";
}

static void print_records(const struct render *render, const struct finding *finding)
{
	const struct trail *trail = finding->trail;

	if (trail == NULL || trail->host == NULL)
		return;
	label(render, "tlsa");
	fputs(tlsa_words(finding), render->to);
	if (trail->host->tlsa_count > 0)
		fprintf(render->to, ": %zu of %zu at _%u._tcp.%s count%s%s",
		        trail->host->tlsa_count, trail->host->found_count, trail->host->port,
		        trail->host->tlsa_base, trail->host->tlsa_count == 1 ? "s" : "",
		        trail->dane_counts ? "" : " (told only; with --dane it decides)");
	fputc('\n', render->to);
}

static void print_names(const struct render *render, const struct finding_certificate *certificate)
{
	label(render, "names");
	for (size_t i = 0; i < certificate->name_count; i++)
		if (i < ABRIDGED_NAMES || render->verbose)
			fprintf(render->to, "%s%s", i > 0 ? ", " : "", certificate->names[i]);
	if (certificate->name_count > ABRIDGED_NAMES && !render->verbose)
		fprintf(render->to, " and %zu more", certificate->name_count - ABRIDGED_NAMES);
	fputs(certificate->name_count > 0 ? "\n" : "none\n", render->to);
}

static void print_certificate(const struct render *render,
                              const struct finding_certificate *certificate,
                              const struct verdict *verdict)
{
	char before[16], after[16];

	label(render, "certificate");
	fprintf(render->to, "%s, %s, %s\n", certificate->subject, certificate->key,
	        certificate->signature);
	label(render, "issuer");
	fprintf(render->to, "%s\n", certificate->issuer);
	print_names(render, certificate);
	render_date(before, certificate->not_before);
	render_date(after, certificate->not_after);
	label(render, "valid");
	fprintf(render->to, "%s to %s, ", before, after);
	if (verdict->days_left >= 0)
		fprintf(render->to, "%" PRId64 " days left\n", verdict->days_left);
	else
		fprintf(render->to, "expired %" PRId64 " days ago\n", -verdict->days_left);
}

static void print_tls(const struct render *render, const struct finding *finding,
                      const struct verdict *verdict)
{
	label(render, "tls");
	fprintf(render->to, "%s, %s%s%s%s%s%s\n", finding->version, finding->cipher,
	        finding->group[0] != '\0' ? ", " : "", finding->group,
	        finding->alpn[0] != '\0' ? ", ALPN " : "", finding->alpn,
	        finding->resumed ? ", resumed" : "");
	if (finding->certificate.there)
		print_certificate(render, &finding->certificate, verdict);
	print_verified(render, finding);
	print_records(render, finding);
}

/* ---- inside ---- */

static void print_offers(const struct render *render, const struct finding *finding)
{
	char text[256];
	size_t column = 0;

	if (finding->capability_count == 0)
		return;
	label(render, "offers");
	for (size_t i = 0; i < finding->capability_count; i++) {
		tape_escape(text, sizeof(text), finding->capabilities[i],
		            strlen(finding->capabilities[i]));
		if (column > 0 && column + strlen(text) > 80)
			column = (size_t)fprintf(render->to, ",\n              %s", text) - 16;
		else
			column += (size_t)fprintf(render->to, "%s%s", column > 0 ? ", " : "", text);
	}
	fputc('\n', render->to);
}

static void print_login(const struct render *render, const struct finding *finding)
{
	const char *mechanism = finding->mechanism != NULL ? finding->mechanism : "no mechanism";

	if (finding->login == FINDING_NO_LOGIN)
		return;
	label(render, "login");
	switch (finding->login) {
	case FINDING_NO_LOGIN: break;
	case FINDING_LOGIN_SKIPPED:
		fputs(finding->verified == STLS_TRUST_ANY
		          ? "not tried: an unverified server gets no password\n"
		          : "not tried: there is none for this protocol here\n",
		      render->to);
		break;
	case FINDING_LOGIN_DONE:
		fprintf(render->to, "%s, by %s%s\n", finding->user, mechanism,
		        strstr(mechanism, "-PLUS") != NULL ? ", bound to this connection" : "");
		break;
	case FINDING_LOGIN_FAILED: fprintf(render->to, "failed, with %s\n", mechanism); break;
	}
}

static void print_verdict(const struct render *render, const struct finding *finding,
                          const struct verdict *verdict)
{
	for (int kind = 0; kind < WARN_KINDS; kind++)
		if (verdict->warnings[kind]) {
			label(render, "warning");
			fprintf(render->to, "%s: %s\n", warning_name(kind), warning_sentence(kind));
		}
	fprintf(render->to, "  %s%s%s %s: %s", colour(render, status_colour(verdict->status)),
	        status_word(verdict->status), colour(render, PLAIN), verdict->name,
	        verdict->sentence);
	if (finding->detail[0] != '\0')
		fprintf(render->to, " (%s)", finding->detail);
	fputc('\n', render->to);
}

void render_text(const struct render *render, const struct finding *finding,
                 const struct verdict *verdict)
{
	fprintf(render->to, "%s%s%s\n", colour(render, BOLD), finding->service->url,
	        colour(render, PLAIN));
	if (finding->trail != NULL)
		print_found(render, finding->trail);
	if (finding->peer[0] != '\0') {
		label(render, "address");
		fprintf(render->to, "%s\n", finding->peer);
	}
	print_dialogue(render, finding);
	if (finding->up)
		print_tls(render, finding, verdict);
	print_offers(render, finding);
	print_login(render, finding);
	print_verdict(render, finding, verdict);
}
