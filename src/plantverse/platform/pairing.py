"""A short code that brings a signed-in user onto a device without a keyboard: typed once, it stands for their token.

A token has 43 letters, which nobody types with a controller. Six digits last two minutes and work once; five wrong
ones void all codes, so that guessing succeeds with a probability of at most one in 25,000 per code that somebody asks
for (eight codes at a time, five guesses, a million numbers).
"""

import secrets
import threading
from dataclasses import dataclass

from plantverse._clock import Clock
from plantverse.errors import Conflict, Unauthenticated

CODE_S = 120.0
"""How long a code lasts, seconds."""
FIRST_CODE_S = 900.0
"""How long the one lasts that `run --lan` prints."""
_DIGITS = 6
_MOST = 8
_MOST_WRONG = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """A code that was given out.

    Attributes:
        code: Six digits.
        lasts_s: From now on.
    """

    code: str
    lasts_s: float


class Pairing:
    """Codes and the tokens they stand for; in memory only. Safe to use from several threads.

    Args:
        clock: Monotonic time.

    Attributes:
        address: What to type into the device's browser; "" where the page's own address is right.
    """

    def __init__(self, clock: Clock) -> None:
        self.address = ""
        self._clock = clock
        self._guest = ""
        self._codes: dict[str, tuple[str, int]] = {}
        self._wrong = 0
        self._lock = threading.Lock()

    def share(self, guest: str, address: str) -> None:
        """Take a token for those who were recognised without one, and the address that others type."""
        self._guest = guest
        self.address = address

    def offer(self, token: str, lasts_s: float = CODE_S) -> Offer:
        """Return a code for this token ("" for the guest's); an earlier one for the same token is void.

        Raises:
            Conflict: There is no token to hand on, or too many codes are out.
        """
        token = token or self._guest
        if not token:
            raise Conflict(
                "this server is for this machine only", hint="`plantverse run --lan` lets phones and headsets in"
            )
        now_ns = self._clock.monotonic_ns()
        with self._lock:
            self._codes = {
                code: (kept, until)
                for code, (kept, until) in self._codes.items()
                if until > now_ns and not secrets.compare_digest(kept.encode(), token.encode())
            }
            if len(self._codes) >= _MOST:
                raise Conflict("too many codes are waiting to be typed", hint="try again in two minutes")
            code = self._fresh()
            self._codes[code] = (token, now_ns + round(lasts_s * 1e9))
            self._wrong = 0
        return Offer(code, lasts_s)

    def redeem(self, code: str) -> str:
        """Return the token that a code stands for; it works once.

        Raises:
            Unauthenticated: It is wrong, used or too old. After five of those every code is void.
        """
        digits = "".join(letter for letter in code if letter.isdigit())
        now_ns = self._clock.monotonic_ns()
        with self._lock:
            token, until = self._codes.pop(digits, ("", 0))
            if token and until > now_ns:
                return token
            self._wrong += 1
            if self._wrong >= _MOST_WRONG:
                self._codes.clear()
        raise Unauthenticated("the code is not valid", hint="codes work once and for two minutes: ask for another one")

    def _fresh(self) -> str:
        while True:
            code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
            if code not in self._codes:
                return code
