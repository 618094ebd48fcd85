/* SPDX-License-Identifier: ISC */
/* What is still to be sent on a connection; zeroed it is nothing. */
#ifndef GATE_POLICY_OUT_H
#define GATE_POLICY_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "loop/ends.h"

struct out {
	char *bytes; /* [sent, said) are left */
	size_t sent, said, room;
};

/* False: there is no memory for more. */
bool out_add(struct out *, const char *bytes, size_t length);
/* Sends what the other side takes now; false: it is gone. */
bool out_flush(struct out *, struct end *);
size_t out_left(const struct out *);
void out_drop(struct out *);

#endif
