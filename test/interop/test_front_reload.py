# SPDX-License-Identifier: ISC
"""A new configuration, the end, or a process that dies, each at the worst moment of another."""

import os
import pathlib
import re
import signal
import socket
import time
import types

import pytest

from lab import daemon
from lab.child import LabError, wait_until
from test_front_processes import (client, echo, front, reload, two,  # noqa: F401
                                  workers, works)

ANSWERED = 5  # s for a good client


def everybody_is_served(listen, pki, count=24):
    """None of many, whichever socket of the address they are dealt to, waits in vain."""
    for _ in range(count):
        one = client(listen, pki)
        assert works(one)
        one.close()


def is_taken(host, port):
    with socket.socket() as one:
        try:
            one.bind((host, port))
        except OSError:
            return True
    return False


def signalled(made, *numbers):
    for number in numbers:
        made.process.send_signal(number)


def test_more_workers_that_never_come(two, network, pki, echo):
    """Sockets for workers of a configuration that is not used have nobody who accepts."""
    taken = socket.create_server(network.endpoint().address)
    good = two.config.read_text()
    rival = "%s:%d" % taken.getsockname()[:2]
    two.config.write_text(good.replace("workers = 2", "workers = 8") +
                          front(rival, echo, "second"))
    assert "the old one stays" in reload(two)
    everybody_is_served(two.listen, pki)
    taken.close()
    assert reload(two) is True  # the benign twin: they come
    wait_until(lambda: len(workers(two.pid)) == 8, 5, "the old ones have gone")
    everybody_is_served(two.listen, pki)


def hold_newborn(made, before):
    """A process that the daemon has just started, and that stands still now.  It would have been
    ready within milliseconds, and may have been: then there is another try."""
    os.setpriority(os.PRIO_PROCESS, made.pid, 19)  # we are to be faster, the next time at least
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if new := set(workers(made.pid)) - before:
            os.kill(max(new), signal.SIGSTOP)
            time.sleep(0.5)
            return max(new)
    raise LabError("there are no new processes")


def fail_to_start(made, text, meanwhile=lambda: None):
    """A configuration one of whose processes dies before it is ready.  Where it was ready too
    early, the old configuration comes back, and it is tried again."""
    good = made.config.read_text()
    for _ in range(20):
        before, reloads = set(workers(made.pid)), made.log.count("event=reload")
        made.config.write_text(text)
        made.process.send_signal(signal.SIGHUP)
        victim = hold_newborn(made, before)
        if made.log.count("event=reload") == reloads:
            meanwhile()
            os.kill(victim, signal.SIGKILL)
            made.wait_log("did not start")
            return
        os.kill(victim, signal.SIGCONT)
        made.config.write_text(good)
        assert reload(made) is True
        wait_until(lambda: len(workers(made.pid)) == len(before), 5, "as before")
    raise LabError("none was to be had before it was ready")


def test_workers_that_cannot_start(two, pki):
    """The same where the processes are there, but do not get far."""
    fail_to_start(two, two.config.read_text().replace("workers = 2", "workers = 8"))
    everybody_is_served(two.listen, pki)


def test_a_user_that_there_is_not(two, pki):
    """Nobody tries to begin as one, and the test of a configuration tells."""
    text = two.config.read_text().replace('user = "nobody"', 'user = "no-such-user"')
    two.config.write_text(text)
    assert "the old one stays" in reload(two)
    assert "There is no user no-such-user" in two.log
    assert "did not start" not in two.log
    done = daemon.check_config(two.config.parent, text)
    assert done.returncode == 1 and "There is no user no-such-user" in done.stderr
    everybody_is_served(two.listen, pki, 2)


def test_those_who_came_meanwhile(starttlsd, network, pki, echo):
    """Some of the new workers serve when another one fails: their sessions go on."""
    listen = network.endpoint()
    made = starttlsd(daemon.config(front(listen, echo), certificates=[pki.server()], workers=6))
    made.wait_log("event=ready")
    held = []
    fail_to_start(made, made.config.read_text(),
                  lambda: held.extend(client(listen, pki) for _ in range(24)))
    everybody_is_served(listen, pki, 4)
    assert all(works(one) for one in held)
    for one in held:
        one.close()
    wait_until(lambda: len(workers(made.pid)) == 6, 5, "the new ones end with their sessions")


