"""Serving a registered model, or a bundle's folder, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from automl.config import find_home
from automl.serving.server import Settings, Source, serve
from automl.tracking import Store, open_store

KEYS = "AUTOML_API_KEYS"
"""Environment variable of API keys, with commas between them."""


def serve_model(
    reference: str,
    settings: Settings,
    *,
    home: str | Path | None = None,
    trust_plugins: bool = False,
    say: Callable[[str], None] = print,
) -> None:
    """Answers requests until it is told to end.

    Args:
        reference: NAME, NAME@ALIAS or NAME/VERSION; or a bundle's folder.
        home: The folder that searches wrote to; None: `AUTOML_HOME`, else `automl_runs/`.
        trust_plugins: Whether to run plugins that a model of a remote store carries.
        say: Is told where it listens.

    Raises:
        UserError: There is no such model, it carries plugins that aren't trusted, or the port is in use.
    """
    source: Source
    if Path(reference).expanduser().is_dir():
        source = _Folder(Path(reference).expanduser())
    else:
        source = _Registered(open_store(find_home(home)), reference, trust_plugins)
    serve(source, settings, say)


class _Registered:
    """What a reference names; an alias may move."""

    def __init__(self, store: Store, reference: str, trust_plugins: bool) -> None:
        self.name = reference.partition("@")[0].partition("/")[0]
        self._store, self._reference, self._trust = store, reference, trust_plugins

    def version(self) -> str:
        from automl.registry import find_version

        return str(find_version(self._store, self._reference).version)

    def folder(self, version: str) -> Path:
        from automl.registry import find_model

        return find_model(self._store, f"{self.name}/{version}", trust_plugins=self._trust)


class _Folder:
    """A bundle that lies on this machine; it stays what it is."""

    def __init__(self, path: Path) -> None:
        self.name = path.resolve().name
        self._path = path

    def version(self) -> str:
        return "0"

    def folder(self, version: str) -> Path:
        del version
        return self._path
