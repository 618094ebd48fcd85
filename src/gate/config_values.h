/* SPDX-License-Identifier: ISC */
/* Words of the configuration become values of a kind, or complaints that tell
 * which are allowed. */
#ifndef GATE_CONFIG_VALUES_H
#define GATE_CONFIG_VALUES_H

#include "gate/config_grammar.h"

/* A section that is being read. */
struct reading {
	const struct complaints *complaints;
	struct cfg_t *section;
};

/* For the sections of a name inside of another: an array with room for an element each (NULL
 * with a complaint), and the one with that index; false behind the last one. */
void *value_sections(const struct reading *, const char *name, size_t size);
bool value_section(const struct reading *, const char *name, size_t index, struct reading *inner);
/* The one section of that name; false when there is none. */
bool value_only(const struct reading *, const char *name, struct reading *inner);

struct config_word {
	const char *word;
	int value;
};

/* The value of the one of the words that the key has; fallback when the key is
 * not there (or has another word, with a complaint). */
int value_word(const struct reading *, const char *key, const struct config_word *, size_t count,
               int fallback);
bool value_bool(const struct reading *, const char *key, bool fallback);

/* Numbers that a key may have. */
struct config_range {
	unsigned least, most;
	bool zero;        /* 0 is allowed, too */
	const char *what; /* "a number of seconds" */
	const char *rest; /* what else is allowed: ", or auto"; or "" */
};

unsigned value_number(const struct reading *, const char *key, const struct config_range *,
                      unsigned fallback);
unsigned value_seconds(const struct reading *, const char *key, unsigned least, unsigned fallback);

/* Whether it is a DNS name. */
bool value_is_host_name(const char *text);

/* Copies to be freed; NULL when the key is not there, or with a complaint. */
char *value_text(const struct reading *, const char *key);
char *value_host_name(const struct reading *, const char *key); /* a DNS name */
char *value_peer_name(const struct reading *, const char *key); /* or an address */
char *value_path(const struct reading *, const char *key);      /* below the file's folder */

struct config_addresses value_addresses(const struct reading *, const char *key);
struct network *value_networks(const struct reading *, const char *key, size_t *count);
/* A list that ends with NULL; NULL when the key is not there. */
char **value_texts(const struct reading *, const char *key);
/* The certificate sections of this section. */
struct config_certificates value_certificates(const struct reading *);

/* Complains of a setting that would do nothing: that is a misunderstanding. */
void value_useless(const struct reading *, const char *key, bool useless, const char *because);

/* The line of a key's first value, or of the section when it has none. */
unsigned value_line(const struct reading *, const char *key);

/* strdup() and calloc() whose failure is a complaint. */
char *value_copy(const struct complaints *, const char *text);
void *value_array(const struct complaints *, size_t count, size_t size);

void value_free_addresses(struct config_addresses *);
void value_free_certificates(struct config_certificates *);

#endif
