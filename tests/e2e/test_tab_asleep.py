"""A tab that sleeps while the plant goes on: its process is stopped, as by a closed lid or a system short of memory.

An hour cannot pass in a test. What depends on time is driven by volume and by a server that gives up after seconds.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect
from websockets.sync.client import connect

from doubles.mosquitto import Mosquitto
from doubles.mqtt_device import repeating
from doubles.server import ServerProcess
from doubles.viewer_page import exported, open_viewer, until
from plantverse.twins.sync.replica import SyncReplica

CHANNELS = 200
TYPES = '''\
from plantverse import Limits, Telemetry, Twin


class Line(Twin):
    """A line with much to tell."""

    flow = Telemetry(unit="m3/h", max_age_s=2.0)
    heat = Telemetry(unit="Cel", limits=Limits(h=80))
    brief = Telemetry(unit="bar", limits=Limits(h=80))
''' + "".join(f"    c{i} = Telemetry()\n" for i in range(CHANNELS))
PLANT = """\
[plant]
name = "night"
types = ["types.py"]

[[twin]]
id = "hall/line-1"
type = "Line"
topic = "plant/line-1"

[[twin]]
id = "hall/line-2"
type = "Line"
topic = "plant/line-2"
"""
MAX_AGE_S = 2.0
WINDOW = 2
"""Frames that may be on the way to a viewer (`ack_window`, rule F3)."""
RECORD = """() => {
  const {store} = window.plantverse;
  window.seen = [];
  const note = what => {
    const {observedUs, stale} = window.plantverse.read('hall/line-1:flow');
    window.seen.push({what, at: Date.now(), observed: observedUs / 1e3, stale, server: store.serverNowUs() / 1e3});
  };
  store.on('frame', ({rows}) => rows > 0 && note('frame'));
  setInterval(() => note('time'), 50);
}"""
"""What somebody in front of the page could have seen, moment by moment."""


def plant(folder: Path, ack_timeout_s: float) -> Path:
    folder.mkdir()
    (folder / "types.py").write_text(TYPES)
    (folder / "plantverse.toml").write_text(f"[sync]\nack_timeout_s = {ack_timeout_s}\n")
    path = folder / "plant.toml"
    path.write_text(PLANT)
    return path


class Lines:
    """Both lines: every channel changes with every message; `flow` counts the messages."""

    def __init__(self) -> None:
        self.values = {"heat": 20.0, "brief": 1.0}
        self.count = 0

    def said(self) -> dict[str, dict[str, object]]:
        self.count += 1
        channels = {f"c{i}": self.count + i for i in range(CHANNELS)}
        members: dict[str, object] = {"flow": self.count, **self.values, **channels}
        return {"plant/line-1": members, "plant/line-2": members}


class OtherViewer:
    """One that is awake all the time, and counts."""

    def __init__(self, server: ServerProcess) -> None:
        self.frames = self.bytes = 0
        self._url = f"ws{server.url.removeprefix('http')}/api/v1/sync"
        self._stop = Event()
        self._thread = Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        replica = SyncReplica(client="awake")
        replica.subscribe("*")
        with connect(self._url, compression=None, max_size=1 << 24) as socket:
            socket.send(replica.hello())
            while not self._stop.is_set():
                data = socket.recv(decode=False)
                replica.receive(data, time.time() * 1e6)
                self.frames, self.bytes = replica.frames, self.bytes + len(data)
                for message in replica.to_send():
                    socket.send(message)


class Tab:
    """A page that can be put to sleep with all that belongs to it: threads, timers, the reading of its socket."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @contextmanager
    def asleep(self) -> Iterator[None]:
        pids = self._processes()
        try:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def _processes(self) -> list[int]:
        browser = self.page.context.browser
        assert browser is not None
        session = browser.new_browser_cdp_session()
        found = session.send("SystemInfo.getProcessInfo")["processInfo"]
        session.detach()
        return [int(process["id"]) for process in found if process["type"] == "renderer"]

    def seen(self, since_s: float) -> list[dict[str, Any]]:
        """Return the moments since then; times in seconds."""
        found: list[dict[str, Any]] = self.page.evaluate(f"window.seen.filter(({{at}}) => at > {since_s * 1e3})")
        return [{k: v / 1e3 if k in {"at", "observed", "server"} else v for k, v in one.items()} for one in found]


