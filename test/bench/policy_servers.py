# SPDX-License-Identifier: ISC
"""The policy services that are measured, in the offline internet, each as fast as it can be
configured, and the other one also as it is packaged."""

import shutil

from lab import daemon
from lab.child import Child, LabError, wait_until
from servers import pin, program

OURS, INTERNAL, SQLITE, FLOOR = "starttlsd", "internal", "sqlite", "floor"
MAP = "policy"

# What postfix-mta-sts-resolver's package installs says no more than that, but for the place.
PACKAGED = "cache:\n  type: sqlite\n  options:\n    filename: \"{folder}/cache.db\"\n"
# Its own example, with room for all domains that are asked for.
FASTEST = "cache:\n  type: internal\n  options:\n    cache_size: 20000\n"


class Site:
    """Where the services are: .internet, and the cores for them and for who asks."""

    def __init__(self, internet, build, cores):
        self.internet, self.build = internet, build
        self.load_core, self.server_core = cores
        self._count = 0

    def start(self, name, unix=False):
        """A service that is ready, with nothing known, or None where it is not installed;
        .where is its address."""
        self._count += 1
        folder = self.internet.lab.make_folder(f"{name}-policy-{self._count}", mode=0o777)
        endpoint = self.internet.endpoint()
        where = f"unix:{folder}/socket" if unix else str(endpoint)
        made = SERVERS[name](self, folder, where, endpoint)
        if made:
            made.where = where
            if unix:
                _wait_socket(made, folder / "socket")
            else:
                made.wait_listening([endpoint])
            pin(made.pid, self.server_core)
        return made

    def run(self, tool, *arguments, timeout=300):
        """What one of the bench's own programs prints, on the core of those who ask."""
        done = self.internet.run(
            ["taskset", "--cpu-list", self.load_core, program(self.build, tool), *arguments],
            timeout=timeout)
        if done.returncode:
            raise LabError(f"{tool}: {done.stderr.strip()}")
        return done.stdout


def _wait_socket(child, path):
    wait_until(lambda: path.exists() or not child.running(), 15, f"{path} is there")
    if not child.running():
        raise LabError(child.log[-2000:])


def starttlsd(site, folder, where, _):
    internet, state = site.internet, folder / "state"
    state.mkdir()
    state.chmod(0o777)
    text = daemon.config(
        f'policy "bench" {{\n\tlisten = {{"{where}"}}\n}}\n',
        f'resolver {{\n\tconfig = "{internet.resolver_config}"\n\tca-file = "{internet.ca}"\n}}\n',
        state=f'"{state}"', log_level="warning")
    return daemon.Starttlsd(folder, text, prefix=internet.prefix)


def _resolver(site, folder, where, endpoint, cache):
    found = shutil.which("mta-sts-daemon")
    if not found:
        return None
    listen = f"host: {endpoint.host}\nport: {endpoint.port}\n"
    if where.startswith("unix:"):
        listen = f"path: {where[5:]}\n"
    conf = folder / "mta-sts-daemon.yml"
    conf.write_text(listen + cache.format(folder=folder))
    return Child([*site.internet.prefix, found, "--verbosity", "error", "--config", conf],
                 folder / "log", cwd=folder, env=site.internet.environment)


def internal(site, folder, where, endpoint):
    return _resolver(site, folder, where, endpoint, FASTEST)


def sqlite(site, folder, where, endpoint):
    return _resolver(site, folder, where, endpoint, PACKAGED)


def floor(site, folder, where, _):
    """The same reply to all: what a question costs that nobody thinks about."""
    return Child([*site.internet.prefix, program(site.build, "bench-floor"), where],
                 folder / "log", cwd=folder)


SERVERS = {OURS: starttlsd, INTERNAL: internal, SQLITE: sqlite, FLOOR: floor}
PEERS = [INTERNAL, SQLITE]
