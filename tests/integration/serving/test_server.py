"""`automl serve` as its own process: a version comes, a signal comes, and no request is lost."""

import json
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_up import add_version, write_light
from served import BIN, Server

from automl.tracking import Store

pytestmark = pytest.mark.integration


@pytest.fixture
def make_bundle(tmp_path: Path) -> Callable[[str], Path]:
    """A bundle that says what it is called."""
    return lambda answer: write_light(tmp_path / answer, answer)


@pytest.fixture(scope="module")
def image() -> bytes:
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.fromarray(np.full((4, 4), 250, np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_a_moved_alias_is_followed_and_no_request_is_lost(
    store: Store, make_bundle: Callable[[str], Path], start: Callable[..., Server], image: bytes
) -> None:
    add_version(store, make_bundle("dark"), 0.9, name="light")
    server = start("light@champion", "--home", str(store.home), "--reload", "0.2")
    first = server.predict(image)
    assert (first["version"], first["predictions"][0]["prediction"]) == ("1", "dark")
    add_version(store, make_bundle("light"), 0.8, name="light")
    store.client().set_registered_model_alias("light", "champion", "2")
    until = time.monotonic() + 30
    while (answer := server.predict(image))["version"] == "1" and time.monotonic() < until:
        assert answer["predictions"][0]["prediction"] == "dark"
    assert (answer["version"], answer["predictions"][0]["prediction"]) == ("2", "light")
    assert server.end() == 0
    assert all(json.loads(line)["level"] == "info" for line in server.lines)


def test_a_request_that_is_under_way_is_answered_before_the_end(
    make_bundle: Callable[[str], Path], start: Callable[..., Server], image: bytes
) -> None:
    """Its body is sent in two parts, SIGTERM between them."""
    server = start(str(make_bundle("light")))
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        head = f"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: {len(image)}\r\n\r\n"
        connection.sendall(head.encode() + image[:10])
        assert server.predict(image)  # by now the first part has arrived
        server.process.send_signal(signal.SIGTERM)
        refused = False
        until = time.monotonic() + 20
        while not refused and time.monotonic() < until:
            try:
                server.predict(image)
            except (urllib.error.URLError, ConnectionError):
                refused = True
        assert refused
        connection.sendall(image[10:])
        assert connection.recv(10_000).startswith(b"HTTP/1.1 200")
    assert server.process.wait(40) == 0


def test_a_port_in_use_is_said(make_bundle: Callable[[str], Path]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [BIN / "automl", "serve", make_bundle("dark"), "--port", port], capture_output=True, text=True
        )
    assert done.returncode == 2
    assert f"Can't listen at 127.0.0.1:{port}" in done.stderr and "--port" in done.stderr
