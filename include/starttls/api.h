/* SPDX-License-Identifier: ISC */
/* Linkage and version of the interface. */
#ifndef STARTTLS_API_H
#define STARTTLS_API_H

#define STLS_VERSION_MAJOR 0
#define STLS_VERSION_MINOR 1
#define STLS_VERSION_PATCH 0
#define STLS_VERSION "0.1.0"

#if defined(__GNUC__)
#define STLS_API __attribute__((visibility("default")))
#define STLS_MUST_CHECK __attribute__((warn_unused_result))
#else
#define STLS_API
#define STLS_MUST_CHECK
#endif

#endif
