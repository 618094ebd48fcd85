# SPDX-License-Identifier: ISC
"""Every configuration that is shown to somebody is one that starttlsd takes."""

import re

import pytest

from lab import daemon
from lab.daemon import ROOT

SECTIONS = "certificate|front|limits|metrics|override|policy|ratchet|resolver|route"
BEGINS = re.compile(rf'^\s*(?:(?:{SECTIONS})(?: "[^"]*")? \{{|(?:hostname|state|workers)\s*=)',
                    re.M)
FRONT = ('front "added" {{ protocol = imap tls = required listen = {{"127.0.0.1:1"}} '
         'backend = {{"127.0.0.1:2"}} {} }}\n').format
# whatever an example's certificates have to be for
NAMES = ("mail.example.org", "mail.example.net", "*.example.net", "*.example.org", "example.org",
         "chat.example.org")


def without_main_cf(text):
    """Lines of Postfix stand beside those of ours in some examples."""
    return re.sub(r"^\s*smtp_\w+ .*\n?", "", text, flags=re.M)


def from_readme():
    """What is indented; all of it stands below the first one."""
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"(?:^ {4}.*\n(?:^\n(?= {4}))?)+", text, flags=re.M)
    first, *others = [without_main_cf(block) for block in blocks if BEGINS.search(block)]
    return [first + other for other in others]


def from_manual():
    """The literal blocks, without what roff makes of some characters."""
    text = (ROOT / "man" / "starttlsd.conf.5").read_text()
    blocks = re.findall(r"^\.Bd -literal.*\n((?:.*\n)*?)\.Ed$", text, flags=re.M)
    blocks = [block.replace("\\e", "\\").replace("\\&", "") for block in blocks]
    return [without_main_cf(block) for block in blocks if BEGINS.search(block)]


def uncommented(text):
    """With all that is commented out, which is a line, or a section from its first to its last."""
    found = re.sub(r'^#[\w-]+(?: "[^"]*")? \{\n(?:#.*\n)*?#\}$',
                   lambda match: re.sub(r"^#", "", match[0], flags=re.M), text, flags=re.M)
    return re.sub(r"^(\s*)#(?=[\w-]+\s*= )", r"\1", found, flags=re.M)


def from_packaging():
    for name in ("starttlsd.conf", "starttlsd.conf.example"):
        text = (ROOT / "packaging" / name).read_text()
        assert uncommented(text).count("\n#") < text.count("\n#")
        yield f"{name}", text
        yield f"{name}-uncommented", uncommented(text)


EXAMPLES = dict(from_packaging())
EXAMPLES.update((f"README-{i}", text) for i, text in enumerate(from_readme(), 1))
EXAMPLES.update((f"manual-{i}", text) for i, text in enumerate(from_manual(), 1))


def completed(text):
    """With a front or a policy, and what these need, where the example has none."""
    if re.match(r"\s*route ", text):
        text = FRONT("backend-tls = starttls " + text)
    if not re.search(r"^\s*(front|policy) ", text, flags=re.M):
        text += FRONT("")
    if re.search(r"^\s*policy ", text, flags=re.M) and not re.search(r"^state", text, flags=re.M):
        text += "state = x\n"
    if "front " in text and "chain" not in text:
        text += "certificate { ... }\n"
    return text.replace("certificate { ... }", "certificate { chain = x.pem key = x.key }")


def at_home(text, folder, pki):
    """With files, a folder and names that there are here."""
    leaf = pki.leaf(*NAMES)
    for key, value in (("chain", leaf.chain), ("key", leaf.key), ("backend-ca", pki.ca),
                       ("ca-file", pki.ca), ("state", folder), ("user", "nobody")):
        text = re.sub(rf'(?<![\w-]){key}(\s*)= ?("[^"]*"|[^\s}}]+)', rf'{key}\1= "{value}"', text)
    (folder / "unbound.conf").write_text("")
    return text.replace("imap.internal", "localhost").replace("news.internal.example:",
                                                              "localhost:")


def test_all_are_found():
    """Those of the manual and of the README; whoever adds one need not add it here."""
    assert len(from_readme()) >= 7 and len(from_manual()) >= 15
    told = "\n".join(EXAMPLES.values())
    for section in SECTIONS.split("|"):
        assert re.search(rf"^\s*{section}\b", told, flags=re.M), section


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name, tmp_path, pki):
    text = at_home(completed(EXAMPLES[name]), tmp_path, pki)
    done = daemon.check_config(tmp_path, text)
    assert (done.returncode, done.stderr) == (0, ""), f"{done.stderr}\n{text}"
    # the control: a slip in it is seen
    text = re.sub(r"^([^#\n]*?)([\w-]+)(\s*=)", r"\1x-\2\3", text, count=1, flags=re.M)
    done = daemon.check_config(tmp_path, text)
    assert done.returncode == 1 and "unknown key" in done.stderr, f"{done.stderr}\n{text}"
