/* SPDX-License-Identifier: ISC */
/* Until when a call may take: a moment of the clock that nobody sets. */
#ifndef STORE_DEADLINE_H
#define STORE_DEADLINE_H

#include <stdint.h>

int64_t deadline_in(int milliseconds);
int deadline_left(int64_t deadline); /* milliseconds, 0: it is over */

#endif
