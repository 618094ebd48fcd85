/* SPDX-License-Identifier: ISC */
/* What parent and workers say to each other, beside proc/channel.h. */
#ifndef GATE_WORKER_TALK_H
#define GATE_WORKER_TALK_H

#include <stdint.h>

#include <starttls/tls.h>

/* PROC_TICKETS: the keys of a front. */
struct worker_keys {
	uint32_t front; /* which one, in the order of the configuration */
	uint32_t count;
	unsigned char keys[STLS_TICKET_KEYS][STLS_TICKET_KEY_SIZE];
};

/* PROC_DRAIN: an int64_t, the milliseconds that sessions have. */

#endif
