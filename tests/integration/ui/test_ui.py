"""`automl ui` in a real browser: what a person sees of a search."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from automl.registry import Evidence, Rows, log_model, register
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

SEARCH = "20260101-120000-images"
CHART = "&compareRunsMode=CHART"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory, description: str, made_up: Callable[..., tuple[Evidence, Rows]]
) -> Path:
    """A store with one search of three trials, whose winner is the champion."""
    home = tmp_path_factory.mktemp("home")
    store = open_store(home)
    tracker = Tracker(
        store,
        experiment="images",
        search=SEARCH,
        description="Searching digits.",
        params={"sampler": "tpe"},
        tags={},
        metric="accuracy",
        minimize=False,
        axes=("model", "training.lr"),
    )
    bundle = tmp_path_factory.mktemp("bundle")
    (bundle / "model.json").write_text(description)
    with tracker:
        for number, (model, value) in enumerate([("mlp", 0.91), ("small_cnn", 0.987), ("resnet", 0.95)]):
            tracker.trial_started(number, model, {"model": model, "training.lr": 0.003})
            for epoch in (1, 2):
                tracker.epoch(number, epoch, {"val_accuracy": value - 0.1 / epoch, "part/loss": 1.0})
            summary = {"best_accuracy": value, "seconds": 2.0 + number}
            tracker.trial_finished(number, status="finished", reason="all epochs done", summary=summary)
        note = "Winner: trial 001 small_cnn."
        tracker.search_summary(metrics={"search_best": 0.987}, note=note, winner=1)
        tracker.flush()
        run_id = tracker.run_id(1)
        evidence, rows = made_up(0.5, components="small_cnn")
        uri = log_model(store, run_id=run_id, bundle=bundle)
        register(store, model_uri=uri, run_id=run_id, name="images", evidence=evidence, rows=rows)
    return home


@pytest.fixture(scope="module")
def page(home: Path) -> Iterator[Any]:
    """What `automl ui` opens, as a user starts it, in Chromium."""
    from playwright.sync_api import sync_playwright

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from automl.cli.main import main; main()"]
    command += ["ui", "last", "--out", str(home), "--port", str(port), "--no-browser"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process,
        sync_playwright() as playwright,
    ):
        assert process.stdout is not None
        (address,) = re.findall(r"http://\S+", process.stdout.readline())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1600, "height": 1000})
        opened.set_default_timeout(60_000)
        opened.goto(address)
        yield opened
        browser.close()
        os.killpg(process.pid, signal.SIGINT)


def keep(page: Any, name: str) -> None:
    """A picture, where somebody wants one."""
    if folder := os.environ.get("AUTOML_SCREENSHOTS"):
        page.wait_for_timeout(2_000)
        page.screenshot(path=str(Path(folder) / name))


def test_it_opens_on_the_leaderboard_whose_winner_is_one_click_from_its_model(page: Any) -> None:
    page.get_by_text("001 small_cnn").first.wait_for()
    page.get_by_text("000 mlp").first.wait_for()
    text = page.inner_text("body")
    places = [text.index(name) for name in ("001 small_cnn", "002 resnet", "000 mlp")]
    assert places == sorted(places)
    assert "best_accuracy" in text
    keep(page, "leaderboard.png")
    with page.context.expect_page() as opened:
        page.locator("a[href*='/models/images/versions/1']").click()
    model = opened.value
    model.get_by_text("champion").first.wait_for(timeout=60_000)
    assert "small_cnn, found by the search" in model.inner_text("body")
    keep(model, "model.png")
    model.close()


def test_the_charts_of_the_search_come_first(page: Any) -> None:
    leaderboard = page.url
    page.goto(re.sub(r"(viewStateShareKey=[^&]*).*", r"\1-charts&workflowType=machine_learning", leaderboard) + CHART)
    page.reload()
    page.get_by_text("Parallel Coordinates").first.wait_for()
    keep(page, "charts.png")
    before, _, _ = page.inner_text("body").partition("Parallel Coordinates")
    assert "\npart" not in before, "a section of a metric's name"


def test_the_winner_says_how_it_ended(page: Any) -> None:
    page.get_by_text("001 small_cnn").first.click()
    page.get_by_text("val_accuracy").first.wait_for()
    assert "all epochs done" in page.inner_text("body")
    keep(page, "winner.png")
