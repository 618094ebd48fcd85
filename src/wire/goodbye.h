/* SPDX-License-Identifier: ISC */
/* A client's last word, for whoever only came to look: a server that hears it does
 * not take the end of the connection for an accident. */
#ifndef WIRE_GOODBYE_H
#define WIRE_GOODBYE_H

#include <starttls/dialogue.h>

/* Never NULL; "" where there is none. */
const char *wire_goodbye(enum stls_protocol);

#endif
