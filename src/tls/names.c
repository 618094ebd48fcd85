/* SPDX-License-Identifier: ISC */
/* The identifiers inside a certificate: subjectAltName (RFC 9525 section 6.2),
 * and the common name where RFC 7672 wants it. */
#include <stdlib.h>
#include <string.h>

#include <openssl/obj_mac.h>

#include "tls/internal.h"

static bool from_string(struct stls_id *id, enum stls_id_kind kind, const ASN1_STRING *string)
{
	id->kind = kind;
	id->bytes = (const char *)ASN1_STRING_get0_data(string);
	id->length = (size_t)ASN1_STRING_length(string);
	return true;
}

/* RFC 4985 (SRVName, an IA5String), RFC 6120 section 13.7.1.4 (a UTF8String). */
static bool from_other(struct stls_id *id, const OTHERNAME *other)
{
	int type = OBJ_obj2nid(other->type_id);

	if (type == NID_SRVName && other->value->type == V_ASN1_IA5STRING)
		return from_string(id, STLS_SRV_ID, other->value->value.ia5string);
	if (type == NID_XmppAddr && other->value->type == V_ASN1_UTF8STRING)
		return from_string(id, STLS_XMPP_ID, other->value->value.utf8string);
	return false;
}

static bool from_general(struct stls_id *id, const GENERAL_NAME *name)
{
	switch (name->type) {
	case GEN_DNS: return from_string(id, STLS_DNS_ID, name->d.dNSName);
	case GEN_IPADD: return from_string(id, STLS_IP_ID, name->d.iPAddress);
	case GEN_OTHERNAME: return from_other(id, name->d.otherName);
	default: return false;
	}
}

bool tls_names_read(struct tls_names *names, X509 *certificate)
{
	int count;

	*names = (struct tls_names){0};
	names->general = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	count = names->general ? sk_GENERAL_NAME_num(names->general) : 0;
	names->ids = calloc((size_t)count + 1 /* common name */, sizeof(*names->ids));
	if (names->ids == NULL) {
		tls_names_free(names);
		return false;
	}
	for (int i = 0; i < count; i++)
		if (from_general(&names->ids[names->count],
		                 sk_GENERAL_NAME_value(names->general, i)))
			names->count++;
	return true;
}

void tls_names_add_common(struct tls_names *names, X509 *certificate)
{
	const X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	for (size_t i = 0; i < names->count; i++)
		if (names->ids[i].kind == STLS_DNS_ID)
			return;
	if (at >= 0)
		from_string(&names->ids[names->count++], STLS_DNS_ID,
		            X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

char *tls_common_name(const X509 *certificate)
{
	const X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1), plain = 0, length;
	unsigned char *text = NULL;
	char *name = NULL;

	if (at < 0)
		return NULL;
	length =
	    ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	while (plain < length && text[plain] >= ' ' && text[plain] != 127)
		plain++;
	if (length > 0 && plain == length)
		name = strndup((const char *)text, (size_t)length);
	OPENSSL_free(text);
	return name;
}

void tls_names_free(struct tls_names *names)
{
	GENERAL_NAMES_free(names->general);
	free(names->ids);
	*names = (struct tls_names){0};
}
