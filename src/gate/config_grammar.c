/* SPDX-License-Identifier: ISC */
#include <confuse.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/config_grammar.h"
#include "gate/config_keys.h"

/* What the callbacks of one parse share. */
struct grammar {
	const struct complaints *complaints;
	int parsing;
	const char *replaced;   /* a key whose value has just been replaced by another, */
	unsigned replaced_line; /* and where it was first */
};

/*
 * libconfuse's callbacks are handed no pointer of ours, and it keeps no line of
 * where a section begins.  Two options that no file can spell make up for it:
 * one points to the grammar, the other has a default value, which is parsed (and
 * so sees the line) at the moment the section is opened.
 */
#define OPTION_GRAMMAR "\001"
#define OPTION_LINE "\002"

static cfg_opt_t *find(cfg_t *section, const char *name)
{
	for (cfg_opt_t *option = section->opts; option->name; option++)
		if (strcmp(option->name, name) == 0)
			return option;
	return NULL;
}

static struct grammar *grammar_of(cfg_t *section)
{
	return (struct grammar *)find(section, OPTION_GRAMMAR)->simple_value.ptr;
}

static void complain_twice(struct grammar *grammar, unsigned line)
{
	if (grammar->replaced)
		complain(grammar->complaints, line, "%s: this is here a second time, after line %u",
		         grammar->replaced, grammar->replaced_line);
	grammar->replaced = NULL;
}

/* A value has been read. */
static int take_value(cfg_t *section, cfg_opt_t *option, const char *text, void *result)
{
	struct grammar *grammar = grammar_of(section);
	struct grammar_value *value = malloc(sizeof(*value) + strlen(text) + 1);
	if (!value)
		return -1;
	complain_twice(grammar, (unsigned)section->line);
	value->grammar = grammar;
	value->key = option->name;
	value->line = (unsigned)section->line;
	strcpy(value->text, text);
	*(void **)result = value;
	return 0;
}

/* A value is dropped: at the end, or because the key came again. */
static void drop_value(void *pointer)
{
	struct grammar_value *value = pointer;
	struct grammar *grammar = value->grammar;
	if (grammar && grammar->parsing) {
		grammar->replaced = value->key;
		grammar->replaced_line = value->line;
	}
	free(value);
}

/* Keys of later versions, so that nobody takes them for typing errors. */
static const char *const later[] = {"relay"};

static int is_later(const char *key)
{
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (strcmp(key, later[i]) == 0)
			return 1;
	return 0;
}

static void complain_unknown(const struct grammar *grammar, cfg_t *section, const char *key)
{
	const char *words[32];
	char allowed[560];
	size_t count = 0;
	int top = strcmp(section->name, "root") == 0;
	for (cfg_opt_t *option = section->opts; option->name; option++)
		if (option->name[0] > ' ')
			words[count++] = option->name;
	complain_list(allowed, sizeof(allowed), words, count);
	const char *nearest = complain_nearest(key, words, count);
	unsigned line = (unsigned)section->line;
	if (top && is_later(key))
		complain(grammar->complaints, line,
		         "%s: this version of starttlsd has no %s; allowed here: %s", key, key,
		         allowed);
	else
		complain(grammar->complaints, line, "%.60s: unknown key%s%s%s; allowed %s%s: %s",
		         key, nearest ? " (did you mean " : "", nearest ? nearest : "",
		         nearest ? "?)" : "", top ? "here" : "in ", top ? "" : section->name,
		         allowed);
}

/* libconfuse complains, in words of its own. */
__attribute__((format(printf, 2, 0))) static void take_error(cfg_t *section, const char *format,
                                                             va_list list)
{
	static const char unknown[] = "no such option '";
	struct grammar *grammar = grammar_of(section);
	char text[400];
	vsnprintf(text, sizeof(text), format, list);
	size_t length = strlen(text);
	if (strncmp(text, unknown, strlen(unknown)) == 0) {
		if (text[length - 1] == '\'')
			text[length - 1] = '\0';
		complain_unknown(grammar, section, text + strlen(unknown));
	} else {
		complain(grammar->complaints, (unsigned)section->line, "syntax: %s", text);
	}
}

/* ---- the keys, as libconfuse has them ---- */

/* Where the options of all sections are laid down, one section behind the other. */
struct layout {
	struct grammar *grammar;
	cfg_opt_t *free;
	char line[2]; /* what OPTION_LINE is at first */
};

/* Those of a section, and those of sections in it. */
static size_t count_options(const struct config_key *keys)
{
	size_t count = 3; /* the two that no file can spell, and the end */
	for (; keys->name; keys++)
		count += 1 + (keys->inside ? count_options(keys->inside) : 0);
	return count;
}

