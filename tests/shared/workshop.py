"""A page's reader, who types what stands on it."""

import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager, chdir, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from mlflow_server import free_port
from pages import ROOT, commands

import automl

BIN = Path(sys.executable).parent
FIRST = "automl search --trials 1 --set training.epochs=1"
"""What a reader types first is run as they would, with Ray; our other commands in this process and without, for speed.
"""


@dataclass
class Workshop:
    """A page's reader: a folder with data under the page's names for it, and what its commands have left there."""

    folder: Path
    run_here: Callable[..., subprocess.CompletedProcess[str]]
    without_ray: Callable[[], AbstractContextManager[None]]

    @property
    def environment(self) -> dict[str, str]:
        """With our commands first."""
        return os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "160"}

    def run(self, command: str) -> str:
        """What it prints. Fails where it exits with anything but 0."""
        words = shlex.split(command)
        if words[0] == "automl" and command != FIRST:
            done = self.run_here(*words[1:], cwd=self.folder)
        else:
            done = subprocess.run(words, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def run_code(self, text: str) -> str:
        """What it prints, with one trial in each search."""
        search, printed = automl.search, io.StringIO()
        with self.without_ray(), pytest.MonkeyPatch.context() as patch, chdir(self.folder), redirect_stdout(printed):
            patch.setattr(automl, "search", lambda *data, **keys: search(*data, **keys | {"trials": 1}))
            exec(text, {"__name__": "__main__"})
        return printed.getvalue()

    def follow(self, command: str) -> None:
        """Runs a documented command, a search with one trial of one epoch, and checks what it leaves."""
        words = shlex.split(command)
        if words[:2] == ["automl", "ui"]:
            self._look_at_ui(command)
        elif words[:2] == ["automl", "serve"]:
            self._ask_server(command)
        elif words[:2] == ["automl", "search"]:
            epochs = "" if "training.epochs=" in command else " --set training.epochs=1"
            assert "Registered as" in self.run(f"{command} --trials 1{epochs}"), command
        elif words[:2] == ["automl", "resume"]:
            self._break_off_latest()
            assert "Registered as" in self.run(command)
        elif words[:2] == ["automl", "predict"]:
            self.run(command)
            header, *rows = (self.folder / "predictions.csv").read_text().splitlines()
            if "letters.txt" in words:
                assert header == "id,entities" and len(rows) == 3 and '""label"": ""LOC""' in rows[0]
                return
            assert header.startswith(f"id,prediction,{'class_1' if '--top' in words else 'p_'}")
            ids = ["1", "2", "3"] if {"new_rows.csv", "messages.csv"} & set(words) else ["0.png", "1.png", "2.png"]
            assert [row.split(",")[0] for row in rows] == ids
        else:
            assert self.run(command), f"{command} prints nothing"

    def _ask_server(self, command: str) -> None:
        """By the commands of its page."""
        words = [*shlex.split(command)[:3], "--port", "0"]
        with subprocess.Popen(
            words, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"127\.0\.0\.1:\d+", line)
            assert found, line
            for asked in (line for line in commands(ROOT / "docs/serving.md") if line.startswith("curl")):
                assert "model" in json.loads(self.run(asked.replace("localhost:8000", found[0])))
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0

    def _break_off_latest(self) -> None:
        """As if the latest search had been killed before its end was noted."""
        notes = max((self.folder / "automl_runs" / "searches").glob("*/search.json"))
        notes.write_text(json.dumps(json.loads(notes.read_text()) | {"ended": None}))

    def _look_at_ui(self, command: str) -> None:
        port = free_port()
        words = [*shlex.split(command), "--no-browser", "--port", str(port)]
        with subprocess.Popen(
            words, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert f"127.0.0.1:{port}" in process.stdout.readline()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=30) as answer:
                assert answer.status == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
