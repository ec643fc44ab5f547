"""The guard around everything that is sent: time limits, spacing, retries, breaker, record.

akshare sends its requests without a time limit, under the name of a script, as fast as it can, and takes
any body for an answer. Every way through `requests`, akshare's own sessions included, ends in
``HTTPAdapter.send``; inside ``with guarded(policy) as guard:`` that method is ours.

Retries are `tenacity`'s: stop, wait and sleep are parts that can be given, so that tests need no waiting.
Spacing and breaker are our own, `pace` says why. urllib3's retries would fit, but see neither a captcha
under status 200 nor a broken body, which comes after they have ended.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from screener.data.live import wire
from screener.data.live.families import Family, family_of
from screener.data.live.faults import LiveError
from screener.data.live.offline import forbid_network
from screener.data.live.pace import Breaker, Spacer
from screener.data.live.record import Answer, Recorder, Sent, without_secrets

__all__ = ["Guard", "Policy", "current", "fetch", "forbid_network", "guarded"]

BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)


@dataclass(frozen=True)
class Policy:
    """How to send.

    Attributes
    ----------
    timeout : (float, float)
        Seconds to connect, and between two pieces of an answer.
    deadline : float
        Seconds for a whole answer, however it drips.
    attempts : int
        Requests at most for one answer.
    backoff : float
        Seconds before the second attempt, doubled for each further one, with jitter.
    longest_wait : float
        Most seconds that one wait may take; a host that asks for more is left alone for that long.
    trip, cooldown : int, float
        Failures in a row after which a family is not asked, and for how many seconds.
    stretch : float
        How many times the usual spacing is kept.
    record : Path, optional
        Folder for the raw answers.
    clock, sleep, chance : callable
        Seconds that only grow, waiting, and a number in [0, 1).
    """

    timeout: tuple[float, float] = (5.0, 20.0)
    deadline: float = 60.0
    attempts: int = 3
    backoff: float = 2.0
    longest_wait: float = 60.0
    trip: int = 3
    cooldown: float = 1800.0
    stretch: float = 1.0
    record: Path | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


class Guard:
    """What watches the requests of one block; see `guarded`.

    Attributes
    ----------
    log : list of Sent
        Every attempt, in order.
    breaker : Breaker
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.log: list[Sent] = []
        self.breaker = Breaker(policy.trip, policy.cooldown, policy.clock)
        self._spacer = Spacer(policy.clock, policy.sleep, policy.chance)
        self._recorder = Recorder(policy.record) if policy.record else None
        self._answers: list[Answer] = []
        self._lock = threading.RLock()

    @contextmanager
    def watch(self) -> Iterator[list[Answer]]:
        """Collect the sound answers that come while the block runs."""
        before, self._answers = self._answers, []
        try:
            yield self._answers
        finally:
            self._answers = before

    def send(self, real: Callable[..., Any], adapter: object, request: Any, **options: Any) -> Any:
        """Send one request as the policy says.

        Raises
        ------
        LiveError
            `Unreachable`, `Blocked` or `BadAnswer`, after the last attempt.
        """
        import tenacity

        family = family_of(request.url)
        _dress(request, family)
        options["timeout"] = options.get("timeout") or self.policy.timeout
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda fault: getattr(fault, "passing", False)),
            stop=tenacity.stop_after_attempt(self.policy.attempts),
            wait=self._pause,
            sleep=self.policy.sleep,
            reraise=True,
        )
        with self._lock:  # one request at a time: the spacing is for all threads together
            return retrying(self._attempt, real, adapter, request, family, options)

    @contextmanager
    def question(self, url: str) -> Iterator[None]:
        """Space and note one question to a host that does not speak HTTP, asked while the block runs.

        Raises
        ------
        Unreachable
            If the circuit of its family is open.
        """
        family, problem = family_of(url), ""
        with self._lock:
            self.breaker.check(family.name)
            waited, began = self._space(family), self.policy.clock()
            try:
                yield
                self.breaker.worked(family.name)
            except LiveError as fault:
                problem = str(fault)
                self._count(family, fault)
                raise
            finally:
                self._note(family, url, 0, b"", began, waited, problem)

    def waited(self) -> float:
        """Return the seconds spent on spacing so far."""
        return sum(sent.waited for sent in self.log)

    def _attempt(
        self, real: Callable[..., Any], adapter: object, request: Any, family: Family, options: dict[str, Any]
    ) -> Any:
        self.breaker.check(family.name)
        waited = self._space(family)
        began = self.policy.clock()
        body, status = b"", 0
        try:
            response = wire.exchange(real, adapter, request, options)
            status = response.status_code
            body = wire.read_body(response, self.policy.clock, began + self.policy.deadline)
            wire.check(response, body, family)
        except LiveError as fault:
            self._note(family, request.url, status, body, began, waited, str(fault))
            self._count(family, fault)
            raise
        self._note(family, request.url, status, body, began, waited, "")
        self.breaker.worked(family.name)
        self._answers.append(Answer(request.url, status, body))
        return response

    def _space(self, family: Family) -> float:
        return self._spacer.wait(family._replace(gap=family.gap * self.policy.stretch))

    def _count(self, family: Family, fault: LiveError) -> None:
        if fault.retry_after is not None and fault.retry_after > self.policy.longest_wait:
            self.breaker.open(family.name, fault.retry_after)
            fault.passing = False  # not within one wait, so that another attempt would be too early
        elif fault.counts:
            self.breaker.failed(family.name)

    def _pause(self, state: Any) -> float:
        """Return the seconds before the next attempt: what the host asked for, else the backoff."""
        fault: LiveError = state.outcome.exception()
        if fault.retry_after is not None:
            return min(fault.retry_after, self.policy.longest_wait)
        pause = self.policy.backoff * 2.0 ** (state.attempt_number - 1) * (1 + self.policy.chance() / 2)
        return min(pause, self.policy.longest_wait)

    def _note(
        self, family: Family, url: str, status: int, body: bytes, began: float, waited: float, problem: str
    ) -> None:
        seconds = self.policy.clock() - began
        sent = Sent(family.name, without_secrets(url), status, len(body), seconds, waited, problem)
        self.log.append(sent)
        if self._recorder and status:
            self._recorder.keep(sent, body)


