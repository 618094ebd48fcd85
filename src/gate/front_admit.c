/* SPDX-License-Identifier: ISC */
/*
 * May it stay?  Whoever may not costs next to nothing: there is no session, one
 * sentence is said where the protocol can say one before TLS, and nobody waits for
 * it to be heard.
 */
#include "gate/session.h"

#define FAREWELL 512

enum stls_fault front_refusal(struct front *front, enum board_refusal why)
{
	board_add(&front->row->refused[why], 1);
	return why == BOARD_REFUSED_ADDRESS || why == BOARD_REFUSED_RATE ? STLS_FAULT_TOO_MANY
	                                                                 : STLS_FAULT_BUSY;
}

static void report(const struct front *front, const struct sockaddr *peer, socklen_t length,
                   enum stls_fault fault, enum board_refusal why)
{
	struct log_line line;
	char client[ADDRESS_TEXT];

	log_begin_stranger(&line, front->log, LOG_LEVEL_WARNING, "refused");
	log_text(&line, "front", front->config->name);
	log_text(&line, "client", address_format(client, peer, length));
	log_text(&line, "fault", stls_fault_name(fault));
	log_text(&line, "limit", board_refusals[why]);
	log_end(&line);
}

static void turn_away(const struct front *front, int fd, enum stls_fault fault)
{
	const struct config_front *config = front->config;
	char words[FAREWELL];
	size_t count = 0;

	if (config->tls != CONFIG_TLS_IMPLICIT)
		count =
		    stls_farewell(config->protocol, fault, config->hostname, words, sizeof(words));
	end_turn_away(fd, words, count);
}

bool front_admit(struct front *front, int fd, const struct sockaddr *peer, socklen_t length,
                 bool known)
{
	enum board_refusal why;
	enum stls_fault fault;

	if (limits_admit(front->limits, fd, known ? peer : NULL, &why))
		return true;
	fault = front_refusal(front, why);
	report(front, peer, length, fault, why);
	turn_away(front, fd, fault);
	return false;
}
