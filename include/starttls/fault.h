/* SPDX-License-Identifier: ISC */
/*
 * The table of faults: every way in which an upgrade can fail to be what it
 * should be, with whose fault it is and what each audience is told of it.
 *
 * One table feeds the enum, the logs, the JSON, the exit codes, the RFC 8460
 * reports, the SMTP replies and the manual.  A row, once released, keeps its
 * name and number; new rows go to the end of the table.
 */
#ifndef STARTTLS_FAULT_H
#define STARTTLS_FAULT_H

#include <starttls/api.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * X(NAME, "name-in-logs", whose, exit, rpt, smtp, enhanced, sentence)
 *
 * whose     NOBODY, PEER, US, NETWORK, POLICY, ATTACK
 * exit      status of "starttls probe" and "starttls check", as monitoring
 *           plugins have it: 0 fine, 1 warning, 2 critical, 3 could not tell
 * rpt       RFC 8460 section 4.3 result type, or ""
 * smtp      the reply code a relay gives its own client
 * enhanced  the enhanced status code (RFC 3463) that goes with it
 */
#define STLS_FAULTS(X)                                                                             \
	X(NONE, "none", NOBODY, 0, "", 250, "2.0.0", "nothing is wrong")                           \
	/* the offer and the answer */                                                             \
	X(NOT_OFFERED, "starttls-not-offered", PEER, 2, "starttls-not-supported", 450, "4.7.10",   \
	  "the server does not offer TLS")                                                         \
	X(REFUSED, "starttls-refused", PEER, 2, "starttls-not-supported", 450, "4.7.10",           \
	  "the server refused to start TLS")                                                       \
	X(REFUSED_FOR_NOW, "starttls-unavailable", PEER, 2, "starttls-not-supported", 450,         \
	  "4.7.10", "the server says that TLS is temporarily unavailable")                         \
	X(PREAUTH, "preauth", ATTACK, 2, "starttls-not-supported", 450, "4.7.10",                  \
	  "the server claims that we are already logged in, which rules TLS out")                  \
	X(UNWELCOME, "unwelcome", PEER, 2, "", 450, "4.3.2",                                       \
	  "the server greeted us with a refusal")                                                  \
	X(BYE, "server-closing", PEER, 2, "", 450, "4.3.2",                                        \
	  "the server said that it is closing the connection")                                     \
	/* syntax and bounds */                                                                    \
	X(SYNTAX, "protocol-error", PEER, 2, "", 450, "4.5.0",                                     \
	  "the peer does not speak this protocol")                                                 \
	X(TOO_LONG, "too-long", PEER, 2, "", 450, "4.5.0",                                         \
	  "the peer sent a line, element or reply that is too long")                               \
	X(TLS_UNASKED, "tls-unasked", PEER, 2, "", 450, "4.5.0",                                   \
	  "the peer speaks TLS where the protocol begins in plaintext")                            \
	X(CROSS_PROTOCOL, "cross-protocol", ATTACK, 2, "", 450, "4.5.0",                           \
	  "the peer speaks another protocol, such as HTTP")                                        \
	/* attacks on the switch */                                                                \
	X(INJECTED, "injected-plaintext", ATTACK, 2, "validation-failure", 450, "4.7.5",           \
	  "there was plaintext behind the switch to TLS: somebody injects commands or replies")    \
	X(EARLY, "reply-before-command", ATTACK, 2, "validation-failure", 450, "4.7.5",            \
	  "the peer answered before it was asked")                                                 \
	X(PLAINTEXT_REFUSED, "plaintext-refused", PEER, 2, "", 530, "5.7.0",                       \
	  "the client went on in plaintext where TLS is required")                                 \
	X(SMUGGLED, "smuggled-end-of-data", ATTACK, 2, "", 521, "5.5.2",                           \
	  "the message holds an end of data with bare CR or bare LF")                              \
	/* the connection */                                                                       \
	X(CONNECT, "connect-failed", NETWORK, 2, "", 450, "4.4.1",                                 \
	  "the connection could not be opened")                                                    \
	X(CLOSED, "closed-early", NETWORK, 2, "", 450, "4.4.2",                                    \
	  "the peer closed the connection too early")                                              \
	X(CUT, "connection-cut", NETWORK, 2, "", 450, "4.4.2",                                     \
	  "the connection was cut without a TLS close notify: the data may be truncated")          \
	X(TIMEOUT, "timeout", NETWORK, 2, "", 450, "4.4.2", "the peer took too long")              \
	X(LOOKUP, "lookup-failed", NETWORK, 3, "", 450, "4.4.3",                                   \
	  "the name could not be looked up")                                                       \
	/* the handshake */                                                                        \
	X(HANDSHAKE, "handshake-failed", PEER, 2, "validation-failure", 450, "4.7.5",              \
	  "the TLS handshake failed")                                                              \
	X(NOT_TLS, "not-tls", PEER, 2, "validation-failure", 450, "4.7.5",                         \
	  "the peer does not speak TLS")                                                           \
	X(VERSION, "tls-version", PEER, 2, "validation-failure", 450, "4.7.5",                     \
	  "the peer speaks no acceptable version of TLS")                                          \
	X(CIPHER, "tls-cipher", PEER, 2, "validation-failure", 450, "4.7.5",                       \
	  "no cipher, group or signature scheme is acceptable to both sides")                      \
	X(ALPN, "alpn-mismatch", ATTACK, 2, "validation-failure", 450, "4.7.5",                    \
	  "the peer wants to speak another protocol inside TLS")                                   \
	X(SNI, "unknown-name", PEER, 2, "validation-failure", 450, "4.7.5",                        \
	  "there is no certificate for the name that was asked for")                               \
	X(RENEGOTIATION, "renegotiation", ATTACK, 2, "validation-failure", 450, "4.7.5",           \
	  "the peer tried to renegotiate")                                                         \
	/* the certificate */                                                                      \
	X(UNTRUSTED, "certificate-untrusted", PEER, 2, "certificate-not-trusted", 450, "4.7.5",    \
	  "the certificate is not signed by an authority that we trust")                           \
	X(EXPIRED, "certificate-expired", PEER, 2, "certificate-expired", 450, "4.7.5",            \
	  "the certificate has expired or is not valid yet")                                       \
	X(MISMATCH, "certificate-name-mismatch", PEER, 2, "certificate-host-mismatch", 450,        \
	  "4.7.5", "the certificate is for another name")                                          \
	X(NO_CERTIFICATE, "certificate-missing", PEER, 2, "validation-failure", 450, "4.7.5",      \
	  "the peer showed no certificate")                                                        \
	X(CERTIFICATE, "certificate-invalid", PEER, 2, "validation-failure", 450, "4.7.5",         \
	  "the certificate is not acceptable")                                                     \
	X(DANE, "dane-mismatch", PEER, 2, "validation-failure", 450, "4.7.5",                      \
	  "the certificate does not match the TLSA records")                                       \
	X(EXPIRES_SOON, "certificate-expires-soon", PEER, 1, "", 250, "2.0.0",                     \
	  "the certificate expires soon")                                                          \
	/* login */                                                                                \
	X(NO_MECHANISM, "no-mechanism", PEER, 2, "", 450, "4.7.0",                                 \
	  "the server offers no login mechanism that we accept")                                   \
	X(LOGIN, "login-failed", PEER, 2, "", 450, "4.7.8", "the server rejected the login")       \
	/* this side */                                                                            \
	X(BACKEND, "backend-down", US, 3, "", 421, "4.3.2",                                        \
	  "the service behind the gateway is not available")                                       \
	X(MEMORY, "out-of-memory", US, 3, "", 421, "4.3.1", "there is no memory left")             \
	X(BUSY, "too-busy", US, 3, "", 421, "4.3.2", "there are too many connections")             \
	X(SHUTDOWN, "shutting-down", US, 3, "", 421, "4.3.2", "the service is shutting down")      \
	X(INTERNAL, "internal-error", US, 3, "", 421, "4.3.0", "something is wrong on this side")  \
	/* one gateway, many services */                                                           \
	X(ROUTE, "no-route", PEER, 2, "", 450, "4.3.2",                                            \
	  "there is no service for the name that was asked for")                                   \
	X(NAMES, "names-differ", PEER, 2, "", 450, "4.7.0",                                        \
	  "the handshake and the stream ask for different services")                               \
	X(PROXY, "proxy-header", US, 3, "", 421, "4.3.5",                                          \
	  "the connection does not begin with a valid PROXY header")                               \
	X(TOO_MANY, "too-many-connections", PEER, 2, "", 421, "4.7.0",                             \
	  "the peer has too many connections, or begins them too fast")                            \
	/* where mail may go */                                                                    \
	X(BOGUS, "dnssec-bogus", ATTACK, 2, "dnssec-invalid", 450, "4.7.5",                        \
	  "a DNS answer is signed wrongly: somebody forges it, or the zone is broken")             \
	X(NO_DOMAIN, "no-such-domain", PEER, 2, "", 550, "5.1.2", "the domain does not exist")     \
	X(NULL_MX, "null-mx", PEER, 2, "", 556, "5.1.10", "the domain accepts no mail")            \
	X(NO_ADDRESS, "no-address", PEER, 2, "", 550, "5.4.4", "the host has no address")          \
	X(NO_SERVICE, "no-service", PEER, 2, "", 550, "5.4.4",                                     \
	  "the domain does not offer this service")                                                \
	/* what a policy demands */                                                                \
	X(TLSA_UNUSABLE, "tlsa-unusable", PEER, 1, "tlsa-invalid", 450, "4.7.5",                   \
	  "none of the TLSA records can be used")                                                  \
	X(DANE_REQUIRED, "dane-required", POLICY, 2, "dane-required", 450, "4.7.5",                \
	  "TLSA records are demanded here, and there are none that count")                         \
	X(STS_FETCH, "sts-fetch-failed", PEER, 2, "sts-policy-fetch-error", 450, "4.7.5",          \
	  "the MTA-STS policy could not be fetched")                                               \
	X(STS_INVALID, "sts-policy-invalid", PEER, 2, "sts-policy-invalid", 450, "4.7.5",          \
	  "the MTA-STS policy or its record is malformed")                                         \
	X(STS_WEBPKI, "sts-webpki-invalid", PEER, 2, "sts-webpki-invalid", 450, "4.7.5",           \
	  "the certificate of the MTA-STS policy host is not acceptable")                          \
	X(STS_MX, "sts-mx-mismatch", PEER, 2, "validation-failure", 450, "4.7.5",                  \
	  "the MTA-STS policy does not name this host")                                            \
	X(UNPROVEN, "host-unproven", POLICY, 2, "", 450, "4.7.5",                                  \
	  "nothing proves that this host serves the domain")                                       \
	X(REQUIRETLS, "requiretls-not-offered", PEER, 2, "", 550, "5.7.30",                        \
	  "the message demands REQUIRETLS, and the server does not offer it")                      \
	X(REQUIRETLS_LOW, "requiretls-not-met", PEER, 2, "", 550, "5.7.10",                        \
	  "the message demands TLS on its whole way, and the destination has no way for it")       \
	X(RATCHET, "ratchet-hold", POLICY, 2, "starttls-not-supported", 450, "4.7.10",             \
	  "the host has always offered good TLS, and does not any more")

