"""The look at all families: who answers and who does not."""

from __future__ import annotations

import pytest

from screener.data.live.families import family_of
from screener.data.live.probe import PROBES, probe
from tests.data.live.conftest import Clock, policy
from tests.data.live.standin import Fault, Server, rewriting


@pytest.mark.parametrize("family", list(PROBES))
def test_an_address_belongs_to_the_family_it_is_asked_for(family: str) -> None:
    assert family_of(PROBES[family]).name == family


def test_every_family_answers_the_stand_in(server: Server) -> None:
    with rewriting(server.url):
        found = probe(policy(Clock()))
    assert [(row.family, row.problem) for row in found] == [(family, "") for family in PROBES]
    assert len(server.log) == len(PROBES)


def test_a_family_that_is_cut_off_is_named_and_the_others_are_still_asked(server: Server) -> None:
    server.faults.append(Fault("push2his", "status", status=403))
    with rewriting(server.url):
        found = {row.family: row.problem for row in probe(policy(Clock()))}
    assert "HTTP 403" in found.pop("eastmoney-quotes")
    assert set(found.values()) == {""}
    assert len(server.asked("push2his")) == 1
