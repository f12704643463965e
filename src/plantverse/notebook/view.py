"""`show`, and the picture of a plant that it returns."""

import threading
from collections.abc import Sequence
from html import escape
from types import TracebackType
from typing import Any, Self

import msgspec

from plantverse._clock import Clock, SystemClock
from plantverse.client import Client, Reading, connect
from plantverse.errors import NotFound, RequestInvalid
from plantverse.notebook.following import Following
from plantverse.notebook.looks import Known, is_old, look
from plantverse.notebook.scene import Scene, widgets
from plantverse.twins.identity import split_signal_id
from plantverse.twins.sync.messages import TwinInfo
from plantverse.viewer.places import places

MOST_TWINS = 1_000
"""pythreejs makes one object in the browser for each and becomes slow near that number."""
MOST_ROWS = 24


def show(
    client_or_url: Client | str = "http://127.0.0.1:8420",
    selector: str = "*",
    *,
    live: bool = True,
    max_hz: float = 2.0,
    height: int = 420,
) -> "PlantView":
    """Return a picture of a plant or a machine, for the last line of a cell.

    Colours follow the `Color` and `Visible` rules of the types; a machine whose shown values are stale or bad is grey.
    A click on a machine lists its values. Other rules (levels, spinning, labels) need the viewer in the browser.

    Args:
        client_or_url: From `plantverse.connect`, or the server's address.
        selector: Which twins: `*`, `hall/pump-1`, `type:Pump and area:hall`.
        live: Follow the plant until `stop`, `close` or the end of the kernel; without, `update` fetches once.
        max_hz: Updates per second at most, above 0.
        height: Pixels.

    Raises:
        ConfigInvalid: The extra `notebook` is not installed.
        NotFound: The selector names no twin.
        RequestInvalid: It names more than 1,000, or `max_hz` is not above 0.
        ServerUnavailable, Unauthenticated, SelectorInvalid: As `plantverse.connect`.
    """
    if not max_hz > 0:
        raise RequestInvalid("max_hz", expected="a number above 0", got=max_hz)
    widgets()
    own = isinstance(client_or_url, str)
    client = connect(client_or_url) if isinstance(client_or_url, str) else client_or_url
    try:
        view = PlantView(client, selector, height=height, owns_client=own)
    except BaseException:
        if own:
            client.close()
        raise
    if live:
        view.follow(max_hz=max_hz)
    return view


