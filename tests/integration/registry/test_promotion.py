"""`automl models`: promotions through the gate, by force and back, each written down."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from made_up import add_version

from automl.errors import UserError
from automl.registry import Registered, promote, rollback
from automl.registry.history import EXPERIMENT, read_history
from automl.registry.locking import PREFIX, deciding
from automl.tracking import Store
from automl.tracking.update import now

pytestmark = pytest.mark.integration

Add = Callable[..., Registered]
Aliases = Callable[[], dict[str, str]]
Run = Callable[..., subprocess.CompletedProcess[str]]
NAME = "medical_imaging"


def test_a_promotion_by_force_and_the_way_back_are_written_down(
    add: Add, aliases: Aliases, store: Store, run_here: Run, tmp_path: Path
) -> None:
    def models(*words: Any) -> subprocess.CompletedProcess[str]:
        return run_here("models", *words, "--home", store.home, cwd=tmp_path)

    add(0.5)
    add(1.2)
    refused = models("promote", NAME, 2)
    assert refused.returncode == 1
    assert "Refused: medical_imaging version 2 is not champion. Isn't clearly better" in refused.stdout
    assert "automl models promote medical_imaging 2 --force --reason WHY --home" in refused.stdout
    assert aliases() == {"champion": "1", "challenger": "2"}

    unfounded = models("promote", NAME, 2, "--force")
    assert (unfounded.returncode, "--reason" in unfounded.stderr) == (2, True)

    forced = models("promote", NAME, 2, "--force", "--reason", "The other one leaks.")
    assert forced.returncode == 0, forced.stderr
    assert (
        "Forced: medical_imaging version 2 is champion; version 1 was it before. The other one leaks." in forced.stdout
    )
    assert aliases() == {"champion": "2", "previous": "1", "challenger": "1"}

    assert "version 1 is champion; version 2 was it before" in models("rollback", NAME).stdout
    assert aliases() == {"champion": "1", "challenger": "2"}
    nothing = models("rollback", NAME)
    assert nothing.returncode == 2 and "nothing to roll medical_imaging back to" in nothing.stderr

    lines = models("history", NAME).stdout
    for text in ("promoted", "refused", "forced", "rolled back", "The other one leaks. (The gate: Isn't clearly"):
        assert text in lines
    listed = models("list").stdout
    assert "medical_imaging" in listed and "auc 0." in listed
    shown = models("show", NAME).stdout
    assert "x-1" in shown and "passed" in shown and "Version 1 rolled back by" in shown
    card = models("show", f"{NAME}@champion").stdout
    assert "medical_imaging/1 @champion" in card and "resnet + hflip" in card


def test_each_decision_is_a_run_with_its_evidence_apart_from_the_leaderboard(add: Add, store: Store) -> None:
    add(1.0)
    add(0.5)
    client = store.client()
    first, second = read_history(client, NAME)
    assert (first.action, first.version, first.before, first.done) == ("promoted", "1", "", True)
    assert (second.action, second.version, second.before) == ("promoted", "2", "1")
    run = client.get_run(second.run_id)
    assert client.get_experiment(run.info.experiment_id).name == EXPERIMENT
    assert run.data.tags["mlflow.source.name"] == "automl search"
    checks = json.loads(Path(client.download_artifacts(second.run_id, "gate.json")).read_text())
    assert [(check["name"], check["passed"]) for check in checks] == [
        ("baseline", True),
        ("champion", True),
        ("signature", True),
    ]


def test_back_and_further_back(add: Add, aliases: Aliases, store: Store) -> None:
    for noise in (1.5, 1.0, 0.5):
        add(noise)
    assert aliases()["champion"] == "3"
    rollback(store, NAME)
    assert aliases() == {"champion": "2", "previous": "1", "challenger": "3"}
    rollback(store, NAME)
    assert aliases() == {"champion": "1", "challenger": "3"}
    with pytest.raises(UserError, match="nothing to roll"):
        rollback(store, NAME)


def test_a_promotion_that_was_killed_is_no_promotion_and_can_be_repeated(
    add: Add, aliases: Aliases, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(0.5)
    add(1.2)
    with monkeypatch.context() as killed:
        killed.setattr("automl.registry.promotion._set", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            promote(store, NAME, "2", force=True, reason="Because.")
    assert aliases() == {"champion": "1", "challenger": "2"}
    assert not read_history(store.client(), NAME)[-1].done
    promote(store, NAME, "2", force=True, reason="Because.")
    assert aliases() == {"champion": "2", "previous": "1", "challenger": "1"}


def test_a_champion_that_came_in_between_is_judged_against(
    add: Add, aliases: Aliases, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from automl.registry import promotion

    add(1.5)
    add(1.0, gates=("latency_ms<=1",))
    add(0.4, gates=("latency_ms<=1",))
    judge, interfered = promotion.judge, []

    def slow(*exhibits: Any) -> Any:
        if not interfered:
            interfered.append(True)
            promote(store, NAME, "3", force=True, reason="Faster than you.")
        return judge(*exhibits)

    monkeypatch.setattr(promotion, "judge", slow)
    decision, _ = promote(store, NAME, "2")
    assert decision.action == "refused" and decision.before == "3"
    assert "version 3" in decision.reason
    assert aliases()["champion"] == "3"


def test_the_champion_and_what_is_not_there_can_not_be_promoted(add: Add, store: Store) -> None:
    add(0.8)
    with pytest.raises(UserError, match="is the champion"):
        promote(store, NAME, "1")
    with pytest.raises(UserError, match="Unknown version"):
        promote(store, NAME, "7")
    with pytest.raises(UserError, match="Unknown registered model") as refused:
        rollback(store, "medical_imagin")
    assert "medical_imaging" in str(refused.value.hint)


def test_a_shared_store_is_locked_while_a_decision_is_taken_and_a_dead_lock_is_broken(
    add: Add, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(0.8)
    shared = Store(store.tracking_uri, store.artifact_location, tmp_path / "another home")
    client = shared.client()
    monkeypatch.setattr("automl.registry.locking.PAUSE", 0.0)
    monkeypatch.setattr("automl.registry.locking.PATIENCE", 0.2)
    with deciding(shared, client, NAME):
        names = [model.name for model in client.search_registered_models()]
        assert PREFIX + NAME in names
    client.create_registered_model(PREFIX + NAME)  # of a process that was killed
    with deciding(shared, client, NAME):
        pass
    assert [model.name for model in client.search_registered_models()] == [NAME]


def test_a_lock_that_was_taken_for_dead_and_is_another_s_by_now_stays(add: Add, store: Store, tmp_path: Path) -> None:
    add(0.8)
    shared = Store(store.tracking_uri, store.artifact_location, tmp_path / "another home")
    client = shared.client()
    with deciding(shared, client, NAME):
        client.delete_registered_model(PREFIX + NAME)  # by one who has waited for too long
        client.create_registered_model(PREFIX + NAME)
    assert client.get_registered_model(PREFIX + NAME)


def test_decisions_stay_in_order_whatever_the_clocks_of_machines_say(
    add: Add, aliases: Aliases, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for noise in (0.5, 1.0, 1.2):
        add(noise)
    promote(store, NAME, "2", force=True, reason="First.")
    monkeypatch.setattr(now, "_ahead", now._ahead - 3600 * 10**9)  # another machine, an hour behind
    promote(store, NAME, "3", force=True, reason="Then.")
    assert [decision.version for decision in read_history(store.client(), NAME)[-2:]] == ["2", "3"]
    assert aliases()["previous"] == "2"


def test_script_in_what_is_written_by_hand_is_text(add: Add, store: Store) -> None:
    add(0.5)
    add(1.2)
    promote(store, NAME, "2", force=True, reason="<script>alert(1)</script>")
    last = read_history(store.client(), NAME)[-1]
    note = store.client().get_run(last.run_id).data.tags["mlflow.note.content"]
    assert "<script" not in note and "&lt;script&gt;" in note


def test_a_champion_that_has_lost_its_files_keeps_nobody_from_being_registered(
    add: Add, store: Store, run_id: str, bundle: Path
) -> None:
    import shutil

    add(1.2)
    champion = store.client().get_model_version(NAME, "1")
    lost = store.client().get_logged_model(str(champion.source).removeprefix("models:/"))
    shutil.rmtree(lost.artifact_location.removeprefix("file://").replace("%20", " "))
    (bundle / "model.safetensors").write_bytes(b"other weights")
    found = add_version(store, bundle, 0.5, name=NAME, run_id=run_id)
    assert found.alias == "challenger"
    assert "Of the champion, version 1, no test is kept" in found.reason
