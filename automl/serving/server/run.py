"""Running the server until it is told to end."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from automl.errors import UserError

if TYPE_CHECKING:
    from automl.serving.server.live import Source
    from automl.serving.server.settings import Settings

Say = Callable[[str], None]


def serve(source: Source, settings: Settings, say: Say) -> None:
    """Answers until SIGTERM or Ctrl-C: then it takes no new connections, and ends when the last request is answered.

    Raises:
        UserError: The port is in use, or the model can't be loaded.
    """
    listening = _listen(settings.host, settings.port)
    import uvicorn

    from automl.serving.server.app import make_app
    from automl.serving.server.live import Live
    from automl.serving.server.telemetry import log_to_stdout

    live = Live(source, settings.limits)
    server: uvicorn.Server
    app = make_app(live, settings, lambda: server.should_exit)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=int(settings.limits.seconds) + 1,
        )
    )
    listening.listen()  # whoever reads the line below may come at once
    host, port = listening.getsockname()[:2]
    say(f"Serving {live.current.name} version {live.current.version} at http://{host}:{port} (docs: /docs).")
    log_to_stdout()
    for ending in (signal.SIGINT, signal.SIGTERM):  # uvicorn, once it has ended, hands them on to who was there before
        signal.signal(ending, signal.SIG_IGN)
    server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise UserError(
            f"Can't listen at {host}:{port}: {error.strerror or error}.", hint="Choose another with --port or --host."
        ) from error
    return listening
