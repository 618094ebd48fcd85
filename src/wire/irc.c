/* SPDX-License-Identifier: ISC */
/* The words of IRC with STARTTLS (IRCv3 "tls", deprecated), client role. */
#include <string.h>

#include "wire/lines.h"

static void say(struct stls_dialogue *d, enum step step)
{
	if (step == STEP_ASK)
		dialogue_say(d, "STARTTLS\r\n", NULL);
}

/* The command or numeric behind an optional prefix. */
static const char *command_of(const char *line)
{
	if (line[0] != ':')
		return line;
	line += word_length(line);
	return line + strspn(line, " ");
}

/* IRC-01, IRC-06 */
static enum heard answer_of(const char *command)
{
	static const struct {
		const char *numeric;
		enum heard heard;
	} answers[] = {{"670", HEARD_YES},
	               {"691", HEARD_NOT_NOW},
	               {"421", HEARD_UNKNOWN},
	               {"451", HEARD_UNKNOWN},
	               {"ERROR", HEARD_BYE}};
	const char *rest;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (word_begins(command, answers[i].numeric, &rest))
			return answers[i].heard;
	return HEARD_MORE;
}

/* IRC-04: notices, pings and the like may come at any time. */
static enum heard hear(struct stls_dialogue *d, enum step step, struct unit unit)
{
	(void)d, (void)step;
	return answer_of(command_of(unit.text));
}

const struct vocabulary irc_words = {
    .name = "irc",
    .alpn = "irc",
    .port = 6667,
    .tls_port = 6697,
    .take = lines_take,
    .terminator = "\r\n",
    .unit_size = 1024, /* IRC-06: 512 */
    .say = say,
    .hear = hear,
};
