/* SPDX-License-Identifier: ISC */
/* Where the daemon listens. */
#ifndef GATE_CONFIG_LISTEN_H
#define GATE_CONFIG_LISTEN_H

#include "gate/config_complain.h"

/* Where to listen is said by address: a name may have several, or another one
 * tomorrow. */
void listen_check(const struct complaints *, const struct config_addresses *);

/* Of all fronts, the metrics and policies: no two listen on the same address. */
void listen_check_all(const struct complaints *, const struct config *);

#endif
