"""The doors that plugins come in by: installed packages (entry points) and files.

A file plugin travels to workers and into a registered model as source text: classes and closures of a path-loaded
file pickle by reference, which a worker that doesn't have the file can't resolve.
"""

import hashlib
import linecache
import os
import sys
import types
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from automl.components.catalog import CATALOG, Catalog, registering
from automl.components.component import Component
from automl.errors import PluginError, UserError

GROUP = "automl.plugins"
FILE_ORIGIN = "file"
"""How the origin of what came from a file begins."""


@dataclass(frozen=True)
class PluginSource:
    """A file plugin: its path where the search was started, and its text."""

    path: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def module(self) -> str:
        """A module name that no other text has, so that two versions of one file don't meet."""
        return f"automl_file_plugin_{self.sha256[:16]}"


def read_plugin(path: str | Path) -> PluginSource:
    """The file plugin at `path`; UserError if it can't be read."""
    file = Path(path).expanduser().resolve()
    if not file.is_file():
        raise UserError(f"No plugin file at {path}.", hint="--plugin takes the path of one Python file.")
    try:
        return PluginSource(str(file), file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"The plugin file {path} can't be read: {error}.") from error


def load_catalog(plugins: Iterable[PluginSource] = ()) -> Catalog:
    """The catalog with the installed plugins and `plugins`; what is already loaded is not run again.

    Raises:
        PluginError: A file plugin can't be executed or registers nothing. A broken *installed* plugin is only noted in
            `Catalog.broken`: it fails the search that selects it, no other.
    """
    _load_installed()
    for source in plugins:
        _load_file(source)
    return CATALOG


def _load_installed() -> None:
    wanted = os.environ.get("AUTOML_PLUGINS")
    names = None if wanted is None else {name.strip() for name in wanted.split(",") if name.strip()}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        origin = _origin_of(entry)
        if origin in CATALOG.broken or entry.module in sys.modules:
            continue
        if names is not None and not names & {entry.name, entry.dist.name if entry.dist else entry.name}:
            continue
        try:
            with registering(origin):
                entry.load()
        except Exception as error:  # a stranger's code: whatever it raises must not break the others
            CATALOG.broken[origin] = f"{type(error).__name__}: {error}"


def _origin_of(entry: EntryPoint) -> str:
    return f"package {entry.dist.name} {entry.dist.version}" if entry.dist else f"package {entry.value}"


def _load_file(source: PluginSource) -> None:
    if source.module in sys.modules:
        return
    origin = f"{FILE_ORIGIN} {source.path}"
    module = types.ModuleType(source.module)
    module.__file__ = source.path
    # Tracebacks and inspect.getsource work on a worker that doesn't have the file.
    linecache.cache[source.path] = (len(source.text), None, source.text.splitlines(keepends=True), source.path)
    sys.modules[source.module] = module
    before = dict(CATALOG.components)
    try:
        with registering(origin):
            exec(compile(source.text, source.path, "exec"), module.__dict__)
        _require_change(source, before)
    except (Exception, SystemExit) as error:  # a stranger's code: half of a plugin must not stay
        del sys.modules[source.module]
        CATALOG.components = before
        if isinstance(error, PluginError):
            raise
        raise PluginError(
            f"The plugin {source.path} can't be loaded: {type(error).__name__}: {error}.",
            hint=f"python {source.path} shows the whole traceback.",
        ) from error


def _require_change(source: PluginSource, before: dict[tuple[str, str], Component]) -> None:
    if CATALOG.components == before:
        raise PluginError(
            f"The plugin {source.path} registers nothing.",
            hint="Decorate a function with @model, @augmentation or @regularizer from automl.plugin.",
        )
