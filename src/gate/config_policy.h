/* SPDX-License-Identifier: ISC */
/* The sections about outgoing mail: policy, override, ratchet, resolver. */
#ifndef GATE_CONFIG_POLICY_H
#define GATE_CONFIG_POLICY_H

#include "gate/config_values.h"

void config_policy_read(const struct reading *, struct config *);
void config_policy_free(struct config *);

#endif
