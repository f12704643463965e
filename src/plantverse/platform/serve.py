"""One server as a process: checks before the start, people told, signals, an orderly end."""

import asyncio
import logging
import signal
import socket
import sys
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from plantverse._clock import Clock, SystemClock
from plantverse.errors import ConfigInvalid
from plantverse.platform.app import MQTT_TASK, Server
from plantverse.platform.config import Settings
from plantverse.platform.config_file import mqtt_password
from plantverse.platform.listener import Uvicorn, bind, url_of, uvicorn_for
from plantverse.platform.pairing import FIRST_CODE_S, Pairing
from plantverse.platform.security import check_bind
from plantverse.platform.users import UsersFile
from plantverse.twins.interop.plant_toml import LoadedPlant, read_plant
from plantverse.twins.specs import PlantSpec

_log = logging.getLogger(__name__)


class Companion(Protocol):
    """Something that lives as long as the server, such as the devices of the demo plant."""

    def start(self) -> None:
        """Begin in the background."""

    def stop(self) -> None:
        """End."""


def serve(
    settings: Settings,
    *,
    plant_path: Path | None,
    open_browser: bool = False,
    share_on_lan: bool = False,
    companion: Callable[[str], Companion] | None = None,
) -> None:
    """Run a server until SIGINT or SIGTERM.

    Args:
        settings: All settings.
        plant_path: The plant file; None starts empty, and the first binding makes `plant.toml` here.
        open_browser: Show the viewer once it answers.
        share_on_lan: Listen on every address with a certificate of our own, and print an invitation.
        companion: Made with the broker's address once it runs.

    Raises:
        ConfigInvalid: A setting is unsafe, or the port is taken.
        PlantInvalid: The plant file is wrong.
        HistoryUnavailable: The history is locked or damaged.
        BrokerUnavailable: The embedded broker does not start.
    """
    run = _serve(settings, plant_path, open_browser=open_browser, share_on_lan=share_on_lan, companion=companion)
    if sys.platform == "win32":
        asyncio.run(run)
        return
    import uvloop

    uvloop.run(run)


async def _serve(
    settings: Settings,
    plant_path: Path | None,
    *,
    open_browser: bool,
    share_on_lan: bool,
    companion: Callable[[str], Companion] | None,
) -> None:
    clock = SystemClock()
    path = plant_path or Path.cwd() / "plant.toml"
    loaded = _plant(path)
    users = UsersFile(settings.users_path, clock)
    invite: Callable[[Pairing], str] | None = None
    if share_on_lan:
        settings, invite = _for_lan(settings, users, clock)
    check_bind(settings, users.users(), broker_password=bool(mqtt_password(settings.mqtt)))
    listener = bind(settings.http)
    try:
        server = Server(settings, loaded, path, users=users, clock=clock)
        invited = invite(server.http.state.pairing) if invite is not None else ""
        try:
            await _run(server, settings, listener, open_browser=open_browser, invited=invited, companion=companion)
        finally:
            await server.close()
    finally:
        listener.close()


async def _run(
    server: Server,
    settings: Settings,
    listener: socket.socket,
    *,
    open_browser: bool,
    invited: str,
    companion: Callable[[str], Companion] | None,
) -> None:
    tasks = await server.start()
    http = uvicorn_for(server.http, settings.http, settings.sync)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tasks.append(asyncio.create_task(http.serve(sockets=[listener]), name="http"))
    mate = companion(server.broker_url) if companion is not None else None
    if mate is not None:
        mate.start()
    url = url_of(settings.http, listener)
    _say(server, url, invited)
    if open_browser:
        await asyncio.to_thread(webbrowser.open, url)
    try:
        await _until(stop, tasks)
    finally:
        if mate is not None:
            await asyncio.to_thread(mate.stop)
        await server.say_goodbye()
        await _end(http, tasks)


async def _until(stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for a signal; a part that ends by itself ends the server, with its error."""
    waiter = asyncio.create_task(stop.wait(), name="signal")
    done, _ = await asyncio.wait([waiter, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiter.cancel()
    for task in done - {waiter}:
        _log.error("%s ended, so the server ends", task.get_name())
        task.result()


async def _end(http: Uvicorn, tasks: Sequence[asyncio.Task[None]]) -> None:
    """End everything but the MQTT session, which still has to confirm what history commits last."""
    http.should_exit = True
    ending = [task for task in tasks if task.get_name() != MQTT_TASK or task.done()]
    for task in ending:
        if task.get_name() != "http":
            task.cancel()
    for task, result in zip(ending, await asyncio.gather(*ending, return_exceptions=True), strict=True):
        if isinstance(result, Exception):
            _log.error("%s ended with an error", task.get_name(), exc_info=result)


def _plant(path: Path) -> LoadedPlant:
    if not path.exists():
        return LoadedPlant(spec=PlantSpec(name=path.absolute().parent.name or "plant", source=str(path)), files=(path,))
    return read_plant(path)


def _for_lan(settings: Settings, users: UsersFile, clock: Clock) -> tuple[Settings, Callable[[Pairing], str]]:
    """Return settings that listen on every address with TLS, and what makes the invitation to print."""
    # Certificates bring 10 MB of code into the process, which only this way in needs.
    from plantverse.platform import lan

    if settings.http.tls_cert is not None:
        raise ConfigInvalid("--lan makes its own certificate", hint="with http.tls_cert set, set http.host instead")
    names = lan.own_names()
    if not names:
        raise ConfigInvalid("this machine has no network address", hint="--lan is for phones and headsets nearby")
    certificate = lan.ensure_certificate(settings.state_dir / "lan", names, clock)
    token = lan.guest_token(users)
    http = replace(
        settings.http,
        host="0.0.0.0",  # noqa: S104  asked for by --lan, with a token and TLS
        names=(*settings.http.names, *names),
        tls_cert=certificate.cert,
        tls_key=certificate.key,
    )
    url = lan.invitation(names[0], settings.http.port, token)
    address = url.partition("/#")[0]

    def invite(pairing: Pairing) -> str:
        pairing.share(token, address)
        code = pairing.offer("", FIRST_CODE_S).code
        typed = f"In a headset, open {address} and type the code {code[:3]} {code[3:]} (once, within 15 minutes)."
        return f"{lan.qr_code(url)}\n{url}\n{typed}\n\nCompare once: SHA-256 {certificate.fingerprint}\n"

    return replace(settings, http=http), invite


def _say(server: Server, url: str, invited: str) -> None:
    """Tell people where everything is; on stdout, because it is what they asked for."""
    print(f"plantverse: {url}", flush=True)  # noqa: T201
    print(f"  {server.broker_message}", flush=True)  # noqa: T201
    if invited:
        print(f"\n{invited}", flush=True)  # noqa: T201
