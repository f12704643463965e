"""What the viewer costs in a real Chromium: size, first picture, JavaScript per frame message, draw calls, heap.

    python -m benchmarks.viewer [--parts size,demo,values,twins,objects,recolour,heap] [--heap-minutes 10] --json

The browser draws in software (SwiftShader), so frames per second would say nothing about a graphics card and are not
measured. Times are of the page's own thread: `applied_ms` is from queued messages to the replica, `script_ms` all
JavaScript of the page, drawing calls included; decoding happens in a worker beside it.
"""

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks import processes as p

RESULTS = Path(__file__).with_name("results")
PLANT = Path(__file__).with_name("viewer_plant.py")
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
FLAGS += ["--js-flags=--expose-gc", "--enable-precise-memory-info"]
VIEW = {"width": 1280, "height": 720}
READY = """
const watch = () => {
  if (window.plantverse?.sceneReady) window.firstPictureMs = performance.now();
  else requestAnimationFrame(watch);
};
requestAnimationFrame(watch);
"""
"""Notes when the first picture of the plant was on the screen, from the start of the navigation."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Return a running browser."""
    binary = shutil.which("chromium") or shutil.which("chromium-browser")
    if binary is None:
        sys.exit("chromium is not installed: make test-deps")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=binary, args=FLAGS)
        yield browser
        browser.close()


def opened(browser: Browser, url: str, query: str = "") -> Page:
    """Return a page that shows its plant."""
    page = browser.new_context(viewport=VIEW).new_page()  # type: ignore[arg-type]
    page.add_init_script(READY)
    page.goto(f"{url}/{query}")
    p.wait_for(lambda: bool(page.evaluate("window.firstPictureMs")), "the first picture", limit_s=180.0)
    return page


@contextmanager
def served(command: list[str], port: int, folder: Path, **environment: str) -> Iterator[str]:
    """Run a server and return its URL once it is connected to its broker."""
    log = folder / f"server-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--port", str(port)], stdout=out, stderr=out, env=os.environ | environment
        )
    try:
        p.wait_for(
            lambda: p.health(port).get("broker", {}).get("state") == "connected", "the server", process, limit_s=180.0
        )
        yield f"http://127.0.0.1:{port}"
    finally:
        p.stop(process)


@contextmanager
def plant_of(twins: int, folder: Path, browser: Browser) -> Iterator[tuple[Page, int]]:
    """Show a plant of so many twins; return the page and the broker's port."""
    broker_port = p.free_port()
    broker = p.start_broker(folder, broker_port)
    command = [sys.executable, "-m", "plantverse", "run", str(PLANT), "--no-browser"]
    command += ["--mqtt", f"mqtt://127.0.0.1:{broker_port}", "--data", str(folder / f"state-{twins}")]
    try:
        with served(command, p.free_port(), folder, VIEWER_TWINS=str(twins)) as url:
            page = opened(browser, url, "?quality=low")
            yield page, broker_port
            page.context.close()
    finally:
        p.stop(broker)


