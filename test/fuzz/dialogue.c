/* SPDX-License-Identifier: ISC */
/*
 * Dialogues, all protocols, both roles: whatever a peer says and however it is
 * cut into reads, the law of the switch is kept and the dialogue comes to an end.
 *
 * The first octet of the input chooses the protocol, the second one role, demand,
 * goal and layer, the third one how the rest, which the peer says, is cut.  With
 * DIALOGUE_PROTOCOL=smtp in the environment only inputs of that protocol are made
 * and played; what is found is played the same way without it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/machine.h"

int LLVMFuzzerInitialize(int *, char ***);
size_t LLVMFuzzerCustomMutator(uint8_t *, size_t, size_t, unsigned);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
/* The fuzzer's own; without a fuzzer it is not there, nor needed. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *, size_t, size_t);

#define PROTOCOLS (STLS_MYSQL + 2) /* with two that are none */

static enum stls_protocol only;

static void require(int truth)
{
	if (!truth)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("DIALOGUE_PROTOCOL");

	(void)argc;
	(void)argv;
	only = name != NULL ? stls_protocol_named(name) : (enum stls_protocol)0;
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
	(void)seed;
	size = LLVMFuzzerMutate(data, size, most);
	if (only != 0 && size > 0)
		data[0] = (uint8_t)only;
	return size;
}

/* ---- what is played ---- */

#define SAID_MAX (1 << 20)

struct play {
	stls_dialogue *dialogue;
	const uint8_t *bytes; /* what the peer says */
	size_t count, taken;
	uint32_t cutting; /* 0: one read; 1: octets; else reads of random sizes */
	size_t said;
	uint32_t said_sum; /* of what we said */
	enum stls_need end;
	enum stls_fault fault;
};

static struct stls_spec spec_from(const uint8_t *head)
{
	static const char *const offers[] = {"SIZE 1000", "AUTH PLAIN", "IDLE", NULL};

	return (struct stls_spec){
	    .size = sizeof(struct stls_spec),
	    .protocol = (enum stls_protocol)(head[0] % PROTOCOLS),
	    .role = head[1] & 1 ? STLS_SERVER : STLS_CLIENT,
	    .demand = head[1] & 2 ? STLS_MUST : STLS_MAY,
	    .goal = (enum stls_goal)(head[1] >> 2 & 3),
	    .layer = (enum stls_layer)(head[1] >> 4 & 3),
	    .name = "name.example",
	    .domain = "domain.example",
	    .from = "from.example",
	    .offers = head[1] & 64 ? offers : NULL,
	    .client = "192.0.2.1",
	    .server = "2001:db8::1",
	    .client_port = 49152,
	    .server_port = 25,
	};
}

static size_t next_read(struct play *play)
{
	size_t rest = play->count - play->taken;

	if (play->cutting == 0 || rest == 0)
		return rest;
	if (play->cutting == 1)
		return 1;
	play->cutting = play->cutting * 1664525u + 1013904223u;
	return 1 + (play->cutting >> 16) % (rest < 64 ? rest : 64);
}

/* ---- the invariants ---- */

static void check_out(struct play *play)
{
	size_t count, again;
	const char *out = stls_out(play->dialogue, &count);

	require(count > 0 && out == stls_out(play->dialogue, &again) && count == again);
	require(stls_feed(play->dialogue, "x", 1) == 0);
	for (size_t i = 0; i < count; i++)
		play->said_sum = play->said_sum * 31 + (unsigned char)out[i];
	play->said += count;
	require(play->said <= 16384 + play->count * 256 && play->said < SAID_MAX);
	stls_sent(play->dialogue, play->cutting == 1 ? (count + 1) / 2 : count);
	if (play->cutting == 1)
		stls_sent(play->dialogue, count);
}

static void check_in(struct play *play)
{
	size_t count = next_read(play);
	uint8_t *bytes;
	size_t used;

	if (count == 0) {
		stls_eof(play->dialogue);
		require(stls_need(play->dialogue) != STLS_IN);
		return;
	}
	bytes = malloc(count); /* of just that size, so that a sanitizer sees its end */
	require(bytes != NULL);
	memcpy(bytes, play->bytes + play->taken, count);
	used = stls_feed(play->dialogue, bytes, count);
	free(bytes);
	require(used > 0 && used <= count);
	play->taken += used;
}

