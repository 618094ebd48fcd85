/* SPDX-License-Identifier: ISC */
/*
 * The machine that every dialogue runs on, and what a vocabulary brings.
 *
 *	bytes --take--> unit --hear--> what it means --walk--> next step --say--> bytes
 *
 * A unit is what the protocol's grammar makes one thing of: a line with its
 * literals, a reply byte, a BER element, an XML element at depth one.  The
 * framing ("take") cuts it from the stream, the vocabulary says what it means,
 * and one of two walks decides what comes next:
 *
 *	client.c	greeting -> list -> ask -> switch
 *	server.c	greet, then answer until STARTTLS, QUIT or a commitment
 *
 * A protocol is one vocabulary file and an entry in protocols.c.
 */
#ifndef WIRE_MACHINE_H
#define WIRE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include <starttls/dialogue.h>

/* What a client is about.  Lockstep: each step is one thing said and its
 * answer heard. */
enum step {
	STEP_GREETING,   /* nothing to say: the server speaks first */
	STEP_LIST,       /* what do you offer? */
	STEP_LIST_AGAIN, /* the older way of asking that (HELO) */
	STEP_ASK,        /* start TLS */
	STEP_TELL,       /* on whose behalf we speak */
	STEP_LIST_TOLD   /* what do you offer, now that you know? */
};

/* What a unit from a server means, in the light of the step. */
enum heard {
	HEARD_MORE,      /* it is not over: more units belong to this answer */
	HEARD_YES,       /* granted, and the answer is complete */
	HEARD_NO,        /* refused */
	HEARD_UNKNOWN,   /* refused, because the server knows no such thing */
	HEARD_NOT_NOW,   /* refused for the time being */
	HEARD_BYE,       /* the server is about to close */
	HEARD_UNWELCOME, /* a greeting that is a refusal */
	HEARD_PREAUTH,   /* a greeting that says we are logged in already */
	HEARD_NONSENSE,  /* not this protocol */
	HEARD_EARLY      /* an answer to something not asked yet */
};

/* What a unit from a client asks for. */
enum asked {
	ASKED_ANSWERED, /* nothing that matters here; the vocabulary has answered it */
	ASKED_UPGRADE,  /* TLS; the go-ahead is said */
	ASKED_LEAVE,    /* the end; the farewell is said */
	ASKED_OTHER,    /* something that needs the real server: it commits to plaintext */
	ASKED_SECRET,   /* a login: never in plaintext, not even where TLS is only offered */
	ASKED_NONSENSE  /* not this protocol */
};

struct stls_dialogue;

/* A unit as the framing cut it, without its terminator. */
struct unit {
	const char *text; /* NUL-terminated */
	size_t length;
};

enum cut {
	CUT_PART,     /* the unit goes on */
	CUT_WHOLE,    /* the unit is complete: dialogue->in */
	CUT_SKIPPED,  /* it does not fit, and has been read to its end: dialogue->in has
	               * how it began */
	CUT_TOO_LONG, /* it does not fit */
	CUT_NONSENSE  /* it is not one */
};

struct vocabulary {
	const char *name; /* as in URLs and configurations */
	const char *alpn; /* registered identifier, or NULL */
	unsigned short port, tls_port;

	/* framing */
	size_t (*take)(struct stls_dialogue *, const char *bytes, size_t count, enum cut *);
	const char *terminator; /* what take() leaves out at the end of a unit */
	size_t unit_size;       /* longest unit, with its NUL or its terminator */
	bool elements;          /* units are elements and not lines */
	const char *too_long;   /* what a server says of a longer line, which it then reads
	                         * to its end (LIM-01); NULL: that is the end */
	size_t own_size;        /* state of its own, at dialogue->own; zeroed, aligned */
	void (*begin)(struct stls_dialogue *); /* NULL: nothing to prepare */

	/* client */
	bool greets;         /* the server speaks first */
	bool greets_inside;  /* ... and again after STARTTLS (ManageSieve) */
	bool greeting_lists; /* the greeting is the list (ManageSieve) */
	bool lists;          /* there is a list to ask for */
	bool lists_again;    /* ... and an older way to ask (HELO) */
	bool asks_unlisted;  /* TLS may be asked for without asking for the list */
	bool undeterred;     /* ... and is, even when the list does not have it */
	bool fatal_refusal;  /* a refusal ends the connection (XMPP) */
	bool silent_ask;     /* asking has no answer: TLS follows at once (MySQL) */
	void (*say)(struct stls_dialogue *, enum step);
	enum heard (*hear)(struct stls_dialogue *, enum step, struct unit);
	/* a unit that came while it was our turn; NULL: it is always HEARD_EARLY */
	enum heard (*unasked)(struct stls_dialogue *, struct unit);
	bool tells; /* STEP_TELL is there */

