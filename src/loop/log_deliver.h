/* SPDX-License-Identifier: ISC */
/* Where lines go. */
#ifndef LOOP_LOG_DELIVER_H
#define LOOP_LOG_DELIVER_H

#include <sys/uio.h>

#include "loop/log.h"

/* Where the destination has it, or else to the descriptor.  False: nobody took it. */
bool log_deliver(struct log *, const struct log_line *);

/* As the daemons behind the sockets know us. */
#define LOG_IDENTIFIER "starttlsd"
#define LOG_FACILITY 2 /* mail, RFC 3164 section 4.1.1 */

/* As syslog numbers levels: 3, 4, 6 or 7. */
int log_severity(enum log_level);

/* One datagram to the destination of the log, whatever it takes but time. */
bool log_send(struct log *, struct iovec *, size_t count);

bool log_to_journal(struct log *, const struct log_line *);
bool log_to_syslog(struct log *, const struct log_line *);

#endif
