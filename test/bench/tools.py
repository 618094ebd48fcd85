# SPDX-License-Identifier: ISC
"""The bench's own programs, and servers that stand ready."""

import json
import subprocess

from lab.child import Child, LabError
import servers


class Load:
    """Clients of a server: bench-load, told what to do line by line."""

    def __init__(self, bench, listen, script, *options):
        argv = [str(servers.program(bench.build, "bench-load")), str(listen), script,
                servers.NAME, *options]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        servers.pin(self.process.pid, bench.load_core)

    def tell(self, verb, count, at_once=16):
        """What it found; a server that fails a session fails the measurement."""
        try:
            self.process.stdin.write(f"{verb} {count} {at_once}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline()
        if not line:
            raise LabError(self.process.stderr.read().strip())
        found = json.loads(line)
        if found["failed"] or found["lost"]:
            raise LabError(f"{found['failed']} sessions failed, {found['lost']} were lost")
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class Sink(Child):
    """The service behind the servers, in each of its voices, and nginx's authentication."""

    def __init__(self, bench):
        network = bench.lab.network
        self.places = {protocol: network.endpoint() for protocol in ("smtp", "imap")}
        self.auths = {protocol: network.endpoint() for protocol in ("smtp", "imap")}
        argv = [servers.program(bench.build, "bench-sink")]
        for protocol, place in self.places.items():
            argv += [protocol, place, f"auth={place}", self.auths[protocol]]
        super().__init__(argv, bench.lab.make_folder(f"sink-{self.places['smtp'].port}") / "log")
        self.wait_listening([*self.places.values(), *self.auths.values()])
        servers.pin(self.pid, bench.load_core)


class Bench:
    """What all measurements share."""

    def __init__(self, lab, pki, build, cores):
        self.lab, self.build, self.leaf = lab, build, pki.server()
        self.load_core, self.server_core = cores
        self._count = 0

    def start(self, name, sink, protocol, tls="implicit"):
        """A server that is ready and where it listens, or None where there is none."""
        self._count += 1
        listen = self.lab.network.endpoint()
        folder = self.lab.make_folder(f"{name}-{self._count}")
        job = servers.Job(folder, protocol, tls, listen, sink.places[protocol],
                          sink.auths[protocol], self.leaf, self.build)
        server = servers.SERVERS[name](job)
        if server is None:
            return None
        servers.pin(server.pid, self.server_core)
        server.listen = listen
        return server
