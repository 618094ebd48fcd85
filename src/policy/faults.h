/* SPDX-License-Identifier: ISC */
/* What the table of faults says to decisions.  The room of the table itself is not
 * entered from here: the same rows, once more. */
#ifndef POLICY_FAULTS_H
#define POLICY_FAULTS_H

#include <stdbool.h>

#include <starttls/fault.h>

const char *faults_name(enum stls_fault);
int faults_smtp(enum stls_fault);
const char *faults_enhanced(enum stls_fault);
bool faults_report(enum stls_fault); /* RFC 8460 has a result type for it */
bool faults_permanent(enum stls_fault);
bool faults_attack(enum stls_fault);

#endif
