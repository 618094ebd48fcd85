/* SPDX-License-Identifier: ISC */
/* Certificates for tests, made on the spot in a folder that goes away. */
#ifndef TEST_TLS_CERTS_H
#define TEST_TLS_CERTS_H

#include <stddef.h>

#include <starttls/tls.h>

/* A certificate with its key. */
struct certs_spec {
	const char *name;
	const char *issuer; /* name of one made before; NULL: signs itself */
	const char *common; /* common name; NULL: the name */
	int common_length;  /* 0: up to its NUL */
	const char *san;    /* "DNS:a.example,IP:127.0.0.1"; NULL: none */
	const char *usage;  /* extended key usage; NULL: none */
	unsigned rsa_bits;  /* 0: ECDSA P-256 */
	int authority;
	int from, to; /* days from now; both 0: -1 to 30 */
};

void certs_begin(void);
void certs_end(void);
void certs_make(const struct certs_spec *);

/* Paths; valid until the fourth next call. */
const char *certs_chain(const char *name);
const char *certs_key(const char *name);

/* A file of the folder with a text of ours. */
const char *certs_write(const char *file, const char *text);

/* SHA-256 of the certificate (selector 0) or of its public key (selector 1). */
void certs_digest(const char *name, int selector, unsigned char digest[32]);
/* The certificate itself; free() it. */
unsigned char *certs_der(const char *name, size_t *length);

#endif