@contextmanager
def running(broker: Mosquitto, server: ServerProcess) -> Iterator[tuple[Lines, OtherViewer]]:
    lines = Lines()
    with repeating(broker, lines.said, every_s=0.05):
        other = OtherViewer(server)
        try:
            yield lines, other
        finally:
            other.close()


def metric(server: ServerProcess, name: str) -> float:
    with urlopen(f"{server.url}/metrics", timeout=30) as answer:
        page = answer.read().decode()
    (found,) = (line.split()[1] for line in page.splitlines() if line.startswith(f"{name} "))
    return float(found)


def given_up_or_behind(server: ServerProcess) -> bool:
    counts = (metric(server, f"plantverse_sync_{name}") for name in ("slow_clients", "clients_dropped_total"))
    return any(counts)


def open_alarms(server: ServerProcess) -> dict[str, str]:
    return {alarm["alarm"]: alarm["state"] for alarm in server.get("/alarms")["alarms"]}


def let_an_alarm_come_and_go(server: ServerProcess, lines: Lines) -> None:
    brief = {f"hall/{line}:brief:h" for line in ("line-1", "line-2")}

    def states() -> set[str | None]:
        return {open_alarms(server).get(alarm) for alarm in brief}

    lines.values["brief"] = 95.0
    server.wait_for(lambda: states() == {"unacknowledged"}, "the alarms")
    lines.values["brief"] = 1.0
    server.wait_for(lambda: states() == {"returned"}, "their end")
    for alarm in brief:
        assert server.post("/alarms/acknowledge", {"alarm": alarm, "comment": "Seen"})[0] == 200
    server.wait_for(lambda: not brief & set(open_alarms(server)), "them to be gone")


def look_at_line_1(tab: Tab, server: ServerProcess) -> None:
    page = tab.page
    open_viewer(page, server)
    until(page, "window.plantverse.read('hall/line-1:c0')?.value > 0", "the values")
    page.evaluate("window.plantverse.select('hall/line-1')")
    page.locator(".inspector .signal-head", has_text="Flow").click()
    page.get_by_role("button", name="Add to trends").click()
    page.get_by_role("tabpanel", name="Trends").get_by_role("button", name="2 min").click()
    page.evaluate(RECORD)
    until(page, "window.seen.filter(({what}) => what === 'frame').length > 20", "frames")


def open_journal(page: Page) -> None:
    page.get_by_role("tab", name="Alarms").click()
    page.get_by_role("button", name="Journal").click()


def check_what_was_shown(tab: Tab, slept_s: float, woken_s: float, last: int) -> None:
    """Present values soon, and until then nothing that looks younger than it is."""
    until(tab.page, f"window.plantverse.read('hall/line-1:flow').value > {last}", "the values of now")
    until(tab.page, "!window.seen.at(-1).stale", "fresh values")
    shown = tab.seen(woken_s)
    frames = [one["observed"] for one in shown if one["what"] == "frame"]
    assert sum(observed < slept_s + 1 for observed in frames) <= WINDOW, "those that were on the way"
    assert not [observed for observed in frames if slept_s + 1 < observed < woken_s - 1], "values of the sleep"
    for one in shown:
        assert one["server"] == pytest.approx(one["at"], abs=0.5), "the age of a value hangs on it"
        assert one["stale"] == (one["server"] - one["observed"] > MAX_AGE_S), one
    assert shown[0]["stale"], "what was there when it fell asleep"


