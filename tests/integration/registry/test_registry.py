"""Registering versions on a real store, and finding them."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import made_up
import pytest

from automl.errors import UserError
from automl.registry import Registered, find_model, log_model
from automl.tracking import Store

pytestmark = pytest.mark.integration

Add = Callable[..., Registered]
Aliases = Callable[[], dict[str, str]]


def test_the_first_model_better_than_the_baseline_is_champion(add: Add, aliases: Aliases) -> None:
    registered = add(0.8)
    assert (registered.version, registered.alias) == ("1", "champion"), registered.reason
    assert "beats the trivial baseline's 0.5" in registered.reason and "no champion" in registered.reason
    assert aliases() == {"champion": "1"}


def test_a_model_no_better_than_the_baseline_is_never_champion(add: Add, aliases: Aliases) -> None:
    registered = add(0.8, test_baseline={"auc": 0.99})
    assert registered.alias == "challenger"
    assert "doesn't beat the trivial baseline" in registered.reason
    assert "automl models promote medical_imaging 1 --force --reason" in registered.reason
    assert aliases() == {"challenger": "1"}


def test_the_first_model_that_breaks_a_gate_is_no_champion(add: Add, aliases: Aliases, store: Store) -> None:
    registered = add(0.8, gates=("latency_ms<=2",))
    assert "Its latency_ms 3, not <= 2." in registered.reason
    assert aliases() == {"challenger": "1"}
    tags = store.client().get_model_version("medical_imaging", "1").tags
    assert tags["automl.gate"] == "Its latency_ms 3, not <= 2."


def test_a_model_clearly_better_on_the_same_rows_replaces_the_champion(add: Add, aliases: Aliases) -> None:
    add(1.0)
    registered = add(0.5)
    assert "Beats the champion, version 1, on the same 400 rows: auc +0." in registered.reason
    assert aliases() == {"champion": "2", "previous": "1", "challenger": "1"}


@pytest.mark.parametrize("noise", [0.799, 1.2])
def test_a_model_better_by_noise_alone_or_worse_is_no_champion(add: Add, aliases: Aliases, noise: float) -> None:
    add(0.8)
    registered = add(noise)
    assert "Isn't clearly better than the champion, version 1" in registered.reason
    assert aliases() == {"champion": "1", "challenger": "2"}


def test_the_challenger_is_the_best_of_the_others_not_the_newest(add: Add, aliases: Aliases) -> None:
    add(0.5)
    add(0.8)
    assert add(1.2).alias == ""
    assert aliases() == {"champion": "1", "challenger": "2"}


def test_a_better_challenger_that_breaks_a_gate_comes_after_one_that_keeps_it(add: Add, aliases: Aliases) -> None:
    add(0.5)
    add(1.0)
    add(0.8, gates=("latency_ms<=2",))
    assert aliases() == {"champion": "1", "challenger": "2"}


def test_the_smaller_error_wins_where_small_is_good(add: Add, aliases: Aliases) -> None:
    known = {"metric": "log_loss", "test_baseline": {"log_loss": 0.69}}
    add(0.8, test={"log_loss": 0.6}, **known)
    assert add(0.4, test={"log_loss": 0.5}, **known).alias == "champion"
    assert add(1.2, test={"log_loss": 0.68}, **known).alias == ""


def test_what_was_tested_on_other_rows_is_not_compared(add: Add, aliases: Aliases) -> None:
    add(1.0)
    registered = add(0.4, test_digest="rows-2")
    assert "was tested on other rows" in registered.reason
    assert aliases() == {"champion": "1", "challenger": "2"}


def test_what_is_called_otherwise_than_the_champion_does_not_replace_it(
    add: Add, aliases: Aliases, bundle: Path
) -> None:
    add(1.0)
    described = json.loads((bundle / "model.json").read_text())
    described["task"]["class_names"] = ["no", "maybe"]
    (bundle / "model.json").write_text(json.dumps(described))
    registered = add(0.4)
    assert "it gives prediction, p_no, p_maybe, not prediction, p_no, p_yes" in registered.reason
    assert aliases() == {"champion": "1", "challenger": "2"}


def test_a_version_that_was_added_before_a_kill_is_not_added_again(add: Add, aliases: Aliases) -> None:
    first = add(0.8)
    assert add(0.8) == first
    add(0.4)
    assert add(0.8).alias == "challenger", "meanwhile a better one has come"
    assert aliases() == {"champion": "2", "previous": "1", "challenger": "1"}


def test_a_version_that_a_kill_left_without_an_alias_gets_it(
    add: Add, aliases: Aliases, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr("automl.registry.promotion._set", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            add(0.8)
    registered = add(0.8)
    assert (registered.version, registered.alias) == ("1", "champion")
    assert aliases() == {"champion": "1"}


def test_a_version_says_where_it_came_from(add: Add, store: Store, run_id: str) -> None:
    add(0.8)
    client = store.client()
    version = client.get_model_version("medical_imaging", "1")
    for part in (
        "resnet + hflip",
        "x-1",
        "003 resnet",
        "chest",
        "| metric | validation | baseline | test |",
        "| auc | 0.9000 | 0.5000 |",
        "Seeds: 0, 1",
    ):
        assert part in version.description.replace("&emsp;", "")
    assert len(version.tags) <= 5
    assert version.tags["automl.metric"] == "auc"
    assert version.tags["automl.value"].endswith(" (0.800 to 0.900)")
    assert version.run_id == run_id
    linked = client.get_logged_model(str(version.source).removeprefix("models:/")).tags["mlflow.modelVersions"]
    assert [(entry["name"], int(entry["version"])) for entry in json.loads(linked)] == [("medical_imaging", 1)]


@pytest.mark.parametrize("reference", ["medical_imaging", "medical_imaging@champion", "medical_imaging/1"])
def test_a_model_is_found_by_name_alias_or_version(add: Add, store: Store, bundle: Path, reference: str) -> None:
    add(0.8)
    folder = find_model(store, reference)
    assert (folder / "model.json").read_text() == (bundle / "model.json").read_text()
    assert (folder.parents[1] / "model_card.md").read_text().startswith("resnet + hflip, found by the search x-1")


@pytest.mark.parametrize(
    ("reference", "message", "hint"),
    [
        ("medical_imagin", "Unknown registered model", "medical_imaging"),
        ("medical_imaging@champio", "Unknown alias", "champion"),
        ("medical_imaging@production", "Unknown alias", "medical_imaging/1"),
        ("medical_imaging/7", "Unknown version", None),
    ],
)
def test_a_name_slightly_off_is_answered_with_the_near_ones(
    add: Add, store: Store, reference: str, message: str, hint: str | None
) -> None:
    add(0.8)
    with pytest.raises(UserError, match=message) as caught:
        find_model(store, reference)
    assert hint is None or hint in str(caught.value.hint)


def test_a_model_whose_files_were_deleted_is_reported(add: Add, store: Store) -> None:
    import shutil

    add(0.8)
    shutil.rmtree(store.home / "artifacts")
    with pytest.raises(UserError, match="aren't at"):
        find_model(store, "medical_imaging")


@pytest.mark.parametrize("file", ["model.json", "model.safetensors"])
def test_a_bundle_with_a_changed_byte_is_refused(add: Add, store: Store, file: str) -> None:
    add(0.8)
    changed = find_model(store, "medical_imaging") / file
    changed.write_bytes(changed.read_bytes() + b" ")
    with pytest.raises(UserError, match="aren't what was registered"):
        find_model(store, "medical_imaging")


REGISTER = """
import sys
sys.path.append(sys.argv[1])
from pathlib import Path
from made_up import version_of
from automl.registry import register
from automl.tracking import open_store
home, uri, run_id, noise = sys.argv[2:]
found, rows = version_of(float(noise))
register(open_store(Path(home)), model_uri=uri, run_id=run_id, name="medical_imaging", evidence=found, rows=rows)
"""


def test_of_two_searches_that_end_at_once_the_better_model_is_champion(
    store: Store, model_uri: str, run_id: str, bundle: Path
) -> None:
    (bundle / "model.safetensors").write_bytes(b"other weights")
    models = {"1.2": model_uri, "0.4": log_model(store, run_id=run_id, bundle=bundle)}
    command: list[Any] = [sys.executable, "-c", REGISTER, Path(made_up.__file__).parent, store.home]
    both = [subprocess.Popen([*command, uri, run_id, noise]) for noise, uri in models.items()]
    assert [process.wait() for process in both] == [0, 0]
    champion = store.client().get_model_version_by_alias("medical_imaging", "champion")
    assert float(champion.tags["automl.value"].split()[0]) > 0.9
