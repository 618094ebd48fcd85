/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "cli/commands.h"

const char usage_commands[] =
    "usage: starttls connect [options] URL       upgrade, then stdin and stdout are the "
    "connection\n"
    "       starttls probe   [options] URL ...   dialogue, TLS, certificate, verdict\n"
    "         (both)         --service SERVICE DOMAIN ...      what a domain offers, found by SRV\n"
    "       starttls policy  [options] DOMAIN ...    what outgoing mail demands of it, and why\n"
    "       starttls ratchet list | forget HOST | pin HOST | unpin HOST\n"
    "       starttls --version | --help\n";

static const char options[] =
    "\n"
    "connect, probe, policy:\n"
    "  --ca-file FILE          authorities to verify with, instead of the system's\n"
    "  --resolver-config FILE  an unbound.conf(5): whom to ask for names, trust anchors\n"
    "  --timeout SECONDS       connect: until TLS is up (30); probe: for each service (10);\n"
    "                          policy: for each domain (30)\n"
    "  --service SERVICE       submission, imap, pop3, sieve, xmpp-client, xmpp-server\n"
    "connect, probe:\n"
    "  --accept HOST           with --service: that host is right, whoever has not signed it\n"
    "  --servername NAME       the server's name, where the URL has another or an address\n"
    "  --domain DOMAIN         the domain that is served: user@DOMAIN\n"
    "  --name NAME             our own name, for EHLO\n"
    "  --dane                  where the URL's host has TLSA records, they decide\n"
    "connect:\n"
    "  --greeting              begin with a greeting, for programs that expect one\n"
    "  --no-verify             take any certificate: whoever sits on the wire can read along\n"
    "probe:\n"
    "  -v, --verbose           the whole dialogue\n"
    "  --user NAME --password-file FILE    log in, only inside TLS with a verified server\n"
    "policy:\n"
    "  --level LEVEL           of every destination at least: may, encrypt, secure\n"
    "  --no-dane, --no-mta-sts neither look for TLSA records nor for MTA-STS policies\n"
    "  --requiretls            of a message that demands REQUIRETLS\n"
    "  --state FOLDER|URL      what starttlsd remembers of MTA-STS policies\n"
    "ratchet:\n"
    "  --state FOLDER|URL      what starttlsd remembers (/var/lib/starttls)\n"
    "  --note TEXT             pin: why\n"
    "  --authentication        pin: its certificate, too\n"
    "probe, policy, ratchet list:\n"
    "  --json                  one object a line\n"
    "all:\n"
    "  --help                  this text\n";

void usage_print(void)
{
	char schemes[512];

	service_schemes(schemes, sizeof(schemes));
	printf("%s%s\nA URL is SCHEME://HOST[:PORT], with one of these schemes:\n%s\n",
	       usage_commands, options, schemes);
}
