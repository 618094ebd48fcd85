# SPDX-License-Identifier: ISC
"""What comes with the programs: a configuration, hooks for renewed certificates, packages."""

import grp
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import time

import pytest

from lab import clients, daemon
from lab.child import find_program, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
HOOKS = PACKAGING / "hooks"
GROUP = "nogroup" if os.geteuid() == 0 else grp.getgrgid(os.getgid()).gr_name


# ------------------------------------------------------------- certificates


def run(hook, folder, reload="true", arguments=(), **env):
    """A hook as the client that renews would run it."""
    return subprocess.run(
        [HOOKS / hook, *arguments], capture_output=True, text=True, timeout=20, check=False,
        env={"PATH": os.environ["PATH"], "STARTTLSD_DEPLOY": str(HOOKS / "deploy-certificate"),
             "STARTTLSD_FOLDER": str(folder), "STARTTLSD_GROUP": GROUP,
             "STARTTLSD_RELOAD": reload, **{key: str(value) for key, value in env.items()}})


def lineage(folder, certificate, name="mail.lab.test"):
    """A folder as certbot leaves it behind: links into an archive."""
    live, archive = folder / "live" / name, folder / "archive" / name
    for one in (live, archive):
        one.mkdir(parents=True, exist_ok=True)
    number = len(list(archive.glob("privkey*"))) + 1
    for source, stem in ((certificate.chain, "fullchain"), (certificate.key, "privkey")):
        shutil.copy(source, archive / f"{stem}{number}.pem")
        (live / f"{stem}.pem").unlink(missing_ok=True)
        (live / f"{stem}.pem").symlink_to(archive / f"{stem}{number}.pem")
    return live


def renewals(pki):
    """Two certificates for the same name, with keys of their own."""
    return (pki.leaf("mail.lab.test", "first.lab.test"),
            pki.leaf("mail.lab.test", "second.lab.test"))


def served(listen, pki):
    """The certificate that clients get, verified."""
    with socket.create_connection(listen.address, 10) as raw, \
            clients.context(pki.ca).wrap_socket(raw, server_hostname=clients.NAME) as one:
        return one.getpeercert(True)


def der(certificate):
    return ssl.PEM_cert_to_DER_cert(certificate.chain.read_text().split("-----END")[0]
                                    + "-----END CERTIFICATE-----\n")


def test_certbot_renews(starttlsd, lab, network, pki):
    """The new certificate is served when the hook is done, and the session before lives on."""
    old, new = renewals(pki)
    etc, listen = lab.make_folder("etc-certbot"), network.endpoint()
    done = run("certbot", etc, RENEWED_LINEAGE=lineage(etc, old))
    assert done.returncode == 0, done.stderr
    place = etc / "mail.lab.test.pem"
    text = (f'certificate {{ chain = "{place}" key = "{place}" }}\n'
            + daemon.front("imaps", "imap", listen, network.endpoint(), tls="implicit",
                           capabilities='{"IMAP4rev1"}', backend_check=0))
    # Nobody but the hook tells the daemon of it.
    made = starttlsd(daemon.config(text, watch_certificates=0))
    assert served(listen, pki) == der(old)

    reload = f"kill -HUP {made.pid}"
    done = run("certbot", etc, reload, RENEWED_LINEAGE=lineage(etc, new))
    assert done.returncode == 0, done.stderr
    wait_until(lambda: served(listen, pki) == der(new), 10, "the new certificate is served")
    assert "event=reload " not in made.log

    # Once more is no change: nothing is written and nothing reloaded.
    before = place.stat()
    assert run("certbot", etc, reload, RENEWED_LINEAGE=etc / "live/mail.lab.test").returncode == 0
    assert place.stat().st_ino == before.st_ino
    time.sleep(0.5)
    assert made.log.count("event=reloaded") == 1


def test_deployed_file(lab, pki):
    """Chain and key in one file, for root and the group only, and nothing beside it."""
    old, _ = renewals(pki)
    etc = lab.make_folder("etc-file")
    assert run("deploy-certificate", etc, arguments=["a.test", old.chain, old.key]).returncode == 0
    place = etc / "a.test.pem"
    assert place.read_text() == old.chain.read_text() + old.key.read_text()
    status = place.stat()
    assert status.st_mode & 0o7777 == 0o640
    assert status.st_uid == os.geteuid() and grp.getgrgid(status.st_gid).gr_name == GROUP
    assert [path.name for path in etc.iterdir()] == ["a.test.pem"]


@pytest.mark.parametrize("hook", ["dehydrated", "lego"])
def test_other_clients(lab, pki, hook):
    old, _ = renewals(pki)
    etc = lab.make_folder(f"etc-{hook}")
    calls = {
        "dehydrated": dict(arguments=["deploy_cert", "*.lab.test", old.key, "unused", old.chain,
                                      "unused", "1700000000"]),
        "lego": dict(LEGO_CERT_DOMAIN="_.lab.test", LEGO_CERT_PATH=old.chain,
                     LEGO_CERT_KEY_PATH=old.key)}
    done = run(hook, etc, **calls[hook])
    assert done.returncode == 0, done.stderr
    assert [path.name for path in etc.iterdir()] == ["_.lab.test.pem"]


