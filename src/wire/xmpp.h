/* SPDX-License-Identifier: ISC */
/*
 * XMPP before TLS, as both roles need it: units, restricted XML (RFC 6120
 * section 11.1), and whose namespace an element is in.
 */
#ifndef WIRE_XMPP_H
#define WIRE_XMPP_H

#include "wire/machine.h"
#include "wire/tags.h"

#define XMPP_NS_TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define XMPP_NS_STREAMS "http://etherx.jabber.org/streams"
#define XMPP_NS_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"

#define XMPP_PREFIX 32 /* of a namespace, with its NUL */

struct xmpp {
	/* reading */
	size_t tag;     /* where the tag of the unit begins, plus one; 0: not yet */
	unsigned depth; /* open elements; 1: within the stream */
	char open[512]; /* their names, each with its NUL */
	size_t open_length;
	char tls[XMPP_PREFIX], streams[XMPP_PREFIX]; /* prefixes; "": none */
	bool streams_by_default;                     /* the stream itself has no prefix */
	bool declared;                               /* the XML declaration was there */

	/* client */
	bool features;      /* within <stream:features/> */
	bool granted;       /* within <proceed> */
	char feature[1024]; /* the capability that is being heard */
	size_t feature_length;

	/* server */
	bool opened;           /* our stream header is said */
	bool asked;            /* within <starttls> */
	bool closed;           /* our last word is said */
	const char *condition; /* of the stream error, when we know better than the fault */
};

/* A unit is a tag and the text before it. */
size_t xmpp_take(struct stls_dialogue *, const char *bytes, size_t count, enum cut *);

/* Reads a unit and keeps count of what is open; false: it is not restricted XML. */
bool xmpp_read(struct stls_dialogue *, struct unit, struct tag *);

bool xmpp_is_stream(const struct xmpp *, const struct tag *, const char *name);
bool xmpp_is_tls(const struct xmpp *, const struct tag *, const char *name);

/* What comes behind the quoted value of "from" in a stream header. */
const char *xmpp_content(enum stls_protocol);

/* xmpp_client.c */
void xmpp_say(struct stls_dialogue *, enum step);
enum heard xmpp_hear(struct stls_dialogue *, enum step, struct unit);

/* xmpp_server.c */
void xmpp_greet(struct stls_dialogue *);
enum asked xmpp_answer(struct stls_dialogue *, struct unit);
void xmpp_refuse(struct stls_dialogue *, enum asked, struct unit);
void xmpp_part(struct stls_dialogue *, enum stls_fault);
size_t xmpp_client_farewell(enum stls_fault, const char *name, char *buf, size_t size);
size_t xmpp_server_farewell(enum stls_fault, const char *name, char *buf, size_t size);

#endif
