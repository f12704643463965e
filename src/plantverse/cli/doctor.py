"""`plantverse doctor`: will it run here, and if not, why?"""

from dataclasses import asdict
from typing import Annotated

import typer

from plantverse.cli.options import AsJson, Data, settings_of
from plantverse.cli.output import show_json, show_table

EXIT_UNWELL = 1


def doctor(
    mqtt: Annotated[str, typer.Option(help="mqtt://HOST:PORT of a broker to look at.")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Look at Python, ports, disk, store, viewer, clock and broker; a failure ends with code 1."""
    from plantverse.cli.broker_check import ask_broker, judge
    from plantverse.cli.checks import local_checks
    from plantverse.platform.config_file import mqtt_password

    settings = settings_of(data)
    checks = list(local_checks(settings))
    url = mqtt or settings.mqtt.url
    if url:
        checks += judge(url, ask_broker(settings.mqtt, url, mqtt_password(settings.mqtt)))
    if as_json:
        show_json([asdict(check) for check in checks])
    else:
        show_table(("", "check", "finding", "hint"), ((c.state, c.name, c.message, c.hint) for c in checks))
    if any(check.state == "fail" for check in checks):
        raise typer.Exit(EXIT_UNWELL)
