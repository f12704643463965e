"""A headset that exists only in the page: the WebXR emulator iwer, moved and pressed by a test."""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import BrowserContext, Page

_EMULATOR = Path(__file__).parents[2] / "viewer/node_modules/iwer/build/iwer.min.js"
# Chromium has `navigator.xr` already, without any device behind it.
_INSTALL = """
window.device = new IWER.XRDevice(IWER.metaQuest3, { stereoEnabled: true });
window.device.installRuntime({ forceInstall: true });
"""
_DEADLINE_S = 60.0
Side = Literal["left", "right"]


def install(context: BrowserContext) -> None:
    """Give every page that opens in this context a headset."""
    context.add_init_script(_EMULATOR.read_text(encoding="utf-8") + _INSTALL)


class Headset:
    """The headset of a page; places are metres in the room, as the page's own `headset.where` tells them."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._hands = False

    def enter(self, mode: Literal["VR", "AR"]) -> None:
        """Press the button and wait for the first frame."""
        self._page.get_by_role("button", name=f"Enter {mode}").click()
        self.until("headset?.ready", f"the first frame in {mode}")

    def leave(self) -> None:
        self._page.evaluate("window.device.activeSession.end()")
        self.until("headset === null", "the end of the session")

    def read(self, expression: str) -> Any:
        """Return what `window.plantverse.EXPRESSION` is."""
        return self._page.evaluate(f"window.plantverse.{expression}")

    def until(self, expression: str, what: str) -> None:
        """Wait until `window.plantverse.EXPRESSION` holds; fails with what the panel says."""
        deadline = time.monotonic() + _DEADLINE_S
        while not self._page.evaluate(f"Boolean(window.plantverse.{expression})"):
            if time.monotonic() > deadline:
                told = self._page.evaluate("({...window.plantverse.headset, where: null})")
                raise AssertionError(f"waited in vain for {what}; the headset: {told}")
            self._page.wait_for_timeout(50)

    def says(self, words: str) -> None:
        """Wait until the panel says something."""
        self.until(f"headset?.texts.some((text) => text.includes({words!r}))", f"{words!r} on the panel")

    def frames(self, count: int = 2) -> None:
        """Let so many frames be drawn; a press is seen with the next one only."""
        self._page.evaluate(
            "(count) => new Promise((done) => { let n = 0; const next = () =>"
            " (n++ < count ? window.device.activeSession.requestAnimationFrame(next) : done()); next(); })",
            count,
        )

    def use_hands(self) -> None:
        """Lay the controllers down."""
        self._hands = True
        self._page.evaluate("window.device.primaryInputMode = 'hand'")
        self.frames()

    def place(self, side: Side, x: float, y: float, z: float) -> None:
        self._page.evaluate(f"{self._input(side)}.position.set({x}, {y}, {z})")
        self.frames()

    def aim(self, what: str, side: Side = "right") -> None:
        """Point at `button ID`, `twin ID` or `at X,Y,Z` of the plant."""
        self.until(f"headset.where({what!r})", what)
        target = self.read(f"headset.where({what!r})")
        at = self._page.evaluate(f"(({{x, y, z}}) => [x, y, z])({self._input(side)}.position)")
        self.along([to - origin for to, origin in zip(target, at, strict=True)], side)

    def along(self, direction: Sequence[float], side: Side = "right") -> None:
        """Point into a direction of the room."""
        length = math.hypot(*direction)
        x, y, z = (part / length for part in direction)
        # The shortest turn from straight ahead (0, 0, -1) to there.
        quaternion = (y, -x, 0.0, 1.0 - z)
        size = math.hypot(*quaternion)
        turn = ", ".join(str(part / size) for part in quaternion)
        self._page.evaluate(f"{self._input(side)}.quaternion.set({turn})")
        self.frames()

    def trigger(self, *, down: bool, side: Side = "right") -> None:
        """Press or let go of the trigger; of a hand: pinch."""
        value = int(down)
        press = f"updatePinchValue({value})" if self._hands else f"updateButtonValue('trigger', {value})"
        self._page.evaluate(f"{self._input(side)}.{press}")
        self.frames()

    def squeeze(self, *, down: bool, side: Side) -> None:
        self._page.evaluate(f"{self._input(side)}.updateButtonValue('squeeze', {int(down)})")
        self.frames()

    def stick(self, x: float, y: float, side: Side = "right") -> None:
        """Push the stick: right and towards oneself are positive."""
        self._page.evaluate(f"{self._input(side)}.updateAxes('thumbstick', {x}, {y})")
        self.frames()

    def click(self, what: str, side: Side = "right") -> None:
        """Point, press and let go."""
        self.aim(what, side)
        self.trigger(down=True, side=side)
        self.trigger(down=False, side=side)

    def visibility(self, state: Literal["visible", "visible-blurred", "hidden"]) -> None:
        """Put the headset on or off."""
        self._page.evaluate(f"window.device.updateVisibilityState('{state}')")

    def press_and_take_off(self, side: Side = "right") -> None:
        """Press the trigger, and have the headset off at the first frame that shows a hold; the trigger stays down."""
        self._page.evaluate(
            f"""() => new Promise((done) => {{
              {self._input(side)}.updateButtonValue('trigger', 1);
              const session = window.device.activeSession;
              const look = () => {{
                if (!(window.plantverse.headset.holding > 0)) return session.requestAnimationFrame(look);
                window.device.updateVisibilityState('hidden');
                done();
              }};
              session.requestAnimationFrame(look);
            }})"""
        )

    def _input(self, side: Side) -> str:
        return f"window.device.{'hands' if self._hands else 'controllers'}.{side}"
