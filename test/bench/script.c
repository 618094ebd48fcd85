/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <string.h>

#include "script.h"

#define SAY(text)                                                                                  \
	{                                                                                          \
		STEP_SAY, text "\r\n"                                                              \
	}
#define EXPECT(text)                                                                               \
	{                                                                                          \
		STEP_EXPECT, text                                                                  \
	}

#define LINE "It was a line of sixty-four octets, as a letter has many of it.\r\n"
#define EIGHT LINE LINE LINE LINE LINE LINE LINE LINE
#define MESSAGE                                                                                    \
	"From: <a@lab.test>\r\nTo: <b@lab.test>\r\nSubject: two kilobytes\r\n\r\n" EIGHT EIGHT     \
	    EIGHT EIGHT "."

#define EHLO SAY("EHLO client.lab.test"), EXPECT("250")
#define MAIL                                                                                       \
	SAY("MAIL FROM:<a@lab.test>"), EXPECT("250"), SAY("RCPT TO:<b@lab.test>"), EXPECT("250"),  \
	    SAY("DATA"), EXPECT("354"), SAY(MESSAGE), EXPECT("250"), SAY("QUIT"), EXPECT("221"),   \
	{                                                                                          \
		STEP_END                                                                           \
	}
#define LOGIN {STEP_CONNECT}, {STEP_TLS}, EXPECT("* OK"), SAY("a LOGIN u p"), EXPECT("a OK")
#define LOGOUT                                                                                     \
	SAY("c LOGOUT"), EXPECT("c OK"),                                                           \
	{                                                                                          \
		STEP_END                                                                           \
	}

static const struct step smtp[] = {
    {STEP_CONNECT}, {STEP_TLS}, EXPECT("220"), EHLO, {STEP_ANSWERED}, MAIL,
};

static const struct step starttls[] = {
    {STEP_CONNECT}, EXPECT("220"),   EHLO, SAY("STARTTLS"), EXPECT("220"), {STEP_TLS},
    EHLO,           {STEP_ANSWERED}, MAIL,
};

static const struct step imap[] = {LOGIN, {STEP_ANSWERED}, LOGOUT};
static const struct step get[] = {LOGIN, {STEP_ANSWERED}, {STEP_GET}, LOGOUT};
static const struct step put[] = {LOGIN, {STEP_ANSWERED}, {STEP_PUT}, EXPECT("b OK"), LOGOUT};
static const struct step hold[] = {LOGIN, {STEP_ANSWERED}, {STEP_STAY}};

const struct step *script_find(const char *name)
{
	static const struct {
		const char *name;
		const struct step *steps;
	} scripts[] = {{"smtp", smtp}, {"starttls", starttls}, {"imap", imap},
	               {"get", get},   {"put", put},           {"hold", hold}};
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		if (strcmp(scripts[i].name, name) == 0)
			return scripts[i].steps;
	return NULL;
}
