/* SPDX-License-Identifier: ISC */
/* One line in the log for a session, in the words of the fault table.  Nothing
 * that crossed is in it. */
#include "gate/session.h"

static const char *const parties[] = {
    [PARTY_CLIENT] = "client",
    [PARTY_BACKEND] = "backend",
    [PARTY_US] = "us",
};

static const char *unless_empty(const char *text)
{
	return text && *text ? text : NULL;
}

static void report_tls(struct log_line *line, const stls_tls *tls)
{
	struct stls_facts facts;

	stls_tls_facts(tls, &facts);
	log_text(line, "sni", unless_empty(facts.sni));
	log_text(line, "tls", unless_empty(facts.version));
	log_text(line, "cipher", unless_empty(facts.cipher));
	log_text(line, "group", unless_empty(facts.group));
	log_text(line, "alpn", unless_empty(facts.alpn));
	log_number(line, "resumed", facts.resumed);
}

static enum log_level level_of(enum stls_fault fault)
{
	switch (stls_fault_whose(fault)) {
	case STLS_ATTACK:
	case STLS_US: return LOG_LEVEL_WARNING;
	default: return LOG_LEVEL_INFO;
	}
}

static void report_end(struct log_line *line, const struct session *session)
{
	log_text(line, "fault", stls_fault_name(session->fault));
	if (session->cause)
		log_text(line, "cause", stls_fault_name(session->cause));
	log_text(line, "by", parties[session->by]);
	log_text(line, "detail", unless_empty(session->detail));
}

static void report_address(struct log_line *line, const char *key,
                           const struct address_socket *address)
{
	char text[ADDRESS_TEXT];

	log_text(line, key,
	         address_format(text, (const struct sockaddr *)&address->storage, address->length));
}

/* Those who neither got as far as the service nor came through TLS in good faith.
 * They cost nothing to be many. */
static bool is_stranger(const struct session *session)
{
	return !session->open && (!session->secure || session->fault != STLS_FAULT_NONE);
}

void front_report(struct session *session)
{
	struct log_line line;

	if (session->reported)
		return;
	session->reported = true;
	front_count_end(session);
	(is_stranger(session) ? log_begin_stranger : log_begin)(
	    &line, session->front->log, level_of(session->fault), "session");
	log_text(&line, "front", session->front->config->name);
	report_address(&line, "client", &session->peer);
	report_end(&line, session);
	if (session->service)
		log_text(&line, "route", session->service->route);
	if (session->place)
		report_address(&line, "backend", &session->place->at.socket);
	log_text(&line, "domain", session->domain);
	if (session->secure)
		report_tls(&line, session->client.tls);
	log_number(&line, "in", (int64_t)session->pump.lane[0].moved);
	log_number(&line, "out", (int64_t)session->pump.lane[1].moved);
	log_number(&line, "ms", loop_clock() - session->began);
	log_end(&line);
}