def blast(broker_port: int, signals: int, seconds: float, per_second: float) -> None:
    """Change all signals so many times a second."""
    messages = -(-signals // 100)
    command = [sys.executable, "-m", "benchmarks.blast", "--port", str(broker_port), "--qos", "0"]
    command += ["--rate", str(messages * per_second), "--seconds", str(seconds), "--signals", str(signals)]
    subprocess.run([*command, "--payload", "batch"], check=True, stdout=subprocess.DEVNULL)


def script_s(session: CDPSession) -> float:
    """Return the seconds of JavaScript on the page's thread so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "ScriptDuration"))


def sessions(page: Page) -> CDPSession:
    """Return a DevTools session that counts."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    return session


def size(browser: Browser, folder: Path) -> dict[str, Any]:
    """Return what a first visit fetches before it shows a picture, and what of it is JavaScript."""
    command = [sys.executable, "-m", "plantverse", "run", "--demo", "--no-browser"]
    command += ["--mqtt-port", str(p.free_port()), "--data", str(folder / "size")]
    fetched: dict[str, bytes] = {}
    with served(command, p.free_port(), folder) as url:
        page = browser.new_context(viewport=VIEW).new_page()  # type: ignore[arg-type]
        page.add_init_script(READY)
        page.on("response", lambda r: fetched.setdefault(r.url, r.body() if r.ok and "/assets/" in r.url else b""))
        page.goto(url)
        p.wait_for(lambda: bool(page.evaluate("window.firstPictureMs")), "the first picture", limit_s=60.0)
        page.context.close()
    scripts = {name.rsplit("/", 1)[-1]: len(gzip.compress(body, 9)) for name, body in fetched.items() if ".js" in name}
    return {
        "javascript_kb_gzip": round(sum(scripts.values()) / 1e3, 1),
        "files_kb_gzip": {name: round(count / 1e3, 1) for name, count in sorted(scripts.items())},
        "aim_kb": 300,
    }


def demo(browser: Browser, folder: Path) -> dict[str, Any]:
    """Return when the demo plant was on the screen, and what a frame message of it costs."""
    command = [sys.executable, "-m", "plantverse", "run", "--demo", "--no-browser"]
    command += ["--mqtt-port", str(p.free_port()), "--data", str(folder / "demo")]
    firsts = []
    with served(command, p.free_port(), folder) as url:
        time.sleep(5.0)
        context = browser.new_context(viewport=VIEW)  # type: ignore[arg-type]
        for _ in range(4):
            page = context.new_page()
            page.add_init_script(READY)
            page.goto(url)
            p.wait_for(lambda shown=page: bool(shown.evaluate("window.firstPictureMs")), "the picture", limit_s=60.0)
            firsts.append(page.evaluate("window.firstPictureMs"))
            if len(firsts) < 4:
                page.close()
        costs = costs_of(page, 10.0)
        costs |= {"scene": page.evaluate("plantverse.stats()")}
        context.close()
    return {"first_picture_ms": {"cold": round(firsts[0]), "warm": [round(ms) for ms in firsts[1:]]}, **costs}


def costs_of(page: Page, seconds: float) -> dict[str, Any]:
    """Return what frame messages cost the page over a while."""
    session = sessions(page)
    before, script = page.evaluate("({...plantverse.applied})"), script_s(session)
    page.wait_for_timeout(seconds * 1e3)
    after, script = page.evaluate("({...plantverse.applied})"), script_s(session) - script
    times = max(1, after["times"] - before["times"])
    return {
        "frames_per_s": round(times / seconds, 1),
        "applied_ms_per_frame": round((after["ms"] - before["ms"]) / times, 3),
        "script_ms_per_frame": round(script * 1e3 / times, 2),
    }


def values(browser: Browser, folder: Path) -> dict[str, Any]:
    """Return what a frame message costs in which 4,000 signals of 4,000 twins changed, 20 a second."""
    with plant_of(4_000, folder, browser) as (page, broker_port):
        with subprocess.Popen([sys.executable, "-c", _BLAST.format(broker_port, 4_000, 20.0, 20.0)]):
            page.wait_for_timeout(4_000)
            found = costs_of(page, 12.0)
        return found | {"signals": 4_000, "scene": page.evaluate("plantverse.stats()")}


_BLAST = "from benchmarks.viewer import blast; blast({}, {}, {}, {})"


def drawn(browser: Browser, folder: Path, twins: int) -> dict[str, Any]:
    """Return draw calls and triangles of a plant of so many twins, whole in view."""
    with plant_of(twins, folder, browser) as (page, broker_port):
        blast(broker_port, twins, 1.0, 1.0)
        page.wait_for_timeout(10_000)
        scene = page.evaluate("plantverse.stats()")
        first_ms = page.evaluate("window.firstPictureMs")
    return {"twins": twins, "first_picture_ms": round(first_ms), "scene": scene}


def rested(page: Page) -> None:
    """Wait until nothing moves and the last picture is drawn: drawing in software takes the cores that we measure."""
    frames, since = -1, time.monotonic()
    while time.monotonic() - since < 3.0:
        page.wait_for_timeout(250)
        now = page.evaluate("plantverse.stats().frames")
        if now != frames:
            frames, since = now, time.monotonic()


RECOLOUR = """target => {
  const { columns } = plantverse.store;
  columns.value.fill(target, 0, columns.size);
  columns.markAll();
}"""
"""Gives every signal of the page's replica another value between two frames, as one frame message of all would."""


def recolour(browser: Browser, folder: Path, twins: int = 30_000) -> dict[str, Any]:
    """Return what it takes the page to give each of 30,000 twins a new colour at once.

    `recolour_ms` is the JavaScript of the longest step of a round on the page's thread, wall time: all changed slots
    are looked up, and every twin's rules read its new value and write the colours into the buffers of the instances;
    an eighth of the twins spin and an eighth turn by their value besides. The calls that draw are left out. `frame_ms`
    is the longest frame with those calls, marks and labels; the pixels themselves are made in another process.

    In `rounds` all values change between two frames, in the page's replica. In `over_mqtt` they are published and come
    as 300 messages over a few frames, so that fewer may begin in one step; the first of those rounds is apart, because
    there every twin comes out of "never seen" and is stood up.
    """
    with plant_of(twins, folder, browser) as (page, broker_port):
        publisher = paho.Client(CallbackAPIVersion.VERSION2)
        publisher.connect("127.0.0.1", broker_port)
        publisher.loop_start()

        def publish(target: float) -> None:
            for first in range(0, twins, 100):
                members = {f"s{n}": target for n in range(first, min(first + 100, twins))}
                publisher.publish(f"bench-batch/{first // 100}", json.dumps({"values": members})).wait_for_publish(30)
            last = f"bench/m{twins - 1}:load"
            p.wait_for(
                lambda: page.evaluate("s => plantverse.read(s)?.value", last) == target, "the last value", limit_s=60.0
            )

        published = [recoloured(page, lambda n=n: publish(100.0 + 150.0 * n)) for n in range(4)]
        publisher.disconnect()
        publisher.loop_stop()
        at_once = [recoloured(page, lambda n=n: page.evaluate(RECOLOUR, 50.0 + 150.0 * n)) for n in range(6)]
    return {
        "twins": twins,
        "rounds": at_once,
        "over_mqtt": published[1:],
        "first_values": published[0],
        "aim_ms": 50,
    }


def recoloured(page: Page, change: Callable[[], object]) -> dict[str, float]:
    """Let the page rest, change its values, and return what the longest step and frame until it rests again took."""
    rested(page)
    page.evaluate("plantverse.stats()")
    change()
    step = frame = 0.0
    while not step:
        page.wait_for_timeout(500)
        stats = page.evaluate("plantverse.stats()")
        step, frame = stats["mostStepMs"], stats["mostFrameMs"]
    rested(page)
    stats = page.evaluate("plantverse.stats()")
    return {
        "recolour_ms": round(max(step, stats["mostStepMs"]), 1),
        "frame_ms": round(max(frame, stats["mostFrameMs"]), 1),
    }


def heap(browser: Browser, folder: Path, minutes: float) -> dict[str, Any]:
    """Return the page's heap after collection, every half minute under 4,000 changing signals."""
    with plant_of(4_000, folder, browser) as (page, broker_port):
        session = sessions(page)
        code = _BLAST.format(broker_port, 4_000, minutes * 60.0 + 5.0, 20.0)
        seen = []
        with subprocess.Popen([sys.executable, "-c", code]) as load:
            while load.poll() is None:
                session.send("HeapProfiler.collectGarbage")
                seen.append(round(page.evaluate("performance.memory.usedJSHeapSize") / 1e6, 2))
                page.wait_for_timeout(30_000)
        applied = page.evaluate("plantverse.applied.times")
    return {"minutes": minutes, "frames": applied, "heap_mb": seen}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.viewer", description=__doc__.partition("\n")[0])
    parser.add_argument("--parts", default="size,demo,values,twins,objects,recolour,heap")
    parser.add_argument("--heap-minutes", type=float, default=10.0)
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--save", metavar="NAME", help="keep the result as benchmarks/results/NAME.json")
    given = parser.parse_args()
    result: dict[str, Any] = {"machine": p.machine()}
    with tempfile.TemporaryDirectory(prefix="plantverse-bench-") as name, chromium() as browser:
        folder = Path(name)
        parts = {
            "size": lambda: size(browser, folder),
            "demo": lambda: demo(browser, folder),
            "values": lambda: values(browser, folder),
            "twins": lambda: drawn(browser, folder, 2_000),
            "objects": lambda: drawn(browser, folder, 10_000),
            "recolour": lambda: recolour(browser, folder),
            "heap": lambda: heap(browser, folder, given.heap_minutes),
        }
        for part in given.parts.split(","):
            result[part] = parts[part]()
            if not given.json:
                print(part, json.dumps(result[part]), file=sys.stderr)
    print(json.dumps(result, indent=None if given.json else 2))
    if given.save:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{given.save}.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
