/* SPDX-License-Identifier: ISC */
#ifndef TEST_POLICY_COMMON_H
#define TEST_POLICY_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

#endif
