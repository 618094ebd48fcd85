/* SPDX-License-Identifier: ISC */
/* The table of faults, as data. */
#include <string.h>

#include "wire/fault.h"

static const struct {
	const char *name;
	enum stls_whose whose;
	int exit;
	const char *report;
	int smtp;
	const char *enhanced;
	const char *sentence;
} faults[] = {
#define ROW(NAME, name, whose, exit, rpt, smtp, enhanced, sentence)                                \
	{name, STLS_##whose, exit, rpt, smtp, enhanced, sentence},
    STLS_FAULTS(ROW)
#undef ROW
};

static unsigned row(enum stls_fault fault)
{
	return (unsigned)fault < STLS_FAULT_COUNT ? (unsigned)fault : STLS_FAULT_INTERNAL;
}

const char *stls_fault_name(enum stls_fault fault)
{
	return faults[row(fault)].name;
}

enum stls_fault fault_named(const char *name)
{
	for (int fault = STLS_FAULT_NONE + 1; fault < STLS_FAULT_COUNT; fault++)
		if (strcmp(faults[fault].name, name) == 0)
			return (enum stls_fault)fault;
	return STLS_FAULT_NONE;
}

const char *stls_fault_sentence(enum stls_fault fault)
{
	return faults[row(fault)].sentence;
}

enum stls_whose stls_fault_whose(enum stls_fault fault)
{
	return faults[row(fault)].whose;
}

int stls_fault_exit(enum stls_fault fault)
{
	return faults[row(fault)].exit;
}

const char *stls_fault_report(enum stls_fault fault)
{
	return faults[row(fault)].report;
}

int stls_fault_smtp(enum stls_fault fault)
{
	return faults[row(fault)].smtp;
}

const char *stls_fault_enhanced(enum stls_fault fault)
{
	return faults[row(fault)].enhanced;
}
