# SPDX-License-Identifier: ISC
"""PostgreSQL: TLS by SSLRequest."""

import os
import pathlib
import signal
import subprocess

from .child import Child, find_program, wait_until

PACKAGE = "postgresql-15"


class Postgres(Child):
    """A database cluster of its own.  Listener: plain (SSLRequest is answered with S).

    Everybody on loopback may log in with the password; only with TLS where insist is true;
    ssl=False answers N.
    """

    user, password = "lab", "correct horse"

    def __init__(self, lab, pki, name="postgres", insist=False, ssl=True):
        versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"),
                          key=lambda path: int(path.parent.name))
        program = find_program("postgres", PACKAGE, map(str, versions[-1:]))
        # It refuses to run as root.
        self.runner = "postgres" if os.geteuid() == 0 else None
        self.folder = lab.make_folder(name, self.runner)
        self.plain = lab.network.endpoint(name="postgres")
        data = self.folder / "data"
        self._initialise(pathlib.Path(program).parent, data)
        chain, key = pki.server("rsa").copy_to(self.folder, self.runner)
        kind = "hostssl" if insist else "host"
        (data / "pg_hba.conf").write_text(f"{kind} all all 127.0.0.0/8 scram-sha-256\n")
        settings = {
            "listen_addresses": f"'{self.plain.host}'", "port": self.plain.port,
            "unix_socket_directories": "''", "ssl": "on" if ssl else "off",
            "ssl_cert_file": f"'{chain}'", "ssl_key_file": f"'{key}'", "fsync": "off",
            "ssl_min_protocol_version": "'TLSv1.2'", "shared_buffers": "'1MB'",
            "max_connections": "20", "log_connections": "on"}
        with open(data / "postgresql.conf", "a", encoding="utf-8") as out:
            out.write("".join(f"{key} = {value}\n" for key, value in settings.items()))
        super().__init__([program, "-D", data], self.folder / "postgres.log",
                         cwd=self.folder, user=self.runner)
        self.wait_listening([self.plain])
        wait_until(lambda: "ready to accept" in self.log, 10, "PostgreSQL is ready")

    def _initialise(self, bin_folder, data):
        secret = self.folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        subprocess.run([bin_folder / "initdb", "-D", data, "-U", self.user, "--no-sync",
                        "--no-locale", "-E", "UTF8", "-A", "scram-sha-256", "--pwfile", secret],
                       check=True, capture_output=True, user=self.runner, cwd=self.folder)

    def stop(self, signum=signal.SIGINT, seconds=10):
        """SIGINT is its fast shutdown: SIGTERM waits for clients."""
        return super().stop(signum, seconds)
