/* SPDX-License-Identifier: ISC */
/* What a policy service needs besides its configuration, looked at before it is begun. */
#ifndef GATE_POLICY_PREPARE_H
#define GATE_POLICY_PREPARE_H

#include "gate/config_complain.h"

/* Complains of files that are not there, or not what they should be. */
void policy_prepare(const struct config *, const struct complaints *);

#endif
