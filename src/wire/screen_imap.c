/* SPDX-License-Identifier: ISC */
/*
 * IMAP through a gateway, until the login: afterwards there is nothing left to
 * hide.  Before it one command crosses at a time, its literals counted (RFC 9051
 * section 4.3, RFC 7888), so that no data is mistaken for a command.
 */
#include <stdio.h>
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_kind.h"

#define LINE 3072 /* the longest list of capabilities, or ID command */
#define TAG 64

enum turn {
	TURN_COMMAND,  /* the client begins a command */
	TURN_REST,     /* ... goes on with it, behind a literal */
	TURN_CONSENT,  /* the service has to consent to a literal */
	TURN_RESPONSE, /* the client responds to a challenge */
	TURN_SERVICE   /* the service has to answer */
};

struct imap {
	enum turn turn;
	bool login;        /* the command is LOGIN or AUTHENTICATE */
	bool authenticate; /* ... the latter */
	char tag[TAG];
	size_t offered;    /* octets of the literal that waits for consent */
	size_t literal[2]; /* octets still to come, by side */
	bool tail;         /* service: the line goes on behind a literal */
};

/* ---- what a client says ---- */

static struct screen_step answer_tagged(struct screen *screen, size_t take, const char *text)
{
	struct imap *imap = screen->own;

	snprintf(screen->with, LINE, "%s %s\r\n", imap->tag, text);
	return screen_answer(take, screen->with);
}

/* A line of a command is passed; is there a literal behind it? */
static void follow(struct imap *imap, const char *bytes, size_t length)
{
	size_t octets;
	bool waits;

	if (!screen_literal(bytes, length, &octets, &waits)) {
		imap->turn = TURN_SERVICE;
		return;
	}
	imap->turn = waits ? TURN_CONSENT : TURN_REST;
	if (waits)
		imap->offered = octets;
	else
		imap->literal[SCREEN_CLIENT] = octets;
}

/* The next quoted string or atom of an ID list, its length, 0 at the end. */
static size_t id_word(const char *at)
{
	size_t length = 1;

	if (*at != '"')
		return strcspn(at, " )");
	while (at[length] != '"') {
		if (at[length] == '\\' && at[length + 1] != '\0')
			length++;
		if (at[length] == '\0')
			return 0;
		length++;
	}
	return length + 1;
}

/* IMID-02: fields that begin with "x-" tell a service on whose behalf a gateway
 * speaks.  Writes the pairs that stay; false when the list is malformed. */
static bool write_pairs(char *to, size_t size, const char *at)
{
	size_t written = 0;

	while (*at != ')') {
		size_t field = id_word(at), gap, value;
		bool ours;

		if (field == 0)
			return false;
		gap = strspn(at + field, " ");
		value = id_word(at + field + gap);
		if (gap == 0 || value == 0)
			return false;
		ours = text_begins(at + (*at == '"'), "x-") || strchr(at, '\\') != NULL;
		if (!ours) {
			if (written + field + value + 4 > size)
				return false;
			written += (size_t)snprintf(to + written, size - written, "%s%.*s %.*s",
			                            written ? " " : "", (int)field, at, (int)value,
			                            at + field + gap);
		}
		at += field + gap + value;
		at += strspn(at, " ");
	}
	to[written] = '\0';
	return at[1] == '\0';
}

/* Octets that do not wait for consent would be taken for commands. */
static struct screen_step malformed_id(struct screen *screen, const char *bytes, size_t length)
{
	size_t octets;
	bool waits;

	if (screen_literal(bytes, length, &octets, &waits) && !waits)
		return screen_shut(STLS_FAULT_SYNTAX, "* BYE ID with quoted strings only\r\n");
	return answer_tagged(screen, length, "BAD ID with quoted strings only");
}

/* An ID command: rewritten, since nobody can tell a forged field from ours. */
static struct screen_step id_command(struct screen *screen, const char *bytes, size_t length)
{
	struct imap *imap = screen->own;
	char line[LINE / 2], pairs[LINE / 2];
	const char *open;
	size_t text = length - 2;
	int written;

	if (text >= sizeof(line))
		return screen_shut(STLS_FAULT_TOO_LONG, "* BYE Line too long\r\n");
	memcpy(line, bytes, text);
	line[text] = '\0';
	open = strchr(line, '(');
	if (open == NULL) {
		follow(imap, bytes, length); /* ID NIL */
		return screen_pass(length);
	}
	open += 1 + strspn(open + 1, " ");
	if (!write_pairs(pairs, sizeof(pairs), open))
		return malformed_id(screen, bytes, length);
	imap->turn = TURN_SERVICE;
	if (pairs[0] == '\0')
		written = snprintf(screen->with, LINE, "%s ID NIL\r\n", imap->tag);
	else
		written = snprintf(screen->with, LINE, "%s ID (%s)\r\n", imap->tag, pairs);
	return screen_replace(screen, length, (size_t)written);
}

