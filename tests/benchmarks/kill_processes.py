"""The processes of a search that is to be killed: its driver and all that it started, by their session."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

AGENTS = ("ray::DashboardAgent", "ray::RuntimeEnvAgent", "ray::IDLE")


@dataclass(frozen=True)
class Process:
    pid: int
    name: str
    megabytes: float

    @property
    def is_worker(self) -> bool:
        """Whether it trains: Ray names its actors after their class and method."""
        return self.name.startswith("ray::") and not self.name.startswith(AGENTS)


def alive(session: int) -> list[Process]:
    """The processes of a session, zombies apart."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _parent, _group, own = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(own) == session and state != "Z":
                name = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                pages = int((folder / "statm").read_text().split()[1])
                found.append(Process(int(folder.name), name, pages * os.sysconf("SC_PAGE_SIZE") / 1e6))
        except (OSError, ValueError):  # it has just ended
            continue
    return found


def counted(processes: Iterable[Process]) -> str:
    """How many of which kind, and their memory."""
    processes = list(processes)
    kinds = Counter(process.name.split(" ")[0].rpartition("/")[2] for process in processes)
    kinds_text = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return f"{kinds_text}: {sum(process.megabytes for process in processes):.0f} MB" if kinds else "nothing"


class Driver:
    """One `automl` process with its own session, which Ray's processes stay in."""

    def __init__(self, folder: Path, arguments: list[str]) -> None:
        self._out = folder / f"driver-{sum(1 for _ in folder.glob('driver-*')):02d}.txt"
        own = {name: value for name, value in os.environ.items() if not name.startswith(("AUTOML_", "MLFLOW_", "RAY_"))}
        self.started = time.time()
        self.killed = False
        self.lived = 0.0
        with self._out.open("w") as out:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).with_name("automl")), *arguments],
                cwd=folder,
                env=own | {"PYTHONUNBUFFERED": "1"},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.session = self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.time() - self.started

    @property
    def output(self) -> str:
        return self._out.read_text()

    def kill(self, how: str) -> bool:
        """SIGKILL for the `driver`, one `worker` or `everything`; False where there is no worker."""
        if how == "worker":
            worker = next((process for process in alive(self.session) if process.is_worker), None)
            if worker:
                _kill(worker.pid)
            return worker is not None
        self.killed, self.lived = True, self.age
        for pid in [self.session, *(p.pid for p in alive(self.session) if how == "everything")]:
            _kill(pid)
        self._process.wait()
        return True

    def wait(self) -> None:
        """Until it has ended by itself, with success."""
        if self._process.wait(timeout=600):
            raise SystemExit(f"{' '.join(self._process.args)} ended with {self._process.returncode}: {self.output}")  # type: ignore[arg-type]
        self.lived = self.age

    def clean_up(self) -> None:
        """Ends what it has left behind."""
        for process in alive(self.session):
            _kill(process.pid)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
