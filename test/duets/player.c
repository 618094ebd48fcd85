/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "player.h"
#include "text.h"

struct playing {
	const struct duet *duet;
	enum cutting cutting;
	size_t cut;
	size_t heard; /* octets of earlier bursts */
	stls_dialogue *dialogue;
	struct octets said; /* what we have said and nobody has looked at */
	struct octets left; /* what the dialogue would not take */
	char *complaint;
};

static const char *const needs[] = {"in", "out", "switch", "plain", "done", "failed"};

__attribute__((format(printf, 2, 3))) static bool complain(struct playing *playing,
                                                           const char *format, ...)
{
	va_list words;

	va_start(words, format);
	vsnprintf(playing->complaint, COMPLAINT_SIZE, format, words);
	va_end(words);
	return false;
}

static bool complain_both(struct playing *playing, const char *what, const struct octets *wanted,
                          const void *bytes, size_t count)
{
	char *a = text_shown(wanted->bytes, wanted->count), *b = text_shown(bytes, count);

	complain(playing, "%s\n\twanted  \"%s\"\n\tgot     \"%s\"", what, a, b);
	free(a);
	free(b);
	return false;
}

/* ---- speaking ---- */

static void speak(struct playing *playing)
{
	size_t count;

	while (stls_need(playing->dialogue) == STLS_OUT) {
		const char *out = stls_out(playing->dialogue, &count);

		if (playing->cutting == CUT_BYTES)
			count = 1;
		octets_add(&playing->said, out, count);
		stls_sent(playing->dialogue, count);
	}
}

static bool check_said(struct playing *playing, const struct octets *wanted)
{
	speak(playing);
	if (!octets_same(wanted, playing->said.bytes, playing->said.count))
		return complain_both(playing, "we do not say what is written", wanted,
		                     playing->said.bytes, playing->said.count);
	octets_free(&playing->said);
	return true;
}

/* ---- listening ---- */

/* How much of a burst the next read brings. */
static size_t read_length(const struct playing *playing, const struct part *part, size_t at)
{
	size_t rest = part->text.count - at, here = playing->heard + at;

	if (playing->cutting == CUT_AT && here < playing->cut && playing->cut < here + rest)
		return playing->cut - here;
	if (playing->cutting != CUT_BYTES)
		return rest;
	for (rest = 1; at + rest < part->text.count && part->glue.bytes[at + rest]; rest++)
		;
	return rest;
}

/* Gives one read to the dialogue for as long as it listens. */
static bool give(struct playing *playing, const char *bytes, size_t count, size_t *taken)
{
	*taken = 0;
	for (;;) {
		size_t used;

		speak(playing);
		if (*taken == count || stls_need(playing->dialogue) != STLS_IN)
			return true;
		used = stls_feed(playing->dialogue, bytes + *taken, count - *taken);
		if (used == 0)
			return complain(playing, "it needs octets, but takes none");
		if (used > count - *taken)
			return complain(playing, "it takes more octets than there are");
		*taken += used;
	}
}

static bool hear(struct playing *playing, const struct part *part)
{
	size_t at = 0, taken;

	speak(playing);
	if (stls_need(playing->dialogue) != STLS_IN)
		return complain(playing, "it is over before the peer has said \"%.60s\"",
		                part->text.bytes);
	while (at < part->text.count && stls_need(playing->dialogue) == STLS_IN) {
		size_t count = read_length(playing, part, at);

		/* In memory of just that size, so that a sanitizer sees the end. */
		char *bytes = malloc(count);
		if (bytes == NULL)
			abort();
		memcpy(bytes, part->text.bytes + at, count);
		bool good = give(playing, bytes, count, &taken);
		free(bytes);
		if (!good)
			return false;
		at += taken;
	}
	octets_add(&playing->left, part->text.bytes + at, part->text.count - at);
	playing->heard += part->text.count;
	return true;
}

static bool play_part(struct playing *playing, const struct part *part)
{
	switch (part->kind) {
	case PART_HEAR: return hear(playing, part);
	case PART_SAY: return check_said(playing, &part->text);
	case PART_EOF:
		speak(playing);
		stls_eof(playing->dialogue);
		return true;
	case PART_DISMISS: stls_dismiss(playing->dialogue, part->fault); return true;
	}
	return false;
}

/* ---- the end ---- */

static bool check_text(struct playing *playing, const struct check *check, const char *got,
                       const char *what)
{
	if (got == NULL)
		return check->text.count == 0 || complain(playing, "%s: there is none", what);
	if (octets_same(&check->text, got, strlen(got)))
		return true;
	return complain_both(playing, what, &check->text, got, strlen(got));
}

static bool check_replay(struct playing *playing, const struct check *check)
{
	size_t count;
	const char *replay = stls_replay(playing->dialogue, &count);

	return octets_same(&check->text, replay, count) ||
	       complain_both(playing, "replay", &check->text, replay, count);
}

