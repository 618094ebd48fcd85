/* SPDX-License-Identifier: ISC */
/* What a service answers: replies come in the order of what they answer (RFC 2920
 * section 3.2), so they are counted. */
#include "wire/lines.h"
#include "wire/screen_lines.h"
#include "wire/screen_smtp.h"

/* ---- the queue ---- */

void smtp_push(struct smtp *smtp, enum smtp_sent sent)
{
	smtp->queue[(smtp->first + smtp->waiting++) % SMTP_QUEUE] = (unsigned char)sent;
}

enum smtp_sent smtp_first(const struct smtp *smtp)
{
	return (enum smtp_sent)smtp->queue[smtp->first];
}

static void pop(struct smtp *smtp)
{
	smtp->first = (smtp->first + 1) % SMTP_QUEUE;
	smtp->waiting--;
}

/* ---- what a reply changes ---- */

/* LMTP-03, LMTP-04: an end of message has as many answers as recipients. */
static void answered_end(struct screen *screen)
{
	struct smtp *smtp = screen->own;

	if (smtp->answers == 0)
		smtp->answers = screen->protocol == STLS_LMTP ? smtp->recipients : 1;
	if (smtp->answers > 1) {
		smtp->answers--;
		return;
	}
	smtp->answers = 0;
	smtp->recipients = 0;
	pop(smtp);
}

/* A service may lose patience in the midst of the client's line. */
static void answered_auth(struct smtp *smtp, unsigned code)
{
	enum smtp_mode next = code == 334 ? MODE_RESPONSE : MODE_COMMAND;

	if (code != 334)
		pop(smtp);
	if (smtp->mode == MODE_RESPONSE && smtp->begun) {
		smtp->then = next;
		return;
	}
	smtp->mode = next;
	smtp->then = MODE_WAIT;
	smtp->begun = false;
}

static void answered_data(struct smtp *smtp, unsigned code)
{
	smtp->mode = code == 354 ? MODE_MESSAGE : MODE_COMMAND;
	screen_dots_begin(&smtp->text);
	pop(smtp);
}

/* A reply is complete. */
static void answered(struct screen *screen, unsigned code)
{
	struct smtp *smtp = screen->own;

	smtp->lines = 0;
	if (smtp->waiting == 0)
		return;
	switch (smtp_first(smtp)) {
	case SENT_AUTH: answered_auth(smtp, code); return;
	case SENT_DATA: answered_data(smtp, code); return;
	case SENT_END:
	case SENT_LAST: answered_end(screen); return;
	case SENT_RCPT: smtp->recipients += code / 100 == 2; break;
	case SENT_RESET:
	case SENT_HELLO:
		if (code / 100 == 2)
			smtp->recipients = 0;
		break;
	case SENT_CHUNK:
	case SENT_OTHER: break;
	}
	pop(smtp);
}

/* ---- whether we still know what is going on ---- */

/* LMTP-04: to an end of message without recipients some services answer nothing,
 * others once. */
static bool is_doubtful(const struct screen *screen, unsigned code)
{
	const struct smtp *smtp = screen->own;
	enum smtp_sent sent = smtp_first(smtp);

	if (screen->protocol != STLS_LMTP || smtp->recipients > 0)
		return false;
	return code == 354 || ((sent == SENT_LAST || sent == SENT_END) && smtp->waiting > 1);
}

/*
 * A reply that cannot be the answer to what it answers by our count: then the
 * count is wrong, and a message might be taken for commands or commands for a
 * message.  A farewell may come at any time (RFC 5321 section 3.8: 421; there are
 * others).
 */
static bool is_out_of_step(const struct screen *screen, unsigned code)
{
	const struct smtp *smtp = screen->own;
	enum smtp_sent sent = smtp_first(smtp);

	if (code == 421)
		return false;
	if (smtp->waiting == 0)
		return code < 400;
	if (is_doubtful(screen, code))
		return true;
	if (code / 100 == 3)
		return !(code == 354 && sent == SENT_DATA) && !(code == 334 && sent == SENT_AUTH);
	return code / 100 == 2 && sent == SENT_DATA;
}

static struct screen_step reply_line(struct screen *screen, const char *bytes, size_t count,
                                     size_t length)
{
	struct smtp *smtp = screen->own;
	struct screen_step step = screen_pass(length);
	bool last;
	unsigned code = screen_code(bytes, length, &last);

	if (code == 0)
		return step;
	if (is_out_of_step(screen, code))
		return screen_shut(STLS_FAULT_SYNTAX, "421 4.5.0 The service is out of step\r\n");
	if (code == 250 && smtp->waiting > 0 && smtp_first(smtp) == SENT_HELLO)
		step = smtp_list_line(screen, bytes, count, length);
	if (last && (step.move == SCREEN_PASS || step.move == SCREEN_REPLACE))
		answered(screen, code);
	return step;
}

struct screen_step smtp_reply(struct screen *screen, const char *bytes, size_t count)
{
	size_t length = 0;
	enum screen_line line = screen_service_line(bytes, count, &length);

	if (line != LINE_WHOLE)
		return screen_not_whole(line, "421 4.5.0 The service's reply is too long\r\n",
		                        NULL);
	return reply_line(screen, bytes, count, length);
}
