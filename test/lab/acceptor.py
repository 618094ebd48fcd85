# SPDX-License-Identifier: ISC
"""What listens in this process: a socket, and a thread that takes its connections."""

import socket
import threading


class Acceptor:
    """Until stop(), taken() is given each connection of a listening socket."""

    def __init__(self, listener):
        self._listener = listener
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def taken(self, one):
        raise NotImplementedError

    def stop(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread, as close() does not
        except OSError:
            pass
        self._listener.close()
        self._thread.join(5)

    def _accept(self):
        while True:
            try:
                one, _ = self._listener.accept()
            except OSError:
                return
            self.taken(one)
