# SPDX-License-Identifier: ISC
"""What the programs accept and what the manual says are the same, in both directions."""

import re
import string
import subprocess

import pytest

from lab import daemon
from lab.child import find_program
from lab.daemon import ROOT, program

COMMANDS = ("connect", "probe", "policy", "ratchet")
SHORT = {"v": "verbose"}


def manual(name):
    return (ROOT / "man" / name).read_text()


def parts(text):
    """(.Sh, .Ss, what is there), in order; .Ss is "" before the first one."""
    for section in re.split(r"^\.Sh ", text, flags=re.M)[1:]:
        title, _, rest = section.partition("\n")
        first, *others = re.split(r"^\.Ss ", rest, flags=re.M)
        yield title, "", first
        for other in others:
            heading, _, body = other.partition("\n")
            yield title, heading, body


# ---------------------------------------------------------------------- starttls

def option_names(text):
    """The options in a line of a list or a synopsis, with whether they have a value."""
    found = {}
    for names, value in re.findall(r"Fl ((?:-?[\w-]+)(?: , -?[\w-]+)*)( Ar)?", text):
        for name in names.split(" , "):
            name = name.removeprefix("-")
            found[SHORT.get(name, name)] = bool(value)
    return found


def accepted(command):
    """What starttls itself takes: it tells when it refuses another one."""
    done = daemon.starttls(command, "--no-such-option")
    names = re.findall(r"--([\w-]+)", done.stderr.partition("there are: ")[2])
    assert names, done
    return {name: f"--{name}: say its value" in daemon.starttls(command, f"--{name}").stderr
            for name in names}


def in_synopsis(text, command):
    """The options of a command in the synopsis, from all lines that begin with it."""
    body = next(body for title, _, body in parts(text) if title == "SYNOPSIS")
    found = {}
    for line in re.split(r"^\.Nm$", body, flags=re.M):
        if command in re.split(r"[ |]+", line.strip().partition("\n")[0]):
            found.update(option_names(line))
    return found


def described(text, command):
    """The options of a command that have a paragraph of their own."""
    headings = {"connect": ("", "The service of a domain", "connect"),
                "probe": ("", "The service of a domain", "probe"),
                "policy": ("policy",), "ratchet": ("ratchet",)}[command]
    found = {}
    for title, heading, body in parts(text):
        if title == "DESCRIPTION" and heading in headings:
            begin = r"^\.(?:It )?Fl .*$" if command == "ratchet" else r"^\.It Fl .*$"
            for line in re.findall(begin, body, flags=re.M):
                found.update(option_names(line))
    return found


def in_help(text, command):
    """The options below the headings of --help that name the command."""
    found, inside = {}, False
    for line in text.splitlines():
        heading = re.fullmatch(r"([a-z, ]+):", line)
        if heading:
            inside = command in re.split(r"[, ]+", heading[1]) or heading[1] == "all"
        options = re.match(r"  ((?:-\w, |--[\w-]+(?: [A-Z|]+)?,? ?)+)", line)
        if inside and options:
            for name, value in re.findall(r"--([\w-]+)( [A-Z|]+)?", options[1]):
                found[name] = bool(value)
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_options(command):
    options, text = accepted(command), manual("starttls.1")
    assert in_synopsis(text, command) == options
    assert in_help(daemon.starttls("--help").stdout, command) == options
    # --help and --version have a paragraph for all
    del options["help"]
    paragraphs = described(text, command)
    for name in ("help", "version", "h", "V"):
        paragraphs.pop(name, None)
    assert paragraphs == options


def test_options_without_a_command():
    text = manual("starttls.1")
    general = option_names("\n".join(re.findall(r"^\.It Fl .*$", text, flags=re.M)))
    for name in ("help", "version", "h", "V"):
        assert name in general
        word = f"--{name}" if len(name) > 1 else f"-{name}"
        assert daemon.starttls(word).returncode == 0
    for word in ("--verbose", "-v", "help"):
        assert daemon.starttls(word).returncode == 3


