"""MLflow's user interface as a child process."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable

from automl.errors import UserError
from automl.tracking.pages import find_page
from automl.tracking.store import Store, environment

HOST = "127.0.0.1"
PATIENCE = 120.0
"""Seconds that the server may take to answer; it takes 5 to 20."""


def serve_ui(
    store: Store, *, port: int, open_browser: bool, say: Callable[[str], None], search: str | None = None
) -> int:
    """Runs the UI on loopback until it is ended (Ctrl-C), open on a search's leaderboard; returns its exit code. A
    server has one of its own already.

    Args:
        search: Its name; None or `last`: the latest one.

    Raises:
        UserError: There is nothing to show or no such search, the port is taken, or the server doesn't come up.
    """
    if store.is_server:
        page = store.tracking_uri.rstrip("/") + find_page(store, search)
        say(f"The MLflow UI: {page}")
        if open_browser:
            webbrowser.open(page)
        return 0
    if store.database is not None and not store.database.exists():
        raise UserError(f"Nothing was logged yet: there is no {store.database}.", hint="Run automl search first.")
    _require_free(port)
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    with subprocess.Popen(
        command, env=environment(store), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            address = f"http://{HOST}:{port}"
            page = address + find_page(store, search)  # while it comes up
            wait_until_up(server, address)
            say(f"The MLflow UI: {page}  (Ctrl-C ends it)")
            if open_browser:
                webbrowser.open(page)
            return _ended(server)
        except KeyboardInterrupt:
            return 0
        finally:
            server.terminate()


def _ended(server: "subprocess.Popen[bytes]") -> int:
    """Its exit code, once it has ended. Polars, where it is installed, has a Ctrl-C that reaches this process alone go
    unheard in a wait that blocks: its handler of the signal has the wait go on."""
    while (code := server.poll()) is None:
        time.sleep(0.2)
    return code


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise UserError(f"Port {port} can't be used: {error}.", hint="Choose another with --port.") from error


def wait_until_up(server: "subprocess.Popen[bytes]", address: str) -> None:
    """Returns when the server answers; UserError when it ends before, or takes longer than `PATIENCE`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise UserError("The MLflow server did not come up.", hint="`automl doctor` checks the store.")
