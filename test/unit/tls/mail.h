/* SPDX-License-Identifier: ISC */
/* A client that wants mail.example.org and trusts an authority, and a server that the
 * authority vouches for. */
#ifndef TEST_TLS_MAIL_H
#define TEST_TLS_MAIL_H

#include "pair.h"

static stls_tls_context *client, *server;
static const struct stls_id mail = {STLS_DNS_ID, "mail.example.org", 16};
static const struct stls_tls_peer peer = {.size = sizeof(peer),
                                          .sni = "mail.example.org",
                                          .trust = STLS_TRUST_PKIX,
                                          .wanted = &mail,
                                          .wanted_count = 1};

static int begin(void **unused)
{
	(void)unused;
	certs_begin();
	certs_make(&(struct certs_spec){.name = "ca", .authority = 1});
	certs_make(&(struct certs_spec){
	    .name = "mail", .issuer = "ca", .san = "DNS:mail.example.org", .usage = "serverAuth"});
	client = pair_client(&(struct stls_tls_settings){.ca_file = certs_chain("ca")});
	server = pair_server(NULL, "mail", NULL);
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	stls_tls_context_free(client);
	stls_tls_context_free(server);
	certs_end();
	return 0;
}

#endif
