/* SPDX-License-Identifier: ISC */
/* What the configuration of a front has to know of its protocol. */
#ifndef GATE_CONFIG_PROTOCOL_H
#define GATE_CONFIG_PROTOCOL_H

#include "gate/config.h"

struct config_protocol {
	const char *name;
	enum stls_protocol protocol;
	unsigned idle;          /* the least that a server must wait for a client */
	unsigned line_least;    /* octets that a line must be able to have; 0: it has no lines */
	unsigned literal_least; /* the same of a literal */
	bool elements;          /* it has XML elements */
	bool xclient;           /* it has a way to tell who the client is */
	bool capabilities;      /* it lists them before TLS */
};

#define CONFIG_PROTOCOLS 8
extern const struct config_protocol config_protocols[CONFIG_PROTOCOLS];

/* NULL for those that no front has. */
const struct config_protocol *config_protocol(enum stls_protocol);

#endif
