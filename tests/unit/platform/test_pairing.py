"""Codes of six digits that stand for a token, once and not for long."""

import re

import pytest

from plantverse._clock import ManualClock
from plantverse.errors import Conflict, Unauthenticated
from plantverse.platform.pairing import CODE_S, Pairing


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_brings_the_token_once(clock: ManualClock) -> None:
    pairing = Pairing(clock)
    code = pairing.offer("pv_a").code
    assert re.fullmatch(r"\d{6}", code)
    assert pairing.redeem(f" {code[:3]} {code[3:]} ") == "pv_a"
    with pytest.raises(Unauthenticated, match="not valid"):
        pairing.redeem(code)


def test_a_code_is_too_old_after_its_time(clock: ManualClock) -> None:
    pairing = Pairing(clock)
    code = pairing.offer("pv_a").code
    clock.advance(CODE_S + 0.1)
    with pytest.raises(Unauthenticated):
        pairing.redeem(code)


def test_guessing_voids_all_codes(clock: ManualClock) -> None:
    pairing = Pairing(clock)
    codes = [pairing.offer(token).code for token in ("pv_a", "pv_b")]
    guess = next(text for text in map(wrong, codes) if text not in codes)
    for _ in range(4):
        with pytest.raises(Unauthenticated):
            pairing.redeem(guess)
    assert pairing.redeem(codes[0]) == "pv_a"
    with pytest.raises(Unauthenticated):
        pairing.redeem(guess)
    with pytest.raises(Unauthenticated):
        pairing.redeem(codes[1])


@pytest.mark.parametrize("text", ["", "abc", "12345", "٣٣٣٣٣٣", "1234567"])
def test_what_is_no_code_is_refused(clock: ManualClock, text: str) -> None:
    pairing = Pairing(clock)
    pairing.offer("pv_a")
    with pytest.raises(Unauthenticated):
        pairing.redeem(text)


def test_a_new_code_for_the_same_token_voids_the_one_before(clock: ManualClock) -> None:
    pairing = Pairing(clock)
    first, second = pairing.offer("pv_a").code, pairing.offer("pv_a").code
    with pytest.raises(Unauthenticated):
        pairing.redeem(first)
    assert pairing.redeem(second) == "pv_a"


def test_there_are_few_codes_at_a_time(clock: ManualClock) -> None:
    pairing = Pairing(clock)
    for number in range(8):
        pairing.offer(f"pv_{number}")
    with pytest.raises(Conflict, match="too many"):
        pairing.offer("pv_x")
    clock.advance(CODE_S + 1)
    pairing.offer("pv_x")


def test_the_local_user_hands_on_the_guests_token_where_there_is_a_guest(clock: ManualClock) -> None:
    with pytest.raises(Conflict, match="this machine only"):
        Pairing(clock).offer("")
    pairing = Pairing(clock)
    pairing.share("pv_guest", "https://192.0.2.7:8420")
    assert pairing.redeem(pairing.offer("").code) == "pv_guest"
