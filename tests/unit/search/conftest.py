import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import optuna
import pytest
from optuna import Study

from automl.components import Choice, Float, Int
from automl.space import Space, SpaceParameter


@pytest.fixture
def make_study() -> Callable[..., Study]:
    """A study in memory that proposes at random."""

    def make(direction: str = "maximize", seed: int = 0) -> Study:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        return optuna.create_study(direction=direction, sampler=optuna.samplers.RandomSampler(seed=seed))

    return make


@pytest.fixture
def finite() -> Space:
    """Six configurations: b with 1, 2, 3; b without; and c with and without."""
    return Space(
        (
            SpaceParameter("model", Choice("b", "c"), "c"),
            SpaceParameter("on", Choice(False, True), True),
            SpaceParameter("size", Int(1, 3), 2, (("model", ("b",)), ("on", (True,)))),
            SpaceParameter("fixed", Choice(7), 7),
        )
    )


@pytest.fixture
def continuous() -> Space:
    return Space((SpaceParameter("model", Choice("b"), "b"), SpaceParameter("lr", Float(0.001, 1.0, log=True), 0.01)))


@dataclass
class Postgres:
    """A server of its own for the tests, that can be stopped and started again, or frozen for a while."""

    folder: Path
    program: str
    user: str | None

    @property
    def url(self) -> str:
        return f"postgresql://tester@/postgres?host={self.folder}"

    def make(self) -> None:
        self._control("initdb", "-o", "-U tester -A trust --no-sync")

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off"
        self._control("start", "--wait", "-l", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        self._control("stop", "--mode=immediate")

    def freeze(self) -> None:
        """It accepts connections from now on and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        main = (self.folder / "data" / "postmaster.pid").read_text().split()[0]
        for process in (main, *Path(f"/proc/{main}/task/{main}/children").read_text().split()):
            os.kill(int(process), number)

    def _control(self, *arguments: str) -> None:
        command = [self.program, "-D", str(self.folder / "data"), *arguments]
        subprocess.run(command, user=self.user, cwd="/", check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server on a socket in a folder of its own; skips where PostgreSQL or its driver isn't installed."""
    pytest.importorskip("psycopg2", reason="psycopg2 isn't installed")
    places = [os.environ["PATH"], *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)]
    control = shutil.which("pg_ctl", path=os.pathsep.join(places))
    if control is None:
        pytest.skip("PostgreSQL's initdb and pg_ctl aren't installed")
    user = _other_user() if os.geteuid() == 0 else None  # it refuses to run as root
    with TemporaryDirectory() as name:  # not pytest's: a socket's path must be short
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        server = Postgres(folder, control, user)
        server.make()
        server.start()
        yield server
        server.stop()


def _other_user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
