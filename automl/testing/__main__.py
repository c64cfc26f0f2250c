"""A process that runs checks, seen from inside: `python -m automl.testing DESCRIPTOR`. See `automl.testing.child`."""

import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import Any

import torch

from automl.components import PluginSource
from automl.errors import UserError
from automl.testing.check import run_check
from automl.testing.contract import checks_of
from automl.testing.fingerprint import fingerprint
from automl.testing.loading import key, watched_import
from automl.testing.subject import Subject

Reply = dict[str, Any]


class Server:
    """Answers requests; each method is one. `plugin` is the key of a plugin that was loaded before."""

    def __init__(self) -> None:
        self._subjects: dict[tuple[str, str], Subject] = {}

    def load(self, plugin: str | dict[str, str], installed: list[str]) -> Reply:
        os.environ["AUTOML_PLUGINS"] = ",".join(installed)
        wanted = plugin if isinstance(plugin, str) else PluginSource(**plugin)
        try:
            imported = watched_import(wanted)
        except UserError as error:
            return {"message": error.message, "hint": error.hint}
        subjects = [Subject(component, imported) for component in imported.components]
        self._subjects |= {(key(wanted), subject.name): subject for subject in subjects}
        return {"components": [[subject.name, _titles(subject)] for subject in subjects]}

    def warm_up(self) -> Reply:
        """The first optimizer imports the one, the first check the other: seconds that aren't a component's."""
        import torch._dynamo  # noqa: F401
        import torchvision  # noqa: F401

        return {}

    def check(self, plugin: str, component: str, name: str) -> Reply:
        subject = self._subjects[plugin, component]
        return asdict(run_check(subject, checks_of(subject.component)[name]))

    def fingerprint(self, plugin: str, component: str) -> Reply:
        return {"numbers": fingerprint(self._subjects[plugin, component]).tolist()}


def _titles(subject: Subject) -> list[tuple[str, str]]:
    return [(check.name, check.title) for check in checks_of(subject.component).values()]


def main() -> None:
    """Answers until the parent is gone."""
    torch.set_num_threads(1)
    connection, server = Connection(int(sys.argv[1])), Server()
    reply: Reply = {"started": True}
    with suppress(EOFError, OSError):
        while True:
            connection.send_bytes(json.dumps(reply).encode())
            request = json.loads(connection.recv_bytes())
            reply = getattr(server, request.pop("do"))(**request)


main()
