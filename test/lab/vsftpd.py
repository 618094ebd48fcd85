# SPDX-License-Identifier: ISC
"""vsftpd: FTP with AUTH TLS."""

import getpass
import os

from .child import Child, find_program


class Vsftpd(Child):
    """An anonymous FTP server with one file, hello.txt; passwords are wanted inside TLS only.

    Listener: plain (AUTH TLS offered).  An ordinary user may run it too.
    """

    def __init__(self, lab, pki, name="vsftpd"):
        program = find_program("vsftpd", "vsftpd")
        self.folder = lab.make_folder(name)
        self.plain = lab.network.endpoint(name="vsftpd")
        lab.make_folder(f"{name}/root").joinpath("hello.txt").write_text("hello\n")
        lab.make_folder(f"{name}/empty")
        leaf = pki.server("rsa")
        settings = {
            "listen": "YES", "listen_ipv6": "NO", "background": "NO",
            "listen_address": self.plain.host, "listen_port": self.plain.port,
            "anonymous_enable": "YES", "local_enable": "NO", "no_anon_password": "NO",
            "ftp_username": "nobody" if os.geteuid() == 0 else getpass.getuser(),
            "nopriv_user": "nobody", "anon_root": self.folder / "root",
            "secure_chroot_dir": self.folder / "empty", "seccomp_sandbox": "NO",
            "isolate_network": "NO", "isolate": "NO",
            "run_as_launching_user": "NO" if os.geteuid() == 0 else "YES",
            "pasv_address": self.plain.host, "xferlog_enable": "NO",
            "vsftpd_log_file": self.folder / "vsftpd.log", "log_ftp_protocol": "YES",
            "ssl_enable": "YES", "allow_anon_ssl": "YES", "force_anon_logins_ssl": "YES",
            "force_anon_data_ssl": "NO", "require_ssl_reuse": "NO", "ssl_ciphers": "HIGH",
            "ssl_tlsv1": "YES", "ssl_sslv2": "NO", "ssl_sslv3": "NO",
            "rsa_cert_file": leaf.chain, "rsa_private_key_file": leaf.key}
        path = self.folder / "vsftpd.conf"
        # No comments and no spaces around "=": vsftpd takes neither.
        path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        super().__init__([program, path], self.folder / "master.log")
        self.wait_listening([self.plain])
