/* SPDX-License-Identifier: ISC */
/*
 * ManageSieve through a gateway, until the login.  The service's greeting is the
 * list that RFC 5804 section 2.2 wants after TLS, so it passes through here too.
 *
 * Before the login one command crosses at a time.  A client's literals ("{n+}",
 * RFC 5804 section 4) wait for nobody, so they are let pass only where any service
 * takes them for literals: behind a well-formed AUTHENTICATE and as a response to
 * a challenge, and then with base64 inside, which is harmless even as a command.
 */
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_kind.h"
#include "wire/screen_lines.h"

#define LINE 2048

struct sieve {
	bool waiting;   /* for the reply to a command, or for the greeting */
	bool login;     /* ... to AUTHENTICATE */
	bool turn;      /* AUTHENTICATE: the client responds */
	bool behind;    /* client: behind a literal only CR LF can come */
	bool early;     /* ... and the reply is there already */
	bool tail;      /* service: the line goes on behind a literal */
	bool ending;    /* service: ... and it is the end of the reply */
	size_t octets;  /* of the client's literal still to come */
	size_t literal; /* ... of the service's */
};

static void begin(struct screen *screen, const struct screen_spec *spec)
{
	struct sieve *sieve = screen->own;

	sieve->waiting = spec->greets != 0;
}

/* ---- what a client says ---- */

static const char *refusal(const struct screen *screen, const char *line)
{
	const char *rest;

	if (!screen_has_verb(line) || word_begins(line, "XCLIENT", &rest))
		return "NO \"Unknown command\"\r\n";
	if (word_begins(line, "STARTTLS", &rest)) /* SIEVE-S-01 */
		return screen->tls ? "NO \"TLS already active\"\r\n"
		                   : "NO \"STARTTLS is not possible any more\"\r\n";
	if (!screen->tls && word_begins(line, "AUTHENTICATE", &rest)) /* SIEVE-S-05 */
		return "NO (ENCRYPT-NEEDED) \"Use STARTTLS first\"\r\n";
	return NULL;
}

/* "{n+}" and nothing else. */
static bool is_literal(const char *at)
{
	size_t digits = at[0] == '{' ? strspn(at + 1, "0123456789") : 0;

	return digits > 0 && digits < 7 && strcmp(at + 1 + digits, "+}") == 0;
}

/* Whether any service takes what this line ends with for a literal. */
static bool may_have_literal(const struct sieve *sieve, const char *line)
{
	static const char verb[] = "AUTHENTICATE \"";
	const char *at = line + sizeof(verb) - 1;

	if (sieve->turn)
		return is_literal(line);
	if (!text_begins(line, verb))
		return false;
	at += strcspn(at, "\"\\");
	return text_begins(at, "\" ") && is_literal(at + 2);
}

static struct screen_step pass_line(struct sieve *sieve, const char *line, const char *bytes,
                                    size_t length)
{
	bool waits;

	sieve->behind = screen_literal(bytes, length, &sieve->octets, &waits);
	if (sieve->behind && !may_have_literal(sieve, line))
		return screen_shut(STLS_FAULT_SYNTAX, "BYE \"No literal belongs here\"\r\n");
	sieve->waiting = true;
	sieve->turn = sieve->turn && sieve->behind;
	return screen_pass(length);
}

/* A response: a string with base64 in it. */
static bool is_response(const char *bytes, size_t length)
{
	size_t text = screen_chomp(bytes, length);

	if (text < 2 || bytes[0] != '"')
		return text > 0 && bytes[0] == '{';
	return bytes[text - 1] == '"' && screen_base64(bytes + 1, text - 2) == text - 2;
}

static struct screen_step client_line(struct screen *screen, const char *bytes, size_t length)
{
	struct sieve *sieve = screen->own;
	struct screen_text line;
	const char *refused, *rest;
	size_t octets;
	bool waits;

	screen_copy(&line, bytes, length);
	if (sieve->turn && !is_response(bytes, length))
		return screen_shut(STLS_FAULT_SYNTAX, "BYE \"This is not base64\"\r\n");
	refused = sieve->turn ? NULL : refusal(screen, line.text);
	/* What does not wait for the answer would be taken for a command. */
	if (refused != NULL && screen_literal(bytes, length, &octets, &waits))
		return screen_shut(STLS_FAULT_SYNTAX, refused);
	if (refused != NULL)
		return screen_answer(length, refused);
	sieve->login = sieve->turn || word_begins(line.text, "AUTHENTICATE", &rest);
	return pass_line(sieve, line.text, bytes, length);
}

static struct screen_step pass_octets(struct sieve *sieve, const char *bytes, size_t count)
{
	size_t most = count < sieve->octets ? count : sieve->octets;
	size_t take = screen_base64(bytes, most);

