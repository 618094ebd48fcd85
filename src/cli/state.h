/* SPDX-License-Identifier: ISC */
/* What starttlsd keeps, as a person looks into it. */
#ifndef CLI_STATE_H
#define CLI_STATE_H

#include "store/store.h"

#define STATE_USUAL "/var/lib/starttls"

/* NULL, and an explanation is out.  Nothing is made where nothing is: a database of
 * somebody else would be in the daemon's way. */
struct store *state_open(const char *state, int64_t now);

#endif
