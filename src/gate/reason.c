/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>

#include "gate/reason.h"

int reason_say(struct reason *reason, unsigned line, const char *format, ...)
{
	va_list list;

	reason->line = line;
	va_start(list, format);
	vsnprintf(reason->text, sizeof(reason->text), format, list);
	va_end(list);
	return -1;
}
