/* SPDX-License-Identifier: ISC */
/*
 * TLS by OpenSSL 3, for whoever does not bring a TLS library of their own:
 * link with "pkg-config --libs starttls-openssl".
 *
 * A context holds settings, certificates and ticket keys, and serves any number
 * of connections.  A connection is passive like a dialogue: ciphertext goes in
 * and comes out, plaintext goes in and comes out, and after the handshake the
 * facts tell what was negotiated and what was verified.
 *
 * TLS 1.2 and 1.3 only, AEAD with forward secrecy only, no renegotiation, no
 * compression, no early data (RFC 9325; RFC 8446 appendix E.5).
 */
#ifndef STARTTLS_TLS_H
#define STARTTLS_TLS_H

#include <stddef.h>
#include <stdint.h>

#include <starttls/api.h>
#include <starttls/dialogue.h>
#include <starttls/fault.h>
#include <starttls/identity.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct stls_tls_context stls_tls_context;
typedef struct stls_tls stls_tls;

/* How a failure to build a context is told: always a whole sentence that names
 * the file and says what to do. */
struct stls_tls_error {
	char text[512];
};

/* Zero all of it, then set what is needed.  Nothing is kept of the strings. */
struct stls_tls_settings {
	size_t size; /* sizeof(struct stls_tls_settings) */
	enum stls_role role;
	/* Authorities (PEM) to verify the peer with; NULL: the system's. */
	const char *ca_file;
	/* Client: opportunistic peers may also use what RFC 9325 section 4.1 only
	 * advises against (CBC and static key exchange with TLS 1.2; RFC 7435). */
	int weaker;
	/* Server: a name that no certificate has gets unrecognized_name (RFC 9325
	 * section 3.7) instead of the first certificate (RFC 7672 section 8.1). */
	int strict_sni; /* -1: only if the certificates have more than one name */
	/* Server: ask for a client certificate.  Its absence or failure to verify
	 * is a fact, not an error (RFC 6120 section 5.4.3.1, RFC 8314 section 4.2). */
	int ask_client;
};

STLS_API STLS_MUST_CHECK stls_tls_context *stls_tls_context_new(const struct stls_tls_settings *,
                                                                struct stls_tls_error *);
/* Connections keep what they need of it alive. */
STLS_API void stls_tls_context_free(stls_tls_context *);

/*
 * Adds a certificate chain (PEM, leaf first) and its key.  Server: the names
 * inside decide which one answers which SNI; the first one is the default; an
 * RSA and an ECDSA one for the same name live side by side.  Client: it is
 * shown when asked for.  0, or -1 with the reason.
 */
STLS_API STLS_MUST_CHECK int stls_tls_context_add(stls_tls_context *, const char *chain_file,
                                                  const char *key_file, struct stls_tls_error *);

/* When the earliest of the added leaf certificates expires (seconds since
 * 1970), 0 if there is none. */
STLS_API int64_t stls_tls_context_expiry(const stls_tls_context *);

/*
 * Server: the keys that session tickets are sealed with, newest first; the
 * newest seals, all of them open.  Processes that share these bytes resume each
 * other's sessions.  At most STLS_TICKET_KEYS; without any, a context makes one
 * of its own.  May be called at any time, from the context's own thread.
 */
#define STLS_TICKET_KEY_SIZE 80
#define STLS_TICKET_KEYS 3
STLS_API STLS_MUST_CHECK int
stls_tls_context_tickets(stls_tls_context *, const unsigned char (*keys)[STLS_TICKET_KEY_SIZE],
                         size_t count);

/* Whom a client wants to reach.  Nothing is kept of it after stls_tls_open(). */
struct stls_tls_peer {
	size_t size;           /* sizeof(struct stls_tls_peer) */
	const char *sni;       /* NULL, or a DNS name (not an address: RFC 6066 section 3) */
	enum stls_trust trust; /* failing it fails the connection */
	const struct stls_id *wanted;
	size_t wanted_count;
	const struct stls_tlsa *tlsa; /* STLS_TRUST_DANE */
	size_t tlsa_count;
	const char *tlsa_base; /* the TLSA base domain (RFC 7672 section 2.2.3) */
};

/*
 * Starts TLS.  The receipt is spent; role and ALPN follow from it (ALPN is
 * offered where the protocol has a registered name, a server refuses foreign
 * ones: RFC 7301 section 3.2).  peer is for clients.  A server passes NULL, or
 * one whose sni is the name to answer for when the client's handshake names none
 * (XMPP: stls_domain(), RFC 6120 section 13.7.2.1).  NULL when the receipt is
 * void or of another role than the context, or when memory is out.
 */
STLS_API STLS_MUST_CHECK stls_tls *stls_tls_open(stls_tls_context *, struct stls_receipt *,
                                                 const struct stls_tls_peer *);
