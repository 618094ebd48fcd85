/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "gate/front.h"
#include "gate/session.h"

int front_prepare(struct front *front, const struct config *config, const struct config_front *mine,
                  const struct hosts *hosts, struct reason *error)
{
	*front = (struct front){.config = mine};
	if (front_prepare_tls(front, config, error) < 0)
		return -1;
	return front_prepare_services(front, hosts, error);
}

int front_start(struct front *front, const struct front_host *host, struct reason *error)
{
	front->loop = host->loop;
	front->log = host->log;
	front->limits = host->limits;
	front->turns = host->turns;
	front->now = board_gauges(host->board, host->slot, front->row);
	front->empty = host->empty;
	front->owner = host->owner;
	if (front_open_services(front, error) < 0)
		return -1;
	return front_listen(front, host, error);
}

void front_close(struct front *front)
{
	front_deafen(front);
	while (front->sessions) {
		session_cut(front->sessions, PARTY_US, STLS_FAULT_SHUTDOWN);
		front_part(front->sessions);
		session_free(front->sessions);
	}
	front_close_services(front);
	stls_tls_context_free(front->backend_tls);
	stls_tls_context_free(front->tls);
	free(front->sets);
}
