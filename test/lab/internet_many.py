# SPDX-License-Identifier: ISC
"""Domains by the thousand for measuring: all have MTA-STS in enforce, one in a hundred has a dead
name server, and one a slow one.  The policy host is nginx, so that it is not what is measured."""

import os
import signal

from .child import Endpoint, find_program

ADDRESS, MAIL = "127.0.0.7", "mx.many.example"
SLOW = 1.0  # seconds for each answer
NAMES = 100  # in a certificate

NGINX = """\
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
	access_log off;
	client_body_temp_path {folder}/body;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	server_names_hash_max_size 131072;
	server_names_hash_bucket_size 128;
	ssl_protocols TLSv1.2 TLSv1.3;
	ssl_session_tickets off;
	default_type text/plain;
{servers}}}
"""
SERVER = """\
	server {{
		listen {address}:443 ssl backlog=4096;
		server_name {names};
		ssl_certificate {certificate.chain};
		ssl_certificate_key {certificate.key};
		location = /.well-known/mta-sts.txt {{ return 200 "{policy}"; }}
	}}
"""
POLICY = f"version: STSv1\\nmode: enforce\\nmx: {MAIL}\\nmax_age: 604800\\n"


class Many:
    """.names are all of them, in a mixed order; .good, .dead and .slow a part each.  Their
    answers hold for an hour, so that nothing but the first look-up is looked up."""

    def __init__(self, internet, count):
        few = max(1, count // 100)
        self.dead = [f"d{number}.lost.example" for number in range(few)]
        self.slow = [f"d{number}.slow.example" for number in range(few)]
        self.good = [f"d{number}.many.example" for number in range(count - 2 * few)]
        self.names = _mixed(self.good, self.dead, self.slow)
        self.server = self._serve(internet)

    def stop(self):
        self.server.stop()

    def freeze(self):
        """Who wants a policy is connected, and hears nothing."""
        os.killpg(self.server.pid, signal.SIGSTOP)

    def thaw(self):
        os.killpg(self.server.pid, signal.SIGCONT)

    def _serve(self, internet):
        folder = internet.lab.make_folder("internet/many")
        hosts = [f"mta-sts.{name}" for name in [*self.good, *self.slow]]
        servers = []
        for at in range(0, len(hosts), NAMES):
            some = hosts[at:at + NAMES]
            servers.append(SERVER.format(address=ADDRESS, names=" ".join(some), policy=POLICY,
                                         certificate=internet.pki.leaf(*some)))
        # Only one of them may say how long the queue is.
        text = "".join(servers[:1] + [one.replace(" backlog=4096", "") for one in servers[1:]])
        path = folder / "nginx.conf"
        path.write_text(NGINX.format(folder=folder, servers=text))
        child = internet.start([find_program("nginx", "nginx-light"), "-c", path, "-e",
                                folder / "error.log"], "many")
        return child.wait_listening([Endpoint(ADDRESS, 443)])


def records(mail_address, dead=()):
    """For the zones "many" and "slow" (one wildcard answers for all names), and "lost", where each
    domain has a name server of its own, at an address where nobody ever answers."""
    for origin in ("many.example.", "slow.example."):
        yield origin, f"*.{origin}", "TXT", '"v=STSv1; id=1;"'
        yield origin, f"*.{origin}", "A", ADDRESS
        yield origin, f"*.{origin}", "MX", f"10 {MAIL}."
    yield "many.example.", f"{MAIL}.", "A", mail_address
    for number, name in enumerate(dead):
        yield "example.", f"{name}.", "NS", f"ns{number}.{name}."
        yield "example.", f"ns{number}.{name}.", "A", f"198.18.{number // 256}.{number % 256}"


def _mixed(good, dead, slow):
    """The bad ones evenly among the good ones."""
    step = max(1, len(good) // len(dead))
    names = []
    for number, name in enumerate(good):
        if number % step == 0 and number // step < len(dead):
            names += [dead[number // step], slow[number // step]]
        names.append(name)
    return names


def rules():
    return {"slow.example": (f"slow {SLOW}",)}
