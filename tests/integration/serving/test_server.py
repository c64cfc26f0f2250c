"""`automl serve` as its own process: a version comes, a signal comes, and no request is lost."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl.components import Task, load_catalog
from automl.data import ImagePreparation
from automl.registry import Evidence, Rows, log_model, register
from automl.tracking import Store, Tracker
from automl.training.bundle import Part, write_bundle

pytestmark = pytest.mark.integration

TASK = Task(kind="image-classification", num_outputs=2, input_shape=(1, 4, 4), class_names=("dark", "light"))
PREPARATION = ImagePreparation(channels=1, height=4, width=4, max_value=255, mean=(0.5,), std=(0.5,))
BIN = Path(sys.executable).parent


@pytest.fixture
def make_bundle(tmp_path: Path) -> Callable[[str], Path]:
    """A bundle that says `light` where the mean is high, or always `answer`."""

    def make(answer: str) -> Path:
        import torch

        from automl.training.assembly import assemble
        from automl.training.checkpoint import write_weights

        configuration = {"model": "mlp", "model.mlp.width": 16, "model.mlp.depth": 1, "model.mlp.numbers": "plain"}
        module = assemble(load_catalog(), TASK, configuration).model
        with torch.no_grad():
            module[-1].weight.zero_()
            module[-1].bias.copy_(torch.tensor([1.0, 0.0] if answer == "dark" else [0.0, 1.0]))
        write_weights(module, tmp_path / "best.safetensors")
        folder = tmp_path / answer
        write_bundle(
            folder,
            parts=[Part(tmp_path / "best.safetensors", configuration)],
            task=TASK,
            preparation=PREPARATION,
            plugins=(),
        )
        return folder

    return make


class Server:
    """A process that serves, and its address."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [str(BIN / "automl"), "serve", *words, "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"COLUMNS": "200"},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found, line + self.process.stdout.read()
        self.port = int(found[1])
        self.lines: list[str] = []
        self._reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout or ()), daemon=True)
        self._reader.start()

    def predict(self, image: bytes) -> dict[str, Any]:
        address = f"http://127.0.0.1:{self.port}/predict"
        request = urllib.request.Request(address, image, {"content-type": "image/png"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            content: dict[str, Any] = json.load(answer)
            return content

    def end(self, code: int = signal.SIGTERM) -> int:
        self.process.send_signal(code)
        ended = self.process.wait(40)
        self._reader.join(10)
        return ended


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def make(*words: str) -> Server:
        servers.append(Server(*words))
        return servers[-1]

    yield make
    for server in servers:
        server.process.kill()


@pytest.fixture(scope="module")
def image() -> bytes:
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.fromarray(np.full((4, 4), 250, np.uint8)).save(file, "PNG")
    return file.getvalue()


def registered(store: Store, bundle: Path, value: float) -> None:
    with Tracker(
        store,
        experiment="light",
        search=f"light-{value}",
        description="",
        params={},
        tags={},
        metric="accuracy",
        minimize=False,
    ) as tracker:
        tracker.trial_started(0, "net", {})
    evidence = Evidence(
        search="s",
        trial="000 net",
        components="net",
        data="d",
        data_digest="a",
        test_digest="b",
        task="image-classification",
        metric="accuracy",
        validation={"accuracy": value},
        test={"accuracy": value},
    )
    rows = Rows(np.eye(2, dtype=np.float32), np.array([0, 1]), "b")
    uri = log_model(store, run_id=tracker.run_id(0), bundle=bundle)
    register(store, model_uri=uri, run_id=tracker.run_id(0), name="light", evidence=evidence, rows=rows)


def test_a_moved_alias_is_followed_and_no_request_is_lost(
    store: Store, make_bundle: Callable[[str], Path], start: Callable[..., Server], image: bytes
) -> None:
    registered(store, make_bundle("dark"), 0.7)
    server = start("light@champion", "--home", str(store.home), "--reload", "0.2")
    first = server.predict(image)
    assert (first["version"], first["predictions"][0]["prediction"]) == ("1", "dark")
    registered(store, make_bundle("light"), 0.9)
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