_active: list[Guard] = []


@contextmanager
def guarded(policy: Policy | None = None) -> Iterator[Guard]:
    """Guard every request of the block, whoever sends it.

    Raises
    ------
    RuntimeError
        If a guard is active already: two would wait and count twice.
    """
    from requests.adapters import HTTPAdapter

    if _active:
        raise RuntimeError("a guard is active already")
    guard = Guard(policy or Policy())
    real = HTTPAdapter.send

    def send(adapter: HTTPAdapter, request: Any, **options: Any) -> Any:
        return guard.send(real, adapter, request, **options)

    _active.append(guard)
    HTTPAdapter.send = send  # type: ignore[method-assign]
    try:
        yield guard
    finally:
        HTTPAdapter.send = real  # type: ignore[method-assign]
        _active.remove(guard)


def current() -> Guard:
    """Return the guard of the block that runs; without one nothing may be sent."""
    if not _active:
        raise RuntimeError("nothing may be sent outside of `with guarded():`")
    return _active[-1]


def fetch(url: str, params: dict[str, str] | None = None) -> str:
    """Get a text under the guard, for the few endpoints that we read ourselves."""
    import requests

    current()
    response = requests.get(url, params=params)
    response.encoding = response.encoding or "utf-8"
    return str(response.text)


def _dress(request: Any, family: Family) -> None:
    """Send what a browser would; headers that the caller chose are left alone."""
    if request.headers.get("User-Agent", "python-requests").startswith("python-requests"):
        request.headers["User-Agent"] = BROWSER
    if family.referer:
        request.headers.setdefault("Referer", family.referer)
    request.headers.setdefault("Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8")
