# SPDX-License-Identifier: ISC
"""Installs the libraries, builds the examples against them, and lets them talk to each other.

    run.py BUILD-FOLDER EXAMPLES-FOLDER
"""

import json
import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile

FLAGS = ["-std=c99", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wno-missing-field-initializers",
         "-Werror", "-O2"]
PACKAGES = {"client": ["starttls-openssl"], "server": ["starttls-openssl"],
            "gnutls-client": ["starttls", "gnutls"]}
count = 0


def tell(good, what, detail=""):
    global count
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {what}", flush=True)
    if not good and detail:
        print("".join(f"# {line}\n" for line in str(detail).splitlines()), flush=True)
    return good


def run(command, **keywords):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **keywords)


def sanitize_flags(build):
    """Whoever links a library that is built with a sanitizer has to link that too."""
    done = run(["meson", "introspect", "--buildoptions", build])
    chosen = {one["name"]: one["value"] for one in json.loads(done.stdout)}["b_sanitize"]
    return [] if chosen == "none" else [f"-fsanitize={chosen}"]


class Installed:
    """The libraries in a folder of their own, and how to build and run with them."""

    def __init__(self, build, folder):
        self.root = folder / "root"
        self.sanitize = sanitize_flags(build)
        done = run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", self.root])
        tell(done.returncode == 0, "meson install", done.stdout + done.stderr)
        packages = list(self.root.rglob("starttls.pc"))
        tell(len(packages) == 1, "starttls.pc is installed", packages)
        self.packages = packages[0].parent
        self.libraries = self.packages.parent
        self.environment = dict(os.environ, PKG_CONFIG_PATH=str(self.packages),
                                PKG_CONFIG_SYSROOT_DIR=str(self.root),
                                LD_LIBRARY_PATH=str(self.libraries))

    def flags(self, packages, *more):
        """What pkg-config says.  A package of the system is not below our root."""
        words = []
        for package in packages:
            environment = dict(self.environment)
            if not (self.packages / f"{package}.pc").exists():
                del environment["PKG_CONFIG_SYSROOT_DIR"]
            done = run(["pkg-config", "--cflags", "--libs", *more, package], env=environment)
            if done.returncode != 0:
                return None
            words += shlex.split(done.stdout)
        return words

    def compile(self, source, target, libraries):
        return run(["cc", *FLAGS, *self.sanitize, source, "-o", target, *libraries])


def make_certificate(folder, stem, name):
    """A certificate for a name, which is its own authority."""
    chain, key = folder / f"{stem}.pem", folder / f"{stem}.key"
    done = run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={stem}",
                "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", chain])
    assert done.returncode == 0, done.stderr
    return chain, key


class Server:
    """The example server on a port of its own, until the end of the block."""

    def __init__(self, installed, binary, chain, key):
        self.process = subprocess.Popen([binary, "0", chain, key], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True,
                                        env=installed.environment)

    def __enter__(self):
        self.port = self.process.stdout.readline().split()[1]
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.output, self.errors = self.process.communicate()


def check_refusals(client, installed, folder, server, misnamed, server_binary):
    """A client that cannot verify the server says nothing inside TLS."""
    other, _ = make_certificate(folder, "other", "localhost")
    done = run([client, "localhost", server.port, other], env=installed.environment)
    tell(done.returncode != 0 and "250" not in done.stdout, f"{client.name}: foreign authority",
         done)
    with Server(installed, server_binary, *misnamed) as liar:
        done = run([client, "localhost", liar.port, misnamed[0]], env=installed.environment)
    tell(done.returncode != 0 and "250" not in done.stdout, f"{client.name}: another name", done)


