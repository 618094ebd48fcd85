/* SPDX-License-Identifier: ISC */
/*
 * The ratchet: opportunistic TLS that only moves up.  A host that has offered
 * good TLS on so many occasions over so many days is expected to go on doing so.
 * When it does not, mail is held back for a while and somebody is told, instead
 * of going out in the clear.  doc/ratchet.md has what it is good for, and what
 * it costs.
 *
 * Pure: the memory of a host is a plain struct that the caller keeps under
 * stls_ratchet_key(); time is an argument, in seconds since 1970.
 */
#ifndef STARTTLS_RATCHET_H
#define STARTTLS_RATCHET_H

#include <stddef.h>
#include <stdint.h>

#include <starttls/api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is remembered of a host.  All of it zero: nothing. */
struct stls_ratchet {
	size_t size;        /* sizeof(struct stls_ratchet) */
	int64_t first_seen; /* the first and the last occasion with good TLS */
	int64_t last_seen;
	uint32_t occasions;     /* with good TLS */
	uint32_t days;          /* different days (UTC) among them */
	uint32_t vanished;      /* occasions without, since the last good one */
	uint32_t authenticated; /* of these, with a certificate that verified, in a row */
	uint32_t authenticated_days;
	int64_t hold_until; /* until when mail is held back; 0: it is not */
	uint32_t pinned;    /* STLS_PIN_*, set by the operator */
};
#define STLS_PIN_TLS 1u            /* never without TLS, whatever was seen */
#define STLS_PIN_AUTHENTICATION 2u /* never without a certificate that verifies */

/* What the operator wants.  All of it zero: the defaults. */
struct stls_ratchet_settings {
	size_t size;        /* sizeof(struct stls_ratchet_settings) */
	uint32_t occasions; /* that make a host one that is remembered; 0: 5 */
	uint32_t days;      /* on which they must have been; 0: 3 */
	int64_t hold;       /* seconds; 0: four days */
	int64_t forget; /* seconds without any contact after which a host is unknown; 0: 90 days */
	int authentication; /* certificates that have always verified must go on doing so */
	int let_go;         /* after the hold, mail goes out as it can; 0: it is held for ever */
};

/* One connection to the host that got as far as showing what it offers. */
struct stls_occasion {
	size_t size;       /* sizeof(struct stls_occasion) */
	int offered;       /* STARTTLS was offered */
	int encrypted;     /* and the handshake was good */
	int authenticated; /* and an authority that we trust has signed the certificate, for
	                      one of the names that the plan wants */
};

enum stls_ruling {
	STLS_RULING_FINE = 0, /* nothing against it */
	STLS_RULING_HOLD,     /* defer, and tell somebody */
	STLS_RULING_LET_GO    /* it was held long enough, and the operator chose this */
};

/*
 * May mail go over this connection, as far as the ratchet is concerned?  To be
 * asked before stls_ratchet_observe() is told of the same connection, or after:
 * the answer is the same.  settings may be NULL.
 */
STLS_API enum stls_ruling stls_ratchet_judge(const struct stls_ratchet *,
                                             const struct stls_ratchet_settings *,
                                             const struct stls_occasion *, int64_t now);

/* What to remember from now on.  True when it is the first one of a hold: the
 * moment for an alert. */
STLS_API int stls_ratchet_observe(struct stls_ratchet *, const struct stls_ratchet_settings *,
                                  const struct stls_occasion *, int64_t now);

/* True when the host has shown enough to be held to it. */
STLS_API int stls_ratchet_holds(const struct stls_ratchet *, const struct stls_ratchet_settings *,
                                int64_t now);

/*
 * The name under which a host is remembered: the MX name and the block of its
 * address, "mx.example.org 192.0.2.0/24" or "mx.example.org 2001:db8:0:100::/56".
 * address: 4 or 16 octets.  The length, or 0 when it does not fit or is none.
 */
#define STLS_RATCHET_KEY 300
STLS_API size_t stls_ratchet_key(char *out, size_t room, const char *host,
                                 const unsigned char *address, size_t length);

#ifdef __cplusplus
}
#endif

#endif
