/* SPDX-License-Identifier: ISC */
/*
 * Logging in to GNU SASL's own server, over two ends of TLS in memory: bound to
 * the connection (RFC 9266), to another one, and to a server that is none.
 */
#include "pair.h"

#include <gsasl.h>

#include "check/login.h"

enum trick {
	HONEST,
	ELSEWHERE, /* a gateway sits between: the server's end is of another connection */
	IMPOSTOR,  /* says yes without knowing the password */
	LIAR       /* proves the wrong thing */
};

struct server {
	stls_tls *tls;
	Gsasl *library;
	Gsasl_session *session;
	enum trick trick;
	unsigned turn;
	char line[4096];
	size_t length;
};

static int on_callback(Gsasl *library, Gsasl_session *session, Gsasl_property property)
{
	struct server *server = gsasl_callback_hook_get(library);
	unsigned char binding[32];
	char *text;

	if (property == GSASL_PASSWORD)
		return gsasl_property_set(session, property, "correct horse");
	if (property != GSASL_CB_TLS_EXPORTER)
		return GSASL_NO_CALLBACK;
	assert_int_equal(stls_tls_binding(server->tls, binding), 0);
	binding[0] ^= server->trick == ELSEWHERE;
	assert_int_equal(gsasl_base64_to((char *)binding, 32, &text, NULL), GSASL_OK);
	gsasl_property_set(session, property, text);
	gsasl_free(text);
	return GSASL_OK;
}

static void server_open(struct server *server, const char *mechanism)
{
	assert_int_equal(gsasl_init(&server->library), GSASL_OK);
	gsasl_callback_hook_set(server->library, server);
	gsasl_callback_set(server->library, on_callback);
	assert_int_equal(gsasl_server_start(server->library, mechanism, &server->session),
	                 GSASL_OK);
}

static void server_close(struct server *server)
{
	gsasl_finish(server->session);
	gsasl_done(server->library);
}

static void say(struct server *server, const char *code, const char *text)
{
	char line[4096];
	int length = snprintf(line, sizeof(line), "%s %s\r\n", code, text);

	assert_int_equal(stls_tls_write(server->tls, line, (size_t)length), 0);
}

/* One line from the client, as an SMTP server answers it. */
static void answer(struct server *server, const char *word)
{
	char *out = NULL;
	int said;

	if (word[0] == '\0' || word[0] == '*') { /* the client has had the last word */
		say(server, word[0] == '\0' ? "235" : "501", "2.7.0 So be it");
		return;
	}
	said = gsasl_step64(server->session, word, &out);
	if (said == GSASL_OK && server->trick == LIAR)
		say(server, "334", "dj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQT0=");
	else if (said == GSASL_OK && server->trick == IMPOSTOR)
		say(server, "235", "2.7.0 Welcome");
	else if (said == GSASL_OK || said == GSASL_NEEDS_MORE)
		say(server, "334", out);
	else
		say(server, "535", "5.7.8 No");
	gsasl_free(out);
}

static void serve(struct server *server)
{
	char *end, *word;
	ptrdiff_t n = stls_tls_read(server->tls, server->line + server->length,
	                            sizeof(server->line) - server->length - 1);

	server->length += n > 0 ? (size_t)n : 0;
	server->line[server->length] = '\0';
	end = strstr(server->line, "\r\n");
	if (end == NULL)
		return;
	*end = '\0';
	word = server->turn++ == 0 ? strrchr(server->line, ' ') + 1 : server->line;
	answer(server, word);
	server->length = 0;
}

/* The whole login; the reason of a failure. */
static enum login_state log_in(const char *mechanism, const char *password, enum trick trick,
                               char reason[256])
{
	struct stls_tls_settings settings = {.size = sizeof(settings)};
	stls_tls_context *front = pair_server(&settings, "a.example", NULL);
	stls_tls_context *back = pair_client(&settings);
	struct stls_tls_peer peer = {.size = sizeof(peer), .sni = "a.example"};
	struct pair pair = pair_shake(back, front, STLS_SMTP, &peer);
	struct side side = {.end = {.fd = -1}, .tls = pair.client};
	struct talk talk = {.side = &side};
	struct server server = {.tls = pair.server, .trick = trick};
	const char *list = "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256";
	struct login_offer offer = {
	    .protocol = STLS_SMTP, .capabilities = &list, .count = 1, .binds = true};
	struct login_account account = {.user = "alice", .password = password};
	struct login *login;
	enum login_state state;

	pair_expect_up(pair.client);
	server_open(&server, mechanism);
	login = login_begin(&talk, &offer, mechanism, &account);
	assert_non_null(login);
	for (int turns = 0; (state = login_run(login)) == LOGIN_WAITS && turns < 20; turns++) {
		pair_run(pair.client, pair.server, 1000);
		serve(&server);
		pair_run(pair.client, pair.server, 1000);
	}
	snprintf(reason, 256, "%s", login_reason(login));
	login_end(login);
	server_close(&server);
	pair_free(&pair);
	stls_tls_context_free(front);
	stls_tls_context_free(back);
	return state;
}

static void logins(void **state)
{
	static const struct {
		const char *mechanism, *password;
		enum trick trick;
		enum login_state ends;
		const char *reason;
	} rows[] = {
	    {"SCRAM-SHA-256-PLUS", "correct horse", HONEST, LOGIN_DONE, ""},
	    {"SCRAM-SHA-256-PLUS", "wrong", HONEST, LOGIN_FAILED, "535 5.7.8 No"},
	    {"SCRAM-SHA-256-PLUS", "correct horse", ELSEWHERE, LOGIN_FAILED, "535 5.7.8 No"},
	    {"SCRAM-SHA-256", "correct horse", HONEST, LOGIN_DONE, ""},
	    {"SCRAM-SHA-256", "correct horse", ELSEWHERE, LOGIN_DONE, ""}, /* which is why */
	    {"SCRAM-SHA-256", "correct horse", IMPOSTOR, LOGIN_FAILED,
	     "the server did not prove that it knows the password"},
	    {"SCRAM-SHA-256", "correct horse", LIAR, LOGIN_FAILED, NULL},
	};
	char reason[256];

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		enum login_state ends =
		    log_in(rows[i].mechanism, rows[i].password, rows[i].trick, reason);

		if (ends != rows[i].ends)
			fail_msg("row %zu: %d (%s)", i, ends, reason);
		if (rows[i].reason != NULL)
			assert_string_equal(reason, rows[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(logins)};
	const struct certs_spec certificate = {.name = "a.example", .san = "DNS:a.example"};
	int failed;

	certs_begin();
	certs_make(&certificate);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	certs_end();
	return failed;
}
