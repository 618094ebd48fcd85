/* SPDX-License-Identifier: ISC */
/* What the tests of this room share: what a log that is a file says. */
#ifndef UNIT_GATE_IN_LOG_H
#define UNIT_GATE_IN_LOG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop/log.h"

/* How often a text is in it. */
static inline unsigned count_in_log(const struct log *log, const char *text)
{
	char bytes[8192] = "";
	unsigned count = 0;

	assert_true(pread(log->fd, bytes, sizeof(bytes) - 1, 0) >= 0);
	for (const char *at = bytes; (at = strstr(at, text)); at++)
		count++;
	return count;
}

#endif
