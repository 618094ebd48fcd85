# SPDX-License-Identifier: ISC
"""Internationalised domains: Postfix asks for them as they stand in the letter (SMTPUTF8), and DNS
has them as A-labels."""

import pytest

from lab import policy

PORT = 8466
IN_DNS, IN_LETTERS = "xn--bcher-kva.example", "b\u00fccher.example"


@pytest.fixture(scope="module")
def service(internet):
    with policy.Service(internet, "names", {
            "postfix": dict(deadline=8), "table": dict(protocol="tcp-table", deadline=8),
            "json": dict(protocol="json", deadline=8)},
            policy.override("xn--mller-kva.example", "encrypt"), tcp=PORT) as one:
        yield one


def test_names(service):
    """STS-07, MAP-06: one domain, and one policy, whatever it is written like."""
    wanted = f"secure match=mx.{IN_DNS} servername=hostname"
    for name in (IN_DNS, IN_LETTERS, IN_LETTERS.upper(), "bu\u0308cher.example",
                 f"{IN_LETTERS}.", f"{IN_LETTERS}:25"):
        assert service.ask("postfix", name) == ("OK", wanted), name
        assert service.ask("table", name) == (200, wanted), name
    assert service.ask("json", IN_LETTERS)["destination"] == IN_DNS
    assert service.ask("postfix", "m\u00fcller.example") == ("OK", "encrypt")


def test_no_names(service):
    """MAP-05, MAP-08: hosts in brackets and parents have nothing; what no name can be, and DNS is
    said to have, waits."""
    for name in (f"[{IN_LETTERS}]", f".{IN_LETTERS}"):
        assert service.ask("postfix", name) == ("NOTFOUND", ""), name
    word, why = service.ask("postfix", "b\u00fccher\ud7ff.example")
    assert word == "TEMP" and "no name" in why


def test_postfix(internet, service):
    """What an enforced policy demands holds for either way to write the domain; without it mail
    goes to the same host, and nobody is verified."""
    assert service.ask("postfix", IN_DNS)[0] == "OK"
    for table, word in ((f"socketmap:inet:127.0.0.1:{PORT}:postfix", "verified"), ("", "encrypted")):
        made = internet.sender(policy=table, level="may", smtputf8_enable="yes")
        try:
            for name in (IN_DNS, IN_LETTERS):
                assert made.send(name).word == word, (name, table)
        finally:
            made.stop()
