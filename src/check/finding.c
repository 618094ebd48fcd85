/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/finding.h"

static void free_list(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

void finding_free(struct finding *finding)
{
	tape_free(&finding->tape);
	free_list(finding->certificate.names, finding->certificate.name_count);
	free_list(finding->capabilities, finding->capability_count);
	*finding = (struct finding){0};
}

static int append(char ***list, size_t *count, const char *text)
{
	char **grown = realloc(*list, (*count + 1) * sizeof(*grown));

	if (grown == NULL)
		return -1;
	*list = grown;
	grown[*count] = strdup(text);
	if (grown[*count] == NULL)
		return -1;
	(*count)++;
	return 0;
}

int finding_capabilities(struct finding *finding, const stls_dialogue *dialogue)
{
	const char *capability;

	finding->listed = true;
	for (size_t i = 0; (capability = stls_capability(dialogue, i)) != NULL; i++)
		if (append(&finding->capabilities, &finding->capability_count, capability) < 0)
			return -1;
	return 0;
}

/* ---- the certificate ---- */

static const char *kind_word(enum stls_id_kind kind)
{
	switch (kind) {
	case STLS_DNS_ID: return "DNS";
	case STLS_SRV_ID: return "SRV";
	case STLS_IP_ID: return "IP";
	case STLS_XMPP_ID: return "XMPP";
	}
	return "other";
}

static int add_name(struct finding_certificate *certificate, const struct stls_id *id)
{
	char value[300], text[320];

	if (id->kind != STLS_IP_ID || inet_ntop(id->length == 4 ? AF_INET : AF_INET6, id->bytes,
	                                        value, sizeof(value)) == NULL)
		tape_escape(value, sizeof(value), id->bytes, id->length);
	snprintf(text, sizeof(text), "%s:%s", kind_word(id->kind), value);
	return append(&certificate->names, &certificate->name_count, text);
}

static void copy(char *out, size_t size, const char *text)
{
	tape_escape(out, size, text, strlen(text));
}

static int copy_certificate(struct finding_certificate *certificate,
                            const struct stls_certificate *seen)
{
	certificate->there = true;
	copy(certificate->subject, sizeof(certificate->subject), seen->subject);
	copy(certificate->issuer, sizeof(certificate->issuer), seen->issuer);
	copy(certificate->key, sizeof(certificate->key), seen->key);
	copy(certificate->signature, sizeof(certificate->signature), seen->signature);
	certificate->not_before = seen->not_before;
	certificate->not_after = seen->not_after;
	for (size_t i = 0; i < seen->name_count; i++)
		if (add_name(certificate, &seen->names[i]) < 0)
			return -1;
	return 0;
}

int finding_facts(struct finding *finding, stls_tls *tls)
{
	struct stls_certificate certificate;
	struct stls_facts facts;
	unsigned char binding[32];

	stls_tls_facts(tls, &facts);
	finding->up = true;
	copy(finding->version, sizeof(finding->version), facts.version);
	copy(finding->cipher, sizeof(finding->cipher), facts.cipher);
	copy(finding->group, sizeof(finding->group), facts.group);
	copy(finding->alpn, sizeof(finding->alpn), facts.alpn);
	copy(finding->sni, sizeof(finding->sni), facts.sni);
	copy(finding->matched, sizeof(finding->matched), facts.matched);
	finding->resumed = facts.resumed != 0;
	finding->binds = stls_tls_binding(tls, binding) == 0;
	finding->verified = facts.verified;
	finding->unverified = facts.unverified;
	if (!stls_tls_certificate(tls, 0, &certificate))
		return 0;
	return copy_certificate(&finding->certificate, &certificate);
}

static enum finding_tlsa tlsa_of(struct finding *finding, const stls_tls *tls,
                                 const struct stls_tls_peer *peer)
{
	const struct stls_host *host = finding->trail->host;

	if (host->tlsa_lost) {
		finding->tlsa_fault = host->skip;
		return FINDING_TLSA_LOST;
	}
	if (host->tlsa_count == 0)
		return host->found_count > 0 ? FINDING_TLSA_UNUSABLE : FINDING_NO_TLSA;
	finding->tlsa_fault = stls_tls_judge(tls, peer);
	return finding->tlsa_fault == STLS_FAULT_NONE ? FINDING_TLSA_MATCHES : FINDING_TLSA_DIFFERS;
}

void finding_records(struct finding *finding, const stls_tls *tls, const struct stls_tls_peer *peer)
{
	if (finding->trail == NULL || finding->trail->host == NULL)
		return;
	finding->tlsa = tlsa_of(finding, tls, peer);
	if (!finding->trail->dane_counts)
		return;
	finding->verified =
	    finding->tlsa == FINDING_TLSA_MATCHES ? STLS_TRUST_DANE : STLS_TRUST_ANY;
	finding->unverified = finding->tlsa_fault;
}
