/* SPDX-License-Identifier: ISC */
/* Whether the values of a front go together; each of them is right by itself. */
#ifndef GATE_CONFIG_CHECK_H
#define GATE_CONFIG_CHECK_H

#include "gate/config_values.h"

/* Whether it is TCP port 25. */
bool check_is_port_25(const struct config_address *);

/* What the ports are for. */
void check_ports(const struct reading *, const struct config_front *);

/* Backends of the front, or of one of its routes, with the name that their
 * certificates must have (NULL: their own). */
void check_backends(const struct reading *, const struct config_front *,
                    const struct config_addresses *, const char *name);

/* Keys that have no effect, or a bad one, together with others. */
void check_combinations(const struct reading *, const struct config *, const struct config_front *);

#endif
