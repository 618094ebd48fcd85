/* SPDX-License-Identifier: ISC */
/* The table of faults, looked up by a word of it. */
#ifndef WIRE_FAULT_H
#define WIRE_FAULT_H

#include <starttls/fault.h>

/* STLS_FAULT_NONE where no fault of this version has that name. */
enum stls_fault fault_named(const char *);

#endif