@pytest.fixture
def watched(starttlsd, lab, network, pki, echo, request):
    """A factory of daemons that look every second at a certificate of their own, .pair."""

    def start(**options):
        folder, server = lab.make_folder(request.node.name), pki.server()
        pair = types.SimpleNamespace(chain=folder / "chain", key=folder / "key")
        pair.chain.write_bytes(pathlib.Path(server.chain).read_bytes())
        pair.key.write_bytes(pathlib.Path(server.key).read_bytes())
        listen = network.endpoint()
        made = starttlsd(daemon.config(front(listen, echo), certificates=[pair],
                                       watch_certificates=1, **options))
        made.pair, made.listen = pair, listen
        made.wait_log("event=ready")
        return made

    return start


def test_files_after_a_failed_reload(watched, pki):
    """Certificates that have changed are read for the configuration in force."""
    made = watched(workers=6)
    fail_to_start(made, made.config.read_text().replace("workers = 6", "workers = 7"))
    reloads = made.log.count("event=reloaded")
    other = pki.server("rsa")
    made.pair.key.write_bytes(pathlib.Path(other.key).read_bytes())
    made.pair.chain.write_bytes(pathlib.Path(other.chain).read_bytes())
    made.wait_log("event=reloaded", 15, reloads + 1)
    wait_until(lambda: len(workers(made.pid)) == 6, 10, "as many as that one has")


def test_files_that_change_at_the_beginning(watched):
    """Between being read and being watched they may change, too."""
    made = watched(workers=6)
    for _ in range(20):
        before, reloads = set(workers(made.pid)), made.log.count("event=reloaded")
        made.process.send_signal(signal.SIGHUP)
        held = hold_newborn(made, before)
        early = made.log.count("event=reloaded") == reloads
        if early:
            os.utime(made.pair.chain, (1, 1))
        os.kill(held, signal.SIGCONT)
        made.wait_log("event=reloaded", count=reloads + 1)
        if early:
            made.wait_log("event=reloaded", 15, reloads + 2)
            return
        wait_until(lambda: len(workers(made.pid)) == 6, 5, "the old ones have gone")
    raise LabError("none was to be had before it was ready")


def test_files_that_change_at_the_end(watched, pki):
    """Nothing new begins when all is to end."""
    made = watched(drain=30)
    held = client(made.listen, pki)
    signalled(made, signal.SIGTERM)
    made.wait_log("event=stopping")
    os.utime(made.pair.chain, (1, 1))
    time.sleep(5)
    assert "event=reloaded" not in made.log and "read again" not in made.log
    with pytest.raises(OSError):
        socket.create_connection(made.listen.address, 2)
    held.close()
    assert made.process.wait(5) == 0
    made.finish = made.stop


def test_the_end_of_a_beginning(two, pki):
    """SIGTERM right behind SIGHUP: nobody is left who waits for a word, and no READY."""
    held = client(two.listen, pki)
    two.config.write_text(two.config.read_text().replace("workers = 2", "workers = 16"))
    signalled(two, signal.SIGHUP, signal.SIGTERM)
    two.wait_log("event=stopping")
    time.sleep(1)
    assert works(held)
    with pytest.raises(OSError):
        socket.create_connection(two.listen.address, 2)
    assert "event=reloaded" not in two.log.partition("event=stopping")[2]
    held.close()
    assert two.process.wait(5) == 0
    two.finish = two.stop


def die_young(made):
    """A worker dies, and its successor, too, and so soon that the next one has to wait."""
    before = set(workers(made.pid))
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    made.wait_log("killed by signal 9")
    young = wait_until(lambda: set(workers(made.pid)) - before, 5, "another one").pop()
    os.kill(young, signal.SIGKILL)
    made.wait_log("killed by signal 9", count=2)


def test_a_dead_worker_and_the_end(two, pki):
    """One that was to be begun again is not, when all is to end."""
    held = [client(two.listen, pki) for _ in range(16)]
    die_young(two)
    assert len(workers(two.pid)) == 1
    signalled(two, signal.SIGTERM)
    two.wait_log("event=stopping")
    time.sleep(2)
    assert len(workers(two.pid)) == 1
    for one in held:
        one.close()
    assert two.process.wait(4) == 0
    two.finish = two.stop


