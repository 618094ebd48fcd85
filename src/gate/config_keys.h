/* SPDX-License-Identifier: ISC */
/* Which sections the configuration has, and which keys are in them. */
#ifndef GATE_CONFIG_KEYS_H
#define GATE_CONFIG_KEYS_H

enum config_key_kind {
	CONFIG_KEY_VALUE,
	CONFIG_KEY_LIST, /* of values; one of them needs no braces */
	CONFIG_KEY_SECTION,
	CONFIG_KEY_TITLED, /* a section with a name, which no other one of them has */
};

struct config_key {
	const char *name;
	enum config_key_kind kind;
	const struct config_key *inside; /* of sections */
};

/* Those outside of all sections.  The last one of all such lists has no name. */
extern const struct config_key config_keys[];

#endif
