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

/* Addresses that libcurl was told to use stay until it is told to forget them, which can
 * only be said with the next transfer: a list for CURLOPT_RESOLVE, which the caller owns
 * then.  "-HOST:PORT" */
void fetch_multi_forget(struct fetch_multi *, const char *what);
struct curl_slist *fetch_multi_over(struct fetch_multi *);

#endif