def test_a_dead_worker_and_a_reload(two, pki):
    """One that was to be begun again is not, when its generation has gone."""
    held = [client(two.listen, pki) for _ in range(16)]
    die_young(two)
    assert reload(two) is True
    time.sleep(2)
    for one in held:
        one.close()
    wait_until(lambda: len(workers(two.pid)) == 2, 5, "the old ones end with their sessions")
    everybody_is_served(two.listen, pki, 8)


def test_a_hangup_for_everybody(two, pki):
    """Who signals all processes of that name means the parent: no session ends."""
    held = [client(two.listen, pki) for _ in range(8)]
    everybody = [two.pid, *workers(two.pid)]
    for pid in everybody:
        os.kill(pid, signal.SIGHUP)
    two.wait_log("event=reloaded")
    assert all(works(one) for one in held)
    assert "killed by signal" not in two.log
    for one in held:
        one.close()


def test_many_hangups(two, pki):
    """As many as may come while one is being heeded: the last word counts."""
    good = two.config.read_text()
    for workers_wanted in (3, 1, 4):
        two.config.write_text(good.replace("workers = 2", f"workers = {workers_wanted}"))
        signalled(two, signal.SIGHUP)
    wait_until(lambda: len(workers(two.pid)) == 4, 10, "the last configuration")
    everybody_is_served(two.listen, pki)


def test_from_everywhere_to_one_address(starttlsd, network, pki, echo):
    """A wildcard is replaced by an address that it has, and the other way round."""
    listen = network.endpoint()
    while is_taken("0.0.0.0", listen.port):
        listen = network.endpoint()
    everywhere = f"0.0.0.0:{listen.port}"
    made = starttlsd(daemon.config(front(everywhere, echo), certificates=[pki.server()],
                                   workers=2))
    made.wait_log("event=ready")
    text = made.config.read_text()
    made.config.write_text(text.replace(everywhere, str(listen)))
    assert reload(made) is True
    everybody_is_served(listen, pki)
    made.config.write_text(text)
    assert reload(made) is True
    everybody_is_served(listen, pki)


def test_addresses_change_hands(starttlsd, network, pki, echo):
    """Two fronts swap their addresses, one has both, and one goes."""
    a, b = network.endpoint(), network.endpoint()
    made = starttlsd(daemon.config(front(a, echo, "a"), front(b, echo, "b"),
                                   certificates=[pki.server()], workers=2))
    made.wait_log("event=ready")
    held = [client(a, pki), client(b, pki)]

    def serves(**fronts):
        head = made.config.read_text().partition("front ")[0]
        made.config.write_text(head + "".join(front(listen, echo, name)
                                              for name, listen in fronts.items()))
        assert reload(made) is True
        for name, listen in fronts.items():
            for one in [listen] if not isinstance(listen, list) else listen:
                everybody_is_served(one, pki, 4)
                wait_until(lambda: re.findall(r"event=session front=(\w+)", made.log)[-1] == name,
                           5, "the front that has it now")

    serves(a=b, b=a)
    serves(a=[a, b])
    serves(b=b)
    assert all(works(one) for one in held)
    with pytest.raises(OSError):
        socket.create_connection(a.address, 2)


@pytest.mark.parametrize("broken", [
    'nonsense = 1\n',
    'front "b" {\n',
    'certificate { chain = "/nowhere" key = "/nowhere" }\n',
    "TAKEN",
    "USER",
])
def test_failed_reloads_leave_nothing(two, network, pki, echo, broken):
    """Neither descriptors nor processes."""
    good = two.config.read_text()
    if broken == "TAKEN":
        taken = socket.create_server(network.endpoint().address)
        rival = "%s:%d" % taken.getsockname()[:2]
        bad = good + front(network.endpoint(), echo, "second") + front(rival, echo, "third")
    elif broken == "USER":
        bad = good.replace('user = "nobody"', 'user = "no-such-user"')
    else:
        bad = good + broken
    two.config.write_text(bad)
    reload(two)
    before = len(os.listdir(f"/proc/{two.pid}/fd"))
    for _ in range(20):
        reload(two)
    wait_until(lambda: len(os.listdir(f"/proc/{two.pid}/fd")) <= before, 5, "as many as before")
    wait_until(lambda: len(workers(two.pid)) == 2, 5, "as many as before")