enum stls_fault {
#define STLS_FAULT_ENUM(NAME, name, whose, exit, rpt, smtp, enhanced, sentence) STLS_FAULT_##NAME,
	STLS_FAULTS(STLS_FAULT_ENUM)
#undef STLS_FAULT_ENUM
	    STLS_FAULT_COUNT
};

enum stls_whose {
	STLS_NOBODY,
	STLS_PEER,    /* the other end is misconfigured or too old */
	STLS_US,      /* this side */
	STLS_NETWORK, /* what lies between, or nobody knows */
	STLS_POLICY,  /* a published or configured policy cannot be met */
	STLS_ATTACK   /* honest software does not do this */
};

/* All of these take any value: an unknown one is described as an internal
 * error.  The strings are constant and never NULL. */
STLS_API const char *stls_fault_name(enum stls_fault);
STLS_API const char *stls_fault_sentence(enum stls_fault);
STLS_API enum stls_whose stls_fault_whose(enum stls_fault);
STLS_API int stls_fault_exit(enum stls_fault);
STLS_API const char *stls_fault_report(enum stls_fault);   /* RFC 8460 section 4.3, or "" */
STLS_API int stls_fault_smtp(enum stls_fault);             /* such as 450 */
STLS_API const char *stls_fault_enhanced(enum stls_fault); /* such as "4.7.5" */

#ifdef __cplusplus
}
#endif

#endif
