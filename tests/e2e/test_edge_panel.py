"""Edge nodes in a real browser: who runs what, and what an operator sees when a node dies."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from doubles.counting_device import CountingDevice, check_each_once
from doubles.edge_process import NodeProcess
from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess

TWINS = ("line/a", "line/b", "tank/c")
PLANT = """\
[plant]
name = "edges"
""" + "".join(
    f"""
[[twin]]
id = "{twin}"
topic = "plant/{twin}"
[twin.signals]
count = {{ kind = "int", max_age_s = 600.0 }}
"""
    for twin in TWINS
)
WAIT_MS = 90_000


def test_a_node_that_is_killed_in_the_viewer_leaves_its_twins_to_the_other_and_the_counts_match(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    plant = tmp_path / "plant.toml"
    plant.write_text(PLANT)
    server = make_server(plant, mosquitto.url).start()
    nodes = [NodeProcess(tmp_path, name, server, "--faults").start() for name in ("one", "two")]
    try:
        with CountingDevice(mosquitto, TWINS) as device:
            server.wait_for(lambda: all(node.state().get("phase") == "up" for node in nodes), "both nodes")
            page.goto(server.url)
            page.get_by_role("tab", name="Edge").click(timeout=WAIT_MS)
            for group, place in (("line", "one"), ("tank", "two")):
                page.get_by_label(f"Where group {group} runs").select_option(place, timeout=WAIT_MS)
            line, tank = (page.locator(".edge tbody tr").filter(has_text=name) for name in ("line", "tank"))
            expect(line.locator("td").nth(1)).to_have_text("one", timeout=WAIT_MS)
            expect(tank.locator("td").nth(1)).to_have_text("two", timeout=WAIT_MS)
            page.evaluate("window.plantverse.select('tank/c')")
            about = page.get_by_role("region", name="About")
            expect(about.get_by_text("two (group tank)")).to_be_visible(timeout=WAIT_MS)

            page.get_by_label("Squeeze the link of two").select_option(label="100 ms more each way, for a minute")
            card = page.locator(".edge-node").filter(has=page.get_by_text("two", exact=True))
            expect(card.get_by_text("On purpose:")).to_be_visible(timeout=WAIT_MS)
            card.get_by_role("button", name="Heal").click()
            expect(card.get_by_text("On purpose:")).to_be_hidden(timeout=WAIT_MS)

            card.get_by_role("button", name="Kill…").click()
            card.get_by_role("button", name="Kill two").click()
            expect(card.get_by_text("Lost for")).to_be_visible(timeout=WAIT_MS)
            expect(tank.locator("td").nth(1)).to_have_text("one", timeout=WAIT_MS)
            expect(about.get_by_text("one (group tank)")).to_be_visible(timeout=WAIT_MS)
            sent = device.sent
            server.wait_for(lambda: server.value("tank/c:count") > sent, "numbers by the other node")
        check_each_once(server, TWINS, device.sent)
    finally:
        for node in nodes:
            node.kill()
