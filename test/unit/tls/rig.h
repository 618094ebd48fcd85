/* SPDX-License-Identifier: ISC */
/* Two ends of a connection in memory: both of them ours, or one of them OpenSSL's
 * own, which does what ours never does. */
#ifndef TEST_RIG_H
#define TEST_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <starttls/tls.h>

#include "pki.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WHOLE ((size_t)-1)

struct stls_receipt rig_receipt(enum stls_protocol, enum stls_role);

/* Contexts; the tests of what a context refuses do without these. */
stls_tls_context *rig_client(const struct pki *, int weaker);
stls_tls_context *rig_server(const struct stls_tls_settings *, const struct pki_pair *const *,
                             size_t count);
stls_tls_context *rig_server_of(const struct pki_pair *);

/* ---- both ours ---- */

struct rig {
	stls_tls *client, *server;
};

void rig_open(struct rig *, enum stls_protocol, stls_tls_context *client, stls_tls_context *server,
              const struct stls_tls_peer *);
/* Carries bytes, so many at a time, until both sides are silent. */
void rig_run(struct rig *, size_t step);
void rig_close(struct rig *);
/* Takes what one side says, and gives it to the other. */
size_t rig_carry(stls_tls *from, stls_tls *to, size_t step);

/* ---- one of them OpenSSL's ---- */

struct raw {
	SSL_CTX *context;
	SSL *ssl;
	BIO *in, *out;
	int alert;       /* the last one that it was sent; 0 is close_notify too */
	size_t answered; /* octets that ours said */
	char heard[256];
	size_t heard_length;
};

/* Then comes what is special about it, then raw_run(). */
void raw_client(struct raw *, int version);
void raw_server(struct raw *, int version, const struct pki_pair *);
/* Until both sides are silent: whether the handshake is over. */
bool raw_run(struct raw *, stls_tls *);
void raw_close(struct raw *);

/* A server of ours for it. */
stls_tls *rig_accept(stls_tls_context *, enum stls_protocol);

#endif
