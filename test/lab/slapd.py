# SPDX-License-Identifier: ISC
"""OpenLDAP's slapd: LDAP with the StartTLS extended operation."""

from .child import Child, find_program


class Slapd(Child):
    """A directory below dc=lab,dc=test.  Listeners: plain (StartTLS) and implicit (ldaps).

    With insist=True a simple bind needs TLS.
    """

    base, bind_dn, password = "dc=lab,dc=test", "cn=admin,dc=lab,dc=test", "correct horse"

    def __init__(self, lab, pki, name="slapd", insist=False):
        program = find_program("slapd", "slapd")
        self.folder = lab.make_folder(name)
        lab.make_folder(f"{name}/db")
        host = lab.network.host()
        self.plain = lab.network.endpoint(host, "slapd plain")
        self.implicit = lab.network.endpoint(host, "slapd implicit")
        leaf = pki.server()
        path = self.folder / "slapd.conf"
        path.write_text("\n".join([
            "include /etc/ldap/schema/core.schema",
            "modulepath /usr/lib/ldap", "moduleload back_ldif",
            f"pidfile {self.folder}/slapd.pid", f"argsfile {self.folder}/slapd.args",
            f"TLSCACertificateFile {pki.ca}", f"TLSCertificateFile {leaf.chain}",
            f"TLSCertificateKeyFile {leaf.key}",
            # GnuTLS's priorities: everything from TLS 1.2 on.
            "TLSCipherSuite SECURE192:SECURE128:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3",
            "security simple_bind=112" if insist else "",
            "database ldif", f"suffix {self.base}", f"directory {self.folder}/db",
            f"rootdn {self.bind_dn}", f'rootpw "{self.password}"', ""]))
        super().__init__([program, "-d", "256", "-f", path, "-h",
                          f"ldap://{self.plain}/ ldaps://{self.implicit}/"],
                         self.folder / "slapd.log")
        self.wait_listening([self.plain, self.implicit])