class PlantView:
    """A picture of twins; made by `show`, shown by being the last line of a cell.

    The set of twins is that of the moment it was made; show it again for those that came later.

    Attributes:
        widget: The ipywidgets box with picture and list of values.
        twins: Structure by id.
        selected: Id of the twin whose values are listed, "" for none.
        error: What ended the following of the plant, None while nothing did.
    """

    def __init__(
        self, client: Client, selector: str, *, height: int = 420, owns_client: bool = False, clock: Clock | None = None
    ) -> None:
        self._client, self._selector, self._owns_client = client, selector, owns_client
        self._clock: Clock = clock or SystemClock()
        twins = [msgspec.convert(row, TwinInfo, str_keys=True) for row in client.twins(selector)]
        if not twins:
            raise NotFound(f"{selector} names no twin of this plant")
        if len(twins) > MOST_TWINS:
            raise RequestInvalid("selector", expected=f"at most {MOST_TWINS} twins", got=len(twins))
        self.twins = {twin.id: twin for twin in twins}
        self.selected = ""
        self.error: Exception | None = None
        self._known: dict[str, dict[str, Known]] = {twin.id: {} for twin in twins}
        self._lock = threading.RLock()
        self._following: Following | None = None
        self._scene = Scene(twins, places(twins), height, self.select)
        _, ipywidgets = widgets()
        self._list = ipywidgets.HTML()
        self.widget = ipywidgets.VBox([self._scene.renderer, self._list])
        self.update()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def live(self) -> bool:
        """Whether it follows the plant."""
        return self._following is not None and self._following.running

    def update(self) -> int:
        """Fetch the newest values once; return how many twins look different."""
        return self._take(list(self._client.latest(self._selector).values()))

    def follow(self, *, max_hz: float = 2.0) -> None:
        """Follow the plant in a thread until `stop`; does nothing where it follows already."""
        if self.live:
            return
        self.error = None
        self._following = Following(self._client, self._selector, max_hz=max_hz, take=self._take, ended=self._ended)
        self._following.start()

    def stop(self) -> None:
        """End following; the picture stays as it is, and says so."""
        if self._following is not None:
            self._following.stop()
            self._following = None
            self._write_list()

    def close(self) -> None:
        """End following, take the picture away, and give back the connection that `show` made."""
        self.stop()
        self.widget.close()
        self._scene.close()
        if self._owns_client:
            self._client.close()

    def select(self, twin: str) -> None:
        """List the values of a twin under the picture, as a click does.

        Raises:
            NotFound: It is not in the picture.
        """
        if twin not in self.twins:
            raise NotFound(f"{twin} is not in this picture")
        self.selected = twin
        self._write_list()

    def color(self, twin: str) -> str:
        """Return the colour that a twin has in the picture, `#rrggbb`.

        Raises:
            NotFound: It is not in the picture.
        """
        if twin not in self.twins:
            raise NotFound(f"{twin} is not in this picture")
        return str(self._scene.meshes[twin].material.color)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.widget._repr_mimebundle_(**options)

    def _take(self, readings: Sequence[Reading]) -> int:
        now_s = self._now_s()
        with self._lock:
            for reading in readings:
                twin_id, path = split_signal_id(reading.signal)
                if twin_id in self._known:
                    self._known[twin_id][path] = _known(reading, now_s)
            looks = {twin_id: look(twin, self._known[twin_id], now_s) for twin_id, twin in self.twins.items()}
            changed = self._scene.draw(looks)
            self._write_list()
        return changed

    def _ended(self, error: Exception) -> None:
        self.error = error
        self._write_list()

    def _now_s(self) -> float:
        return self._clock.monotonic_ns() / 1e9

    def _write_list(self) -> None:
        with self._lock:
            head = f"<b>{escape(self.selected)}</b>" if self.selected else "Click a machine for its values."
            if self.error is not None:
                head += f" <b>No longer live:</b> {escape(str(self.error))}"
            text = f"{head}{self._table()}"
            if self._list.value != text:
                self._list.value = text

    def _table(self) -> str:
        if not self.selected:
            return ""
        known, now_s = self._known[self.selected], self._now_s()
        signals = self.twins[self.selected].signals
        rows = []
        for signal in signals[:MOST_ROWS]:
            found = known.get(signal.path)
            note = "" if found is None or not is_old(signal, found, now_s) else "old or bad"
            if found is not None and found.quality != "good":
                note = found.quality
            if not signal.bound:
                note = "not bound"
            rows.append((signal.name or signal.path, "-" if found is None else found.shown, note))
        if len(signals) > MOST_ROWS:
            rows.append((f"and {len(signals) - MOST_ROWS} more", "", ""))
        cells = "".join("<tr>" + "".join(f"<td>{escape(cell)}&emsp;</td>" for cell in row) + "</tr>" for row in rows)
        return f"<table>{cells}</table>"


def _known(reading: Reading, now_s: float) -> Known:
    if reading.value is None:
        shown = "-"
    elif reading.label:
        shown = reading.label
    else:
        number = f"{reading.value:.5g}" if isinstance(reading.value, float) else str(reading.value)
        shown = f"{number} {reading.unit}".rstrip()
    return Known(
        value=None if reading.value is None else float(reading.value),
        quality=reading.quality,
        observed_s=None if reading.age_s is None else now_s - reading.age_s,
        shown=shown,
    )
