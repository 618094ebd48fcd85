/* SPDX-License-Identifier: ISC */
/* Telling systemd how we are: sd_notify(3), whose protocol is one datagram. */
#ifndef PROC_NOTIFY_H
#define PROC_NOTIFY_H

/* State as sd_notify(3) has it: "READY=1", "STATUS=...", several with newlines
 * between.  Without anybody to tell, nothing happens. */
void proc_notify(const char *state);

/* RELOADING=1 and when it began, for Type=notify-reload. */
void proc_notify_reloading(void);

#endif
