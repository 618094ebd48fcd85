/* SPDX-License-Identifier: ISC */
#include "check/talk.h"

#include <string.h>

static void record(struct talk *talk, enum tape_who who, const char *bytes, size_t count)
{
	if (talk->tape != NULL)
		tape_add(talk->tape, who, talk->side->tls != NULL, bytes, count);
}

ptrdiff_t talk_read(struct talk *talk)
{
	ptrdiff_t n;

	if (talk->head > 0) {
		memmove(talk->unread, talk->unread + talk->head, talk->tail - talk->head);
		talk->tail -= talk->head;
		talk->head = 0;
	}
	n = side_read(talk->side, talk->unread + talk->tail, sizeof(talk->unread) - talk->tail);
	if (n > 0) {
		record(talk, TAPE_SERVER, talk->unread + talk->tail, (size_t)n);
		talk->tail += (size_t)n;
	}
	return n;
}

/* True when the dialogue got on. */
static bool hear(struct talk *talk, stls_dialogue *dialogue)
{
	size_t taken = talk->tail > talk->head
	                   ? stls_feed(dialogue, talk->unread + talk->head, talk->tail - talk->head)
	                   : 0;
	ptrdiff_t n;

	talk->head += taken;
	if (taken > 0)
		return true;
	n = talk_read(talk);
	if (n > 0)
		return true;
	if (n != SIDE_WAIT)
		stls_eof(dialogue);
	return n != SIDE_WAIT && stls_need(dialogue) != STLS_IN;
}

static bool say(struct talk *talk, stls_dialogue *dialogue)
{
	size_t count;
	const char *bytes = stls_out(dialogue, &count);
	ptrdiff_t n = side_write(talk->side, bytes, count);

	if (n == SIDE_WAIT)
		return false;
	if (n > 0)
		record(talk, TAPE_CLIENT, bytes, (size_t)n);
	if (n < 0) { /* nobody is there to hear the rest */
		stls_eof(dialogue);
		stls_out(dialogue, &count);
	}
	stls_sent(dialogue, n < 0 ? count : (size_t)n);
	return true;
}

enum stls_need talk_run(struct talk *talk, stls_dialogue *dialogue)
{
	enum stls_need need;
	bool moved = true;

	while (need = stls_need(dialogue), moved && (need == STLS_IN || need == STLS_OUT))
		moved = need == STLS_IN ? hear(talk, dialogue) : say(talk, dialogue);
	return need;
}
