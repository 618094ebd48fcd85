/* SPDX-License-Identifier: ISC */
/* Which protocols there are: the one place where a vocabulary is enrolled. */
#include <string.h>

#include "wire/machine.h"

static const struct vocabulary *const vocabularies[] = {
    [STLS_SMTP] = &smtp_words,
    [STLS_LMTP] = &lmtp_words,
    [STLS_IMAP] = &imap_words,
    [STLS_POP3] = &pop3_words,
    [STLS_SIEVE] = &sieve_words,
    [STLS_XMPP_CLIENT] = &xmpp_client_words,
    [STLS_XMPP_SERVER] = &xmpp_server_words,
    [STLS_NNTP] = &nntp_words,
    [STLS_FTP] = &ftp_words,
    [STLS_LDAP] = &ldap_words,
    [STLS_IRC] = &irc_words,
    [STLS_POSTGRES] = &postgres_words,
    [STLS_MYSQL] = &mysql_words,
};

#define COUNT (sizeof(vocabularies) / sizeof(vocabularies[0]))

const struct vocabulary *vocabulary_of(enum stls_protocol protocol)
{
	return (size_t)protocol < COUNT ? vocabularies[protocol] : NULL;
}

const char *stls_protocol_name(enum stls_protocol protocol)
{
	const struct vocabulary *words = vocabulary_of(protocol);

	return words != NULL ? words->name : "unknown";
}

enum stls_protocol stls_protocol_named(const char *name)
{
	for (size_t i = 1; i < COUNT; i++)
		if (vocabularies[i] != NULL && strcmp(vocabularies[i]->name, name) == 0)
			return (enum stls_protocol)i;
	return (enum stls_protocol)0;
}

unsigned stls_port(enum stls_protocol protocol, enum stls_layer layer)
{
	const struct vocabulary *words = vocabulary_of(protocol);

	if (words == NULL)
		return 0;
	return layer == STLS_IMPLICIT || layer == STLS_AFTER_IMPLICIT ? words->tls_port
	                                                              : words->port;
}

const char *stls_alpn(enum stls_protocol protocol)
{
	const struct vocabulary *words = vocabulary_of(protocol);

	return words != NULL ? words->alpn : NULL;
}

size_t stls_farewell(enum stls_protocol protocol, enum stls_fault why, const char *name, char *buf,
                     size_t size)
{
	const struct vocabulary *words = vocabulary_of(protocol);

	if (words == NULL || words->farewell == NULL)
		return 0;
	return words->farewell(why, name != NULL ? name : "localhost", buf, size);
}
