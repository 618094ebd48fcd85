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

/* ---- names.c: the identifiers inside a certificate; they point into it ---- */

struct tls_names {
	GENERAL_NAMES *general;
	struct stls_id *ids;
	size_t count;
};

bool tls_names_read(struct tls_names *, X509 *);
void tls_names_free(struct tls_names *);
/* Adds the common name, if there is no DNS-ID (RFC 7672 section 3.2.3). */
void tls_names_add_common(struct tls_names *, X509 *);
/* The common name as text, to be freed; NULL if there is none, or if it is no text:
 * whoever compares or prints it must see all of it (CVE-2009-2408). */
char *tls_common_name(const X509 *);

/* ---- certificates.c: a certificate of ours ---- */

struct tls_certificate {
	X509 *leaf;
	STACK_OF(X509) * chain;
	EVP_PKEY *key;
	struct tls_names names;
	struct tls_certificate *next; /* in the order of adding */
};

void tls_certificates_free(struct tls_certificate *);

/* ---- shelf.c: which certificates answer which name ---- */

/* One certificate, or an RSA one and another one: the handshake chooses by what
 * the client can verify. */
struct tls_slot {
	SSL_CTX *ssl;
	const struct tls_certificate *rsa, *other;
	struct tls_slot *next;
};

struct tls_entry {
	char *name; /* in lower case, without a dot at the end */
	struct tls_slot *slot;
};

struct tls_shelf {
	struct tls_slot *slots;
	struct tls_entry *entries; /* sorted by name */
	size_t count;
	struct tls_slot *fallback;
};

bool tls_shelf_put(stls_tls_context *, const struct tls_certificate *);
struct tls_slot *tls_shelf_find(const struct tls_shelf *, const char *name, size_t length);
void tls_shelf_free(struct tls_shelf *);

/* ---- context.c ---- */

struct tls_ticket_keys {
	unsigned char keys[STLS_TICKET_KEYS][STLS_TICKET_KEY_SIZE];
	size_t count;
	EVP_CIPHER *cipher;
};

struct stls_tls_context {
	unsigned references;
	enum stls_role role;
	int strict_sni;
	bool weaker, ask_client;
	unsigned char sid[32];
	BIO_METHOD *bio;
	SSL_CTX *ssl; /* a server's has no certificates: those are on the shelf */
	struct tls_certificate *certificates;
	struct tls_words *words;
	struct tls_shelf shelf;
	struct tls_ticket_keys tickets;
};

/* An SSL_CTX with the settings of the context. */
SSL_CTX *tls_settings(const stls_tls_context *);

/* ---- bytes.c: a queue of bytes that owns no memory while it is empty ---- */

struct tls_bytes {
	char *data;
	size_t start, end, size;
};

#define TLS_BYTES_LARGE 67584 /* four records, and some */

bool tls_bytes_add(struct tls_bytes *, const void *, size_t);
size_t tls_bytes_take(struct tls_bytes *, void *, size_t);
void tls_bytes_drop(struct tls_bytes *, size_t);
size_t tls_bytes_count(const struct tls_bytes *);
void tls_bytes_free(struct tls_bytes *);

/* ---- connection.c ---- */

enum tls_phase { TLS_SHAKING, TLS_UP, TLS_BROKEN };

struct tls_words;

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
	bool reading;         /* what is written now is not the owner's */
	bool corked;          /* records wait in out for the owner */
	bool busy;            /* much is read: a large buffer is worth it */
	bool mute;            /* the pipe takes nothing any more */
	bool ticketed;        /* the client has its ticket */
	size_t replies;       /* of what is in out: what was written while reading */
	bool renegotiates;    /* the peer tried to */

	/* identity */
	enum stls_trust trust;
	struct stls_id *wanted; /* one allocation with the bytes behind */
	size_t wanted_count;
	size_t usable; /* TLSA records that OpenSSL took */
	enum stls_trust verified;
	enum stls_fault unverified;
	char *sni;    /* as sent */
	bool named;   /* server: a certificate has that name, or the preset one */
	char *preset; /* server: the name to answer for when none was sent */
	char *matched, *peer_name;
	STACK_OF(X509) * shown; /* the chain that failed to verify: OpenSSL forgets it */
	char detail[160];
	struct tls_words *words;
};

/* ---- words.c ---- */

void tls_words_free(struct tls_words *);
int64_t tls_seconds(const ASN1_TIME *); /* since 1970 */

/* ---- bio.c: the BIO under a connection ---- */

BIO_METHOD *tls_bio_method(void);
BIO *tls_bio_new(stls_tls *);
/* Pushes what waits in out through the pipe: true when nothing is left. */
bool tls_bio_flush(stls_tls *);

/* ---- verify.c ---- */

/* Usages of TLSA records (RFC 7218). */
enum { TLS_DANE_TA = 2, TLS_DANE_EE = 3 };

int tls_verify(X509_STORE_CTX *, void *);
/* An error of X509_verify_cert(3), names included; and what fault that is. */
int tls_examine(stls_tls *, X509_STORE_CTX *);
enum stls_fault tls_verify_fault(int error);
/* What is known of a client whose session is resumed. */
void tls_verify_resumed(stls_tls *);

/* ---- want.c ---- */

bool tls_want(stls_tls *, const struct stls_tls_peer *);

/* ---- errors.c ---- */

/* Why OpenSSL did not go on, as a fault with a detail; the connection is over. */
void tls_broken(stls_tls *);
void tls_fault_set(stls_tls *, enum stls_fault, const char *detail);
bool tls_sentence(struct stls_tls_error *, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* returns false */

/* ---- alpn.c, hello.c, tickets.c: what a server does with a ClientHello ---- */

int tls_alpn_select(SSL *, const unsigned char **, unsigned char *, const unsigned char *, unsigned,
                    void *);
bool tls_alpn_offer(stls_tls *);
bool tls_alpn_agreed(stls_tls *);
int tls_hello(SSL *, int *alert, void *);
bool tls_tickets_begin(struct tls_ticket_keys *);
bool tls_tickets_use(SSL_CTX *);
void tls_tickets_end(struct tls_ticket_keys *);

#endif
