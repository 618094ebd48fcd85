/* SPDX-License-Identifier: ISC */
/*
 * Which certificates answer which name: a sorted list of the names inside them,
 * wildcards among them, so that thousands of certificates cost a look-up no
 * more than a few.  The first certificate that has a name keeps it; one of the
 * other kind (RSA, or not RSA) with the same name joins it.
 */
#include <stdlib.h>
#include <string.h>

#include "tls/internal.h"

#define NAME_MAX_LENGTH 255

/* ---- slots ---- */

static bool load(SSL_CTX *ssl, const struct tls_certificate *one)
{
	return one == NULL ||
	       SSL_CTX_use_cert_and_key(ssl, one->leaf, one->key, one->chain, 0) == 1;
}

/* What can be signed with, and no more: OpenSSL looks through all of the list in each
 * handshake.  What clients may sign with stays as it is. */
#define RSA_SIGNS "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512"
#define OTHER_SIGNS "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448"

static bool set_signatures(SSL_CTX *ssl, bool rsa, bool other)
{
	/* OpenSSL's macros would take a const off. */
	char rsa_signs[] = RSA_SIGNS, other_signs[] = OTHER_SIGNS;
	char all[] = OTHER_SIGNS ":" RSA_SIGNS;

	return SSL_CTX_set1_client_sigalgs_list(ssl, all) == 1 &&
	       SSL_CTX_set1_sigalgs_list(ssl, !rsa     ? other_signs
	                                      : !other ? rsa_signs
	                                               : all) == 1;
}

static struct tls_slot *make_slot(stls_tls_context *context, const struct tls_certificate *rsa,
                                  const struct tls_certificate *other)
{
	struct tls_slot *slot = calloc(1, sizeof(*slot));
	SSL_CTX *ssl = slot ? tls_settings(context) : NULL;

	if (ssl == NULL || !load(ssl, rsa) || !load(ssl, other) ||
	    !set_signatures(ssl, rsa != NULL, other != NULL)) {
		SSL_CTX_free(ssl);
		free(slot);
		return NULL;
	}
	*slot = (struct tls_slot){ssl, rsa, other, context->shelf.slots};
	context->shelf.slots = slot;
	return slot;
}

static struct tls_slot *slot_with(stls_tls_context *context, const struct tls_certificate *rsa,
                                  const struct tls_certificate *other)
{
	for (struct tls_slot *slot = context->shelf.slots; slot; slot = slot->next)
		if (slot->rsa == rsa && slot->other == other)
			return slot;
	return make_slot(context, rsa, other);
}

static struct tls_slot *joined(stls_tls_context *context, struct tls_slot *slot,
                               const struct tls_certificate *one, bool rsa)
{
	if (rsa ? slot->rsa != NULL : slot->other != NULL)
		return slot;
	return slot_with(context, rsa ? one : slot->rsa, rsa ? slot->other : one);
}

/* ---- entries ---- */

/* The form in which names are kept and sought. */
static size_t fold(char to[NAME_MAX_LENGTH + 1], const char *name, size_t length)
{
	if (length > 0 && name[length - 1] == '.')
		length--;
	if (length > NAME_MAX_LENGTH)
		return 0;
	for (size_t i = 0; i < length; i++) {
		if (name[i] <= ' ' || name[i] >= 127)
			return 0;
		to[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + ('a' - 'A') : name[i]);
	}
	to[length] = '\0';
	return length;
}

/* "*" is the whole first label, and nothing else (RFC 9525 section 6.3). */
static bool is_presentable(const char *name)
{
	const char *star = strchr(name, '*');

	return star == NULL || (star == name && name[1] == '.' && strchr(name + 1, '*') == NULL &&
	                        strchr(name + 2, '.') != NULL);
}

