/* SPDX-License-Identifier: ISC */
/* What was asked, in each of the ways in which a policy service can be. */
#ifndef GATE_POLICY_REQUEST_H
#define GATE_POLICY_REQUEST_H

#include "gate/policy_desk.h"

#define REQUEST_LONGEST 10000 /* octets: socketmap_table(5) */

struct request {
	const char *key;
	size_t length;
	enum desk_form form;
	char decoded[4096]; /* where the key is, if it was encoded */
};

/* The request at the front: how long it is; 0: it is not all there; -1: it is none,
 * and what follows cannot be made out. */
ptrdiff_t request_read(enum config_policy_speaks, const char *bytes, size_t count,
                       struct request *);

#endif
