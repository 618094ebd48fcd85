/* SPDX-License-Identifier: ISC */
/* libcurl's many transfers at once, on our loop. */
#ifndef NAMES_FETCH_MULTI_H
#define NAMES_FETCH_MULTI_H

#include <curl/curl.h>

#include "loop/loop.h"

struct fetch_multi;

/* done() is called when a transfer is over, with what CURLOPT_PRIVATE says. */
struct fetch_multi *fetch_multi_open(struct loop *, void (*done)(void *transfer, CURLcode));
void fetch_multi_close(struct fetch_multi *); /* NULL is fine */

/* 0, or -1. */
int fetch_multi_add(struct fetch_multi *, CURL *);
void fetch_multi_remove(struct fetch_multi *, CURL *);

#endif
