/* SPDX-License-Identifier: ISC */
/* OpenSSL's reasons, as faults. */
#include <stdarg.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "tls/internal.h"

bool tls_sentence(struct stls_tls_error *error, const char *format, ...)
{
	va_list arguments;

	if (error == NULL)
		return false;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return false;
}

/* The first reason is the reason; what follows from it is not. */
void tls_fault_set(stls_tls *tls, enum stls_fault fault, const char *detail)
{
	if (tls->fault != STLS_FAULT_NONE)
		return;
	tls->fault = fault;
	snprintf(tls->detail, sizeof(tls->detail), "%s", detail ? detail : "");
}

/* A row for each reason that means more than "failed"; the names with ALERT are
 * what the peer says (RFC 8446 section 6.2), the others are our own findings. */
static const struct {
	int reason;
	enum stls_fault fault;
} reasons[] = {
    {SSL_R_HTTP_REQUEST, STLS_FAULT_CROSS_PROTOCOL},
    {SSL_R_HTTPS_PROXY_REQUEST, STLS_FAULT_CROSS_PROTOCOL},
    {SSL_R_WRONG_VERSION_NUMBER, STLS_FAULT_NOT_TLS},
    {SSL_R_RECORD_LENGTH_MISMATCH, STLS_FAULT_NOT_TLS},
    {SSL_R_PACKET_LENGTH_TOO_LONG, STLS_FAULT_NOT_TLS},
    {SSL_R_UNSUPPORTED_PROTOCOL, STLS_FAULT_VERSION},
    {SSL_R_VERSION_TOO_LOW, STLS_FAULT_VERSION},
    {SSL_R_UNKNOWN_PROTOCOL, STLS_FAULT_VERSION},
    {SSL_R_WRONG_SSL_VERSION, STLS_FAULT_VERSION},
    {SSL_R_INAPPROPRIATE_FALLBACK, STLS_FAULT_VERSION},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, STLS_FAULT_VERSION},
    {SSL_R_TLSV1_ALERT_INAPPROPRIATE_FALLBACK, STLS_FAULT_VERSION},
    {SSL_R_NO_SHARED_CIPHER, STLS_FAULT_CIPHER},
    {SSL_R_NO_SUITABLE_KEY_SHARE, STLS_FAULT_CIPHER},
    {SSL_R_NO_SUITABLE_GROUPS, STLS_FAULT_CIPHER},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, STLS_FAULT_CIPHER},
    {SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, STLS_FAULT_CIPHER},
    {SSL_R_UNKNOWN_CIPHER_RETURNED, STLS_FAULT_CIPHER},
    {SSL_R_WRONG_CIPHER_RETURNED, STLS_FAULT_CIPHER},
    {SSL_R_WRONG_CURVE, STLS_FAULT_CIPHER},
    {SSL_R_WRONG_SIGNATURE_TYPE, STLS_FAULT_CIPHER},
    {SSL_R_DH_KEY_TOO_SMALL, STLS_FAULT_CIPHER},
    {SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY, STLS_FAULT_CIPHER},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, STLS_FAULT_CIPHER},
    {SSL_R_NO_APPLICATION_PROTOCOL, STLS_FAULT_ALPN},
    {SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, STLS_FAULT_ALPN},
    {SSL_R_TLSV1_UNRECOGNIZED_NAME, STLS_FAULT_SNI},
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, STLS_FAULT_NO_CERTIFICATE},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, STLS_FAULT_NO_CERTIFICATE},
    {SSL_R_EE_KEY_TOO_SMALL, STLS_FAULT_CERTIFICATE},
    {SSL_R_CA_KEY_TOO_SMALL, STLS_FAULT_CERTIFICATE},
    {SSL_R_CA_MD_TOO_WEAK, STLS_FAULT_CERTIFICATE},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, STLS_FAULT_CERTIFICATE},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, STLS_FAULT_CERTIFICATE},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, STLS_FAULT_CERTIFICATE},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, STLS_FAULT_CERTIFICATE},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, STLS_FAULT_CERTIFICATE},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, STLS_FAULT_CERTIFICATE},
    {SSL_R_UNEXPECTED_EOF_WHILE_READING, STLS_FAULT_CLOSED},
    {SSL_R_NO_RENEGOTIATION, STLS_FAULT_RENEGOTIATION},
    {SSL_R_TLSV1_ALERT_NO_RENEGOTIATION, STLS_FAULT_RENEGOTIATION},
    {ERR_R_MALLOC_FAILURE, STLS_FAULT_MEMORY},
};

static enum stls_fault fault_of(int reason)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].reason == reason)
			return reasons[i].fault;
	return STLS_FAULT_HANDSHAKE;
}

/* After the handshake, whatever is not the peer's own word is a cut: the data
 * may be truncated. */
static enum stls_fault fault_in(enum tls_phase phase, unsigned long code)
{
	int reason = ERR_GET_REASON(code);

	if (phase == TLS_UP && (code == 0 || reason < SSL_AD_REASON_OFFSET))
		return STLS_FAULT_CUT;
	if (code == 0)
		return STLS_FAULT_CLOSED;
	return ERR_GET_LIB(code) == ERR_LIB_SSL ? fault_of(reason) : STLS_FAULT_HANDSHAKE;
}

void tls_broken(stls_tls *tls)
{
	unsigned long code = ERR_peek_last_error();

	if (tls->renegotiates)
		tls_fault_set(tls, STLS_FAULT_RENEGOTIATION, "the peer tried to renegotiate");
	else
		tls_fault_set(tls, fault_in(tls->phase, code),
		              code != 0 ? ERR_reason_error_string(code) : "end of file");
	if (tls->phase == TLS_UP && tls->end == STLS_END_OPEN)
		tls->end = STLS_END_CUT;
	tls->phase = TLS_BROKEN;
	ERR_clear_error();
}
