"""A request ends exactly once, whatever answers come in which order and whatever the clock does between."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import hypothesis.strategies as st
from hypothesis import given, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from doubles.requests import OPERATOR, VIEWER, Desk
from plantverse.errors import AuditUnavailable, BrokerUnavailable, Conflict, NotAllowed, PlantverseError, RequestInvalid
from plantverse.platform.access import User
from plantverse.twins.commands import ENDS, RequestState, answered, expired

_T = TypeVar("_T")

steps = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), st.sampled_from([*ENDS, "pending", "", "nonsense"])),
        st.tuples(st.just("wait"), st.integers(0, 8)),
    ),
    max_size=12,
)


@given(steps)
def test_one_end_in_time_order(steps: list[tuple[str, object]]) -> None:
    state = RequestState(request="r", twin="t", what="c", user="u", role="operator", asked_ns=0, expires_ns=10)
    now_ns, ends = 0, []
    for kind, what in steps:
        if kind == "wait":
            now_ns += int(what)  # type: ignore[call-overload]
            after = expired(state, now_ns)
        else:
            after = answered(state, str(what), "", None, now_ns)
        if after is not None:
            assert state.status == "pending"
            assert after.status in ENDS
            assert after.ended_ns == now_ns
            # A device may say `expired` before; the clock may not.
            assert kind == "answer" or now_ns >= 10
            ends.append(after)
            state = after
    assert len(ends) <= 1
    if now_ns >= 10 and steps[-1][0] == "wait":
        assert ends


class Commands(RuleBasedStateMachine):
    """The whole service beside a dictionary of what each request should be."""

    requests = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.desk = Desk()
        self.model: dict[str, str] = {}
        self.expires_ns: dict[str, int] = {}
        self.strangers = 0

    @rule(target=requests, timeout_s=st.integers(1, 9))
    def command(self, timeout_s: int) -> Any:
        """A good one: pending, unless too many wait, nothing can be written down, or the broker does not take it."""
        full = list(self.model.values()).count("pending") >= 3
        sent, unwritable = len(self.desk.broker.sent), self.desk.log.fails is not None
        try:
            state = self._wait(self.desk.commands.invoke(OPERATOR, "v1", "open", {}, timeout_s=timeout_s))
        except (AuditUnavailable, Conflict) as exc:
            refused_for_room = isinstance(exc, Conflict)
        else:
            return self._taken(state, may=not full and not unwritable)
        assert refused_for_room == full
        assert full or unwritable
        assert len(self.desk.broker.sent) == sent
        return multiple()

    def _taken(self, state: RequestState, *, may: bool) -> str:
        refusal = self.desk.broker.refuses
        expected = "pending" if refusal is None else "refused" if isinstance(refusal, NotAllowed) else "failed"
        assert may
        assert state.request not in self.model
        self.model[state.request] = expected
        self.expires_ns[state.request] = state.expires_ns
        return state.request

    @rule(user=st.sampled_from([VIEWER, OPERATOR]), args=st.sampled_from([{"to": 101}, {"to": "x"}, {}, {"by": 1}]))
    def bad_command(self, user: User, args: dict[str, object]) -> None:
        sent = len(self.desk.broker.sent)
        try:
            self._wait(self.desk.commands.invoke(user, "v1", "move", args))
        except (RequestInvalid, NotAllowed, AuditUnavailable):
            assert len(self.desk.broker.sent) == sent
        else:
            raise AssertionError("a wrong command was taken")

    @rule(request=requests, status=st.sampled_from([*ENDS, "pending", "done"]))
    def answer(self, request: str, status: str) -> None:
        """The first answer counts, each other one is counted."""
        self._answer(request, status)
        if self.model[request] == "pending":
            self.model[request] = status if status in ENDS else "failed"
        else:
            self.strangers += 1

    @rule(request=requests)
    def answer_by_another_device(self, request: str) -> None:
        self._answer(request, "succeeded", topic="plant/other/cmd/answer")
        self.strangers += 1

    @rule(payload=st.sampled_from([b"", b"null", b"{}", b'{"id":1}', b'{"id":"gone","status":"succeeded"}']))
    def answer_to_nothing(self, payload: bytes) -> None:
        self.desk.commands.answer("plant/v1/cmd/answer", payload, 0)
        self.strangers += 1

    @rule(seconds=st.integers(0, 6))
    def time_passes(self, seconds: int) -> None:
        clock = self.desk.plant.clock
        clock.advance(seconds)
        self.desk.live()
        self._in_loop(lambda: self.desk.commands.requests.expire(clock.time_ns()))
        for request, status in self.model.items():
            if status == "pending" and clock.time_ns() >= self.expires_ns[request]:
                self.model[request] = "expired"

    @rule(refusal=st.sampled_from([None, BrokerUnavailable("away"), NotAllowed("only watched")]))
    def broker(self, refusal: PlantverseError | None) -> None:
        self.desk.broker.refuses = refusal

    @rule(full=st.booleans())
    def disk(self, full: bool) -> None:
        self._wait(self.desk.commands.requests.close())
        self.desk.log.fails = AuditUnavailable("disk full") if full else None

    @rule(_=consumes(requests))
    def goes_down(self, _: str) -> None:
        self._in_loop(self.desk.commands.requests.stop)
        self.model = {r: "failed" if s == "pending" else s for r, s in self.model.items()}

    @invariant()
    def each_is_as_it_should_be(self) -> None:
        requests = self.desk.commands.requests
        assert {r: requests.get(r).status for r in self.model} == self.model
        assert set(requests.pending) == {r for r, s in self.model.items() if s == "pending"}
        assert requests.strangers == self.strangers
        ended = Counter(s for s in self.model.values() if s != "pending")
        assert all(requests.counts[status] >= count for status, count in ended.items())

    @invariant()
    def each_is_told_once_as_pending_and_once_as_ended(self) -> None:
        told: dict[str, list[str]] = {request: [] for request in self.model}
        for event in self.desk.plant.events.read(0, 10_000)[0]:
            told[event.body["request"]].append(event.body["status"])
        assert told == {r: ["pending"] if s == "pending" else ["pending", s] for r, s in self.model.items()}

    @invariant()
    def nothing_is_sent_that_is_not_written_down(self) -> None:
        asked = [d["request"] for _, action, _, d in self.desk.log.records if action == "command.asked"]
        assert {payload["id"] for _, payload, _ in self.desk.broker.sent} <= set(asked)
        assert len(asked) == len(set(asked))

    def teardown(self) -> None:
        self._wait(self.desk.commands.requests.close())
        ends = Counter(
            d["request"] for _, action, _, d in self.desk.log.records if action[8:] in ENDS and "request" in d
        )
        assert all(count == 1 for count in ends.values())
        self._wait(self.loop.shutdown_default_executor())
        self.loop.close()

    def _answer(self, request: str, status: str, *, topic: str = "plant/v1/cmd/answer") -> None:
        payload = json.dumps({"id": request, "status": status}).encode()
        self._in_loop(lambda: self.desk.commands.answer(topic, payload, self.desk.plant.clock.time_ns()))

    def _in_loop(self, call: Callable[[], object]) -> None:
        async def run() -> None:
            call()

        self._wait(run())

    def _wait(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return self.loop.run_until_complete(coroutine)


Commands.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestCommands = Commands.TestCase
