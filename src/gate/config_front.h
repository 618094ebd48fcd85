/* SPDX-License-Identifier: ISC */
/* A front section. */
#ifndef GATE_CONFIG_FRONT_H
#define GATE_CONFIG_FRONT_H

#include "gate/config_values.h"

/* Reads a front of the section; what it does not say comes from the rest of the
 * configuration, which has been read before. */
void front_read(const struct reading *, const struct config *, struct config_front *);
void front_free(struct config_front *);

#endif
