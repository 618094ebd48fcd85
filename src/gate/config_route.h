/* SPDX-License-Identifier: ISC */
/* The routes of a front. */
#ifndef GATE_CONFIG_ROUTE_H
#define GATE_CONFIG_ROUTE_H

#include "gate/config_values.h"

/* Those in the front's section. */
void config_routes_read(const struct reading *front_section, struct config_front *);
/* Whether they go together with the front, which has been read. */
void config_routes_check(const struct reading *front_section, const struct config_front *);
void config_routes_free(struct config_front *);

#endif
