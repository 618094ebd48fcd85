/* SPDX-License-Identifier: ISC */
/*
 * The end.  A socket that is closed while something from the peer is unread
 * resets the connection, and the reset may overtake our last words: so those are
 * said, our direction is closed, and the peer is heard out, for a while.
 */
#include "gate/session.h"

static bool say_last_words(struct session *session)
{
	while (session->said < session->length) {
		ptrdiff_t n = side_write(&session->client, session->words + session->said,
		                         session->length - session->said);

		if (n == SIDE_WAIT)
			return false;
		if (n < 0)
			session->said = session->length;
		else
			session->said += (size_t)n;
	}
	return true;
}

#define HEARD_OUT 262144 /* bytes that are read in vain; who says more is cut short */

/* True when the client has closed, too. */
static bool hear_out(struct session *session)
{
	char bytes[4096];
	ptrdiff_t n;

	while ((n = side_read(&session->client, bytes, sizeof(bytes))) > 0) {
		session->unheard += (size_t)n;
		if (session->unheard > HEARD_OUT)
			return true;
	}
	return n != SIDE_WAIT;
}

/* TLS that is not up, or not any more, has no close_notify to give and takes
 * none, and nothing else may follow on its connection. */
static void forget_broken_tls(struct session *session)
{
	if (!session->client.tls || stls_tls_need(session->client.tls) == STLS_DONE)
		return;
	stls_tls_free(session->client.tls);
	session->client.tls = NULL;
	session->said = session->length;
}

bool front_part(struct session *session)
{
	if (session->cut) {
		side_abort(&session->leg.side);
		side_abort(&session->client);
		session->stage = STAGE_OVER;
		return false;
	}
	leg_close(&session->leg);
	forget_broken_tls(session);
	if (!say_last_words(session) || side_finish(&session->client) == SIDE_WAIT ||
	    !hear_out(session))
		return false;
	session->stage = STAGE_OVER;
	return false;
}