static bool note_tag(struct imap *imap, const char *line)
{
	size_t length = word_length(line);

	if (length == 0 || length >= TAG || line[length] != ' ')
		return false;
	memcpy(imap->tag, line, length);
	imap->tag[length] = '\0';
	return true;
}

static struct screen_step secret(struct screen *screen, const char *bytes, size_t length)
{
	size_t octets;
	bool waits;

	/* IMAP-S-07; octets that do not wait would be taken for commands. */
	if (screen_literal(bytes, length, &octets, &waits) && !waits)
		return screen_shut(STLS_FAULT_PLAINTEXT_REFUSED, "* BYE Use STARTTLS first\r\n");
	return answer_tagged(screen, length, "NO [PRIVACYREQUIRED] Use STARTTLS first");
}

static struct screen_step command(struct screen *screen, const char *bytes, size_t length)
{
	struct imap *imap = screen->own;
	struct screen_text line;
	const char *verb, *rest;

	screen_copy(&line, bytes, length);
	if (!note_tag(imap, line.text))
		return screen_answer(length, "* BAD Say a tag and a command\r\n");
	verb = line.text + strlen(imap->tag) + 1;
	if (word_begins(verb, "STARTTLS", &rest))
		return answer_tagged(screen, length,
		                     screen->tls ? "BAD TLS already active"
		                                 : "BAD STARTTLS is over");
	imap->authenticate = word_begins(verb, "AUTHENTICATE", &rest);
	imap->login = imap->authenticate || word_begins(verb, "LOGIN", &rest);
	if (imap->login && !screen->tls)
		return secret(screen, bytes, length);
	if (word_begins(verb, "ID", &rest))
		return id_command(screen, bytes, length);
	follow(imap, bytes, length);
	return screen_pass(length);
}

static struct screen_step client_line(struct screen *screen, const char *bytes, size_t count)
{
	struct imap *imap = screen->own;
	size_t length = 0;

	switch (screen_client_line(bytes, count, &length)) {
	case LINE_WHOLE: break;
	case LINE_PART: return screen_hold();
	case LINE_LONG: return screen_shut(STLS_FAULT_TOO_LONG, "* BYE Line too long\r\n");
	case LINE_BARE:
		return screen_shut(STLS_FAULT_SYNTAX,
		                   "* BYE Lines end in CR LF, and nothing else\r\n");
	}
	if (imap->turn == TURN_COMMAND)
		return command(screen, bytes, length);
	follow(imap, bytes, length);
	return screen_pass(length);
}

/* A response to a challenge may be longer than any line. */
static struct screen_step response(struct imap *imap, const char *bytes, size_t count)
{
	const char *end = memchr(bytes, '\n', count);

	if (end == NULL)
		return screen_pass(count);
	imap->turn = TURN_SERVICE;
	return screen_pass((size_t)(end - bytes) + 1);
}

static struct screen_step pass_literal(struct imap *imap, enum screen_side side, size_t count)
{
	size_t take = count < imap->literal[side] ? count : imap->literal[side];

	imap->literal[side] -= take;
	return screen_pass(take);
}

static struct screen_step from_client(struct screen *screen, const char *bytes, size_t count)
{
	struct imap *imap = screen->own;

	if (imap->literal[SCREEN_CLIENT] > 0)
		return pass_literal(imap, SCREEN_CLIENT, count);
	switch (imap->turn) {
	case TURN_COMMAND:
	case TURN_REST: return client_line(screen, bytes, count);
	case TURN_RESPONSE: return response(imap, bytes, count);
	case TURN_CONSENT:
	case TURN_SERVICE: break;
	}
	return screen_hold();
}

/* ---- what a service says ---- */

/* CORE-19, CB-04 */
static bool is_dropped(const struct screen *screen, const char *word, size_t length)
{
	if (word_is(word, length, "STARTTLS") || word_is(word, length, "LOGINDISABLED"))
		return true;
	if (length > 5 && text_begins(word, "AUTH="))
		return !screen->tls || word_is(word + length - 5, 5, "-PLUS");
	return !screen->tls && word_is(word, length, "SASL-IR");
}

