/* SPDX-License-Identifier: ISC */
#include "policy/faults.h"

#define ROW(NAME, name, whose, exit, rpt, smtp, enhanced, sentence)                                \
	{smtp, STLS_##whose == STLS_ATTACK, sizeof(rpt) > 1, enhanced, name},

static const struct {
	int smtp;
	bool attack, report;
	const char *enhanced, *name;
} rows[] = {STLS_FAULTS(ROW)};

static unsigned row(enum stls_fault fault)
{
	return (unsigned)fault < STLS_FAULT_COUNT ? (unsigned)fault : STLS_FAULT_INTERNAL;
}

const char *faults_name(enum stls_fault fault)
{
	return rows[row(fault)].name;
}

int faults_smtp(enum stls_fault fault)
{
	return rows[row(fault)].smtp;
}

const char *faults_enhanced(enum stls_fault fault)
{
	return rows[row(fault)].enhanced;
}

bool faults_report(enum stls_fault fault)
{
	return rows[row(fault)].report;
}

bool faults_permanent(enum stls_fault fault)
{
	return rows[row(fault)].smtp >= 500;
}

bool faults_attack(enum stls_fault fault)
{
	return rows[row(fault)].attack;
}
