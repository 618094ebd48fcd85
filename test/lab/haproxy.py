# SPDX-License-Identifier: ISC
"""HAProxy as a load balancer in front of the gateway, telling it who the client is."""

from .child import Child, find_program


class Haproxy(Child):
    """Passes TCP connections on to target, from an address of its own (.source).

    send: "send-proxy" (version 1) or "send-proxy-v2", with other words of a server line.
    checks: lines of a health check ("option tcp-check", "tcp-check expect string +OK"),
    which is done twice a second, with a PROXY header too; .wait_up() waits for it.
    """

    def __init__(self, lab, target, send, checks=(), name=None):
        self.listen = lab.network.endpoint(name="haproxy")
        self.source = lab.network.host()
        folder = lab.make_folder(name or f"haproxy{self.listen.port}")
        checked = ["check", "inter 500ms", "check-send-proxy"] if checks else []
        lines = [
            "global", "\tmaxconn 500", "\tlog stderr format raw local0",
            "defaults", "\tmode tcp", "\ttimeout connect 5s", "\ttimeout client 30s",
            "\ttimeout server 30s", "\tlog global", "\toption log-health-checks",
            "frontend in", f"\tbind {self.listen}", "\tdefault_backend out",
            "backend out", *[f"\t{line}" for line in checks],
            f"\tserver gate {target} source {self.source} {send} {' '.join(checked)}", ""]
        path = folder / "haproxy.cfg"
        path.write_text("\n".join(lines))
        super().__init__([find_program("haproxy", "haproxy"), "-db", "-f", path],
                         folder / "haproxy.log")
        self.wait_listening([self.listen])

    def wait_up(self, seconds=10):
        """Returns when a health check has found that the target is well."""
        return self.wait_log("status: ", seconds) and self.wait_log("UP", seconds)
