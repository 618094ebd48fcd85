/* SPDX-License-Identifier: ISC */
/* What the configuration says of the daemon as a whole, outside of the fronts. */
#ifndef GATE_CONFIG_DAEMON_H
#define GATE_CONFIG_DAEMON_H

#include "gate/config_values.h"

void daemon_read(const struct reading *, struct config *);
void daemon_free(struct config *);

#endif
