# SPDX-License-Identifier: ISC
"""The servers that are measured, each as it should be configured: one worker, TLS 1.3 alone,
the same certificate, tickets as they are by default, no line in the log for a session."""

import os
import pathlib
import resource
import shutil

from lab import daemon
from lab.child import Child, _family

HOUR = 3600
NAME = "mail.lab.test"
MODULES = "/usr/lib/nginx/modules"


def descriptors():
    """How many a process may have; asks for many first."""
    for wanted in (200000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            break
        except (ValueError, OSError):
            continue
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Job:
    """What a server is to do: a protocol ("smtp" or "imap"), how TLS comes about ("implicit" or
    "starttls"), where it listens, and where the service is; auth is where nginx asks."""

    def __init__(self, folder, protocol, tls, listen, service, auth, leaf, build):
        self.folder, self.protocol, self.tls, self.build = folder, protocol, tls, build
        self.listen, self.service, self.auth, self.leaf = listen, service, auth, leaf
        self.sessions = (descriptors() - 200) // 2

    def child(self, program, *arguments, **files):
        found = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")
        if not found:
            return None
        for name, text in files.items():
            (self.folder / name).write_text(text)
        child = Child([found, *arguments], self.folder / "log", cwd=self.folder)
        return child.wait_listening([self.listen])


def starttlsd(job):
    front = daemon.front(
        "bench", job.protocol, job.listen, job.service,
        tls="implicit" if job.tls == "implicit" else "required",
        capabilities='{"IMAP4rev1"}' if job.protocol == "imap" else '{"PIPELINING", "8BITMIME"}')
    limits = dict(connections=0, connections_per_address=0, handshakes_per_address=0, memory=0)
    return daemon.Starttlsd(job.folder, daemon.config(
        front, certificates=[job.leaf], limits=limits, log_level="warning"))


def stunnel(job):
    protocol = "protocol = smtp\n" if job.tls == "starttls" else ""
    return job.child("stunnel4", job.folder / "conf", conf=(
        "foreground = yes\npid =\nsslVersion = TLSv1.3\ndebug = 3\n[bench]\n"
        f"accept = {job.listen}\nconnect = {job.service}\ncert = {job.leaf.pem}\n{protocol}"))


def haproxy(job):
    if job.tls == "starttls":
        return None
    return job.child("haproxy", "-db", "-f", job.folder / "conf", conf=(
        f"global\n nbthread 1\n maxconn {job.sessions - 20}\ndefaults\n mode tcp\n"
        f" timeout client {HOUR}s\n timeout server {HOUR}s\n timeout connect 5s\n"
        f"frontend f\n bind {job.listen} ssl crt {job.leaf.pem} ssl-min-ver TLSv1.3\n"
        f" default_backend b\nbackend b\n server s {job.service}\n"))


def _nginx(job, module, block):
    path = f"{MODULES}/ngx_{module}_module.so"
    if not os.path.exists(path):
        return None
    return job.child("nginx", "-p", job.folder, "-c", job.folder / "conf", "-e", "stderr", conf=(
        f"load_module {path};\ndaemon off;\nworker_processes 1;\npid nginx.pid;\n"
        f"worker_rlimit_nofile {descriptors()};\nerror_log stderr error;\n"
        f"events {{ worker_connections {descriptors()}; }}\n"
        f"{module} {{\n ssl_protocols TLSv1.3; ssl_certificate {job.leaf.chain};\n"
        f" ssl_certificate_key {job.leaf.key};\n{block}}}\n"))


def nginx(job):
    if job.tls == "starttls":
        return None
    return _nginx(job, "stream", f" server {{ listen {job.listen} ssl; proxy_timeout {HOUR}s;"
                                 f" proxy_pass {job.service}; }}\n")


def nginx_mail(job):
    tls = f"listen {job.listen} ssl;" if job.tls == "implicit" else \
        f"listen {job.listen}; starttls only;"
    return _nginx(job, "mail", (
        f" server_name {NAME}; auth_http {job.auth}/; xclient off; timeout {HOUR}s;\n"
        f" server {{ {tls} protocol {job.protocol};\n"
        + (" smtp_auth none; smtp_capabilities PIPELINING 8BITMIME;" if job.protocol == "smtp"
           else " imap_auth plain; imap_capabilities IMAP4rev1;") + " }\n"))


def hitch(job):
    if job.tls == "starttls":
        return None
    return job.child("hitch", f"--config={job.folder}/conf", conf=(
        f'frontend = "[{job.listen.host}]:{job.listen.port}"\nlog-level = 0\n'
        f'backend = "[{job.service.host}]:{job.service.port}"\n'
        f'pem-file = "{job.leaf.pem}"\nworkers = 1\ntls-protos = TLSv1.3\n'
        + ('user = "nobody"\n' if os.geteuid() == 0 else "")))


def floor(job):
    """TLS without any proxy: the sink with a certificate."""
    if job.tls == "starttls":
        return None
    return Child([program(job.build, "bench-sink"), job.leaf.chain, job.leaf.key,
                  job.protocol, job.listen],
                 job.folder / "log", cwd=job.folder).wait_listening([job.listen])


OURS, FLOOR = "starttlsd", "floor"
SERVERS = {OURS: starttlsd, "stunnel": stunnel, "nginx": nginx, "nginx-mail": nginx_mail,
           "hitch": hitch, "haproxy": haproxy, FLOOR: floor}
PEERS = [name for name in SERVERS if name not in (OURS, FLOOR)]


def program(build, name):
    return pathlib.Path(build) / "test" / "bench" / name


def family(pid):
    """The processes of a server."""
    return _family(pid) | {pid}


def pin(pid, core):
    """All threads of all processes to one core, and before what else runs there, where that is
    allowed; what they start inherits it."""
    for one in family(pid):
        for thread in os.listdir(f"/proc/{one}/task"):
            os.sched_setaffinity(int(thread), {core})
            try:
                os.setpriority(os.PRIO_PROCESS, int(thread), -10)
            except PermissionError:
                pass