static cfg_opt_t *lay(struct layout *layout, const struct config_key *keys);

static cfg_opt_t option_of(struct layout *layout, const struct config_key *key)
{
	const cfg_flag_t only = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;
	switch (key->kind) {
	case CONFIG_KEY_LIST:
		return (cfg_opt_t)CFG_PTR_LIST_CB(key->name, NULL, CFGF_NONE, take_value,
		                                  drop_value);
	case CONFIG_KEY_SECTION:
		return (cfg_opt_t)CFG_SEC(key->name, lay(layout, key->inside), CFGF_MULTI);
	case CONFIG_KEY_TITLED:
		return (cfg_opt_t)CFG_SEC(key->name, lay(layout, key->inside), only);
	case CONFIG_KEY_VALUE: break;
	}
	return (cfg_opt_t)CFG_PTR_CB(key->name, NULL, CFGF_NONE, take_value, drop_value);
}

static cfg_opt_t *lay(struct layout *layout, const struct config_key *keys)
{
	cfg_opt_t *first = layout->free, *option = first;
	while (keys[layout->free - first].name)
		layout->free++;
	layout->free += 3;
	*option++ = (cfg_opt_t){
	    .name = OPTION_GRAMMAR, .type = CFGT_PTR, .simple_value.ptr = (void **)layout->grammar};
	*option++ =
	    (cfg_opt_t)CFG_PTR_CB(OPTION_LINE, layout->line, CFGF_NONE, take_value, drop_value);
	for (; keys->name; keys++)
		*option++ = option_of(layout, keys);
	*option = (cfg_opt_t)CFG_END();
	return first;
}

/* libconfuse copies what it is given, sections inside of sections too. */
static cfg_t *start(struct grammar *grammar)
{
	cfg_opt_t *options = calloc(count_options(config_keys), sizeof(*options));
	struct layout layout = {grammar, options, "0"};
	cfg_t *top = options ? cfg_init(lay(&layout, config_keys), CFGF_NONE) : NULL;
	free(options);
	return top;
}

static cfg_t *open_grammar(const struct complaints *complaints)
{
	struct grammar *grammar = calloc(1, sizeof(*grammar));
	if (!grammar)
		return NULL;
	grammar->complaints = complaints;
	grammar->parsing = 1;
	cfg_t *top = start(grammar);
	if (!top) {
		free(grammar);
		return NULL;
	}
	/* An option of the top has the grammar. */
	cfg_set_error_function(top, take_error); /* NOLINT(clang-analyzer-unix.Malloc) */
	return top;
}

struct cfg_t *grammar_parse(const struct complaints *complaints, const char *text)
{
	size_t before = complaints->error->count;
	cfg_t *top = open_grammar(complaints);
	if (!top) {
		complain(complaints, 0, "there is no memory left");
		return NULL;
	}
	int done = cfg_parse_buf(top, text);
	complain_twice(grammar_of(top), (unsigned)top->line);
	grammar_of(top)->parsing = 0;
	if (done == CFG_SUCCESS)
		return top;
	if (complaints->error->count == before)
		complain(complaints, 0, "there is no memory left");
	grammar_free(top);
	return NULL;
}

void grammar_free(struct cfg_t *top)
{
	struct grammar *grammar = grammar_of(top);
	grammar->parsing = 0;
	cfg_free(top);
	free(grammar);
}

struct cfg_t *grammar_section(struct cfg_t *section, const char *name, size_t index)
{
	cfg_opt_t *option = find(section, name);
	return index < option->nvalues ? option->values[index]->section : NULL;
}

struct cfg_t *grammar_only(const struct complaints *complaints, struct cfg_t *section,
                           const char *name)
{
	struct cfg_t *first = grammar_section(section, name, 0), *other;
	for (size_t i = 1; (other = grammar_section(section, name, i)); i++)
		complain(complaints, grammar_line(other),
		         "%s: this is here a second time, after line %u", name,
		         grammar_line(first));
	return first;
}

const char *grammar_title(const struct cfg_t *section)
{
	return section->title;
}

const struct grammar_value *grammar_value(struct cfg_t *section, const char *key, size_t index)
{
	cfg_opt_t *option = find(section, key);
	return index < option->nvalues ? option->values[index]->ptr : NULL;
}

unsigned grammar_line(struct cfg_t *section)
{
	return grammar_value(section, OPTION_LINE, 0)->line;
}

size_t grammar_count(struct cfg_t *section, const char *key)
{
	return find(section, key)->nvalues;
}

int grammar_given(struct cfg_t *section, const char *key)
{
	return (find(section, key)->flags & CFGF_MODIFIED) != 0;
}
