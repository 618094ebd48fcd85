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
	if (tls->fault == STLS_FAULT_NONE || tls->fault == STLS_FAULT_NOT_TLS) {
		tls->fault = fault;
		snprintf(tls->detail, sizeof(tls->detail), "%s", detail ? detail : "");
	}
}

static enum stls_fault fault_of(int reason)
{
	switch (reason) {
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST: return STLS_FAULT_CROSS_PROTOCOL;
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_UNEXPECTED_RECORD:
	case SSL_R_RECORD_LENGTH_MISMATCH: return STLS_FAULT_NOT_TLS;
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_UNKNOWN_PROTOCOL:
	case SSL_R_INAPPROPRIATE_FALLBACK:
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION: return STLS_FAULT_VERSION;
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_NO_SUITABLE_KEY_SHARE:
	case SSL_R_NO_SUITABLE_GROUPS:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
	case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
	case SSL_R_DH_KEY_TOO_SMALL:
	case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE: return STLS_FAULT_CIPHER;
	case SSL_R_NO_APPLICATION_PROTOCOL:
	case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: return STLS_FAULT_ALPN;
	case SSL_R_TLSV1_UNRECOGNIZED_NAME: return STLS_FAULT_SNI;
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return STLS_FAULT_NO_CERTIFICATE;
	case SSL_R_UNEXPECTED_EOF_WHILE_READING: return STLS_FAULT_CLOSED;
	case SSL_R_NO_RENEGOTIATION: return STLS_FAULT_RENEGOTIATION;
	default: return STLS_FAULT_HANDSHAKE;
	}
}

/* What went wrong after the handshake is a cut: the data may be truncated. */
static void cut(stls_tls *tls, const char *detail)
{
	tls->end = STLS_END_CUT;
	tls_fault_set(tls, tls->renegotiates ? STLS_FAULT_RENEGOTIATION : STLS_FAULT_CUT, detail);
}

void tls_broken(stls_tls *tls, int result)
{
	unsigned long code = ERR_peek_last_error();
	const char *detail = code != 0 ? ERR_reason_error_string(code) : "end of file";

	if (detail == NULL)
		detail = "";
	if (tls->phase == TLS_UP)
		cut(tls, detail);
	else if (result == SSL_ERROR_SYSCALL || result == SSL_ERROR_ZERO_RETURN || code == 0)
		tls_fault_set(tls, STLS_FAULT_CLOSED, detail);
	else
		tls_fault_set(tls, fault_of(ERR_GET_REASON(code)), detail);
	tls->phase = TLS_BROKEN;
	ERR_clear_error();
}
