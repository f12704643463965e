"""Does what sync sessions ask for, with the same services as REST."""

from collections.abc import Callable

from starlette.websockets import WebSocket

from plantverse.errors import PlantverseError
from plantverse.platform.access import User
from plantverse.platform.api.actions import answer
from plantverse.platform.api.caller import recognise
from plantverse.platform.services import Services
from plantverse.twins.commands import RequestState
from plantverse.twins.sync.messages import AlarmAction, Invoke, Reply, SetDesired
from plantverse.twins.sync.session import ServerSession


class RequestDesk:
    """The desk of `SyncHub`; the services are given once the server is wired.

    Rule E2: a request is answered at once, pending or at its end, and a pending one later with its end.
    """

    def __init__(self) -> None:
        self.services: Services | None = None

    def authenticate(self, token: str, websocket: WebSocket) -> User:
        """Return the user of a `hello`.

        Raises:
            NotAllowed: Wrong host or origin, or an unknown token.
        """
        return recognise(websocket, token or None)

    def still_valid(self, user: User) -> bool:
        """Return whether the user may stay."""
        return self._wired().access.still_valid(user)

    async def handle(self, session: ServerSession, user: User, request: Invoke | SetDesired | AlarmAction) -> None:
        """Carry out a request."""
        services = self._wired()

        def tell(state: RequestState) -> None:
            session.reply(_reply(request.request, state))

        try:
            match request:
                case Invoke():
                    state = await services.commands.invoke(
                        user,
                        request.twin,
                        request.command,
                        request.args,
                        reason=request.reason,
                        timeout_s=request.timeout_s,
                        asked_as=request.request,
                        on_change=tell,
                    )
                    self._tell_pending(tell, state)
                case SetDesired():
                    state = await services.desired.set(
                        user,
                        request.twin,
                        request.patch,
                        reason=request.reason,
                        asked_as=request.request,
                        on_change=tell,
                    )
                    self._tell_pending(tell, state)
                case AlarmAction():
                    await services.alarm_desk.act(
                        user, request.alarm, request.action, comment=request.comment, duration_s=request.duration_s
                    )
                    session.reply(Reply(request=request.request, status="succeeded"))
        except PlantverseError as exc:
            session.reply(
                Reply(
                    request=request.request,
                    status="refused",
                    code=exc.code,
                    message=exc.message,
                    hint=exc.hint or "",
                )
            )

    @staticmethod
    def _tell_pending(tell: Callable[[RequestState], None], state: RequestState) -> None:
        """An end was told already, whether it came before or after the broker took the request."""
        if state.status == "pending":
            tell(state)

    def _wired(self) -> Services:
        assert self.services is not None, "sessions begin after the server is wired"
        return self.services


def _reply(request: str, state: RequestState) -> Reply:
    return Reply(request=request, status=state.status, message=state.message, result=answer(state))
