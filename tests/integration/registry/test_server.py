"""Models on a real MLflow server, which several machines use: each has a home of its own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up import add_version, describe_bundle
from mlflow_server import MlflowServer
from password_proxy import PasswordProxy

from automl.errors import UserError
from automl.registry import find_model
from automl.registry.history import read_history
from automl.tracking import open_store

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with MlflowServer(tmp_path_factory.mktemp("server")) as server:
        yield server.address


def test_a_model_on_a_server_is_found_and_fetched_once(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    here = open_store(tmp_path / "here")
    add_version(here, describe_bundle(tmp_path / "bundle"), 0.8, name="x")
    assert [model.name for model in here.client().search_registered_models()] == ["x"], "no lock stays"

    there = open_store(tmp_path / "there")
    found = find_model(there, "x@champion")
    assert (found / "model.json").read_text() == (tmp_path / "bundle" / "model.json").read_text()
    assert found.is_relative_to(tmp_path / "there")
    assert find_model(there, "x/1") == found


PROMOTE = """
import sys
from pathlib import Path
from automl.registry import promote
from automl.tracking import open_store
store = open_store(Path(sys.argv[1]))
store.client()
print("ready", flush=True)
sys.stdin.readline()
for version in sys.argv[2:]:
    promote(store, "contested", version, force=True, reason=f"Version {version} it is.")
"""


def test_of_two_machines_that_promote_at_once_no_decision_is_lost(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each decision has the one before it for what was champion, so they came one after the other."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    store = open_store(tmp_path / "home")
    for number in range(7):
        add_version(store, describe_bundle(tmp_path / str(number)), 0.5 + number / 10, name="contested")
    machines = [
        subprocess.Popen(
            [sys.executable, "-c", PROMOTE, tmp_path / name, *versions],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, versions in (("one", "234"), ("another", "567"))
    ]
    for machine in machines:
        assert machine.stdout and machine.stdout.readline() == "ready\n"
    for machine in machines:
        assert machine.stdin
        machine.stdin.write("go\n")
        machine.stdin.flush()
    assert [machine.wait(120) for machine in machines] == [0, 0]

    decisions = read_history(store.client(), "contested")[7:]  # before, each was registered
    assert sorted(one.version for one in decisions) == list("234567") and all(one.done for one in decisions)
    assert [one.before for one in decisions] == ["1", *(one.version for one in decisions[:-1])]
    aliases = store.client().get_registered_model("contested").aliases
    last, former = decisions[-1], decisions[-2]
    assert (str(aliases["champion"]), str(aliases["previous"])) == (last.version, former.version)
    assert not [model for model in store.client().search_registered_models() if "lock" in model.name]


@pytest.mark.parametrize(
    "known",
    [
        {"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": "a secret"},
        {"MLFLOW_TRACKING_TOKEN": "a-long-token"},
    ],
    ids=["password", "token"],
)
def test_a_server_that_asks_who_we_are_is_told(
    address: str, known: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PasswordProxy(address, "ann", "a secret", "a-long-token") as proxy:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", proxy.address)
        with pytest.raises(UserError, match="401") as refused:
            open_store(tmp_path / "stranger").client()
        assert "MLFLOW_TRACKING_TOKEN" in str(refused.value.hint)
        for name, value in known.items():
            monkeypatch.setenv(name, value)
        store = open_store(tmp_path / "home")
        name = f"guarded-{len(known)}"
        add_version(store, describe_bundle(tmp_path / "bundle"), 0.8, name=name)
        assert (find_model(store, name) / "model.json").exists()
        assert proxy.refused > 0
