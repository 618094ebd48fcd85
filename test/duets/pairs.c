/* SPDX-License-Identifier: ISC */
/*
 * TST-01: for every protocol that has both roles, our client and our server,
 * back to back and with reads of random sizes, reach the switch, with no octet
 * left on either side.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starttls/dialogue.h>

#define ROUNDS 500
#define STEPS 20000

/* One direction of the connection. */
struct pipe {
	char bytes[65536];
	size_t from, to;
};

struct end {
	stls_dialogue *dialogue;
	struct pipe *in, *out;
};

/* xorshift: the same numbers in every run. */
static uint32_t random_state;

static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % limit;
}

static size_t some_of(size_t count)
{
	size_t most = random_below(4) == 0 ? 1 : count;

	return most == 0 ? 0 : 1 + random_below((uint32_t)most);
}

static void send_some(struct end *end)
{
	size_t count;
	const char *out = stls_out(end->dialogue, &count);

	count = some_of(count);
	if (count > sizeof(end->out->bytes) - end->out->to)
		count = sizeof(end->out->bytes) - end->out->to;
	memcpy(end->out->bytes + end->out->to, out, count);
	end->out->to += count;
	stls_sent(end->dialogue, count);
}

static void read_some(struct end *end)
{
	struct pipe *in = end->in;

	if (in->from < in->to)
		in->from +=
		    stls_feed(end->dialogue, in->bytes + in->from, some_of(in->to - in->from));
}

/* One turn: true while there may be more. */
static int step(struct end *end)
{
	switch (stls_need(end->dialogue)) {
	case STLS_OUT: send_some(end); return 1;
	case STLS_IN: read_some(end); return 1;
	default: return 0;
	}
}

static int reaches_switch(struct end *end)
{
	struct stls_receipt receipt;

	if (stls_need(end->dialogue) != STLS_SWITCH || end->in->from != end->in->to)
		return 0;
	receipt = stls_switch(end->dialogue, NULL, 0);
	return stls_receipt_spend(&receipt);
}

static int play(const struct stls_spec *ours, const struct stls_spec *theirs)
{
	static struct pipe up, down;
	struct end client = {stls_open(ours), &down, &up};
	struct end server = {stls_open(theirs), &up, &down};
	int good = 0;

	up.from = up.to = down.from = down.to = 0;
	if (client.dialogue != NULL && server.dialogue != NULL) {
		for (int i = 0; i < STEPS; i++)
			if (!step(&client) && !step(&server))
				break;
			else
				step(&server);
		good = reaches_switch(&client) && reaches_switch(&server);
		if (!good)
			printf("client: %s, server: %s\n",
			       stls_fault_name(stls_fault(client.dialogue)),
			       stls_fault_name(stls_fault(server.dialogue)));
	}
	stls_close(client.dialogue);
	stls_close(server.dialogue);
	return good;
}

static int play_pair(enum stls_protocol protocol, enum stls_demand demand, enum stls_demand theirs)
{
	struct stls_spec client = {.size = sizeof(client),
	                           .protocol = protocol,
	                           .role = STLS_CLIENT,
	                           .demand = demand,
	                           .name = "client.example.org",
	                           .domain = "example.net",
	                           .from = "example.org"};
	struct stls_spec server = {.size = sizeof(server),
	                           .protocol = protocol,
	                           .role = STLS_SERVER,
	                           .demand = theirs,
	                           .name = "server.example.net",
	                           .domain = "example.net"};

	for (uint32_t round = 1; round <= ROUNDS; round++) {
		random_state = round * 2654435761u;
		if (!play(&client, &server)) {
			printf("%s: round %u fails\n", stls_protocol_name(protocol), round);
			return 0;
		}
	}
	return 1;
}

int main(void)
{
	static const enum stls_protocol protocols[] = {
	    STLS_SMTP,  STLS_LMTP,        STLS_IMAP,        STLS_POP3,
	    STLS_SIEVE, STLS_XMPP_CLIENT, STLS_XMPP_SERVER, STLS_NNTP};
	int passed = 0, failed = 0;

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		for (int demands = 0; demands < 4; demands++)
			if (play_pair(protocols[i], demands & 1 ? STLS_MUST : STLS_MAY,
			              demands & 2 ? STLS_REQUIRED : STLS_OFFERED))
				passed++;
			else
				failed++;
	printf("%d passed, %d failed\n", passed, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
