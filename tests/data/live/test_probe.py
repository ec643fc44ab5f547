"""The look at all hosts of an update: which answer and which do not."""

from __future__ import annotations

import re

from screener.data.live.families import OTHER, family_of
from screener.data.live.probe import PROBES, probe
from tests.data.live import endpoints
from tests.data.live.conftest import Clock, policy
from tests.data.live.standin import Fault, Server, rewriting


def served_hosts() -> set[str]:
    """Return the hosts of the stand-in's addresses; one pattern stands for two hosts."""
    patterns = {pattern.partition("/")[0] for pattern, _ in endpoints.ROUTES}
    both = {pattern.replace("(?:-web)?", middle) for pattern in patterns for middle in ("", "-web")}
    return {pattern.replace("\\.", ".") for pattern in both}


def test_the_hosts_that_are_asked_are_those_that_an_update_needs() -> None:
    needed = served_hosts()
    assert all(re.fullmatch(r"[a-z0-9.-]+", host) for host in needed)
    assert set(PROBES) == needed
    assert OTHER not in {family_of(url) for url in PROBES.values()}


def test_every_host_answers_the_stand_in_and_is_asked_once(server: Server) -> None:
    with rewriting(server.url):
        found = probe(policy(Clock()))
    assert [(row.host, row.problem) for row in found] == [(host, "") for host in PROBES]
    assert sorted(asked.url.partition("/")[0] for asked in server.log) == sorted(served_hosts())


def test_a_host_that_is_cut_off_is_named_and_the_others_are_still_asked(server: Server) -> None:
    server.faults.append(Fault("push2his", "status", status=403))
    with rewriting(server.url):
        found = {row.host: row.problem for row in probe(policy(Clock()))}
    assert "HTTP 403" in found.pop("push2his.eastmoney.com")
    assert set(found.values()) == {""}
    assert len(server.asked("push2his")) == 1