/* Ends a connection at any point.  NULL is fine. */
STLS_API void stls_tls_free(stls_tls *);

/*
 * What the connection needs: STLS_OUT (ciphertext is waiting), STLS_IN (nothing
 * goes on without more ciphertext), STLS_DONE (the handshake is over, plaintext
 * may cross), STLS_FAILED.  Output is to be sent first, even when it failed:
 * it is the alert that tells the peer why.
 */
STLS_API enum stls_need stls_tls_need(const stls_tls *);

/* Ciphertext in: all of it is taken (buffered until it is asked for). 0, or -1
 * when memory is out.  stls_tls_eof(): the peer closed the connection. */
STLS_API STLS_MUST_CHECK int stls_tls_feed(stls_tls *, const void *, size_t);
STLS_API void stls_tls_eof(stls_tls *);

/* Ciphertext out, as with dialogues. */
STLS_API const char *stls_tls_out(const stls_tls *, size_t *);
STLS_API void stls_tls_sent(stls_tls *, size_t);

/*
 * Plaintext, once STLS_DONE.  Read: the count; 0 when there is none now; -1
 * when no more will come: stls_tls_end() says whether the peer closed, or the
 * connection was cut or failed.  Write: takes all of it, 0, or -1 when failed
 * or closed.  Close: sends close_notify; what the peer still sends can be read.
 */
STLS_API STLS_MUST_CHECK ptrdiff_t stls_tls_read(stls_tls *, void *, size_t);
STLS_API STLS_MUST_CHECK int stls_tls_write(stls_tls *, const void *, size_t);
STLS_API void stls_tls_close(stls_tls *);

/* How the peer's side ended (RFC 8446 section 6.1): an end of file without
 * close_notify is a cut, and what was read may be truncated. */
enum stls_end { STLS_END_OPEN = 0, STLS_END_CLOSED, STLS_END_CUT };
STLS_API enum stls_end stls_tls_end(const stls_tls *);

STLS_API enum stls_fault stls_tls_fault(const stls_tls *);
/* The fault in the TLS library's own words, or "". */
STLS_API const char *stls_tls_detail(const stls_tls *);

/* What was negotiated and verified.  Strings live as long as the connection;
 * those that do not apply are "". */
struct stls_facts {
	const char *version; /* "TLSv1.3" */
	const char *cipher;  /* "TLS_AES_128_GCM_SHA256" */
	const char *group;   /* "X25519" */
	const char *alpn;
	const char *sni; /* as sent */
	int resumed;
	enum stls_trust verified;   /* what the peer's certificate was good for */
	enum stls_fault unverified; /* if STLS_TRUST_ANY: why it is not more */
	const char *matched;        /* the presented name that matched a wanted one */
	const char *peer_name;      /* server: common name of the client's certificate */
	int peer_certificate;       /* whether there is one */
	int named;                  /* server: a certificate has the name that was asked for */
};
/* Cheap, from STLS_DONE on. */
STLS_API void stls_tls_facts(const stls_tls *, struct stls_facts *);

/*
 * What the certificate that the server has shown is good for, if that peer were
 * wanted: NONE, or why not.  Nothing becomes of the connection.  For two proofs of
 * one connection (STLS_LEVEL_BOTH), and for whoever only wants to know.
 */
STLS_API STLS_MUST_CHECK enum stls_fault stls_tls_judge(const stls_tls *,
                                                        const struct stls_tls_peer *);

/* The peer's certificate, in words.  From STLS_DONE on (also when a client
 * failed to verify it); valid as long as the connection. */
struct stls_certificate {
	const char *subject, *issuer;
	const char *key;               /* "ECDSA P-256", "RSA 2048" */
	const char *signature;         /* "ecdsa-with-SHA256" */
	int64_t not_before, not_after; /* seconds since 1970 */
	const struct stls_id *names;   /* as in subjectAltName */
	size_t name_count;
	const unsigned char *der;
	size_t der_length;
};
/* index 0 is the leaf; 0 when there is no such certificate, else 1. */
STLS_API int stls_tls_certificate(stls_tls *, size_t index, struct stls_certificate *);
/* One of the leaf certificates that were added, in their order; valid as long as
 * the context.  0 when there is no such certificate, else 1. */
STLS_API int stls_tls_context_certificate(stls_tls_context *, size_t index,
                                          struct stls_certificate *);

/* tls-exporter channel binding (RFC 9266): 32 bytes; 0, or -1 where it is not
 * safe (TLS 1.2 without extended master secret). */
STLS_API STLS_MUST_CHECK int stls_tls_binding(stls_tls *, unsigned char out[32]);

#ifdef __cplusplus
}
#endif

#endif
