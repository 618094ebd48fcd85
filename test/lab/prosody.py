# SPDX-License-Identifier: ISC
"""Prosody: XMPP for clients and between servers."""

import pathlib

from .child import Child, find_program

USER, PASSWORD = "alice", "correct horse"
MODULES = pathlib.Path(__file__).resolve().parent / "prosody_modules"


class Prosody(Child):
    """One XMPP server for one domain, with the accounts alice and bob.

    Listeners: c2s, s2s (plaintext first, STARTTLS offered), c2s_direct, s2s_direct (TLS
    first), c2s_proxied, s2s_proxied (PROXY protocol expected).  As a backend it takes
    everything in plaintext too; with insist=True nothing.  routes says where other domains
    are ({"b.lab.test": endpoint}): they are found without DNS, and proven by dialback.
    """

    user, password = USER, PASSWORD

    def __init__(self, lab, pki, name="prosody", domain="xmpp.lab.test", insist=False,
                 tls=True, routes=None, at=None):
        program = find_program("prosody", "prosody")
        self.insist = insist
        self.domain, self.jid = domain, f"{USER}@{domain}"
        self.folder = lab.make_folder(name)
        host = at.host if at else lab.network.host()
        names = ["c2s", "s2s", "c2s_proxied", "s2s_proxied"]
        names += ["c2s_direct", "s2s_direct"] if tls else []
        self.endpoints = {one: lab.network.endpoint(host, f"prosody {one}") for one in names}
        if at:  # where the routes of others already lead
            self.endpoints["s2s"] = at
        self.__dict__.update(self.endpoints)
        self._make_accounts(lab, name)
        path = self.folder / "prosody.cfg.lua"
        path.write_text(self._config(pki, insist, tls, routes or {}))
        super().__init__([program, "-F", "--config", path], self.folder / "prosody.log",
                         cwd=self.folder)
        self.wait_listening(self.endpoints.values())

    def _make_accounts(self, lab, name):
        host = "".join(one if one.isalnum() else f"%{ord(one):02x}" for one in self.domain)
        accounts = lab.make_folder(f"{name}/data/{host}/accounts")
        for user in (USER, "bob"):
            (accounts / f"{user}.dat").write_text(
                f'return {{\n\t["password"] = "{PASSWORD}";\n}};\n')

    def _config(self, pki, insist, tls, routes):
        leaf = pki.server()
        places = "; ".join(f'["{domain}"] = {{ host = "{at.host}"; port = {at.port} }}'
                           for domain, at in routes.items())
        word = "true" if insist else "false"
        disabled = "" if tls else '"tls";'
        settings = {"c2s": "c2s", "s2s": "s2s", "c2s_direct": "c2s_direct_tls",
                    "s2s_direct": "s2s_direct_tls", "c2s_proxied": "lab_c2s",
                    "s2s_proxied": "lab_s2s"}
        lines = [
            "run_as_root = true", "daemonize = false", 'pidfile = "prosody.pid"',
            f'data_path = "{self.folder}/data"', f'plugin_paths = {{ "{MODULES}" }}',
            'log = { { levels = { min = "debug" }, to = "console" } }',
            'authentication = "internal_plain"', 'storage = "internal"',
            'modules_enabled = { "lab_routes"; "roster"; "saslauth"; "tls"; "dialback"; "disco";'
            ' "presence"; "message"; "iq"; "ping"; "c2s"; "s2s"; "lab_proxy" }',
            'modules_disabled = { "offline"; "s2s_auth_certs"; "admin_shell"; '
            f'{disabled} }}',
            f"c2s_require_encryption = {word}", f"s2s_require_encryption = {word}",
            f"allow_unencrypted_plain_auth = {'false' if insist else 'true'}",
            "s2s_secure_auth = false", f"lab_routes = {{ {places} }}",
            "limits = { }", "c2s_timeout = 30", 'http_ports = { }', 'https_ports = { }',
            f'ssl = {{ certificate = "{leaf.chain}"; key = "{leaf.key}";'
            f' cafile = "{pki.ca}" }}']
        for one, setting in settings.items():
            if one in self.endpoints:
                endpoint = self.endpoints[one]
                lines += [f"{setting}_ports = {{ {endpoint.port} }}",
                          f'{setting}_interfaces = {{ "{endpoint.host}" }}']
        for setting in ("c2s_direct_tls", "s2s_direct_tls"):
            lines.append(f'{setting}_ssl = {{ certificate = "{leaf.chain}"; key = "{leaf.key}" }}')
        return "\n".join([*lines, f'VirtualHost "{self.domain}"', ""])