def test_options_control():
    """One that is left out or has another value is seen."""
    text, options = manual("starttls.1"), accepted("probe")
    for old, new in ((".Op Fl -json\n", ""), (".Op Fl -timeout Ar seconds\n", ".Op Fl -timeout\n"),
                     (".Op Fl -name Ar name\n", ".Op Fl -names Ar name\n")):
        assert old in text and in_synopsis(text.replace(old, new), "probe") != options
    paragraphs = described(text, "probe")
    for old, new in ((".It Fl -json\n", ".It Cm json\n"),
                     (".It Fl -accept Ar host", ".It Fl -accept")):
        assert old in text and described(text.replace(old, new), "probe") != paragraphs
    said = daemon.starttls("--help").stdout
    assert in_help(said.replace("  --name NAME", "  --name"), "probe") != options
    assert in_help(said.replace("  --dane ", "  --dance "), "probe") != options


# --------------------------------------------------------------------- starttlsd

def test_letters():
    taken = set()
    for letter in string.ascii_letters + string.digits:
        done = subprocess.run([program("starttlsd"), f"-{letter}"], capture_output=True, text=True,
                              timeout=20, check=False)
        if "invalid option" not in done.stderr:
            taken.add(letter)
    text = manual("starttlsd.8")
    said = subprocess.run([program("starttlsd"), "-h"], capture_output=True, text=True,
                          timeout=20, check=True).stdout
    assert set(re.findall(r"^\.It Fl (\w)", text, flags=re.M)) == taken
    assert set(re.findall(r"^  -(\w)", said, flags=re.M)) == taken
    body = next(body for title, _, body in parts(text) if title == "SYNOPSIS")
    assert set(re.findall(r"\b(\w)\b", " ".join(re.findall(r"Fl (\w(?: \| \w)*)", body)))) == taken


# ------------------------------------------------------------------ configuration

# Which section a part of the manual is about, by its heading.
HEADINGS = {"GENERAL KEYS": "", "The log": "", "Limits": "limits", "Metrics": "metrics",
            "CERTIFICATES": "certificate", "What clients see": "front",
            "The service behind": "front", "Times": "front", "Sizes": "front",
            "Several services behind one front": "route", "The service": "policy",
            "Overrides": "override", "The ratchet": "ratchet", "Looking up": "resolver"}
TRUTH = {"true", "false", "yes", "no", "on", "off"}


def complaints(folder, path, line):
    """What starttlsd -t says of a line in the section that is at that path."""
    text = line
    for section in reversed(path):
        text = f"{section} {{\n{text}\n}}"
    return daemon.check_config(folder, text).stderr


def keys_at(folder, path):
    """The keys that are allowed there; None where there is no such section."""
    found = re.search(r"no-such-key: unknown key; allowed (?:here|in [\w-]+): (.*)",
                      complaints(folder, path, "no-such-key = 1"))
    return found and found[1].split(", ")


def find_sections(folder, path=()):
    """All sections with what is in them: {path: [key]}."""
    found = {path: keys_at(folder, path)}
    for key in found[path]:
        for head in (key, f'{key} "x"'):
            if keys_at(folder, (*path, head)):
                found.update(find_sections(folder, (*path, head)))
    return found


@pytest.fixture(scope="module")
def grammar(tmp_path_factory):
    """What the program allows: {section: (path, {key}, {section inside})}."""
    paths = find_sections(tmp_path_factory.mktemp("grammar"))
    sections = {path[-1].split()[0] for path in paths if path}
    found = {}
    for path, keys in paths.items():
        name = path[-1].split()[0] if path else ""
        entry = (path, set(keys) - sections, set(keys) & sections)
        # a section is the same wherever it is
        assert found.setdefault(name, entry)[1:] == entry[1:]
    return found


def items(text):
    """The keys of each section in the manual: {section: {key: (form, all that is said)}}."""
    found = {name: {} for name in HEADINGS.values()}
    for title, heading, body in parts(text):
        section = HEADINGS.get(heading or title)
        for item in re.split(r"^\.It (?=Ic )", body, flags=re.M)[1:]:
            line, _, rest = item.partition("\n")
            key, form = re.fullmatch(r"Ic ([\w-]+) (.*)", line).groups()
            assert section is not None, f"{heading or title}: {key} is in no known section"
            found[section][key] = (form, rest)
    return found


def said_of(text, section):
    return "\n".join(body for title, heading, body in parts(text)
                     if HEADINGS.get(heading or title) == section)