	if (take == 0)
		return screen_shut(STLS_FAULT_SYNTAX, "BYE \"This is not base64\"\r\n");
	sieve->octets -= take;
	return screen_pass(take);
}

static struct screen_step end_literal(struct sieve *sieve, const char *bytes, size_t count)
{
	if (memcmp(bytes, "\r\n", count < 2 ? count : 2) != 0)
		return screen_shut(STLS_FAULT_SYNTAX, "BYE \"Only one literal\"\r\n");
	if (count < 2)
		return screen_hold();
	sieve->behind = sieve->turn = false;
	sieve->waiting = !sieve->early;
	sieve->early = false;
	return screen_pass(2);
}

static struct screen_step from_client(struct screen *screen, const char *bytes, size_t count)
{
	struct sieve *sieve = screen->own;
	enum screen_line line;
	size_t length = 0;

	if (sieve->octets > 0)
		return pass_octets(sieve, bytes, count);
	if (sieve->behind)
		return end_literal(sieve, bytes, count);
	if (sieve->waiting && !sieve->turn)
		return screen_hold();
	line = screen_client_line(bytes, count, &length);
	if (line != LINE_WHOLE)
		return screen_not_whole(line, "BYE \"Line too long\"\r\n",
		                        "BYE \"Lines end in CR LF, and nothing else\"\r\n");
	return client_line(screen, bytes, length);
}

/* ---- replies ---- */

/* "SASL" "PLAIN SCRAM-SHA-256"; SIEVE-S-03, CB-04 */
static struct screen_step rewrite_sasl(struct screen *screen, const char *bytes, size_t length)
{
	static const char prefix[] = "\"SASL\" \"";
	size_t text = sizeof(prefix) - 1, end = screen_chomp(bytes, length), written = 0;

	if (length > LINE - 8)
		return screen_shut(STLS_FAULT_TOO_LONG, "BYE \"The list is too long\"\r\n");
	if (end <= text || bytes[end - 1] != '"')
		return screen_pass(length);
	memcpy(screen->with, prefix, text);
	if (screen->tls)
		written = screen_mechanisms(screen->with + text, bytes + text, end - 1 - text);
	memcpy(screen->with + text + written, "\"\r\n", 3);
	return screen_replace(screen, length, text + written + 3);
}

/* OK, NO or BYE ends a reply; the text behind it may be a literal. */
static bool is_end(const char *line)
{
	static const char *const ends[] = {"OK", "NO", "BYE", NULL};

	return word_one_of(line, ends);
}

static void replied(struct sieve *sieve)
{
	sieve->early = sieve->behind;
	sieve->waiting = sieve->turn = sieve->login = false;
}

/* A line of a reply has come; what does it mean? */
static void heed(struct screen *screen, const char *line, bool tail)
{
	struct sieve *sieve = screen->own;
	const char *rest;

	if (!tail && is_end(line)) {
		sieve->ending = true;
		if (sieve->login && word_begins(line, "OK", &rest))
			screen->over = true;
	}
	if (sieve->tail)
		return;
	if (sieve->ending)
		replied(sieve);
	else if (sieve->login)
		sieve->turn = true; /* a challenge */
	sieve->ending = false;
}

static struct screen_step reply_line(struct screen *screen, const char *bytes, size_t length)
{
	struct sieve *sieve = screen->own;
	struct screen_text line;
	bool waits, tail = sieve->tail;

	screen_copy(&line, bytes, length);
	sieve->tail = screen_literal(bytes, length, &sieve->literal, &waits);
	heed(screen, line.text, tail);
	if (tail)
		return screen_pass(length);
	if (text_begins(line.text, "\"STARTTLS\"") || text_begins(line.text, "\"XCLIENT\""))
		return screen_drop(length);
	if (text_begins(line.text, "\"SASL\" \""))
		return rewrite_sasl(screen, bytes, length);
	return screen_pass(length);
}

static struct screen_step from_service(struct screen *screen, const char *bytes, size_t count)
{
	struct sieve *sieve = screen->own;
	enum screen_line line;
	size_t length = 0;

	if (sieve->literal > 0) {
		length = count < sieve->literal ? count : sieve->literal;
		sieve->literal -= length;
		return screen_pass(length);
	}
	line = screen_service_line(bytes, count, &length);
	if (line != LINE_WHOLE)
		return screen_not_whole(line, "BYE \"Reply too long\"\r\n", NULL);
	return reply_line(screen, bytes, length);
}

const struct screen_kind screen_sieve = {.own_size = sizeof(struct sieve),
                                         .with_size = LINE,
                                         .begin = begin,
                                         .from_client = from_client,
                                         .from_service = from_service};
