/* SPDX-License-Identifier: ISC */
/* From a DNS message to an answer: one allocation, freed with free(). Pure. */
#ifndef NAMES_DNS_ANSWER_H
#define NAMES_DNS_ANSWER_H

#include "names/dns.h"

#define DNS_ALIASES 16 /* in a row; resolvers follow fewer */

/*
 * What a message that was found secure or insecure says of a name (as dns_name()
 * writes it).  An rcode other than NOERROR and NXDOMAIN makes it DNS_FAILED, and so
 * does a message that contradicts itself.  NULL when memory is out.
 */
struct dns_answer *dns_answer_read(const void *message, size_t length, const char *name,
                                   enum dns_type, enum dns_security);

/* One that is bogus or failed; why may be NULL, then the rcode says it.  NULL when
 * memory is out. */
struct dns_answer *dns_answer_none(const char *name, enum dns_type, enum dns_security,
                                   unsigned rcode, const char *why);

#endif
