# SPDX-License-Identifier: ISC
"""InspIRCd: IRC with the STARTTLS command."""

import os

from .child import Child, find_program


class Inspircd(Child):
    """An IRC server.  Listeners: plain (STARTTLS, and the "tls" capability) and implicit."""

    def __init__(self, lab, pki, name="inspircd"):
        program = find_program("inspircd", "inspircd")
        self.folder = lab.make_folder(name)
        host = lab.network.host()
        self.plain = lab.network.endpoint(host, "inspircd plain")
        self.implicit = lab.network.endpoint(host, "inspircd implicit")
        leaf = pki.server("rsa")
        path = self.folder / "inspircd.conf"
        for part in ("data", "log", "run"):
            lab.make_folder(f"{name}/{part}")
        (self.folder / "motd").write_text("the lab\n")
        path.write_text(f"""
<path datadir="{self.folder}/data" logdir="{self.folder}/log" runtimedir="{self.folder}/run">
<server name="irc.lab.test" description="The lab" network="Lab" id="1LB">
<admin name="nobody" nick="nobody" email="nobody@lab.test">
<bind address="{host}" port="{self.plain.port}" type="clients">
<bind address="{host}" port="{self.implicit.port}" type="clients" sslprofile="lab">
<connect name="all" allow="*" timeout="20" resolvehostnames="no" useident="no"
 localmax="100" globalmax="100">
<dns server="127.0.0.1" timeout="1">
<files motd="{self.folder}/motd">
<pid file="{self.folder}/run/inspircd.pid">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="inspircd.log">
<module name="cap">
<module name="ssl_gnutls">
<module name="starttls">
<sslprofile name="lab" provider="gnutls" certfile="{leaf.chain}" keyfile="{leaf.key}"
 dhbits="2048" priority="NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3">
<starttls provider="lab">
""")
        argv = [program, f"--config={path}", "--nofork"]
        argv += ["--runasroot"] if os.geteuid() == 0 else []
        super().__init__(argv, self.folder / "master.log", cwd=self.folder)
        self.wait_listening([self.plain, self.implicit])
