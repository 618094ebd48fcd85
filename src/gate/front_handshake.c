/* SPDX-License-Identifier: ISC */
/* TLS with the client. */
#include <stdio.h>

#include "gate/session.h"

/* Whatever there was to say about it went out as an alert: no text follows. */
static bool failed(struct session *session)
{
	snprintf(session->detail, sizeof(session->detail), "%s",
	         stls_tls_detail(session->client.tls));
	return session_close(session, PARTY_CLIENT, stls_tls_fault(session->client.tls));
}

/* Its first message is what costs (a key exchange, a signature); who got that far goes on. */
static bool may_shake(struct session *session)
{
	return !side_has_more(&session->client) ||
	       turns_take(session->front->turns, &session->turn, session);
}

bool front_handshake(struct session *session)
{
	enum stls_need need;

	if (!may_shake(session))
		return false;
	need = side_shake(&session->client);
	session->secure = need == STLS_DONE;
	switch (need) {
	case STLS_DONE: front_count_handshake(session); return front_go_to_backend(session);
	case STLS_FAILED: return failed(session);
	default: return false;
	}
}