/* The index of the first entry that is not before name. */
static size_t place_of(const struct tls_shelf *shelf, const char *name)
{
	size_t low = 0, high = shelf->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(shelf->entries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct tls_entry *entry_at(const struct tls_shelf *shelf, const char *name)
{
	size_t place = place_of(shelf, name);

	return place < shelf->count && strcmp(shelf->entries[place].name, name) == 0
	           ? &shelf->entries[place]
	           : NULL;
}

static bool insert(struct tls_shelf *shelf, const char *name, struct tls_slot *slot)
{
	size_t place = place_of(shelf, name);
	char *copy = strdup(name);
	struct tls_entry *entries =
	    copy ? realloc(shelf->entries, (shelf->count + 1) * sizeof(*entries)) : NULL;

	if (entries == NULL) {
		free(copy);
		return false;
	}
	shelf->entries = entries;
	memmove(entries + place + 1, entries + place, (shelf->count - place) * sizeof(*entries));
	entries[place] = (struct tls_entry){copy, slot};
	shelf->count++;
	return true;
}

static bool put_name(stls_tls_context *context, const char *name, struct tls_slot *alone,
                     const struct tls_certificate *one, bool rsa)
{
	struct tls_entry *entry = entry_at(&context->shelf, name);
	struct tls_slot *slot = entry ? joined(context, entry->slot, one, rsa) : alone;

	if (slot == NULL)
		return false;
	if (entry == NULL)
		return insert(&context->shelf, name, slot);
	entry->slot = slot;
	return true;
}

/* Whoever names nothing, or nothing that we know, gets what answers the first
 * name of the first certificate. */
static void choose_fallback(stls_tls_context *context, struct tls_slot *alone)
{
	const struct tls_names *names = &context->certificates->names;
	struct tls_entry *entry = NULL;
	char name[NAME_MAX_LENGTH + 1];

	for (size_t i = 0; entry == NULL && i < names->count; i++)
		if (names->ids[i].kind == STLS_DNS_ID &&
		    fold(name, names->ids[i].bytes, names->ids[i].length) > 0)
			entry = entry_at(&context->shelf, name);
	if (entry != NULL)
		context->shelf.fallback = entry->slot;
	else if (context->shelf.fallback == NULL)
		context->shelf.fallback = alone;
}

bool tls_shelf_put(stls_tls_context *context, const struct tls_certificate *one)
{
	bool rsa = EVP_PKEY_is_a(one->key, "RSA") != 0;
	struct tls_slot *alone = slot_with(context, rsa ? one : NULL, rsa ? NULL : one);
	char name[NAME_MAX_LENGTH + 1];

	if (alone == NULL)
		return false;
	for (size_t i = 0; i < one->names.count; i++) {
		const struct stls_id *id = &one->names.ids[i];

		if (id->kind == STLS_DNS_ID && fold(name, id->bytes, id->length) > 0 &&
		    is_presentable(name) && !put_name(context, name, alone, one, rsa))
			return false;
	}
	choose_fallback(context, alone);
	return true;
}

/* A certificate with the very name comes before one with a wildcard. */
struct tls_slot *tls_shelf_find(const struct tls_shelf *shelf, const char *name, size_t length)
{
	char folded[NAME_MAX_LENGTH + 1], *dot;
	struct tls_entry *entry;

	if (fold(folded, name, length) == 0 || strchr(folded, '*') != NULL)
		return NULL;
	entry = entry_at(shelf, folded);
	dot = strchr(folded, '.');
	if (entry == NULL && dot != NULL && dot > folded) {
		dot[-1] = '*';
		entry = entry_at(shelf, dot - 1);
	}
	return entry ? entry->slot : NULL;
}

bool stls_tls_context_covers(const stls_tls_context *context, const char *name)
{
	char folded[NAME_MAX_LENGTH + 1];

	if (name[0] != '*')
		return tls_shelf_find(&context->shelf, name, strlen(name)) != NULL;
	return fold(folded, name, strlen(name)) > 0 && entry_at(&context->shelf, folded) != NULL;
}

void tls_shelf_free(struct tls_shelf *shelf)
{
	while (shelf->slots != NULL) {
		struct tls_slot *next = shelf->slots->next;

		SSL_CTX_free(shelf->slots->ssl);
		free(shelf->slots);
		shelf->slots = next;
	}
	for (size_t i = 0; i < shelf->count; i++)
		free(shelf->entries[i].name);
	free(shelf->entries);
	*shelf = (struct tls_shelf){0};
}
