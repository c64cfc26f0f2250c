"""`automl ui` in a real browser: what a person sees of a search."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from made_up import add_version, describe_bundle, record_trial, tracker
from mlflow_server import free_port
from PIL import Image

from automl.registry import promote, rollback
from automl.tracking import open_store

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

# Else its assistant opens beside whatever is opened first, over half of the leaderboard's columns.
NO_ASSISTANT = "localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true')"
SEARCH = "20260101-120000-images"
ALIASES = ("champion", "challenger", "previous")
CHART = "&compareRunsMode=CHART"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one search of three trials, whose winner is the champion, and a challenger."""
    home = tmp_path_factory.mktemp("home")
    store = open_store(home)
    earlier = record_trial(store)
    keys: dict[str, Any] = {"description": "Searching digits.", "metric": "accuracy", "params": {"sampler": "tpe"}}
    with tracker(store, SEARCH, "images", axes=("model", "training.lr"), **keys) as search:
        for number, (model, value) in enumerate([("mlp", 0.91), ("small_cnn", 0.987), ("resnet", 0.95)]):
            search.trial_started(number, model, {"model": model, "training.lr": 0.003})
            for epoch in (1, 2):
                search.epoch(number, epoch, {"val_accuracy": value - 0.1 / epoch, "part/loss": 1.0})
            summary = {"best_accuracy": value, "seconds": 2.0 + number}
            search.trial_finished(number, status="finished", reason="all epochs done", summary=summary)
        note = "Winner: trial 001 small_cnn."
        search.search_summary(metrics={"search_best": 0.987}, note=note, winner=1)
        search.flush()
        known = {"components": "small_cnn", "search": SEARCH, "trial": "001 small_cnn", "data": "digits"}
        bundle = describe_bundle(home / "one")
        add_version(store, bundle, 0.5, name="images", run_id=search.run_id(1), **known)
    add_version(store, describe_bundle(home / "two", b"w"), 1.2, name="images", run_id=earlier)
    return home


@pytest.fixture(scope="module")
def page(home: Path) -> Iterator[Any]:
    """What `automl ui` opens, as a user starts it, in Chromium."""
    from playwright.sync_api import sync_playwright

    port = free_port()
    command = [sys.executable, "-c", "from automl.cli.main import main; main()"]
    command += ["ui", "last", "--out", str(home), "--port", str(port), "--no-browser"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process,
        sync_playwright() as playwright,
    ):
        assert process.stdout is not None
        (address,) = re.findall(r"http://\S+", process.stdout.readline())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1280, "height": 800})
        opened.context.add_init_script(NO_ASSISTANT)
        opened.set_default_timeout(60_000)
        opened.goto(address)
        yield opened
        browser.close()
        os.killpg(process.pid, signal.SIGINT)


def keep(page: Any, name: str) -> None:
    """A picture for the documentation, in few colours, where somebody wants one (`make pictures`)."""
    if folder := os.environ.get("AUTOML_SCREENSHOTS"):
        page.wait_for_timeout(2_000)
        picture = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(96, dither=Image.Dither.NONE)
        picture.save(Path(folder) / name, optimize=True)


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
    before, _, _ = page.inner_text("body").partition("Parallel Coordinates")
    assert "\npart" not in before, "a section of a metric's name"


def test_the_winner_says_how_it_ended(page: Any) -> None:
    page.get_by_text("001 small_cnn").first.click()
    page.get_by_text("val_accuracy").first.wait_for()
    assert "all epochs done" in page.inner_text("body")


def test_a_promotion_and_a_rollback_are_seen_on_the_models_page(page: Any, home: Path) -> None:
    store = open_store(home)
    page.goto(re.sub(r"#.*", "#/models/images?workflowType=machine_learning", page.url))

    def shows(version: int, *aliases: str) -> None:
        row = page.get_by_role("row").filter(has_text=f"Version {version}")
        for alias in aliases:
            row.get_by_text(alias).first.wait_for()
        assert not [alias for alias in ALIASES if alias not in aliases and alias in row.inner_text()]

    shows(1, "champion")
    shows(2, "challenger")
    promote(store, "images", "2", force=True, reason="The other one leaks.")
    page.reload()
    shows(2, "champion")
    shows(1, "challenger", "previous")
    keep(page, "promoted.png")
    rollback(store, "images")
    page.reload()
    shows(1, "champion")
    shows(2, "challenger")
