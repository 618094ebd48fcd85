/* SPDX-License-Identifier: ISC */
#include "check/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsasl.h>

#include "wire/sasl.h"

struct login {
	struct talk *talk;
	Gsasl *library;
	Gsasl_session *session;
	int said; /* how the mechanism's last step ended */
	struct sasl sasl;
	char reason[256];
};

/* ---- which mechanism ---- */

static bool is_offered(const struct login_offer *offer, const char *mechanism)
{
	for (size_t i = 0; i < offer->count; i++)
		if (sasl_offers(offer->protocol, offer->capabilities[i], mechanism))
			return true;
	return false;
}

const char *login_mechanism(const struct login_offer *offer)
{
	static const char *const wanted[] = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN"};

	for (size_t i = offer->binds ? 0 : 1; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (is_offered(offer, wanted[i]))
			return wanted[i];
	return NULL;
}

static bool takes_initial(const struct login_offer *offer)
{
	bool listed = false;

	for (size_t i = 0; i < offer->count; i++)
		listed = listed || sasl_offers_initial(offer->protocol, offer->capabilities[i]);
	return offer->protocol != STLS_IMAP || listed;
}

/* ---- what the mechanism needs ---- */

/* RFC 9266: the login is bound to this TLS connection. */
static bool set_binding(struct login *login, stls_tls *tls)
{
	unsigned char binding[32];
	char *text;
	bool good;

	if (stls_tls_binding(tls, binding) < 0)
		return false;
	if (gsasl_base64_to((const char *)binding, sizeof(binding), &text, NULL) != GSASL_OK)
		return false;
	good = gsasl_property_set(login->session, GSASL_CB_TLS_EXPORTER, text) == GSASL_OK;
	gsasl_free(text);
	return good;
}

static bool set_account(struct login *login, const struct login_account *account)
{
	return gsasl_property_set(login->session, GSASL_AUTHID, account->user) == GSASL_OK &&
	       gsasl_property_set(login->session, GSASL_PASSWORD, account->password) == GSASL_OK;
}

/* One step of the mechanism; its answer is to be freed with forget(). */
static char *next_word(struct login *login, const char *challenge)
{
	char *word = NULL;

	login->said = gsasl_step64(login->session, challenge, &word);
	if (login->said == GSASL_OK || login->said == GSASL_NEEDS_MORE)
		return word;
	snprintf(login->reason, sizeof(login->reason), "%s", gsasl_strerror(login->said));
	return NULL;
}

static void forget(char *word)
{
	if (word == NULL)
		return;
	explicit_bzero(word, strlen(word));
	gsasl_free(word);
}

static bool start(struct login *login, const struct login_offer *offer, const char *mechanism,
                  const struct login_account *account)
{
	bool plus = strstr(mechanism, "-PLUS") != NULL;
	char *initial;

	if (gsasl_init(&login->library) != GSASL_OK ||
	    gsasl_client_start(login->library, mechanism, &login->session) != GSASL_OK ||
	    !set_account(login, account) || (plus && !set_binding(login, login->talk->side->tls)))
		return false;
	initial = next_word(login, NULL);
	if (initial == NULL)
		return false;
	sasl_begin(&login->sasl, offer->protocol, mechanism, initial, takes_initial(offer));
	forget(initial);
	return true;
}

struct login *login_begin(struct talk *talk, const struct login_offer *offer, const char *mechanism,
                          const struct login_account *account)
{
	struct login *login = calloc(1, sizeof(*login));

	if (login == NULL)
		return NULL;
	login->talk = talk;
	if (start(login, offer, mechanism, account))
		return login;
	login->sasl.next = SASL_NO;
	if (login->reason[0] == '\0')
		snprintf(login->reason, sizeof(login->reason), "the SASL library cannot do %s",
		         mechanism);
	return login;
}

/* ---- the exchange ---- */

static void challenged(struct login *login)
{
	char *word = next_word(login, login->sasl.challenge);

	sasl_respond(&login->sasl, word);
	forget(word);
}

static bool say(struct login *login)
{
	struct sasl *sasl = &login->sasl;
	ptrdiff_t n = side_write(login->talk->side, sasl->out + sasl->out_sent,
	                         sasl->out_length - sasl->out_sent);

	if (n > 0)
		sasl->out_sent += (size_t)n;
	if (n < 0 && n != SIDE_WAIT) {
		sasl->out_sent = sasl->out_length;
		sasl->next = SASL_FAILED;
	}
	return n != SIDE_WAIT;
}

static bool hear(struct login *login)
{
	struct talk *talk = login->talk;
	ptrdiff_t n;

	if (talk->head < talk->tail) {
		talk->head +=
		    sasl_feed(&login->sasl, talk->unread + talk->head, talk->tail - talk->head);
		return true;
	}
	n = talk_read(talk);
	if (n == SIDE_WAIT)
		return false;
	if (n <= 0)
		login->sasl.next = SASL_FAILED;
	return true;
}

static void explain(struct login *login, const char *why)
{
	if (login->reason[0] == '\0')
		snprintf(login->reason, sizeof(login->reason), "%s", why);
}

/* A mechanism in which the server proves itself too is over only then: RFC 5802
 * section 3. */
static enum login_state granted(struct login *login)
{
	if (login->said == GSASL_NEEDS_MORE && login->sasl.challenge[0] != '\0')
		forget(next_word(login, login->sasl.challenge));
	if (login->said == GSASL_OK)
		return LOGIN_DONE;
	explain(login, "the server did not prove that it knows the password");
	return LOGIN_FAILED;
}

enum login_state login_run(struct login *login)
{
	for (;;) {
		switch (sasl_need(&login->sasl)) {
		case SASL_OUT:
			if (!say(login))
				return LOGIN_WAITS;
			break;
		case SASL_IN:
			if (!hear(login))
				return LOGIN_WAITS;
			break;
		case SASL_STEP: challenged(login); break;
		case SASL_YES: return granted(login);
		case SASL_NO: explain(login, login->sasl.reason); return LOGIN_FAILED;
		case SASL_FAILED:
			explain(login, "the answer to the login makes no sense, or none came");
			return LOGIN_FAILED;
		}
	}
}

const char *login_reason(const struct login *login)
{
	return login->reason;
}

void login_end(struct login *login)
{
	if (login == NULL)
		return;
	if (login->session != NULL)
		gsasl_finish(login->session);
	if (login->library != NULL)
		gsasl_done(login->library);
	sasl_wipe(&login->sasl);
	free(login);
}
