/* SPDX-License-Identifier: ISC */
/*
 * Logging in, inside TLS with a verified server and nowhere else.  What a
 * mechanism says comes from GNU SASL, how the protocol says it from wire/sasl.h.
 */
#ifndef CHECK_LOGIN_H
#define CHECK_LOGIN_H

#include <starttls/tls.h>

#include "check/talk.h"

struct login_account {
	const char *user, *password; /* user NULL: nobody logs in */
};

struct login;

/* What there is to choose from. */
struct login_offer {
	enum stls_protocol protocol;
	const char *const *capabilities; /* as stls_capability() tells them */
	size_t count;
	bool binds; /* the TLS connection has a channel binding */
};

/* SCRAM-SHA-256-PLUS, SCRAM-SHA-256, PLAIN: the first one that is offered; NULL. */
const char *login_mechanism(const struct login_offer *);

enum login_state { LOGIN_WAITS, LOGIN_DONE, LOGIN_FAILED };

/* NULL when memory is out. */
struct login *login_begin(struct talk *, const struct login_offer *, const char *mechanism,
                          const struct login_account *);
enum login_state login_run(struct login *);
/* LOGIN_FAILED: why, in the server's words or the library's. */
const char *login_reason(const struct login *);
void login_end(struct login *); /* NULL is fine */

#endif
