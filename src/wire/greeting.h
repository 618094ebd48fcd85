/* SPDX-License-Identifier: ISC */
/* A server's greeting inside TLS, for a gateway whose client is owed one. */
#ifndef WIRE_GREETING_H
#define WIRE_GREETING_H

#include <starttls/dialogue.h>

/* Writes it; returns its length, 0 where the protocol has none or it does not
 * fit.  name and offers as in stls_spec; offers matter to ManageSieve only,
 * whose greeting is the list. */
size_t wire_greeting(enum stls_protocol, const char *name, const char *const *offers, char *buf,
                     size_t size);

#endif
