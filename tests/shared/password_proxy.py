"""A server before an MLflow server that lets in only who knows a password or a token."""

import base64
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class PasswordProxy:
    """Passes on what is asked with the right `Authorization`, and refuses the rest.

    Args:
        behind: The address of the server.
    """

    def __init__(self, behind: str, user: str, password: str, token: str) -> None:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.behind, self.allowed, self.refused = behind, {f"Basic {pair}", f"Bearer {token}"}, 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    proxy: PasswordProxy

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Authorization") not in self.proxy.allowed:
            self.proxy.refused += 1
            self._answer(401, b"who are you?", "text/plain")
            return
        kept = {name: value for name, value in self.headers.items() if name in ("Content-Type", "Accept")}
        request = urllib.request.Request(self.proxy.behind + self.path, body or None, kept, method=self.command)
        try:
            with urllib.request.urlopen(request) as answer:
                self._answer(answer.status, answer.read(), answer.headers["Content-Type"])
        except urllib.error.HTTPError as error:
            self._answer(error.code, error.read(), error.headers["Content-Type"])

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on

    def _answer(self, status: int, content: bytes, kind: str | None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", kind or "application/octet-stream")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass
