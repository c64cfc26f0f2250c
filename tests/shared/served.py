"""`automl serve` as a process."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent


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

    def predict(self, body: bytes, kind: str = "image/png") -> dict[str, Any]:
        address = f"http://127.0.0.1:{self.port}/predict"
        request = urllib.request.Request(address, body, {"content-type": kind})
        with urllib.request.urlopen(request, timeout=20) as answer:
            content: dict[str, Any] = json.load(answer)
            return content

    def end(self, code: int = signal.SIGTERM) -> int:
        self.process.send_signal(code)
        ended = self.process.wait(40)
        self._reader.join(10)
        return ended
