/* SPDX-License-Identifier: ISC */
/*
 * Whose certificate is it?  Reference identifiers (who we wanted to talk to)
 * against presented ones (what the certificate says), as RFC 9525 has it: only
 * subjectAltName counts, never the common name (RFC 9525 section 6.2; the one
 * exception is RFC 7672 section 3.2.3, see cn below).  Pure: no certificates
 * are parsed here, no name is looked up.
 */
#ifndef STARTTLS_IDENTITY_H
#define STARTTLS_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include <starttls/api.h>

#ifdef __cplusplus
extern "C" {
#endif

enum stls_id_kind {
	STLS_DNS_ID = 1, /* "mail.example.org"; presented also "*.example.org" */
	STLS_SRV_ID,     /* "_imaps.example.org" (RFC 4985: no _tcp) */
	STLS_IP_ID,      /* 4 or 16 octets */
	STLS_XMPP_ID     /* id-on-xmppAddr (RFC 6120 section 13.7.1.4) */
};

/* How much of a peer's identity a client insists on, or has found good. */
enum stls_trust {
	STLS_TRUST_ANY = 0, /* encryption only: opportunistic (RFC 7435) */
	STLS_TRUST_PKIX,    /* an authority that we trust, and one of the wanted names */
	STLS_TRUST_DANE     /* the TLSA records (RFC 7672); the wanted names too for usage 2 */
};

/* A TLSA record (RFC 6698 section 2.1); the bytes are borrowed. */
struct stls_tlsa {
	uint8_t usage, selector, matching;
	const unsigned char *data;
	size_t length;
};

/* An identifier; the bytes need no terminating NUL and are borrowed. */
struct stls_id {
	enum stls_id_kind kind;
	const char *bytes;
	size_t length;
};

/*
 * True when one of the presented identifiers is one of the wanted ones.
 * Names are compared as ASCII labels without case, a trailing dot is ignored;
 * internationalised names must be A-labels on both sides (RFC 9525 section
 * 6.3).  "*" stands for exactly one label and only for the whole left-most one,
 * never in an SRV-ID.  An address never matches a name.  A presented name with
 * a NUL, a control or a non-ASCII character matches nothing.
 *
 * which, if not NULL, receives the index of the presented one that matched.
 */
STLS_API int stls_identity_match(const struct stls_id *wanted, size_t wanted_count,
                                 const struct stls_id *presented, size_t presented_count,
                                 size_t *which);

#ifdef __cplusplus
}
#endif

#endif
