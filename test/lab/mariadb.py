# SPDX-License-Identifier: ISC
"""MariaDB: TLS by the SSLRequest packet of the MySQL protocol."""

import getpass
import os

from .child import Child, find_program, wait_until


class Mariadb(Child):
    """A database server without accounts (--skip-grant-tables: everybody may log in, and it
    starts in an empty folder at once).  Listener: plain (CLIENT_SSL offered).  With
    insist=True it takes nobody without TLS; ssl=False offers none."""

    user = "lab"

    def __init__(self, lab, pki, name="mariadb", insist=False, ssl=True):
        program = find_program("mariadbd", "mariadb-server")
        runner = "nobody" if os.geteuid() == 0 else getpass.getuser()
        self.folder = lab.make_folder(name, runner)
        data = lab.make_folder(f"{name}/data", runner)
        self.plain = lab.network.endpoint(name="mariadb")
        argv = [program, "--no-defaults", f"--user={runner}", f"--datadir={data}",
                f"--tmpdir={self.folder}", f"--socket={self.folder}/sock",
                f"--pid-file={self.folder}/pid", f"--bind-address={self.plain.host}",
                f"--port={self.plain.port}", "--skip-grant-tables", "--skip-networking=0",
                "--skip-name-resolve", "--skip-innodb", "--default-storage-engine=Aria",
                "--skip-log-bin", "--aria-log-file-size=8M", "--key-buffer-size=64K",
                "--lc-messages-dir=/usr/share/mysql", "--performance-schema=OFF"]
        if ssl:
            chain, key = pki.server("rsa").copy_to(self.folder, runner)
            argv += [f"--ssl-cert={chain}", f"--ssl-key={key}", f"--ssl-ca={pki.ca}",
                     "--tls-version=TLSv1.2,TLSv1.3"]
        argv += ["--require-secure-transport"] if insist else []
        super().__init__(argv, self.folder / "mariadb.log", cwd=data)
        self.wait_listening([self.plain])
        wait_until(lambda: "ready for connections" in self.log, 10, "MariaDB is ready")
