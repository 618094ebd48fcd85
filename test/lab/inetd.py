# SPDX-License-Identifier: ISC
"""A small inetd: inetd.py HOST PORT PROGRAM... runs the program for each connection.

nnrpd can listen for itself, but then it asks a setuid helper for the port, which an
unpacked or unprivileged INN does not have.
"""

import signal
import socket
import subprocess
import sys


def main(host, port, *argv):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    with socket.create_server((host, int(port)), backlog=64) as listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                subprocess.Popen(argv, stdin=connection, stdout=connection)


if __name__ == "__main__":
    main(*sys.argv[1:])
