/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/config_text.h"

static int read_all(int fd, char *text, size_t room, size_t *length)
{
	*length = 0;
	while (*length < room) {
		ssize_t got = read(fd, text + *length, room - *length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return (int)got;
		*length += (size_t)got;
	}
	return 0;
}

static char *load_from(const struct complaints *complaints, int fd, size_t *length)
{
	struct stat status;
	char *text = NULL;
	if (fstat(fd, &status) || S_ISDIR(status.st_mode)) {
		complain(complaints, 0, "this is not a file");
		return NULL;
	}
	text = malloc(CONFIG_TEXT_MAX + 2);
	if (!text || read_all(fd, text, CONFIG_TEXT_MAX + 1, length)) {
		complain(complaints, 0, "the file cannot be read: %s", strerror(errno));
	} else if (*length > CONFIG_TEXT_MAX) {
		complain(complaints, 0, "the file is larger than a configuration can be");
	} else {
		text[*length] = '\0';
		return text;
	}
	free(text);
	return NULL;
}

char *config_text_load(const struct complaints *complaints, size_t *length)
{
	int fd = open(complaints->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		complain(complaints, 0, "the file cannot be opened: %s", strerror(errno));
		return NULL;
	}
	char *text = load_from(complaints, fd, length);
	close(fd);
	return text;
}

/* front { route { certificate { key = { is as deep as it gets. */
#define DEEP 4

/* Where in the text the cleaning is. */
struct place {
	const struct complaints *complaints;
	char *at, *end;
	unsigned line;
	int in_word;         /* the character before belongs to an unquoted word */
	unsigned open[DEEP]; /* the lines of the braces that are open */
	size_t depth;
};

static char next_char(const struct place *place)
{
	return (char)(place->at + 1 < place->end ? place->at[1] : '\0');
}

static int wrong(const struct place *place, const char *text)
{
	complain(place->complaints, place->line, "%s", text);
	return -1;
}

static void blank_line(struct place *place)
{
	while (place->at < place->end && *place->at != '\n')
		*place->at++ = ' ';
}

static int blank_comment(struct place *place)
{
	struct place start = *place;
	*place->at++ = ' ';
	*place->at++ = ' ';
	for (; place->at < place->end; place->at++) {
		if (*place->at == '\n')
			place->line++;
		else if (*place->at == '*' && next_char(place) == '/')
			break;
		else
			*place->at = ' ';
	}
	if (place->at == place->end)
		return wrong(&start, "the comment that begins here has no end");
	*place->at++ = ' ';
	*place->at++ = ' ';
	return 0;
}

static int check_escape(struct place *place, char quote)
{
	char escaped = next_char(place);
	if (escaped == '\\' || escaped == quote)
		place->at++;
	else if (quote == '"')
		return wrong(place,
		             "in \"...\" a backslash is written \\\\ and a quote \\\"; there "
		             "are no other escapes");
	return 0;
}

/* A control character would end up in a log, a greeting, or a path. */
static int check_control(const struct place *place)
{
	unsigned char c = (unsigned char)*place->at;
	if (c >= 0x20 && c != 0x7f)
		return 0;
	return wrong(place, "there is a control character in this line");
}

static int check_string(struct place *place)
{
	char quote = *place->at++;
	for (; place->at < place->end && *place->at != quote; place->at++) {
		if (*place->at == '\n')
			return wrong(place, "the string has no closing quote in its line");
		if (check_control(place))
			return -1;
		if (*place->at == '\\' && check_escape(place, quote))
			return -1;
		if (quote == '"' && *place->at == '$' && next_char(place) == '{')
			return wrong(place, "${...} is not replaced by anything: in '...' it is "
			                    "taken as it is");
	}
	if (place->at == place->end)
		return wrong(place, "the string has no closing quote in its line");
	place->at++;
	return 0;
}

static int check_brace(struct place *place)
{
	if (*place->at == '{' && place->depth == DEEP)
		return wrong(place, "this is nested too deeply");
	if (*place->at == '}' && place->depth == 0)
		return wrong(place, "there is no { that this } could close");
	if (*place->at == '{')
		place->open[place->depth++] = place->line;
	else
		place->depth--;
	return 0;
}

/* Anything that is neither comment nor string; the parser's own signs pass. */
static int check_bare(struct place *place)
{
	char c = *place->at;
	if (c == '\n')
		place->line++;
	else if (c != '\t' && c != '\r' && check_control(place))
		return -1;
	if (c == '\r' && next_char(place) != '\n')
		return wrong(place, "there is a control character in this line");
	if (c == '+' && next_char(place) != '=')
		return wrong(place, "a value with + in it is written in quotes");
	if (c == '*' || c == '$')
		return wrong(place, c == '*' ? "a value with * in it is written in quotes"
		                             : "a value with $ in it is written in quotes");
	if ((c == '{' || c == '}') && check_brace(place))
		return -1;
	place->in_word = !strchr(" \t\r\n={}(),+", c);
	place->at++;
	return 0;
}

static int clean_next(struct place *place)
{
	char c = *place->at, next = next_char(place);
	int done = 0;
	if (c == '#' || (c == '/' && next == '/' && !place->in_word))
		blank_line(place);
	else if (c == '/' && next == '*')
		done = blank_comment(place);
	else if (c == '"' || c == '\'')
		done = check_string(place);
	else
		return check_bare(place);
	place->in_word = 0;
	return done;
}

int config_text_clean(const struct complaints *complaints, char *text, size_t length)
{
	struct place place = {complaints, text, text + length, 1, 0, {0}, 0};
	while (place.at < place.end)
		if (clean_next(&place))
			return -1;
	if (place.depth == 0)
		return 0;
	/* The parser would take the end of the file for the missing brace. */
	place.line = place.open[place.depth - 1];
	return wrong(&place, "the { in this line is never closed");
}
