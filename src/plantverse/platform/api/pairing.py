"""Codes that bring a user onto a phone or headset."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from plantverse.platform.api.caller import Caller, Server, bearer
from plantverse.platform.pairing import Pairing

router = APIRouter(prefix="/pairing", tags=["server"])


class PairingOffer(BaseModel):
    """A code for a device without a keyboard.

    `address` is what to type there, `qr` a picture (SVG) of it with the code.
    """

    code: str
    lasts_s: float
    address: str
    qr: str


class PairingCode(BaseModel):
    """What somebody typed; blanks between the digits don't matter."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"code": "943 560"}})
    code: Annotated[str, Field(min_length=1, max_length=16)]


class PairingToken(BaseModel):
    """The token that the code stood for."""

    token: str


def _pairing(request: Request) -> Pairing:
    pairing: Pairing = request.app.state.pairing
    return pairing


Codes = Annotated[Pairing, Depends(_pairing)]


@router.post("", response_model=PairingOffer)
async def offer(server: Server, user: Caller, codes: Codes, request: Request) -> dict[str, Any]:
    """Give a code of six digits that stands for the caller's token: once, and for two minutes."""
    from plantverse.platform.lan import qr_svg

    await server.note(user, "pairing.offer", user.name, {})
    made = codes.offer(bearer(request) or "")
    address = codes.address or str(request.base_url).rstrip("/")
    picture = qr_svg(f"{address}/#code={made.code}")
    return {"code": made.code, "lasts_s": made.lasts_s, "address": address, "qr": picture}


@router.post("/redeem", response_model=PairingToken)
async def redeem(codes: Codes, body: PairingCode) -> dict[str, Any]:
    """Return the token that a code stands for. Needs no token; five wrong codes void all of them."""
    return {"token": codes.redeem(body.code)}