def check_stripped(client, installed, chain):
    """A client that is offered no TLS says no more than EHLO, and why."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = subprocess.Popen([client, "localhost", str(listener.getsockname()[1]), chain],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=installed.environment)
        listener.settimeout(20)
        connection, _ = listener.accept()
        connection.settimeout(20)
        connection.sendall(b"220 mx ESMTP\r\n")
        heard = connection.recv(4096)
        connection.sendall(b"250-mx\r\n250 SIZE 1000\r\n")
        rest = b"".join(iter(lambda: connection.recv(4096), b""))
        _, errors = process.communicate(timeout=20)
    tell(process.returncode != 0 and heard.startswith(b"EHLO ") and rest == b""
         and "does not offer TLS" in errors, f"{client.name}: stripped", (heard, rest, errors))


def check_client(client, installed, folder, server, server_binary, chain):
    environment = dict(installed.environment)
    if client.name != "gnutls-client":
        environment["ASAN_OPTIONS"] = "detect_leaks=0"  # client.c leaves that to exit()
    done = run([client, "localhost", server.port, chain], env=environment)
    tell(done.returncode == 0 and "250 8BITMIME" in done.stdout
         and "STARTTLS" not in done.stdout, f"{client.name}: upgrade", done)
    misnamed = make_certificate(folder, "misnamed", "other.example")
    check_refusals(client, installed, folder, server, misnamed, server_binary)
    check_stripped(client, installed, chain)


def check_injection(port):
    """The server gives a command that comes with STARTTLS no answer and no TLS."""
    with socket.create_connection(("127.0.0.1", int(port)), timeout=20) as connection:
        stream = connection.makefile("rwb")
        stream.readline()
        stream.write(b"EHLO a.example\r\n")
        stream.flush()
        while stream.readline()[3:4] == b"-":
            pass
        stream.write(b"STARTTLS\r\nNOOP\r\n")
        stream.flush()
        try:
            heard = stream.read()
        except ConnectionResetError:
            heard = b"220"
        tell(heard.startswith(b"220") and b"250" not in heard, "server: injected command", heard)


def check_mail(port, chain):
    """A message as somebody else's client sends it."""
    import smtplib
    import ssl
    with smtplib.SMTP("localhost", int(port), timeout=20) as session:
        session.starttls(context=ssl.create_default_context(cafile=chain))
        early = session.docmd("MAIL", "FROM:<a@example.org>")
        session.ehlo()
        refused = session.sendmail("a@example.org", ["b@example.net"],
                                   "Subject: seen\r\n\r\n.dotted\r\n")
    tell(early[0] == 503, "server: no mail without EHLO inside TLS", early)
    tell(refused == {}, "server: a message by smtplib", refused)


def check_static(installed, folder, source):
    """The static libraries work too."""
    libraries = [word for word in installed.flags(["starttls-openssl"], "--static")
                 if not word.startswith("-lstarttls")]
    done = installed.compile(source, folder / "static", [
        *[word for word in libraries if word.startswith(("-I", "-L"))],
        installed.libraries / "libstarttls-openssl.a", installed.libraries / "libstarttls.a",
        *[word for word in libraries if not word.startswith(("-I", "-L"))]])
    tell(done.returncode == 0, "client: linked statically", done.stderr)
    return folder / "static"


def build_examples(installed, folder, examples):
    binaries = {}
    for name, packages in PACKAGES.items():
        if installed.flags(packages) is None:
            tell(not os.environ.get("CI"), f"{name} # SKIP without {packages[-1]}")
            continue
        done = installed.compile(examples / f"{name}.c", folder / name,
                                 installed.flags(packages))
        if tell(done.returncode == 0, f"{name}: built with pkg-config", done.stderr):
            binaries[name] = folder / name
    return binaries


def check_all(build, examples, folder):
    installed = Installed(build, folder)
    lines = len((examples / "client.c").read_text().splitlines())
    tell(lines < 80, f"client.c has {lines} lines")
    binaries = build_examples(installed, folder, examples)
    binaries["static"] = check_static(installed, folder, examples / "client.c")
    chain, key = make_certificate(folder, "server", "localhost")
    with Server(installed, binaries["server"], chain, key) as server:
        for name in ("client", "gnutls-client", "static"):
            if name in binaries:
                check_client(binaries[name], installed, folder, server, binaries["server"],
                             chain)
        check_injection(server.port)
        check_mail(server.port, chain)
    tell("Subject: seen" in server.output and "\ndotted" not in server.output
         and "\n.dotted" in server.output, "server: prints the message", server.output)


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="starttls-examples-"))
    try:
        check_all(sys.argv[1], pathlib.Path(sys.argv[2]), folder)
    finally:
        shutil.rmtree(folder)
    print(f"1..{count}")


main()