static bool check_refusals(struct playing *playing, const struct check *check)
{
	char count[16];

	snprintf(count, sizeof(count), "%u", stls_refusals(playing->dialogue));
	return check_text(playing, check, count, "refusals");
}

static bool check_one(struct playing *playing, const struct check *check)
{
	switch (check->kind) {
	case CHECK_REPLAY: return check_replay(playing, check);
	case CHECK_HELO: return check_text(playing, check, stls_helo(playing->dialogue), "helo");
	case CHECK_DOMAIN:
		return check_text(playing, check, stls_domain(playing->dialogue), "domain-is");
	case CHECK_LEFT:
		return octets_same(&check->text, playing->left.bytes, playing->left.count) ||
		       complain_both(playing, "left", &check->text, playing->left.bytes,
		                     playing->left.count);
	case CHECK_REFUSALS: return check_refusals(playing, check);
	case CHECK_CAPABILITY: break;
	}
	return true;
}

static bool check_capabilities(struct playing *playing)
{
	const struct duet *duet = playing->duet;
	size_t index = 0;
	bool asked = false;

	for (size_t i = 0; i < duet->check_count; i++) {
		if (duet->checks[i].kind != CHECK_CAPABILITY)
			continue;
		asked = true;
		if (duet->checks[i].text.count == 0)
			continue;
		if (!check_text(playing, &duet->checks[i],
		                stls_capability(playing->dialogue, index++), "capability"))
			return false;
	}
	if (asked && stls_capability(playing->dialogue, index) != NULL)
		return complain(playing, "capability \"%s\" is not written",
		                stls_capability(playing->dialogue, index));
	return true;
}

/* A good receipt is good for one start of TLS, and nothing is known after it. */
static bool check_receipt(struct playing *playing, struct stls_receipt *receipt)
{
	stls_dialogue *dialogue = playing->dialogue;

	if (!stls_receipt_good(receipt))
		return stls_need(dialogue) == STLS_FAILED ||
		       complain(playing, "a void receipt, but it has not failed");
	if (playing->left.count > 0 && playing->duet->spec.role == STLS_CLIENT)
		return complain(playing, "a receipt with octets left");
	if (!stls_receipt_spend(receipt) || stls_receipt_spend(receipt))
		return complain(playing, "a good receipt is to be spent once");
	if (stls_need(dialogue) != STLS_DONE || stls_fault(dialogue) != STLS_FAULT_NONE)
		return complain(playing, "after the switch a dialogue is done");
	return stls_capability(dialogue, 0) == NULL || complain(playing, "it has not forgotten");
}

static bool check_end(struct playing *playing)
{
	static const struct octets nothing = {0};
	const struct duet *duet = playing->duet;
	enum stls_need need;
	enum stls_fault fault;

	if (!check_said(playing, &nothing))
		return false;
	need = stls_need(playing->dialogue);
	if (need == STLS_SWITCH) {
		struct stls_receipt receipt;

		octets_add(&playing->left, duet->unread.bytes, duet->unread.count);
		receipt = stls_switch(playing->dialogue, playing->left.bytes, playing->left.count);
		if (!stls_receipt_good(&receipt))
			need = STLS_FAILED;
		if (!check_receipt(playing, &receipt))
			return false;
	}
	fault = stls_fault(playing->dialogue);
	if (need != duet->end || fault != duet->fault)
		return complain(playing, "it ends with %s (%s) instead of %s (%s)", needs[need],
		                stls_fault_name(fault), needs[duet->end],
		                stls_fault_name(duet->fault));
	return true;
}

static bool play_all(struct playing *playing)
{
	const struct duet *duet = playing->duet;

	for (size_t i = 0; i < duet->part_count; i++)
		if (!play_part(playing, &duet->parts[i]))
			return false;
	if (!check_end(playing) || !check_capabilities(playing))
		return false;
	for (size_t i = 0; i < duet->check_count; i++)
		if (!check_one(playing, &duet->checks[i]))
			return false;
	return true;
}

bool duet_play(const struct duet *duet, enum cutting cutting, size_t at,
               char complaint[COMPLAINT_SIZE])
{
	struct playing playing = {
	    .duet = duet, .cutting = cutting, .cut = at, .complaint = complaint};
	bool good;

	playing.dialogue = stls_open(&duet->spec);
	if (playing.dialogue == NULL)
		return complain(&playing, "stls_open() refuses this head");
	good = play_all(&playing);
	stls_close(playing.dialogue);
	octets_free(&playing.said);
	octets_free(&playing.left);
	return good;
}

bool duet_cuttable(const struct duet *duet, size_t at)
{
	for (size_t i = 0; i < duet->part_count; i++) {
		const struct part *part = &duet->parts[i];

		if (part->kind != PART_HEAR)
			continue;
		if (at < part->text.count)
			return at > 0 && !part->glue.bytes[at];
		at -= part->text.count;
	}
	return false;
}
