/* SPDX-License-Identifier: ISC */
/* Single records in a DNS message. Pure. */
#ifndef NAMES_DNS_RECORD_H
#define NAMES_DNS_RECORD_H

#include <arpa/nameser.h>
#include <stddef.h>

#include "names/dns.h"

/* The octets that dns_record_read() will write for a record of the types of enum
 * dns_type; -1: it is not as its type wants it. */
ptrdiff_t dns_record_room(ns_msg *, const ns_rr *);

/* Reads one that has been found fit by dns_record_room(); returns what that has. */
size_t dns_record_read(ns_msg *, const ns_rr *, struct dns_record *, unsigned char *at);

/* The name that ends a record, from an offset on: its length, or -1. */
ptrdiff_t dns_record_host(ns_msg *, const ns_rr *, size_t offset, char out[NS_MAXDNAME]);

#endif
