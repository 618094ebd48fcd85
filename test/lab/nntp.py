# SPDX-License-Identifier: ISC
"""INN's nnrpd: NNTP with STARTTLS.

Debian's inn2 is not put through dpkg: its configuration step fails on a host without a
fully qualified name, and would start a news server.  nnrpd needs nothing of that, so where
the package is not installed it is downloaded and unpacked into a cache folder.
"""

import getpass
import os
import pathlib
import shutil
import subprocess
import tempfile

from .child import Child, find_program, missing
from .daemon import ROOT

INSTALLED = pathlib.Path("/usr/lib/news")
PACKAGES = ("inn2", "inn2-inews")  # libinn is in the latter
USER, PASSWORD = "alice", "correct-horse"


def _cache():
    chosen = os.environ.get("STARTTLS_CACHE")
    build = os.environ.get("STARTTLS_BUILD") or ROOT / "build"
    return pathlib.Path(chosen or pathlib.Path(build) / "peers").resolve()


def unpack(cache):
    """Downloads the packages and unpacks them below cache; returns its /usr/lib/news, or None.

    Two sessions may do so at once: the folder appears under its name when it is complete.
    """
    target = cache / "inn2"
    if not target.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as work:
            got = subprocess.run(["apt-get", "download", *PACKAGES], cwd=work, check=False,
                                 capture_output=True)
            packages = list(pathlib.Path(work).glob("inn2*.deb"))
            if got.returncode or len(packages) != len(PACKAGES):
                return None
            root = pathlib.Path(work) / "root"
            for package in packages:
                subprocess.run(["dpkg-deb", "-x", package, root], check=True)
            root.chmod(0o755)
            try:
                root.rename(target)
            except OSError:  # another session was first
                pass
    return target / "usr/lib/news"


def find_inn(lab):
    """INN's folder, where the user that runs it can read it."""
    if (INSTALLED / "bin/nnrpd").exists():
        return INSTALLED
    unpacked = unpack(_cache())
    if unpacked is None:
        missing("INN", "inn2 (or let it be downloaded: apt-get update)")
    # The cache may lie below a folder that is closed to other users.
    home = lab.folder / "inn2"
    if not home.exists():
        shutil.copytree(unpacked, home, symlinks=True)
    return home


class Nntp(Child):
    """A news server with the group lab.test (empty) and the account alice.

    Listeners: plain (STARTTLS offered) and implicit (TLS first).  With insist=True an
    account is taken inside TLS only.
    """

    user, password, group = USER, PASSWORD, "lab.test"

    def __init__(self, lab, pki, name="nntp", insist=False):
        self.home = find_inn(lab)
        self.folder = lab.make_folder(name)
        self.runner = "nobody" if os.geteuid() == 0 else None
        host = lab.network.host()
        self.plain = lab.network.endpoint(host, "nnrpd plain")
        self.implicit = lab.network.endpoint(host, "nnrpd implicit")
        self._make_spool(lab, name)
        chain, key = pki.server().copy_to(self.folder / "etc", self.runner)
        self._configure(chain, key, pki.ca, insist)
        self.environment = {"INNCONF": str(self.folder / "etc/inn.conf"),
                            "LD_LIBRARY_PATH": str(self.home)}
        # Makes an empty overview: nnrpd serves nothing without one.
        subprocess.run([self.home / "bin/tdx-util", "-A"], check=False, capture_output=True,
                       env={**os.environ, **self.environment}, user=self.runner,
                       group="nogroup" if self.runner else None)
        super().__init__(self._argv(self.plain), self.folder / "nnrpd.log", **self._how())
        self._tls = Child(self._argv(self.implicit, "-S"), self.folder / "nnrpd-tls.log",
                          **self._how())
        self.wait_listening([self.plain])
        self._tls.wait_listening([self.implicit])

    def _argv(self, at, *options):
        return ["/usr/bin/python3", pathlib.Path(__file__).with_name("inetd.py"), at.host,
                at.port, self.home / "bin/nnrpd", *options]

    def _how(self):
        # As root nnrpd changes to runasuser itself.
        return {"cwd": self.folder, "env": self.environment}

    def stop(self, *arguments):
        self._tls.stop(*arguments)
        return super().stop(*arguments)

    def _make_spool(self, lab, name):
        for part in ("etc", "db", "run", "tmp", "log", "spool/articles", "spool/overview"):
            lab.make_folder(f"{name}/{part}", self.runner)
        groups = "".join(f"{group} 0000000000 0000000001 {flag}\n"
                         for group, flag in (("control", "n"), ("junk", "n"), (self.group, "y")))
        (self.folder / "db/active").write_text(groups)
        (self.folder / "db/newsgroups").write_text(f"{self.group}\tThe lab\n")
        (self.folder / "db/history").write_text("")
        hashed = subprocess.run([find_program("openssl", "openssl"), "passwd", "-6", PASSWORD],
                                check=True, capture_output=True, text=True).stdout.strip()
        (self.folder / "etc/passwd").write_text(f"{USER}:{hashed}\n")

    def _configure(self, chain, key, ca, insist):
        folder = self.folder
        runner = self.runner or getpass.getuser()
        settings = {
            "domain": "lab.test", "fromhost": "news.lab.test", "pathhost": "news.lab.test",
            "server": self.plain.host, "mta": '"/bin/true"', "hismethod": "hisv6",
            "ovmethod": "tradindexed", "enableoverview": "true", "runasuser": runner,
            "nnrpdloadlimit": 0,  # a busy machine is no reason to turn anybody away
            "runasgroup": "nogroup", "patharticles": folder / "spool/articles",
            "pathoverview": folder / "spool/overview", "pathetc": folder / "etc",
            "pathdb": folder / "db", "pathrun": folder / "run", "pathspool": folder / "spool",
            "pathlog": folder / "log", "pathtmp": folder / "tmp", "pathnews": self.home,
            "pathbin": self.home / "bin", "tlscertfile": chain, "tlskeyfile": key,
            "tlscafile": ca, "tlsprotocols": "[ TLSv1.2 TLSv1.3 ]"}
        (folder / "etc/inn.conf").write_text(
            "".join(f"{key}: {value}\n" for key, value in settings.items()))
        strict = "    require_ssl: true\n" if insist else ""
        (folder / "etc/readers.conf").write_text(
            f'auth "all" {{\n    hosts: "*"\n{strict}'
            f'    auth: "ckpasswd -f {folder}/etc/passwd"\n    default: "<anonymous>"\n}}\n'
            'access "all" {\n    users: "*"\n    newsgroups: "*"\n    access: RPA\n}\n')
        (folder / "etc/storage.conf").write_text(
            "method tradspool {\n    newsgroups: *\n    class: 0\n}\n")