/* Copies the capabilities that stay; from begins behind "CAPABILITY". */
static size_t write_capabilities(const struct screen *screen, char *to, const char *from,
                                 size_t length)
{
	size_t written = 0;

	while (length > 0) {
		size_t gap = 0, word = 0;

		while (gap < length && from[gap] == ' ')
			gap++;
		while (gap + word < length && from[gap + word] != ' ')
			word++;
		if (word > 0 && !is_dropped(screen, from + gap, word)) {
			to[written] = ' ';
			memcpy(to + written + 1, from + gap, word);
			written += word + 1;
		}
		from += gap + word;
		length -= gap + word;
	}
	if (!screen->tls) {
		memcpy(to + written, " LOGINDISABLED", 14);
		written += 14;
	}
	return written;
}

/* Where the list begins and ends within a line: "* CAPABILITY ..." or
 * "... OK [CAPABILITY ...] ...". */
static bool find_list(const char *bytes, size_t length, size_t *begin, size_t *end)
{
	static const char word[] = "CAPABILITY";
	const char *bracket = memchr(bytes, '[', length);
	bool code = bracket != NULL && (size_t)(bracket - bytes) < TAG + 16;

	*begin = code ? (size_t)(bracket - bytes) + 1 : 2;
	*end = length;
	while (*end > 0 && (bytes[*end - 1] == '\n' || bytes[*end - 1] == '\r'))
		(*end)--;
	if (*begin + sizeof(word) - 1 > *end || !word_is(bytes + *begin, sizeof(word) - 1, word))
		return false;
	*begin += sizeof(word) - 1;
	if (code) {
		const char *close = memchr(bytes + *begin, ']', *end - *begin);

		if (close == NULL)
			return false;
		*end = (size_t)(close - bytes);
	}
	return true;
}

static struct screen_step rewrite(struct screen *screen, const char *bytes, size_t length)
{
	size_t begin, end, written;

	if (!find_list(bytes, length, &begin, &end))
		return screen_pass(length);
	if (length > LINE - 64)
		return screen_shut(STLS_FAULT_TOO_LONG, "* BYE The list is too long\r\n");
	memcpy(screen->with, bytes, begin);
	written =
	    begin + write_capabilities(screen, screen->with + begin, bytes + begin, end - begin);
	memcpy(screen->with + written, bytes + end, length - end);
	return screen_replace(screen, length, written + length - end);
}

/* The service consents to a literal, or challenges (RFC 9051 section 7.6). */
static void continued(struct imap *imap)
{
	if (imap->turn == TURN_CONSENT) {
		imap->literal[SCREEN_CLIENT] = imap->offered;
		imap->turn = TURN_REST;
	} else if (imap->authenticate) {
		imap->turn = TURN_RESPONSE;
	}
}

static void answered(struct screen *screen, const char *line)
{
	struct imap *imap = screen->own;
	size_t length = strlen(imap->tag);
	const char *rest;

	if (imap->turn == TURN_COMMAND || strncmp(line, imap->tag, length) != 0 ||
	    line[length] != ' ')
		return;
	if (imap->login && word_begins(line + length + 1, "OK", &rest))
		screen->over = true;
	imap->login = imap->authenticate = false;
	imap->turn = TURN_COMMAND;
}

static struct screen_step service_line(struct screen *screen, const char *bytes, size_t length)
{
	struct imap *imap = screen->own;
	struct screen_text line;
	const char *rest;
	bool waits, tail = imap->tail;

	imap->tail = screen_literal(bytes, length, &imap->literal[SCREEN_SERVICE], &waits);
	if (tail)
		return screen_pass(length);
	screen_copy(&line, bytes, length);
	if (line.text[0] == '+')
		continued(imap);
	else
		answered(screen, line.text);
	/* PREAUTH: somebody is logged in, as the service's operator has it. */
	if (text_begins(line.text, "* ") && word_begins(line.text + 2, "PREAUTH", &rest))
		screen->over = true;
	return rewrite(screen, bytes, length);
}

static struct screen_step from_service(struct screen *screen, const char *bytes, size_t count)
{
	struct imap *imap = screen->own;
	size_t length = 0;

	if (imap->literal[SCREEN_SERVICE] > 0)
		return pass_literal(imap, SCREEN_SERVICE, count);
	switch (screen_service_line(bytes, count, &length)) {
	case LINE_WHOLE: return service_line(screen, bytes, length);
	case LINE_LONG: return screen_shut(STLS_FAULT_TOO_LONG, "* BYE Line too long\r\n");
	case LINE_PART:
	case LINE_BARE: break;
	}
	return screen_hold();
}

static struct screen_step next(struct screen *screen, enum screen_side side, const char *bytes,
                               size_t count)
{
	return side == SCREEN_CLIENT ? from_client(screen, bytes, count)
	                             : from_service(screen, bytes, count);
}

const struct screen_kind screen_imap = {
    .own_size = sizeof(struct imap), .with_size = LINE, .next = next};
