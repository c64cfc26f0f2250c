"""`automl ui` in a real browser: what a person sees of a search."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from automl.tracking import Tracker, open_store

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one search of three trials."""
    home = tmp_path_factory.mktemp("home")
    tracker = Tracker(
        open_store(home),
        experiment="images",
        search="20260101-120000-images",
        description="Searching digits.",
        params={"sampler": "tpe"},
        tags={},
        metric="accuracy",
        minimize=False,
    )
    with tracker:
        for number, (model, value) in enumerate([("mlp", 0.91), ("small_cnn", 0.987), ("resnet", 0.95)]):
            tracker.trial_started(number, model, {"model": model, "training.lr": 0.003})
            tracker.epoch(number, 1, {"val_accuracy": value})
            tracker.trial_finished(
                number, status="finished", reason="all epochs done", summary={"best_accuracy": value}
            )
        tracker.search_summary(metrics={"search_best": 0.987}, note="Winner: trial 001 small_cnn.", winner=1)
        tracker.flush()
        (home / "leaderboard.txt").write_text(tracker.leaderboard_url(""))
    return home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """`automl ui` as a user starts it, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from automl.cli.main import main; main()"]
    command += ["ui", "--out", str(home), "--port", str(port), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert f"http://127.0.0.1:{port}" in line, line
        yield f"http://127.0.0.1:{port}"
        os.killpg(process.pid, signal.SIGINT)


def test_the_leaderboard_shows_the_trials_best_first_and_leads_to_the_winner(home: Path, address: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.goto(address + (home / "leaderboard.txt").read_text())
        page.get_by_text("001 small_cnn").first.wait_for(timeout=60_000)
        page.get_by_text("000 mlp").first.wait_for()
        text = page.inner_text("body")
        places = [text.index(name) for name in ("001 small_cnn", "002 resnet", "000 mlp")]
        assert places == sorted(places)
        assert "best_accuracy" in text
        if folder := os.environ.get("AUTOML_SCREENSHOTS"):
            page.screenshot(path=str(Path(folder) / "leaderboard.png"))
        page.get_by_text("001 small_cnn").first.click()
        page.get_by_text("val_accuracy").first.wait_for(timeout=60_000)
        assert "all epochs done" in page.inner_text("body")
        browser.close()