static int may_be_tls(const uint8_t *bytes, size_t count)
{
	return bytes[0] == 22 && (count < 2 || bytes[1] == 3) && (count < 6 || bytes[5] == 1);
}

/* The law: a receipt only where nothing is unread, but for a server a ClientHello.  And
 * the owner knows of all that is: the dialogue has kept nothing to itself. */
static void check_switch(struct play *play, enum stls_role role)
{
	const uint8_t *unread = play->bytes + play->taken;
	size_t count = play->count - play->taken;
	struct stls_receipt receipt;

	require(stls_feed(play->dialogue, "x", 1) == 0);
	require(play->dialogue->in_length == 0 && play->dialogue->literal == 0);
	receipt = stls_switch(play->dialogue, unread, count);
	if (stls_receipt_good(&receipt)) {
		require(count == 0 || (role == STLS_SERVER && may_be_tls(unread, count)));
		require(stls_receipt_spend(&receipt) && !stls_receipt_spend(&receipt));
		require(stls_need(play->dialogue) == STLS_DONE);
		require(stls_capability(play->dialogue, 0) == NULL);
		require(stls_helo(play->dialogue) == NULL);
	} else {
		require(count > 0 && stls_need(play->dialogue) == STLS_FAILED);
	}
	receipt = stls_switch(play->dialogue, NULL, 0);
	require(!stls_receipt_good(&receipt));
}

static void check_end(struct play *play, const struct stls_spec *spec)
{
	size_t index = 0, count;

	switch (play->end) {
	case STLS_SWITCH: check_switch(play, spec->role); break;
	case STLS_PLAIN:
		require(spec->role == STLS_SERVER || play->fault != STLS_FAULT_NONE);
		require(spec->demand == STLS_MAY);
		stls_replay(play->dialogue, &count);
		require(count <= play->taken);
		break;
	case STLS_DONE:
		while (stls_capability(play->dialogue, index) != NULL)
			index++;
		require(play->fault == STLS_FAULT_NONE && index <= play->count);
		break;
	case STLS_FAILED: require(play->fault != STLS_FAULT_NONE); break;
	case STLS_IN:
	case STLS_OUT: abort();
	}
	require(stls_feed(play->dialogue, "x", 1) == 0);
}

static void play_out(struct play *play, const struct stls_spec *spec)
{
	size_t steps = 0;

	play->dialogue = stls_open(spec);
	require(play->dialogue != NULL);
	for (;; steps++) {
		play->end = stls_need(play->dialogue);
		if (play->end == STLS_OUT)
			check_out(play);
		else if (play->end == STLS_IN)
			check_in(play);
		else
			break;
		require(steps <= 4 * play->count + 16);
	}
	play->fault = stls_fault(play->dialogue);
	check_end(play, spec);
	stls_close(play->dialogue);
}

/* To a server it makes no difference how its client's words are cut.  (To a
 * client it does: an answer that comes in the same read as the one before it
 * comes too early.) */
static void check_same(const struct play *a, const struct play *b)
{
	require(a->end == b->end && a->fault == b->fault);
	require(a->said == b->said && a->said_sum == b->said_sum);
	require(a->taken == b->taken || a->end == STLS_FAILED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stls_spec spec;
	struct play play = {0}, other;

	if (size < 3 || size > 65536 || (only != 0 && data[0] != only))
		return 0;
	spec = spec_from(data);
	if (stls_footprint(&spec) == 0) {
		require(stls_open(&spec) == NULL);
		return 0;
	}
	require(stls_footprint(&spec) <= 65536 + 64);
	play.bytes = data + 3;
	play.count = size - 3;
	play.cutting = data[2];
	other = play;
	play_out(&play, &spec);
	if (spec.role == STLS_SERVER) {
		other.cutting = play.cutting == 0 ? 1 : 0;
		play_out(&other, &spec);
		check_same(&play, &other);
	}
	return 0;
}
