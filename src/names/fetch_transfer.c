/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "names/fetch_transfer.h"

#define CONNECT_PATIENCE 20000L /* ms; TLS included */

static long status_of(CURL *easy)
{
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static const char *type_of(CURL *easy)
{
	char *type = NULL;

	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	return type ? type : "";
}

/* With a charset or without (RFC 8461 section 3.2; RFC 2046 section 4.1). */
static bool is_plain_text(const char *type)
{
	static const char plain[] = "text/plain";
	size_t length = strcspn(type, "; \t");

	if (length != sizeof(plain) - 1 || strncasecmp(type, plain, length) != 0)
		return false;
	length += strspn(type + length, " \t");
	return type[length] == '\0' || type[length] == ';';
}

/* Part of a body; anything but count ends the transfer: what is of no use is not
 * waited for. */
static size_t on_body(char *bytes, size_t one, size_t count, void *owner)
{
	struct fetch_transfer *transfer = owner;
	char *body;

	(void)one;
	if (status_of(transfer->easy) != 200 || !is_plain_text(type_of(transfer->easy)))
		return 0;
	if (count > transfer->settings->size - transfer->length) {
		transfer->too_big = true;
		return 0;
	}
	body = realloc(transfer->body, transfer->length + count + 1);
	if (!body)
		return 0;
	memcpy(body + transfer->length, bytes, count);
	transfer->body = body;
	transfer->length += count;
	body[transfer->length] = '\0';
	return count;
}

/* "HOST:PORT:ADDRESS,ADDRESS": what we have found, instead of libcurl's own look-up; and
 * those that are over are forgotten.  What was forgotten is freed when there is no
 * memory. */
static struct curl_slist *pin_addresses(struct curl_slist *over, const char *host, unsigned port,
                                        const struct dns_addresses *all)
{
	struct curl_slist *list;
	char text[DNS_NAME + 16 + 2 * DNS_ADDRESSES * ADDRESS_TEXT], address[ADDRESS_TEXT];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s:%u:", host, port);

	for (size_t i = 0; i < all->count; i++) {
		address_format(address, (const void *)&all->sockets[i].storage,
		               all->sockets[i].length);
		*strrchr(address, ':') = '\0'; /* the port, 0 */
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? "," : "",
		                         address);
	}
	list = curl_slist_append(over, text);
	if (!list)
		curl_slist_free_all(over);
	return list;
}

/* Nothing from the environment, nothing kept, nowhere else. */
static void restrict_ways(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "starttls");
}

const char *fetch_authorities(void)
{
	return curl_version_info(CURLVERSION_NOW)->cainfo;
}

/* RFC 8461 section 3.3: "a certificate that is valid for the 'mta-sts' DNS-ID". */
static void demand_certificate(CURL *easy, const char *ca_file)
{
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 1L);
	curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
	if (ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
	/* A file with all authorities libcurl reads once, but beside a folder every time:
	 * for each document, longer than all the rest of it takes. */
	if (ca_file || fetch_authorities())
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

static int direct(struct fetch_transfer *transfer, const char *host, const char *path)
{
	CURL *easy = transfer->easy;
	size_t room = strlen(host) + strlen(path) + 32;
	char *url = malloc(room);

	if (!url)
		return -1;
	if (transfer->settings->port == 443)
		snprintf(url, room, "https://%s%s", host, path);
	else
		snprintf(url, room, "https://%s:%u%s", host, transfer->settings->port, path);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_URL, url); /* copied */
	free(url);
	curl_easy_setopt(easy, CURLOPT_RESOLVE, transfer->addresses);
	/* libcurl would go through all addresses that it knows, time and again. */
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_PATIENCE);
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, (long)transfer->settings->size);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
	return 0;
}

int fetch_transfer_begin(struct fetch_transfer *transfer, struct fetch_multi *multi,
                         const char *host, const char *path, const struct dns_addresses *all,
                         void *owner)
{
	transfer->easy = curl_easy_init();
	transfer->addresses =
	    pin_addresses(fetch_multi_over(multi), host, transfer->settings->port, all);
	snprintf(transfer->over, sizeof(transfer->over), "-%s:%u", host, transfer->settings->port);
	if (!transfer->easy || !transfer->addresses || direct(transfer, host, path) < 0)
		return -1;
	restrict_ways(transfer->easy);
	demand_certificate(transfer->easy, transfer->settings->ca_file);
	curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, owner);
	return fetch_multi_add(multi, transfer->easy);
}

void fetch_transfer_end(struct fetch_transfer *transfer, struct fetch_multi *multi)
{
	if (transfer->easy) {
		fetch_multi_remove(multi, transfer->easy);
		curl_easy_cleanup(transfer->easy);
		fetch_multi_forget(multi, transfer->over);
	}
	curl_slist_free_all(transfer->addresses);
	free(transfer->body);
	*transfer = (struct fetch_transfer){.settings = transfer->settings};
}

