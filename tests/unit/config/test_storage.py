"""The database that an experiment names: which are allowed, and that no password is written anywhere."""

from pathlib import Path

import pytest

from automl.config import load_experiment
from automl.errors import UserError

SECRET = "s3cret"


def storage(url: str) -> str | None:
    return load_experiment(flags={"trials": 1, "storage": url}).storage


@pytest.mark.parametrize(
    "url", ["postgresql://me@server/db", "postgresql+psycopg2://me@server:5432/db?sslmode=require", "postgresql:///db"]
)
def test_a_server_s_url_is_kept_as_it_is(url: str) -> None:
    assert storage(url) == url


def test_a_file_s_path_is_kept_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert storage("sqlite:///study.db") == f"sqlite:///{tmp_path / 'study.db'}"
    absolute = f"sqlite:///{tmp_path / 'my studies' / 'study.db'}"
    assert storage(absolute) == absolute


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{SECRET}@server/db",
        f"postgresql://:{SECRET}@server/db",
        f"postgresql://me:with/{SECRET}@server/db",
        f"postgresql://server/db?password={SECRET}",
        f"postgresql://server/db?sslPassword={SECRET}",
        "postgresql://me:@server/db",
    ],
)
def test_a_password_is_refused_and_not_repeated(url: str, tmp_path: Path) -> None:
    config = tmp_path / "experiment.yaml"
    config.write_text(f"trials: 1\nstorage: {url!r}\n")
    for refused in (lambda: storage(url), lambda: load_experiment(config=config)):
        with pytest.raises(UserError, match="A password in storage") as said:
            refused()
        assert SECRET not in said.value.message + str(said.value.hint)
        assert "PGPASSWORD or from ~/.pgpass" in str(said.value.hint)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("study.db", "must be the URL of a database"),
        (f"postgresql://me:{SECRET}@server:port/db", "must be the URL of a database"),
        (f"mysql://me@{SECRET}/db", "must be one of sqlite, postgresql, got 'mysql'"),
        ("sqlite://", "must name a file that stays, got 'sqlite://'"),
        ("sqlite:///:memory:", "must name a file that stays"),
    ],
)
def test_what_is_no_database_of_ours_is_refused(url: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        storage(url)
    assert said in refused.value.message and SECRET not in refused.value.message
    assert refused.value.hint == "For example sqlite:///study.db or postgresql://user@host/database"
