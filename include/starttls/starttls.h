/* SPDX-License-Identifier: ISC */
/* Everything in libstarttls: link with "pkg-config --libs starttls".
 * TLS by OpenSSL is a library of its own: <starttls/tls.h>. */
#ifndef STARTTLS_STARTTLS_H
#define STARTTLS_STARTTLS_H

#include <starttls/api.h>
#include <starttls/fault.h>
#include <starttls/dialogue.h>
#include <starttls/identity.h>
#include <starttls/policy.h>

#endif