/* Whether the host's certificate has names of DNS at all: only if it has none does
 * libcurl look at the subject, which does not count (RFC 8461 section 3.3). */
static bool has_dns_names(CURL *easy)
{
	static const char alternatives[] = "X509v3 Subject Alternative Name:";
	struct curl_certinfo *info = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK || !info ||
	    info->num_of_certs < 1)
		return false;
	for (const struct curl_slist *line = info->certinfo[0]; line; line = line->next) {
		const char *names = line->data + sizeof(alternatives) - 1;

		if (strncmp(line->data, alternatives, sizeof(alternatives) - 1) == 0)
			return strncmp(names, "DNS:", 4) == 0 || strstr(names, ", DNS:");
	}
	return false;
}

static enum fetch_fault judge_certificate(CURL *easy)
{
	/* X509_V_ERR_...; UNSPECIFIED: OpenSSL had nothing to say against it. */
	enum { UNSPECIFIED = 1, NOT_YET_VALID = 9, HAS_EXPIRED = 10 };
	long result = 0;

	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
	if (result == NOT_YET_VALID || result == HAS_EXPIRED)
		return FETCH_EXPIRED;
	return result <= UNSPECIFIED ? FETCH_NAME : FETCH_UNTRUSTED;
}

static enum fetch_fault fault_of(CURL *easy, CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_CONNECT: return FETCH_CONNECT;
	case CURLE_PEER_FAILED_VERIFICATION: return judge_certificate(easy);
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CACERT_BADFILE: return FETCH_UNTRUSTED;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CLIENTCERT: return FETCH_TLS;
	case CURLE_OPERATION_TIMEDOUT: return FETCH_TOO_SLOW;
	default: return FETCH_BROKEN;
	}
}

/* Three parts of a sentence, the middle one of which strangers have written. */
static void say(struct fetch_transfer *transfer, struct fetch_answer *answer,
                enum fetch_fault fault, const char *before, const char *text, const char *after)
{
	answer->fault = fault;
	snprintf(transfer->why, sizeof(transfer->why), "%s%.200s%s", before, text, after);
	for (char *c = transfer->why; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	answer->why = transfer->why;
}

/* Where TLS has brought us to the host, but not to its document. */
static void judge_reply(struct fetch_transfer *transfer, struct fetch_answer *answer)
{
	struct curl_header *to;
	char status[16];

	snprintf(status, sizeof(status), "%d", answer->status);
	if (curl_easy_header(transfer->easy, "Location", 0, CURLH_HEADER, -1, &to) != CURLHE_OK)
		to = NULL;
	if (answer->status / 100 == 3)
		say(transfer, answer, FETCH_REDIRECT, "the host redirects to ",
		    to ? to->value : "nowhere", ", which is not followed");
	else if (answer->status != 200)
		say(transfer, answer, FETCH_STATUS, "the host answers with status ", status, "");
	else if (*answer->type == '\0')
		say(transfer, answer, FETCH_TYPE, "the document has no type", "", "");
	else
		say(transfer, answer, FETCH_TYPE, "the document is ", answer->type,
		    ", not text/plain");
}

static void judge_failure(struct fetch_transfer *transfer, CURLcode code,
                          struct fetch_answer *answer)
{
	char size[16];

	snprintf(size, sizeof(size), "%u", transfer->settings->size);
	if (transfer->too_big || code == CURLE_FILESIZE_EXCEEDED)
		say(transfer, answer, FETCH_TOO_BIG, "the document has more than ", size, " bytes");
	else
		say(transfer, answer, fault_of(transfer->easy, code), "",
		    *transfer->error ? transfer->error : curl_easy_strerror(code), "");
}

/* Whether the document says itself where it ends.  One that ends with the connection
 * may have been cut by anybody on the way, as libcurl takes an end without
 * close_notify for one (RFC 9112 section 9.8). */
static bool is_delimited(CURL *easy)
{
	struct curl_header *encoding;
	curl_off_t length = -1;

	curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	return length >= 0 || curl_easy_header(easy, "Transfer-Encoding", 0, CURLH_HEADER, -1,
	                                       &encoding) == CURLHE_OK;
}

void fetch_transfer_judge(struct fetch_transfer *transfer, CURLcode code,
                          struct fetch_answer *answer)
{
	answer->status = (int)status_of(transfer->easy);
	answer->type = type_of(transfer->easy);
	if (answer->status && !has_dns_names(transfer->easy))
		say(transfer, answer, FETCH_NAME, "the certificate has no name of DNS", "", "");
	else if (answer->status && (answer->status != 200 || !is_plain_text(answer->type)))
		judge_reply(transfer, answer);
	else if (code != CURLE_OK)
		judge_failure(transfer, code, answer);
	else if (!is_delimited(transfer->easy))
		say(transfer, answer, FETCH_BROKEN,
		    "the document does not say where it ends: it may have been cut off", "", "");
	else {
		answer->body = transfer->body ? transfer->body : "";
		answer->length = transfer->length;
	}
}