def test_dehydrated_has_other_hooks(lab):
    """It calls its hook for all that happens; most of it is not for us."""
    etc = lab.make_folder("etc-other-hooks")
    assert run("dehydrated", etc, arguments=["startup_hook"]).returncode == 0
    assert not list(etc.iterdir())


@pytest.mark.parametrize("what", ["no key", "no chain", "no file", "a path", "no group"])
def test_deploy_refuses(lab, pki, what):
    """What is not right leaves the file before where it was, and no half file."""
    old, new = renewals(pki)
    etc = lab.make_folder(f"etc-{what.replace(' ', '-')}")
    good = ["a.test", old.chain, old.key]
    assert run("deploy-certificate", etc, arguments=good).returncode == 0
    wrong = {"no key": ["a.test", new.chain, new.chain], "no chain": ["a.test", new.key, new.key],
             "no file": ["a.test", new.chain, etc / "missing"],
             "a path": ["../a.test", new.chain, new.key],
             "no group": ["a.test", new.chain, new.key]}[what]
    more = {"STARTTLSD_GROUP": "no-such-group"} if what == "no group" else {}
    done = run("deploy-certificate", etc, arguments=wrong, **more)
    assert done.returncode != 0 and done.stderr
    assert (etc / "a.test.pem").read_text() == old.chain.read_text() + old.key.read_text()
    assert [path.name for path in etc.iterdir()] == ["a.test.pem"]


# ------------------------------------------------------------ configuration


def shipped(lab, pki, change=lambda text: text):
    """starttlsd -t of the configuration that packages install, with certificates of ours."""
    text = change((PACKAGING / "starttlsd.conf").read_text())
    one = pki.server()
    # The longer first; the examples that are commented out name a file for both.
    for path, mine in (("/etc/ssl/certs/ssl-cert-snakeoil.pem", one.chain),
                       ("/etc/ssl/private/ssl-cert-snakeoil.key", one.key),
                       ("/etc/starttls/mail.example.org.pem", one.pem)):
        text = text.replace(f'"{path}"', f'"{mine}"')
    return daemon.check_config(lab.make_folder("shipped"), text)


def test_shipped_configuration(lab, pki):
    """It is fine, and is reached from this machine only."""
    done = shipped(lab, pki)
    assert done.returncode == 0, done.stderr
    lines = re.findall(r"^\s*listen\s*=.*", (PACKAGING / "starttlsd.conf").read_text(), re.M)
    assert lines and all("127.0.0.1" in line and "0.0.0.0" not in line for line in lines), lines


def test_shipped_configuration_without_comments(lab, pki):
    """What is commented out is right, too: settings, not sentences."""
    def uncomment(text):
        return re.sub(r"^#(?=[a-z-]+ *=|[a-z].*\{$|\}|\t[a-z-]+ *=)", "", text, flags=re.M)

    assert uncomment((PACKAGING / "starttlsd.conf").read_text()).count("\nfront ") == 5
    done = shipped(lab, pki, uncomment)
    assert done.returncode == 0, done.stdout + done.stderr


# ----------------------------------------------------------------- packages


def scripts():
    found = [path for path in sorted(PACKAGING.rglob("*"))
             if path.is_file() and path.read_bytes().startswith(b"#!/bin/sh")]
    return found + [HOOKS / "acme.sh"]


def test_scripts():
    paths = scripts()
    assert PACKAGING / "debian/starttlsd.postinst" in paths
    done = subprocess.run([find_program("shellcheck", "shellcheck"), "-s", "sh", *paths],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def packages(text):
    """The names in a list of packages, one a line."""
    return set(re.findall(r"^[a-z][a-z0-9.+-]*", text, re.M))


def test_build_dependencies():
    """Debian's control file and "make deps" name the same packages."""
    listed = packages((PACKAGING / "debian-build.txt").read_text()) - {"build-essential"}
    control = (PACKAGING / "debian/control").read_text()
    field = re.search(r"^Build-Depends:((?:.*\n)(?: .*\n)*)", control, re.M).group(1)
    declared = set(re.findall(r"(?:^|,)\s*([a-z0-9][a-z0-9.+-]*)", field))
    # What is for the package's own making, and what runs the tests.
    assert declared - {"debhelper-compat", "python3"} == listed


def test_versions():
    """The Debian package is of this version."""
    project = re.search(r"version: '([\d.]+)'", (ROOT / "meson.build").read_text()).group(1)
    first = (PACKAGING / "debian/changelog").read_text().splitlines()[0]
    assert re.match(rf"starttls \({re.escape(project)}-\d+\) ", first), first


def test_installed_files():
    """What "make install" brings besides programs and manuals, and where."""
    build = daemon.program("starttlsd").parents[2]
    done = subprocess.run(["meson", "introspect", "--installed", build], capture_output=True,
                          text=True, check=True)
    for path in ("lib/systemd/system/starttlsd.service", "lib/sysusers.d/starttlsd.conf",
                 "share/doc/starttlsd/examples/starttlsd.conf",
                 "share/doc/starttlsd/examples/starttlsd.conf.example",
                 "share/doc/starttlsd/examples/hooks/certbot",
                 "share/starttlsd/deploy-certificate", "share/starttlsd/dashboard.json",
                 "share/starttlsd/alerts.yml"):
        assert f"/{path}\"" in done.stdout, path
