/* SPDX-License-Identifier: ISC */
/* Certificates for the tests, made when they are needed, in a folder of their own. */
#ifndef TEST_PKI_H
#define TEST_PKI_H

#include <stddef.h>

#include <openssl/x509.h>

enum pki_kind { PKI_ECDSA = 0, PKI_RSA, PKI_RSA_SHORT };
enum pki_signer { PKI_OURS = 0, PKI_STRANGER, PKI_ITSELF };

struct pki_wish {
	const char *subject;   /* the common name; NULL: none */
	size_t subject_length; /* if there is a NUL in it */
	const char *names;     /* as OpenSSL's configuration writes subjectAltName */
	enum pki_kind kind;
	enum pki_signer signer;
	int since, until; /* days from now; 0 and 0: from yesterday for a month */
};

struct pki_pair {
	X509 *leaf;
	EVP_PKEY *key;
	char chain_file[128], key_file[128]; /* the chain has the authority in it */
};

struct pki;

/* For cmocka: the state of a group. */
int pki_begin(void **state);
int pki_end(void **state);

const char *pki_authority_file(const struct pki *);
X509 *pki_authority(const struct pki *);
/* Lives as long as the pki. */
const struct pki_pair *pki_issue(struct pki *, const struct pki_wish *);
/* A file in the folder of the pki, with this in it. */
const char *pki_file(struct pki *, const char *text);
/* The key of a pair, with a password. */
const char *pki_encrypted(struct pki *, const struct pki_pair *);

#endif
