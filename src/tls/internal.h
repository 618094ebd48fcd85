/* SPDX-License-Identifier: ISC */
/* What the files of the TLS room share. */
#ifndef TLS_INTERNAL_H
#define TLS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <starttls/tls.h>

#include "tls/direct.h"

/* The identifiers inside a certificate; they point into general. */
struct tls_names {
	GENERAL_NAMES *general;
	struct stls_id *ids;
	size_t count;
};

bool tls_names_read(struct tls_names *, X509 *);
void tls_names_free(struct tls_names *);

/* The certificates for one set of names: at most one for each kind of key. */
struct tls_slot {
	SSL_CTX *ssl;
	struct tls_names names;
	bool has_rsa, has_other;
};

struct tls_ticket_keys {
	unsigned char keys[STLS_TICKET_KEYS][STLS_TICKET_KEY_SIZE];
	size_t count;
};

struct stls_tls_context {
	unsigned references;
	enum stls_role role;
	bool strict_sni, weaker, ask_client;
	SSL_CTX *ssl; /* settings; slot 0 shares it */
	struct tls_slot *slots;
	size_t slot_count;
	int64_t expiry;
	struct tls_ticket_keys tickets;
};

/* A queue of bytes that owns no memory while it is empty. */
struct tls_bytes {
	char *data;
	size_t start, end, size;
};

bool tls_bytes_add(struct tls_bytes *, const void *, size_t);
size_t tls_bytes_take(struct tls_bytes *, void *, size_t);
void tls_bytes_drop(struct tls_bytes *, size_t);
size_t tls_bytes_count(const struct tls_bytes *);
void tls_bytes_free(struct tls_bytes *);

enum tls_phase { TLS_SHAKING, TLS_UP, TLS_BROKEN };

/* A certificate in words, kept as long as the connection. */
struct tls_words {
	struct stls_certificate certificate;
	struct tls_names names;
	unsigned char *der;
	char subject[256], issuer[256], key[64];
	struct tls_words *next;
	size_t index;
};

struct stls_tls {
	SSL *ssl;
	stls_tls_context *context;
	enum stls_protocol protocol;
	enum stls_layer layer;
	enum tls_phase phase;
	enum stls_fault fault;
	enum stls_end end;

	struct tls_bytes in, out;
	struct tls_pipe pipe; /* recv NULL: bytes mode */
	bool eof;             /* nothing more will come in */
	bool sniffed;         /* the first octet was looked at */
	bool renegotiates;    /* the peer tried to */

	/* identity */
	enum stls_trust trust;
	struct stls_id *wanted; /* one allocation with the bytes behind */
	size_t wanted_count;
	enum stls_trust verified;
	enum stls_fault unverified;
	char *sni, *matched, *peer_name;
	STACK_OF(X509) * shown; /* the chain that failed to verify: OpenSSL forgets it */
	char detail[160];
	struct tls_words *words;
};

/* bio.c: the BIO under a connection */
BIO *tls_bio_new(stls_tls *);
/* Pushes what waits in out through the pipe: true when nothing is left. */
bool tls_bio_flush(stls_tls *);

/* verify.c */
int tls_verify(X509_STORE_CTX *, void *);
bool tls_want(stls_tls *, const struct stls_tls_peer *);

/* errors.c: why OpenSSL did not go on, as a fault with a detail */
void tls_broken(stls_tls *, int result);
void tls_fault_set(stls_tls *, enum stls_fault, const char *detail);
bool tls_sentence(struct stls_tls_error *, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* returns false */

/* alpn.c, hello.c, tickets.c: what a server does with a ClientHello */
int tls_alpn_select(SSL *, const unsigned char **, unsigned char *, const unsigned char *, unsigned,
                    void *);
bool tls_alpn_offer(stls_tls *);
bool tls_alpn_agreed(stls_tls *);
int tls_hello(SSL *, int *alert, void *);
bool tls_tickets_begin(stls_tls_context *);

/* context.c */
SSL_CTX *tls_settings(const stls_tls_context *);

#endif
