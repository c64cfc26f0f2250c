"""`automl serve` beside `mlflow models serve`: the same model, each with images in the form that it takes.

    python tests/benchmarks/serve.py [--seconds 20] [--clients 8] [--soak 600] [--systems automl,mlflow]

A `small_cnn` is trained on random images of 8 x 8 and registered. Each server is asked until it is ready, then one
request after another, then by several clients at once, who share the cores with it. `--soak` asks automl's alone,
with right and wrong requests by turns, and watches its memory.
"""

import argparse
import base64
import http.client
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles

import numpy as np
from common import machine, make_data, run_search
from PIL import Image

BIN = Path(sys.executable).parent
JSON = {"Content-Type": "application/json"}


def images(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 8, 8), dtype=np.uint8)


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def body_of(system: str, image: np.ndarray) -> tuple[str, bytes]:
    """Path and body of a request."""
    if system == "mlflow":
        return "/invocations", json.dumps({"inputs": image[None, None].tolist()}).encode()
    return "/predict", json.dumps({"images": [base64.b64encode(png(image)).decode()]}).encode()


def start(system: str, home: Path) -> tuple[subprocess.Popen[bytes], int, float]:
    """A server's process, its port, and after how many seconds it was ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = {
        "automl": f"{BIN}/automl serve images@champion --home {home} --port {port}",
        "mlflow": f"{BIN}/mlflow models serve -m models:/images@champion --env-manager local -p {port}",
    }[system]
    environment = os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "MLFLOW_TRACKING_URI": f"sqlite:///{home / 'mlflow.db'}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    if system == "automl":
        del environment["MLFLOW_TRACKING_URI"]
    started = time.monotonic()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command.split(), env=environment, stdout=quiet, stderr=quiet, start_new_session=True)
    ready = "/ready" if system == "automl" else "/ping"
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", ready)
            if connection.getresponse().status == 200:
                return process, port, time.monotonic() - started
        except OSError:
            time.sleep(0.05)


def ask(port: int, path: str, body: bytes, until: float, seconds: list[float], statuses: Counter[int]) -> None:
    """One client on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while time.monotonic() < until:
        began = time.perf_counter()
        connection.request("POST", path, body, JSON)
        answer = connection.getresponse()
        answer.read()
        seconds.append(time.perf_counter() - began)
        statuses[answer.status] += 1


def compare(systems: list[str], home: Path, seconds: int, clients: int) -> None:
    for system in systems:
        process, port, ready = start(system, home)
        path, body = body_of(system, images(1)[0])
        ask(port, path, body, time.monotonic() + 3, [], Counter())
        alone: list[float] = []
        ask(port, path, body, time.monotonic() + seconds / 2, alone, Counter())
        together: list[float] = []
        statuses: Counter[int] = Counter()
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(target=ask, args=(port, path, body, until, together, statuses)) for _ in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(statuses) == {200}, statuses
        p50, p95 = 1000 * median(alone), 1000 * quantiles(alone, n=20)[-1]
        print(
            f"{system}: ready in {ready:.1f} s; alone p50 {p50:.2f} ms, p95 {p95:.2f} ms; {clients} clients "
            f"{len(together) / seconds:.0f} requests/s, p50 {1000 * median(together):.1f} ms; "
            f"{resident(process.pid) / 1e6:.0f} MB",
            flush=True,
        )
        os.killpg(process.pid, 15)
        process.wait()


def resident(pid: int) -> int:
    """Bytes of a process and its children."""
    pages = 0
    for found in [pid, *map(int, subprocess.run(["pgrep", "-P", str(pid)], capture_output=True).stdout.split())]:
        pages += int(Path(f"/proc/{found}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def soak(home: Path, seconds: int, clients: int) -> None:
    """Mixed load, and the memory after each tenth of the time."""
    process, port, _ = start("automl", home)
    many = [png(image) for image in images(64)]
    right = [body_of("automl", image)[1] for image in images(16)]
    right.append(json.dumps({"images": [base64.b64encode(file).decode() for file in many]}).encode())
    wrong = [b"{", b'{"images": []}', b'{"images": ["AAAA"]}', b'{"rows": [1]}', b"[" * 5000, b'{"images": [null]}']
    requests = [body for number, body in enumerate(right * 2) for body in (body, wrong[number % len(wrong)])]
    statuses: Counter[int] = Counter()

    def client(number: int) -> None:
        until = time.monotonic() + seconds
        for body in cycle(requests[number:] + requests[:number]):
            if time.monotonic() > until:
                return
            ask_once(port, body, statuses)

    threads = [threading.Thread(target=client, args=(number,), daemon=True) for number in range(clients)]
    for thread in threads:
        thread.start()
    sizes = []
    for _ in range(10):
        time.sleep(seconds / 10)
        sizes.append(resident(process.pid) / 1e6)
        print(f"  {sizes[-1]:.1f} MB, {sum(statuses.values())} requests, {dict(statuses)}", flush=True)
    for thread in threads:
        thread.join()
    growth = sizes[-1] / sizes[0] - 1
    print(f"soak of {seconds} s: memory {growth:+.1%} after the first tenth, {dict(statuses)}")
    os.killpg(process.pid, 15)
    process.wait()


local = threading.local()


def ask_once(port: int, body: bytes, statuses: Counter[int]) -> None:
    if not hasattr(local, "connection"):
        local.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    local.connection.request("POST", "/predict", body, JSON)
    answer = local.connection.getresponse()
    answer.read()
    statuses[answer.status] += 1


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seconds", type=int, default=20)
    arguments.add_argument("--clients", type=int, default=8)
    arguments.add_argument("--soak", type=int, default=0)
    arguments.add_argument("--systems", default="automl,mlflow")
    chosen = arguments.parse_args()
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        make_data(home / "noise.npz")
        space = {"model": "small_cnn", "augmentation": [], "regularizer": [], "training.epochs": 2}
        run_search(home, data=str(home / "noise.npz"), trials=1, workers=1, confirm="off", ensemble=False, space=space)
        if chosen.soak:
            soak(home, chosen.soak, chosen.clients)
        else:
            compare(chosen.systems.split(","), home, chosen.seconds, chosen.clients)


if __name__ == "__main__":
    main()
