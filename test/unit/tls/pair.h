/* SPDX-License-Identifier: ISC */
/* Two ends of TLS back to back in memory: two of ours, or one of ours and one
 * that is OpenSSL alone. */
#ifndef TEST_TLS_PAIR_H
#define TEST_TLS_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ssl.h>

#include <starttls/dialogue.h>
#include <starttls/tls.h>

#include "certs.h"

#define LENGTH(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

struct stls_receipt pair_receipt(enum stls_protocol, enum stls_role);

/* A context, which must succeed; certificates by their names, NULL ends them. */
stls_tls_context *pair_server(const struct stls_tls_settings *, const char *certificate, ...);
stls_tls_context *pair_client(const struct stls_tls_settings *);

stls_tls *pair_open(stls_tls_context *, enum stls_protocol, enum stls_role,
                    const struct stls_tls_peer *);

/* Carries bytes to and fro, so many at once, until both have nothing to say. */
void pair_run(stls_tls *, stls_tls *, size_t chunk);

/* A pair whose handshake is over, or failed. */
struct pair {
	stls_tls *client, *server;
};
struct pair pair_shake(stls_tls_context *client, stls_tls_context *server, enum stls_protocol,
                       const struct stls_tls_peer *);
void pair_free(struct pair *);

/* The name of a fault, for assertions that tell what was wrong. */
void pair_expect(const stls_tls *, enum stls_fault);
#define pair_expect_up(TLS)                                                                        \
	do {                                                                                       \
		pair_expect(TLS, STLS_FAULT_NONE);                                                 \
		assert_int_equal(stls_tls_need(TLS), STLS_DONE);                                   \
	} while (0)

/* ---- OpenSSL alone ---- */

struct raw {
	SSL_CTX *context;
	SSL *ssl;
	int shaken; /* result of the last SSL_do_handshake() */
	unsigned long reason;
};

/* A client, or a server with a certificate. */
struct raw raw_client(int minimum, int maximum);
struct raw raw_server(int minimum, int maximum, const char *certificate);
/* Opens the connection itself; settings may be changed before. */
void raw_open(struct raw *);
/* Asks for a name, if it is not NULL. */
void raw_ask(struct raw *, const char *name);
/* Shakes hands as far as it goes. */
void raw_run(struct raw *, stls_tls *);
/* Carries bytes only. */
void raw_carry(struct raw *, stls_tls *);
void raw_close(struct raw *); /* the connection */
void raw_free(struct raw *);

#endif
