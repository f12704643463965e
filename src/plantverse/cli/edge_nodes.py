"""`plantverse edge run|demo|nodes|move|drain|fault`: processes that decode for a server, and what is done with them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from plantverse.cli.options import DEFAULT_URL, AsJson, Ca, Token, Url
from plantverse.cli.output import number, show_table
from plantverse.errors import ConfigInvalid

if TYPE_CHECKING:
    from plantverse.client.rest import Rest

Server = Annotated[str, typer.Option("--server", envvar="PLANTVERSE_URL", help="The server to work for.")]
Group = Annotated[str, typer.Argument(help="Of twins, as `plantverse edge nodes` lists them.")]
NodeName = Annotated[str, typer.Argument(help="Of the node.")]
Reason = Annotated[str, typer.Option(help="For the audit log.")]
STOP_S = 10.0


def run(
    name: Annotated[str, typer.Option(help="Unique; letters, digits, _ . -")],
    server: Server = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
    mqtt: Annotated[
        str, typer.Option(help="mqtt://[USER@]HOST:PORT as this machine reaches it; the server's by default.")
    ] = "",
    plant: Annotated[
        Path | None, typer.Option(help="The plant file: what it derives is then computed here, not on the server.")
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps models from run to run; else they are sent anew."),
    ] = None,
    memory_mb: Annotated[
        int, typer.Option(min=0, help="For models of detectors, MiB; 0 leaves detectors to the server.")
    ] = 256,
    faults: Annotated[
        bool, typer.Option("--faults", help="Let people kill this node and squeeze its link, to see what happens.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    """Decode groups of twins for a server and run their detectors, near their broker, until Ctrl-C.

    The server says which groups.

    A password of the broker comes in PLANTVERSE_MQTT_PASSWORD.
    """
    from plantverse.cli.logs import configure
    from plantverse.platform.edge.app import NodeSettings, run_node

    configure(verbose=verbose)
    made = None
    if faults:
        from plantverse.sim.edge_faults import NodeFaults

        made = NodeFaults
    settings = NodeSettings(
        name=name,
        url=server,
        token=token,
        ca=ca,
        mqtt=mqtt,
        mqtt_password=os.environ.get("PLANTVERSE_MQTT_PASSWORD", ""),
        plant=plant,
        models=models,
        memory=memory_mb << 20,
    )
    run_node(settings, faults=made)


def demo(
    nodes: Annotated[int, typer.Option(help="How many, edge-1 and so on.")] = 2,
    server: Server = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
    mqtt: Annotated[str, typer.Option(help="As of `edge run`.")] = "",
) -> None:
    """Start some nodes that may be killed and squeezed, until Ctrl-C; one that was killed comes back after 10 s."""
    if not 1 <= nodes <= 16:
        raise ConfigInvalid(f"--nodes {nodes}: expected 1-16")
    command = [sys.executable, "-m", "plantverse", "edge", "run", "--faults", "--server", server]
    command += ["--ca", str(ca)] if ca is not None else []
    command += ["--mqtt", mqtt] if mqtt else []
    environment = os.environ | ({"PLANTVERSE_TOKEN": token} if token else {})
    names = [f"edge-{position}" for position in range(1, nodes + 1)]
    running = {name: subprocess.Popen([*command, "--name", name], env=environment) for name in names}  # noqa: S603
    typer.echo(f"{', '.join(names)} work for {server}; Ctrl-C ends them")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    dead_since: dict[str, float] = {}
    try:
        while True:
            for name, process in list(running.items()):
                if process.poll() is None:
                    continue
                since = dead_since.setdefault(name, time.monotonic())
                if process.returncode > 0:
                    raise ConfigInvalid(f"{name} ended with code {process.returncode}", hint="its reason stands above")
                if time.monotonic() - since > STOP_S:
                    del dead_since[name]
                    running[name] = subprocess.Popen([*command, "--name", name], env=environment)  # noqa: S603
            time.sleep(0.2)
    except KeyboardInterrupt:
        pass
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def nodes(url: Url = DEFAULT_URL, token: Token = "", ca: Ca = None, as_json: AsJson = False) -> None:
    """List the nodes, and which group runs where."""
    found = _ask(url, token, ca).get("/edge")
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    if not found["active"]:
        typer.echo("no node was ever here: everything runs on the server")
        return
    places = [*found["nodes"], {**found["server"], "phase": "up", "queue": 0}]
    show_table(
        ("place", "phase", "load", "rtt ms", "lag ms", "rows/s", "queue", "fault", "groups"),
        (
            (
                place["name"],
                place["phase"],
                f"{100 * place['load']:.0f} %",
                number(place["rtt_ms"]),
                number(place["lag_ms"]),
                number(place["rows_per_s"]),
                number(place["queue"]),
                place.get("fault", ""),
                ", ".join(place["groups"]),
            )
            for place in places
        ),
    )
    show_table(
        ("group", "place", "phase", "twins", "rows/s", "predicted ms", "realised ms", "99 %", "why"),
        (
            (
                group["name"],
                group["place"] or "-",
                group["phase"],
                number(len(group["twins"])),
                number(group["rows_per_s"]),
                number(group["predicted_ms"]),
                number(group["realised_ms"]),
                number(group["realised_p99_ms"]),
                "by hand" if group["pinned"] else group["reason"],
            )
            for group in found["groups"]
        ),
    )


def move(
    group: Group,
    place: Annotated[str, typer.Argument(help="A node, or server; leave it away for the policy.")] = "",
    reason: Reason = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
) -> None:
    """Keep a group at a place by hand, or leave it to the policy again."""
    _ask(url, token, ca).post(f"/edge/groups/{quote(group)}/move", {"place": place, "reason": reason})
    typer.echo(f"{group} goes to {place}" if place else f"{group} is left to the policy")


def drain(
    node: NodeName,
    undo: Annotated[bool, typer.Option("--undo", help="Let it work again.")] = False,
    reason: Reason = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
) -> None:
    """Empty a node, for example before its machine is switched off."""
    _ask(url, token, ca).post(f"/edge/nodes/{quote(node)}/drain", {"on": not undo, "reason": reason})
    typer.echo(f"{node} works again" if undo else f"{node} is being emptied")


def fault(
    node: NodeName,
    kind: Annotated[str, typer.Argument(help="kill, squeeze or heal.")],
    delay_ms: Annotated[float, typer.Option(help="squeeze: added one way, each way.")] = 0.0,
    jitter_ms: Annotated[float, typer.Option(help="squeeze: up to so much more.")] = 0.0,
    kbit_s: Annotated[float, typer.Option(help="squeeze: bandwidth; 0 for all there is.")] = 0.0,
    stall_s: Annotated[float, typer.Option(help="squeeze: nothing passes for so long.")] = 0.0,
    seconds: Annotated[float, typer.Option(help="squeeze: heals by itself after so long; 0 for never.")] = 0.0,
    reason: Reason = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
) -> None:
    """Kill a node or squeeze its link to the server; for nodes started with --faults or by `edge demo`."""
    body: dict[str, Any] = {"kind": kind, "delay_ms": delay_ms, "jitter_ms": jitter_ms, "kbit_s": kbit_s}
    body |= {"stall_s": stall_s, "seconds": seconds, "reason": reason}
    _ask(url, token, ca).post(f"/edge/nodes/{quote(node)}/fault", body)
    typer.echo(f"{node}: {kind}")


def _ask(url: str, token: str, ca: Path | None) -> "Rest":
    from plantverse.client.rest import Address, Rest

    return Rest(Address(url, ca=ca), token)
