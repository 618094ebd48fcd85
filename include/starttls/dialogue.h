/* SPDX-License-Identifier: ISC */
/* clang-format off */
/*
 * The dialogue: the plaintext conversation that ends with the switch to TLS,
 * for every protocol and both roles, without sockets, clocks or callbacks.
 *
 *	ask what it needs	stls_need()
 *	give it that		stls_feed(), stls_eof()
 *	take what it says	stls_out(), stls_sent()
 *	read the verdict	stls_switch() for a receipt, or stls_fault()
 *
 * A client's whole loop:
 *
 *	for (;;)
 *		switch (stls_need(dialogue)) {
 *		case STLS_IN:
 *			n = recv(fd, buf, sizeof(buf), 0);
 *			if (n > 0)
 *				used = stls_feed(dialogue, buf, n);
 *			else
 *				stls_eof(dialogue);
 *			... keep the n - used bytes: they count as unread
 *			break;
 *		case STLS_OUT:
 *			p = stls_out(dialogue, &n);
 *			stls_sent(dialogue, send(fd, p, n, MSG_NOSIGNAL));
 *			break;
 *		case STLS_SWITCH:
 *			receipt = stls_switch(dialogue, unread, count);
 *			... TLS begins, if the receipt is good
 *			return;
 *		case STLS_PLAIN:  ... no TLS here, and stls_fault() says why
 *		case STLS_DONE:   ... the conversation is over
 *		case STLS_FAILED: ... close the connection; stls_fault() says why
 *			return;
 *		}
 *
 * The law of the switch.  Before TLS only one side may speak at a time, so at
 * the switch nothing may be unread: whatever was read from the connection and
 * not consumed was put there by somebody who hopes that it survives into TLS.
 * TLS starts from a receipt, and the only source of a receipt is stls_switch(),
 * which must be shown what is unread.  (RFC 3207 section 4.2 and 6, RFC 9051
 * section 6.2.1; a server may pass on bytes that are a TLS record.)
 *
 * Threads: a dialogue belongs to one thread at a time; there are no globals.
 */
/* clang-format on */
#ifndef STARTTLS_DIALOGUE_H
#define STARTTLS_DIALOGUE_H

#include <stddef.h>

#include <starttls/api.h>
#include <starttls/fault.h>

