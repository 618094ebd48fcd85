# SPDX-License-Identifier: ISC
"""The tools of "make bench" find what they are to find; how much it is, is nobody's affair here."""

import json
import subprocess
import sys

import pytest

from lab.child import root_needed
from lab.daemon import ROOT, program

DOMAINS = 1000  # twice as many as are found out at once
EVERY = {"session", "resumed", "starttls", "download", "upload", "latency p50", "latency p99"}


def bench(tmp_path, *arguments):
    build = program("bench-load").parents[2]
    done = subprocess.run(
        [sys.executable, ROOT / "test" / "bench" / "run", build, "--into", tmp_path, *arguments],
        capture_output=True, text=True, timeout=300, check=False)
    return done, json.loads((tmp_path / "bench.json").read_text())


@pytest.fixture(scope="module", name="small")
def run_once(tmp_path_factory):
    return bench(tmp_path_factory.mktemp("bench"), "--quick", "--sessions", "5", "--rounds", "1",
                 "--held", "20", "--peers", "floor")


def test_each_row_has_a_figure_of_ours(small):
    done, found = small
    assert done.returncode == 0, done.stdout + done.stderr
    assert found["failures"] == []
    figures = {row["row"]: row["figures"]["starttlsd"] for row in found["rows"]}
    assert set(figures) == EVERY | {"idle, 20"}
    assert all(figure > 0 for figure in figures.values()), figures


def test_the_floor_is_no_peer_and_does_no_starttls(small):
    _, found = small
    assert all(row["verdict"] is None for row in found["rows"])
    floor = {row["row"]: row["figures"]["floor"] for row in found["rows"]}
    assert floor.pop("starttls") is None
    assert None not in floor.values()


def test_sessions_that_were_not_resumed_are_no_measurement(tmp_path, monkeypatch):
    conf = tmp_path / "openssl.cnf"
    conf.write_text("openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n"
                    "[tls]\nNumTickets = 0\n")
    monkeypatch.setenv("OPENSSL_CONF", str(conf))
    _, found = bench(tmp_path, "--quick", "--sessions", "5", "--rounds", "1", "--peers",
                     "floor", "--only", "session,resumed")
    assert "floor, resumed: only 0% of the sessions were resumed" in found["failures"]
    figures = {row["row"]: row["figures"]["floor"] for row in found["rows"]}
    assert figures["session"] > 0 and figures.get("resumed") is None


@pytest.fixture(scope="module", name="advice")
def run_policy_once(tmp_path_factory):
    root_needed("An internet of one's own")
    into = tmp_path_factory.mktemp("bench-policy")
    (into / "bench.json").write_text('{"rows": "of the gateway"}')
    done = subprocess.run(
        [sys.executable, ROOT / "test" / "bench" / "policy", program("bench-ask").parents[2],
         "--into", into, "--quick", "--share", "0.01", "--peers", "floor", "--domains", str(DOMAINS)],
        capture_output=True, text=True, timeout=300, check=False)
    return done, json.loads((into / "bench.json").read_text())


def test_each_row_of_the_policy_service_has_a_figure(advice):
    done, found = advice
    assert done.returncode == 0, done.stdout + done.stderr
    assert found["policy"]["failures"] == []
    assert found["rows"] == "of the gateway", "what was found before stays"
    figures = {row["row"]: row["figures"] for row in found["policy"]["rows"]}
    assert len(figures) == 6 and all(figure["starttlsd"] > 0 for figure in figures.values())
    assert all(row["verdict"] == {} for row in found["policy"]["rows"]), "a floor is no peer"


def test_everything_at_once_gets_its_answers(advice):
    _, found = advice
    whole, good = found["policy"]["cold"].values()
    few, many = DOMAINS // 100, DOMAINS - 2 * (DOMAINS // 100)
    assert (whole["good"], whole["good, fine"], whole["unanswered"]) == (many, many, 0)
    assert (whole["slow"], whole["slow, fine"]) == (few, few), whole["not fine"]
    assert (whole["dead"], whole["dead, temporary"]) == (few, few)
    assert whole["good, p99 s"] < whole["slow, last s"], "who is quick waits for nobody"
    assert (good["good, fine"], good["slow"], good["dead"], good["unanswered"]) == (many, 0, 0, 0)
