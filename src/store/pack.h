/* SPDX-License-Identifier: ISC */
/* Records as octets: short in memory, the same for the same record, and what a seal is
 * made over.  They begin with the key and its NUL. */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include "store/kinds.h"

size_t pack_size(enum kind, const union record *);
/* out has room for pack_size(). */
void pack(enum kind, const union record *, unsigned char *out);
/* What is not fixed in size is borrowed from the octets. */
void unpack(enum kind, const unsigned char *packed, union record *);

/* Whether the record is what was packed. */
bool pack_is(enum kind, const unsigned char *packed, size_t length, const union record *);

/* A record with nothing but its key. */
void pack_bare(enum kind, const char *key, union record *);

#endif