#ifdef __cplusplus
extern "C" {
#endif

enum stls_protocol {
	STLS_SMTP = 1,    /* RFC 5321, RFC 3207 */
	STLS_LMTP,        /* RFC 2033 */
	STLS_IMAP,        /* RFC 9051 and RFC 3501, section 6.2.1 of both */
	STLS_POP3,        /* RFC 1939, RFC 2595 section 4 */
	STLS_SIEVE,       /* RFC 5804 */
	STLS_XMPP_CLIENT, /* RFC 6120, client to server */
	STLS_XMPP_SERVER, /* RFC 6120, server to server */
	STLS_NNTP,        /* RFC 3977, RFC 4642 */
	STLS_FTP,         /* RFC 4217; client role only, as are all below */
	STLS_LDAP,        /* RFC 4511 section 4.14 */
	STLS_IRC,         /* IRCv3 "tls" */
	STLS_POSTGRES,    /* SSLRequest */
	STLS_MYSQL        /* SSLRequest, MariaDB too */
};

enum stls_role { STLS_CLIENT = 1, STLS_SERVER };

/* What we insist on. */
enum stls_demand {
	STLS_MAY = 1,            /* client: opportunistic; when there is no TLS, STLS_PLAIN tells */
	STLS_MUST,               /* client: every way of not getting TLS is STLS_FAILED */
	STLS_OFFERED = STLS_MAY, /* server: the client may go on in plaintext: STLS_PLAIN */
	STLS_REQUIRED = STLS_MUST /* server: everything else is refused until TLS is up */
};

/* Where on the connection the dialogue takes place. */
enum stls_layer {
	STLS_PLAINTEXT = 0,  /* on the bare connection: the usual thing */
	STLS_IMPLICIT,       /* there is none: TLS comes first, and STLS_SWITCH is needed at once */
	STLS_AFTER_STARTTLS, /* inside TLS that an upgrade began (client, not STLS_UPGRADE) */
	STLS_AFTER_IMPLICIT  /* inside TLS that came first (client, not STLS_UPGRADE) */
};

/* What the dialogue is for. */
enum stls_goal {
	STLS_UPGRADE = 0, /* reach the switch, in as few round trips as the protocol allows */
	STLS_LIST,        /* client: learn what the server offers, see stls_capability() */
	STLS_GREET,       /* client: read the server's greeting, and not a byte more */
	STLS_TELL         /* client: tell the server on whose behalf we speak, see spec.client */
};

/*
 * What to say and to insist on.  Zero all of it, then set what is needed; new
 * members will come at the end and mean the same as today when zero.  The
 * strings are borrowed until stls_close().
 */
struct stls_spec {
	size_t size; /* sizeof(struct stls_spec) */
	enum stls_protocol protocol;
	enum stls_role role;
	enum stls_demand demand;
	enum stls_layer layer;
	enum stls_goal goal;
	/* Our name.  SMTP, LMTP: the argument of EHLO (client), the name in the
	 * greeting (server; also POP3, NNTP, IMAP).  NULL is "localhost". */
	const char *name;
	/* XMPP client role: the domain that is asked for ("to"), required there.
	 * XMPP server role: the domain that answers when the client names none. */
	const char *domain;
	/* XMPP between servers, client role: the domain that asks ("from"). */
	const char *from;
	/* Server role: what the service offers, one capability a string in the
	 * protocol's own form ("SIZE 1000", "IDLE", "\"SIEVE\" \"fileinto\""), the
	 * last one NULL.  STARTTLS is added, and whatever must not be said in
	 * plaintext is left out (AUTH, USER, SASL, LOGINDISABLED is added, ...).
	 * NULL is a modest default. */
	const char *const *offers;
	/* STLS_TELL, for gateways: the address of the client on whose behalf we
	 * speak, and the one that it connected to, as inet_ntop() writes them; told
	 * by XCLIENT (SMTP, LMTP, POP3, ManageSieve) or ID (IMAP).  A server that
	 * does not take it is STLS_FAILED with STLS_FAULT_REFUSED. */
	const char *client, *server;
	unsigned client_port, server_port;
	/* The most that the peer may say at once, in octets, 64 to STLS_LIMIT; 0 is
	 * the protocol's own.  line_limit: a line with its end.  literal_limit: what
	 * follows a line that ends with "{n+}" or, from a server, "{n}" (IMAP,
	 * ManageSieve).  element_limit: an XML tag and the text before it (XMPP), a
	 * message (LDAP).  What does not apply is not looked at. */
	size_t line_limit, literal_limit, element_limit;
};

#define STLS_LIMIT 1048576

/* What a dialogue needs.  It is computed from the dialogue's state at each
 * call, never stored. */
enum stls_need {
	STLS_IN,     /* bytes: stls_feed(), or stls_eof() */
	STLS_OUT,    /* to have its own bytes sent: stls_out(), stls_sent() */
	STLS_SWITCH, /* TLS is next: stls_switch() */
	STLS_PLAIN,  /* TLS will not come, and the peer stays usable: yours to decide */
	STLS_DONE,   /* over, as it should be: the list is complete, or the client left */
	STLS_FAILED  /* over: close the connection */
};

typedef struct stls_dialogue stls_dialogue;

/* The proof that the plaintext phase is over and left nothing behind.  Treat
 * it as opaque; a zeroed one is void, and starting TLS voids it. */
struct stls_receipt {
	unsigned long seal;
	enum stls_role role;
	enum stls_protocol protocol;
	enum stls_layer layer;
};

/*
 * Opens a dialogue; NULL when memory is out or the spec contradicts itself
 * (unknown protocol, a role that the protocol does not have, a missing domain,
 * a name or offer with control characters).  This is the one allocation of its
 * life; stls_footprint() tells its size in bytes beforehand (at most 64 KiB
 * plus the length of the offers and the limits), 0 for a spec that stls_open() refuses.
 */
STLS_API STLS_MUST_CHECK stls_dialogue *stls_open(const struct stls_spec *);
STLS_API size_t stls_footprint(const struct stls_spec *);

/* Ends a dialogue at any point and wipes it.  NULL is fine. */
STLS_API void stls_close(stls_dialogue *);

STLS_API enum stls_need stls_need(const stls_dialogue *);

/*
 * Gives bytes from the connection, as many and as few as came; returns how
 * many were taken.  What was not taken must be kept and given again when the
 * dialogue next needs STLS_IN, or shown to stls_switch(): it is unread.  Takes
 * nothing unless STLS_IN is needed, and never a byte beyond a switch.
 */
STLS_API STLS_MUST_CHECK size_t stls_feed(stls_dialogue *, const void *bytes, size_t count);

/* The peer has closed its side. */
STLS_API void stls_eof(stls_dialogue *);

/* What the dialogue wants to say: valid until the next call that changes it.
 * stls_sent() tells how much of it was sent.  Output is to be sent even when a
 * fault is pending: it is the refusal that the protocol asks for. */
STLS_API const char *stls_out(const stls_dialogue *, size_t *count);
STLS_API void stls_sent(stls_dialogue *, size_t count);

/*
 * Ends the plaintext phase.  unread and count are the bytes that were read
 * from the connection and not taken by stls_feed(); count 0 says that there
 * are none.  If the law is kept the receipt is good for one start of TLS, and
 * the dialogue has forgotten everything that it heard except stls_domain(). If
 * not, the receipt is void and the dialogue has failed with
 * STLS_FAULT_INJECTED (or STLS_FAULT_NOT_TLS where TLS should come first).
 *
 * A server may find the beginning of the client's TLS handshake in unread,
 * and then gives those bytes to TLS (RFC 9051 section 6.2.1); a client may
 * not, because a TLS server never speaks first.
 */
STLS_API STLS_MUST_CHECK struct stls_receipt stls_switch(stls_dialogue *, const void *unread,
                                                         size_t count);

/* Whether a receipt is good. */
STLS_API int stls_receipt_good(const struct stls_receipt *);

/*
 * Uses a receipt up: true, once, for a good one.  For whoever brings another
 * TLS library: call it where the handshake starts, and do not start otherwise.
 */
STLS_API STLS_MUST_CHECK int stls_receipt_spend(struct stls_receipt *);

/* Why there is no TLS (STLS_PLAIN) or no connection (STLS_FAILED). */
STLS_API enum stls_fault stls_fault(const stls_dialogue *);

/*
 * Server role: gives the dialogue up for a reason of our own (a backend that
 * is down, a deadline, a shutdown).  It says the protocol's own farewell (421,
 * * BYE, -ERR, stream error) if it may still speak, and fails.
 */
STLS_API void stls_dismiss(stls_dialogue *, enum stls_fault);

/*
 * The protocol's own farewell in buf, for a connection that is already inside
 * TLS: "421 4.3.2 ...", "* BYE ...", "-ERR [SYS/TEMP] ...".  Returns its length,
 * 0 where the protocol has none or it does not fit.  name as in the spec.
 */
STLS_API size_t stls_farewell(enum stls_protocol, enum stls_fault, const char *name, char *buf,
                              size_t size);

/* XMPP server role, from STLS_SWITCH on: the domain that the client asked for
 * (RFC 6120 section 5.4.3.1: it chooses the certificate).  Else NULL. */
STLS_API const char *stls_domain(const stls_dialogue *);

/*
 * Server role, STLS_PLAIN: what a server that takes the conversation over must
 * hear first.  stls_helo(): the name that the client greeted us with (EHLO,
 * HELO, LHLO; XMPP: see stls_domain()), NULL if it did not; we have answered
 * it, so the answer of the other server is not for the client: reach it with a
 * STLS_LIST dialogue whose spec.name (XMPP: spec.domain) it is, else with
 * STLS_GREET.  stls_replay(): then the command that committed the client to
 * plaintext, whose answer is the client's.  The rest is unread.
 */
STLS_API const char *stls_helo(const stls_dialogue *);
STLS_API const char *stls_replay(const stls_dialogue *, size_t *count);

/* Server role: how many commands were refused so far because they were said in
 * plaintext. */
STLS_API unsigned stls_refusals(const stls_dialogue *);

/* STLS_LIST, when STLS_DONE: the server's capabilities, one by one, in the
 * form that spec.offers takes; NULL behind the last one. */
STLS_API const char *stls_capability(const stls_dialogue *, size_t index);

/* Names as in URLs and configurations: "smtp", "imap", "xmpp-client", ... */
STLS_API const char *stls_protocol_name(enum stls_protocol);
STLS_API enum stls_protocol stls_protocol_named(const char *); /* 0: there is none */

/* The port of the plaintext service (the upgrade happens there) and that of
 * TLS from the first byte; 0 where there is none.  RFC 8314, XEP-0368. */
STLS_API unsigned stls_port(enum stls_protocol, enum stls_layer);

/* The protocol's ALPN identifier, or NULL where none is registered. */
STLS_API const char *stls_alpn(enum stls_protocol);

#ifdef __cplusplus
}
#endif

#endif
