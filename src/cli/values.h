/* SPDX-License-Identifier: ISC */
/* Values of options.  Each reader puts one into its place, and returns NULL; or else what
 * is allowed, as the rest of a sentence. */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include <stdbool.h>
#include <stddef.h>

typedef const char *value_reader(void *place, const char *text);

/* For a place of the type bool: there is no value. */
value_reader value_flag;

/* const char *: what is allowed is kept as it was given. */
value_reader value_file;
value_reader value_state;
value_reader value_name; /* of DNS */
value_reader value_peer; /* or an address */
value_reader value_self; /* or an address in brackets (RFC 5321 section 4.1.3) */
value_reader value_user;
value_reader value_note;

/* int64_t, enum stls_service, enum stls_level */
value_reader value_milliseconds;
value_reader value_service;
value_reader value_level;

/* Whether a text has something in it, fits, and has no control characters. */
bool value_is_text(const char *, size_t longest);

#endif
