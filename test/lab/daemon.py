# SPDX-License-Identifier: ISC
"""Runs the programs under test: starttlsd with a configuration, and starttls."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from .child import Child, Endpoint, IN_CI, LabError

ROOT = pathlib.Path(__file__).resolve().parents[2]
SANITIZER = re.compile(r"(ERROR|WARNING): \w+Sanitizer|runtime error:|SUMMARY: \w+Sanitizer")


def program(name):
    """A built program: somewhere below the build folder (STARTTLS_BUILD, else build/)."""
    build = pathlib.Path(os.environ.get("STARTTLS_BUILD") or ROOT / "build").resolve()
    for path in sorted(build.rglob(name)) if build.is_dir() else []:
        if path.is_file() and os.access(path, os.X_OK):
            return path
    message = f"{name} is not built below {build}: make, or set STARTTLS_BUILD"
    if IN_CI:
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def is_instrumented():
    """Whether the build under test has sanitizers or counts coverage: what they do at the end
    of a process (leaks are looked for, counts written) no sandbox allows."""
    build = pathlib.Path(os.environ.get("STARTTLS_BUILD") or ROOT / "build").resolve()
    path = build / "meson-info/intro-buildoptions.json"
    if not path.is_file():
        return False
    options = {one["name"]: one["value"] for one in json.loads(path.read_text())}
    return options.get("b_sanitize") not in (None, "none", []) or bool(options.get("b_coverage"))


def _list(values):
    if isinstance(values, (str, Endpoint)):
        values = [values]
    return "{" + ", ".join(f'"{value}"' for value in values) + "}"


def _value(value):
    if isinstance(value, (list, tuple)):
        return _list(value)
    return str(value).lower() if isinstance(value, bool) else value


def _keys(options):
    """Options as they are named, _ for -, lists in braces; those that are None are left out."""
    return [f"{key.replace('_', '-')} = {_value(value)}"
            for key, value in options.items() if value is not None]


def _section(head, lines):
    """A section; lines may be sections themselves."""
    inner = [f"\t{line}" for line in "\n".join(lines).splitlines()]
    return "\n".join([f"{head} {{", *inner, "}", ""])


def front(name, protocol, listen, backend, tls="required", routes=(), certificates=(),
          **options):
    """A front section; options are written as they are named, _ for -, lists in braces.
    Without a backend (None) all clients are for one of the routes."""
    return _section(f'front "{name}"', [
        f"protocol = {protocol}", f"listen = {_list(listen)}", f"tls = {tls}",
        *([f"backend = {_list(backend)}"] if backend else []), *_keys(options),
        *map(certificate_section, certificates), *routes])


def route(name, backend, certificates=(), **options):
    """A route of a front, for the names that it is called by."""
    return _section(f'route "{name}"', [f"backend = {_list(backend)}", *_keys(options),
                                        *map(certificate_section, certificates)])


def certificate_section(certificate):
    return f'certificate {{\n\tchain = "{certificate.chain}"\n\tkey = "{certificate.key}"\n}}\n'


def config(*sections, hostname="mail.lab.test", certificates=(), user="nobody", limits=None,
           metrics=None, **top):
    """A whole configuration; user is left out where we are not root.

    limits are the keys of that section (dict(connections=5)), metrics is where they are, and
    any other option is a key outside of all sections. What is not said is as the daemon has
    it, but for a single worker, so that limits and logs are one; a log that leaves nothing
    out; a shorter drain; and no sandbox where the build could not live in it."""
    top = {"workers": 1, "drain": 10, "log_rate": 0,
           "sandbox": False if is_instrumented() else None, **top}
    lines = [f'hostname = "{hostname}"\n']
    if os.geteuid() == 0 and user:
        lines.append(f'user = "{user}"\n')
    lines += [f"{line}\n" for line in _keys(top)]
    if limits:
        lines.append(_section("limits", _keys(limits)))
    if metrics:
        lines.append(_section("metrics", [f"listen = {_list(metrics)}"]))
    lines += [certificate_section(one) for one in certificates]
    return "".join([*lines, *sections])


def listeners(text):
    """The TCP endpoints in the listen lines of a configuration."""
    found = []
    for values in re.findall(r"listen\s*=\s*\{([^}]*)\}", text):
        for host, port in re.findall(r'"(\d+\.\d+\.\d+\.\d+):(\d+)"', values):
            found.append(Endpoint(host, port))
    return found


class Starttlsd(Child):
    """starttlsd -c FILE in the foreground, ready to serve; a prefix is what executes it."""

    def __init__(self, folder, text, env=None, arguments=(), prefix=()):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "starttlsd.conf"
        self.config.write_text(text)
        super().__init__([*prefix, program("starttlsd"), "-c", self.config, *arguments],
                         folder / "starttlsd.log", cwd=folder, env=env)
        self.wait_listening(listeners(text))

    def finish(self):
        """Ends it as an administrator would, and checks that it went in peace."""
        alive = self.running()
        status = self.stop(seconds=20)  # sessions get ten of them
        log = self.log[-4000:]
        if not alive:
            raise LabError(f"starttlsd had died with status {status}:\n{log}")
        if status != 0 or self.leftover:
            raise LabError(f"starttlsd: status {status} on SIGTERM, left {self.leftover}:\n{log}")
        if SANITIZER.search(self.log):
            raise LabError(f"starttlsd: a sanitizer complained:\n{log}")

    def __exit__(self, kind, *_):
        if kind:
            self.stop()
        else:
            self.finish()


def check_config(folder, text):
    """starttlsd -t: the completed process. Where we are root it has to have a user that there
    is on this machine, too: said in the last line, so that the others are where they were."""
    path = pathlib.Path(folder) / "test.conf"
    text = re.sub(r'^(\s*user\s*=\s*)"?starttls"?', r'\1"nobody"', text, flags=re.M)
    if os.geteuid() == 0 and not re.search(r"^\s*user\b", text, re.M):
        text += '\nuser = "nobody"\n'
    path.write_text(text)
    return subprocess.run([program("starttlsd"), "-t", "-c", path], capture_output=True,
                          text=True, timeout=20, check=False)


def starttls(*arguments, stdin=None, timeout=30, env=None, text=True):
    """Runs starttls and returns the completed process; a sanitizer's word fails the test."""
    done = subprocess.run([program("starttls"), *map(str, arguments)], input=stdin,
                          stdin=subprocess.DEVNULL if stdin is None else None,
                          capture_output=True, text=text, timeout=timeout, check=False,
                          env={**os.environ, **(env or {})})
    errors = done.stderr if text else done.stderr.decode(errors="replace")
    if SANITIZER.search(errors):
        raise LabError(f"starttls: a sanitizer complained:\n{errors}")
    return done
