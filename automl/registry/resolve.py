"""From the name that a person types to the folder of a trained model."""

import re
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from automl.errors import UserError, unknown
from automl.registry.package import LOADER, digest
from automl.registry.trust import check_trust
from automl.tracking import names
from automl.tracking.store import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

_REFERENCE = re.compile(r"(?P<name>[^/:@]+)(@(?P<alias>[^/:@]+)|/(?P<version>\d+))?")


def find_model(store: Store, reference: str, *, trust_plugins: bool = False) -> Path:
    """The folder of a registered model's bundle, downloaded where the store is remote.

    Args:
        store: Where to look.
        reference: NAME (its champion), NAME@ALIAS or NAME/VERSION.
        trust_plugins: Whether to take a model that carries plugins though the store isn't this home's own.

    Raises:
        UserError: As `find_version`; or it isn't automl's, its files are gone, or it carries plugins that aren't
            trusted.
    """
    version = find_version(store, reference)
    bundle = _bundle(_download(store, store.client(), version), reference)
    _check_content(store.client(), version, bundle)
    check_trust(store, bundle, trust_plugins=trust_plugins)
    return bundle


def _check_content(client: "MlflowClient", version: "ModelVersion", bundle: Path) -> None:
    """Refuses files that aren't what was registered, to the byte."""
    from mlflow.exceptions import MlflowException

    try:
        tags = client.get_logged_model(str(version.source).removeprefix("models:/")).tags
    except MlflowException:  # registered from elsewhere
        return
    if names.MODEL_CONTENT in tags and tags[names.MODEL_CONTENT] != digest(bundle):
        raise UserError(
            f"The files of {version.name}/{version.version} aren't what was registered: their sha256 differs.",
            hint=f"Restore them, or delete the copy where it is one: {bundle.parent}",
        )


def find_version(store: Store, reference: str) -> "ModelVersion":
    """The version that a reference names now.

    Raises:
        UserError: There is no such model, alias or version.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise UserError(
            f"{reference!r} is no model: expected NAME, NAME@ALIAS or NAME/VERSION.",
            hint=f"For example medical_imaging, medical_imaging@{names.CHAMPION} or medical_imaging/3.",
        )
    client = connect(store)
    return _version(client, match["name"], match["alias"] or names.CHAMPION, match["version"])


def connect(store: Store) -> "MlflowClient":
    """The client of a store that models were registered in; UserError where none was."""
    if store.database is not None and not store.database.exists():
        raise UserError(
            f"There are no models yet: {store.database} doesn't exist.",
            hint="Run `automl search` first, or name the folder that it wrote to.",
        )
    return store.client()


def registered_models(client: "MlflowClient") -> "dict[str, RegisteredModel]":
    """By name; locks are no models."""
    models = client.search_registered_models(max_results=1000)
    return {model.name: model for model in models if model.tags.get(names.ROLE) != names.LOCK}


def require_model(client: "MlflowClient", name: str) -> "RegisteredModel":
    """A registered model by its name; UserError, with the near matches, where there is none."""
    models = registered_models(client)
    if name not in models:
        raise unknown("registered model", name, models)
    return models[name]


def _version(client: "MlflowClient", name: str, alias: str, number: str | None) -> "ModelVersion":
    model = require_model(client, name)
    if number is not None:
        versions = {str(version.version): version for version in client.search_model_versions(f"name = '{name}'")}
        if number not in versions:
            raise unknown(f"version of {name}", number, versions)
        return client.get_model_version(name, number)  # which knows its aliases
    aliases = model.aliases
    if alias not in aliases:
        error = unknown(f"alias of {name}", alias, aliases)
        latest = max((int(version.version) for version in client.search_model_versions(f"name = '{name}'")), default=0)
        raise UserError(error.message, hint=error.hint or f"Name a version, such as {name}/{latest}.")
    return client.get_model_version(name, aliases[alias])


def _download(store: Store, client: "MlflowClient", version: "ModelVersion") -> Path:
    """The MLflow model's folder. What is local is used where it lies; what is remote is fetched once."""
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    location = client.get_model_version_download_uri(version.name, version.version)
    kept = store.home / "cache" / "models" / f"{version.name}-{version.version}-{version.creation_timestamp}"
    if kept.exists():
        return kept
    try:
        if location.startswith(("/", "file:")):
            local = Path(download_artifacts(artifact_uri=location, tracking_uri=store.tracking_uri))
            (local / "MLmodel").stat()  # Raises where the folder is there and empty.
            return local
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(mkdtemp(dir=kept.parent, prefix=".partial-"))
        try:
            fetched = download_artifacts(artifact_uri=location, dst_path=str(partial), tracking_uri=store.tracking_uri)
            Path(fetched).rename(kept)  # a folder of its own inside of `partial`
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except (OSError, MlflowException) as error:
        raise UserError(
            f"The files of {version.name}/{version.version} aren't at {location}: {error}",
            hint="Were they moved or deleted, or is the server that keeps them down?",
        ) from error
    return kept


def _bundle(model: Path, reference: str) -> Path:
    from mlflow.models import Model

    flavor = Model.load(str(model)).flavors.get("python_function", {})
    if flavor.get("loader_module") != LOADER:
        raise UserError(
            f"{reference} wasn't trained by automl, so automl can't load it.",
            hint="Load it with mlflow.pyfunc.load_model.",
        )
    return model / str(flavor["data"])