def test_keys(grammar):
    written = items(manual("starttlsd.conf.5"))
    assert set(written) == set(grammar)
    for section, (_, keys, inside) in grammar.items():
        assert set(written[section]) - inside == keys, section
    assert sum(len(keys) for _, keys, _ in grammar.values()) > 60


def test_keys_control(grammar):
    text = manual("starttlsd.conf.5")
    for old, new in ((".It Ic idle Cm", ".It Ic idles Cm"), (".It Ic let-go Cm = Ar truth\n", "")):
        assert old in text
        written = items(text.replace(old, new))
        assert any(set(written[section]) - inside != keys
                   for section, (_, keys, inside) in grammar.items())


def test_lists(grammar, tmp_path):
    """Braces are where the manual has them."""
    written = items(manual("starttlsd.conf.5"))
    for section, (path, keys, _) in grammar.items():
        for key in keys:
            told = complaints(tmp_path, path, f'{key} = {{"a", "b"}}')
            is_list = "syntax: unexpected token" not in told
            assert is_list == ("Brq" in written[section][key][0]), (section, key, told)


def allowed_of(folder, path, key):
    """What the program allows for a key, when it is given nonsense; None: it takes any text."""
    protocol = "protocol = sieve\n" if key in ("line-limit", "literal-limit") else \
        "protocol = xmpp-client\n" if key == "element-limit" else ""
    found = re.search(rf':\d+: {key}: "rhubarb" is not allowed; allowed: (.*)',
                      complaints(folder, path, f"{protocol}{key} = rhubarb"))
    return found and found[1]


def test_words_and_numbers(grammar, tmp_path):
    """Each word that a key may have is in its paragraph, and no other one where they are
    listed; and the bounds of each number, but for 0 and 1, are said in the section."""
    text = manual("starttlsd.conf.5")
    written, seen = items(text), {"words": 0, "truths": 0, "numbers": 0}
    for section, (path, keys, _) in grammar.items():
        for key in keys:
            allowed, (form, body) = allowed_of(tmp_path, path, key), written[section][key]
            listed = re.fullmatch(r"Cm = Cm ([\w-]+(?: \| [\w-]+)+)", form)
            if allowed is None:
                assert not listed and form not in ("Cm = Ar truth", "Cm = Ar seconds"), key
            elif re.search(r"number .*from (\d+) to (\d+)", allowed):
                bounds = re.search(r"from (\d+) to (\d+)", allowed).groups()
                about = said_of(text, section)
                assert all(one in "01" or re.search(rf"\b{one}\b", about) for one in bounds), \
                    (key, allowed)
                seen["numbers"] += 1
            elif set(allowed.split(", ")) == TRUTH:
                assert form == "Cm = Ar truth", key
                seen["truths"] += 1
            elif listed:
                assert set(listed[1].split(" | ")) == set(allowed.split(", ")), key
                seen["words"] += 1
            elif form == "Cm = Ar word":
                words = set(re.findall(r"[\w-]+", " ".join(
                    re.findall(r"^\.(?:It )?Cm (.*)$", body, flags=re.M))))
                assert set(allowed.split(", ")) <= words, (key, allowed)
                seen["words"] += 1
    assert seen["words"] >= 9 and seen["truths"] >= 9 and seen["numbers"] >= 12, seen


def test_truths():
    assert f".Cm {' , '.join(('true', 'false', 'yes', 'no', 'on', 'off'))} ." in \
        manual("starttlsd.conf.5")


# ------------------------------------------------------------------------- form

@pytest.mark.parametrize("name", ["starttls.1", "starttlsd.8", "starttlsd.conf.5",
                                  "libstarttls.3"])
def test_lint(name):
    lint, path = find_program("mandoc", "mandoc"), ROOT / "man" / name
    done = subprocess.run([lint, "-Tlint", "-W", "warning", path], capture_output=True, text=True,
                          timeout=20, check=False)
    assert done.stdout == "", done.stdout
    # the control: it sees what is wrong
    bad = subprocess.run([lint, "-Tlint", "-W", "warning"], input=path.read_text() + ".Xx\n.El\n",
                         capture_output=True, text=True, timeout=20, check=False)
    assert bad.stdout != ""