	/* server; greet is NULL where there is no server role */
	void (*greet)(struct stls_dialogue *);
	enum asked (*answer)(struct stls_dialogue *, struct unit);
	/* "first STARTTLS", for ASKED_OTHER and ASKED_SECRET */
	void (*refuse)(struct stls_dialogue *, enum asked, struct unit);
	size_t (*farewell)(enum stls_fault, const char *name, char *buf, size_t size);
	/* the farewell inside a dialogue that has begun; NULL: the same */
	void (*part)(struct stls_dialogue *, enum stls_fault);
};

struct stls_dialogue {
	const struct vocabulary *words;
	struct stls_spec spec;
	enum step step;
	enum stls_need next; /* what is needed once there is nothing left to send */
	enum stls_fault fault;

	char *in; /* the unit that is being cut */
	size_t in_length, in_size;
	char *out;
	size_t out_length, out_sent, out_size;
	char *list; /* capabilities, each with its NUL */
	size_t list_length, list_size;
	char *helo; /* server: the client's name; XMPP: the domain it asks for */
	size_t helo_size;
	void *own;
	size_t own_size;

	unsigned units;    /* of the answer that is being heard; server: commands so far */
	unsigned code;     /* of a multi-line reply that is being heard */
	size_t literal;    /* octets of a literal still to come */
	size_t skipped;    /* octets of a line that does not fit */
	unsigned too_long; /* server: how many lines there were like that */
	unsigned refusals; /* server: how often the client would not take no */
	bool after_literal;
	bool stale;     /* the unit being cut began before it was our peer's turn */
	bool listed;    /* the list has been heard */
	bool offered;   /* ... and TLS is on it */
	bool told;      /* the server takes STEP_TELL */
	bool told_more; /* ... with the address that the client connected to */
	size_t footprint;
};

#define NAME_SIZE 256    /* a domain name and its NUL */
#define LIST_SIZE 8192   /* all capabilities of a server */
#define REPLY_UNITS 512  /* lines of one answer */
#define REFUSALS 20      /* commands refused before the client is shown the door */
#define COMMANDS 100     /* ... and said in all, before TLS (LIM-01) */
#define SKIPPED_MAX 8192 /* octets of a line that does not fit, before that ends it */

/* dialogue.c: what walks and vocabularies use to speak */
void dialogue_say(struct stls_dialogue *, ...) __attribute__((sentinel)); /* strings, then NULL */
void dialogue_fail(struct stls_dialogue *, enum stls_fault);
void dialogue_end(struct stls_dialogue *, enum stls_need, enum stls_fault);
const char *dialogue_name(const struct stls_dialogue *);
/* Remembers a capability for stls_capability() (STLS_LIST and STLS_TELL). */
void dialogue_note(struct stls_dialogue *, const char *text, size_t length);
void dialogue_note_helo(struct stls_dialogue *, const char *text, size_t length);

/* client.c, server.c: the walks */
void client_begin(struct stls_dialogue *);
void client_heard(struct stls_dialogue *, struct unit);
void server_begin(struct stls_dialogue *);
void server_asked(struct stls_dialogue *, struct unit);
void server_skipped(struct stls_dialogue *, struct unit); /* the beginning of a line */

/* client.c: XCLIENT as Dovecot takes it, in POP3 and ManageSieve: atoms, no strings */
void client_say_xclient(struct stls_dialogue *);

/* server.c: what vocabularies answer with */
/* What is offered: as the spec has it, or modestly where it says nothing. */
const char *const *server_offers(const struct stls_dialogue *, const char *const *modest);
/* Says them, but for those that are not for plaintext, each between two strings. */
void server_say_offers(struct stls_dialogue *, const char *const *modest,
                       bool (*is_hidden)(const char *offer), const char *before,
                       const char *behind);
/* To a STARTTLS that is in order: the go-ahead, or what is said of arguments. */
enum asked server_upgrade(struct stls_dialogue *, const char *arguments, const char *go_ahead,
                          const char *complaint);

/* The vocabularies; protocols.c finds them. */
const struct vocabulary *vocabulary_of(enum stls_protocol);
extern const struct vocabulary smtp_words, lmtp_words, imap_words, pop3_words, sieve_words;
extern const struct vocabulary xmpp_client_words, xmpp_server_words, nntp_words, ftp_words;
extern const struct vocabulary ldap_words, irc_words, postgres_words, mysql_words;

#endif