def check_alarms(page: Page) -> None:
    """The one that stands stands alone, and those that came and went are in the journal."""
    until(
        page,
        "[...window.plantverse.store.alarms.all.keys()].sort().join() === 'hall/line-1:heat:h,hall/line-2:heat:h'",
        "the alarms of now",
    )
    assert page.evaluate("window.plantverse.worstOf('hall/line-1').unacknowledged")
    open_journal(page)
    for what in ("raised", "back to normal", "acknowledged", "cleared"):
        rows = page.locator(".event-row[role=row]", has_text=f"Brief above 80 bar – {what}")
        expect(rows, what).to_have_count(2, timeout=30_000)


def check_trend(tab: Tab, server: ServerProcess, file: Path, slept_s: float, woken_s: float) -> None:
    """In the chart stands, second by second, what the history has of the time that nobody looked."""
    page = tab.page
    kept = server.get(f"/history/buckets?signal=hall/line-1:flow&start={slept_s:.3f}&end={woken_s:.3f}&width=1s")
    middles = [start_us / 1e6 + 0.5 for start_us in kept["start_us"]]
    missed = {at for at in middles if slept_s + 1 < at < woken_s - 1}
    assert missed
    page.get_by_role("tab", name="Trends").click()
    exported(page, file, lambda lines: missed <= {datetime.fromisoformat(row[0]).timestamp() for row in lines[1:]})


@pytest.mark.parametrize("ending", ["woken in time", "given up by the server", "server restarted"])
def test_a_sleeping_tab_costs_nothing_and_wakes_to_the_plant_of_now(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], tmp_path: Path, ending: str
) -> None:
    patience_s = 3.0 if ending == "given up by the server" else 600.0
    server = make_server(plant(tmp_path / "plant", patience_s), mosquitto.url).start()
    with running(mosquitto, server) as (lines, other):
        tab = Tab(page)
        look_at_line_1(tab, server)
        if ending == "server restarted":
            open_journal(page)
        session = page.evaluate("window.plantverse.connection.welcome")
        slept_s = time.time()
        with tab.asleep():
            server.wait_for(lambda: given_up_or_behind(server), "the end of its acknowledgements")
            # Read first and last: what is still on its way to the other viewer cannot be taken for the sleeper's then.
            frames, read = other.frames, other.bytes
            sent = metric(server, "plantverse_sync_bytes_sent_total")
            lines.values["heat"] = 95.0
            let_an_alarm_come_and_go(server, lines)
            server.wait_for(lambda: other.frames - frames > 60 * WINDOW, "frames for those who are awake")
            unsent = metric(server, "plantverse_sync_bytes_unsent")
            sent = metric(server, "plantverse_sync_bytes_sent_total") - sent
            read = other.bytes - read
            if ending == "given up by the server":
                server.wait_for(lambda: metric(server, "plantverse_sync_clients_dropped_total") == 1, "the drop")
                server.wait_for(lambda: metric(server, "plantverse_viewers") == 1, "the end of its session")
            else:
                assert metric(server, "plantverse_sync_slow_clients") == 1
            if ending == "server restarted":
                other.close()
                server.stop()
                server.start()
                server.wait_for(lambda: server.value("hall/line-1:flow") > lines.count - 20, "what the broker kept")
            last = lines.count
            woken_s = time.time()
        # Nothing was made for the sleeper, and nothing waits for it: all there is are the frames that are on the way
        # to the other viewer, two of more than a hundred and twenty.
        assert sent - read < read / 10
        assert unsent < read / 10
        check_what_was_shown(tab, slept_s, woken_s, last)
        now = page.evaluate("window.plantverse.connection.welcome")
        if ending == "woken in time":
            assert now == session
        else:
            assert now["time_us"] > woken_s * 1e6
            assert now["resumed"] == (ending == "given up by the server")
        # What is open first: it has to come right by itself.
        if ending == "server restarted":
            check_alarms(page)
        check_trend(tab, server, tmp_path / "trend.csv", slept_s, woken_s)
        check_alarms(page)
