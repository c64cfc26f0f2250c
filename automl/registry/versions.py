"""The versions of a registered model as the store has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from automl.errors import UserError
from automl.evaluation import METRICS
from automl.registry.evidence import FOLDER, read_evidence
from automl.registry.gate import PASSED, Exhibit
from automl.tracking import names

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


@dataclass(frozen=True)
class Version:
    """A version, by its tags.

    Args:
        value: Of `metric` on test, with its interval, for a person; "" where an earlier automl, or someone else, has
            registered it.
        test: The digest of the test rows.
        gate: "passed", or what of its domain's gates it doesn't keep to.
        time: When it was registered, in ms since the epoch.
        run_id: The run that trained it.
    """

    name: str
    number: str
    aliases: tuple[str, ...]
    metric: str
    value: str
    test: str
    gate: str
    user: str
    time: int
    run_id: str

    @classmethod
    def of(cls, found: ModelVersion, aliases: Sequence[str]) -> Version:
        tags = found.tags
        return cls(
            found.name,
            str(found.version),
            tuple(sorted(aliases)),
            tags.get(names.VERSION_METRIC, ""),
            tags.get(names.VERSION_VALUE, "") if names.VERSION_GATE in tags else "",
            tags.get(names.VERSION_DATA, ""),
            tags.get(names.VERSION_GATE, ""),
            tags.get(names.VERSION_USER, ""),
            found.creation_timestamp,
            str(found.run_id or ""),
        )

    @property
    def is_passed(self) -> bool:
        return self.gate == PASSED

    @property
    def merit(self) -> float:
        """The value, signed so that more is better."""
        value = float(self.value.split()[0])
        return -value if METRICS[self.metric].minimize else value

    def is_compared_with(self, other: Version) -> bool:
        """Whether both were measured alike, on the same rows."""
        return bool(self.value and self.test) and (self.metric, self.test) == (other.metric, other.test)


def read_versions(client: MlflowClient, name: str) -> list[Version]:
    """All of a model, the oldest first."""
    aliases: dict[str, list[str]] = {}
    for alias, number in client.get_registered_model(name).aliases.items():
        aliases.setdefault(str(number), []).append(alias)
    found = client.search_model_versions(f"name = '{name}'")
    versions = (Version.of(version, aliases.get(str(version.version), ())) for version in found)
    return sorted(versions, key=lambda version: int(version.number))


def source_runs(client: MlflowClient) -> set[str]:
    """The runs that registered versions come from, of all models."""
    found: set[str] = set()
    token = None
    while True:
        page = client.search_model_versions(max_results=1000, page_token=token)
        found |= {str(version.run_id) for version in page}
        token = page.token
        if not token:
            return found


def search_of(client: MlflowClient, version: Version) -> str:
    """The search, or the training, that it comes from; "" where that isn't known any more."""
    from mlflow.exceptions import MlflowException

    try:
        tags = client.get_run(version.run_id).data.tags
    except MlflowException:
        return ""
    return str(tags.get(names.SEARCH_NAME) or tags.get(names.TRAINED) or "")


def champion_of(versions: Sequence[Version]) -> Version | None:
    return next((version for version in versions if names.CHAMPION in version.aliases), None)


def best_challenger(versions: Sequence[Version], champion: Version | None) -> Version | None:
    """The best that isn't champion: of those that can be compared with the champion (with the newest one, where there
    is none), which keeps to its domain's gates before which doesn't. Where none can, the newest."""
    others = [version for version in versions if champion is None or version.number != champion.number]
    if not others:
        return None
    like = champion or others[-1]
    compared = [version for version in others if version.is_compared_with(like)]
    return max(compared, key=lambda version: (version.is_passed, version.merit)) if compared else others[-1]


def exhibit(client: MlflowClient, name: str, number: str) -> Exhibit:
    """A version as the gate sees it: what is kept of it is fetched, where the store is remote.

    Raises:
        UserError: Its files are gone or damaged.
    """
    from mlflow.artifacts import download_artifacts, list_artifacts
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model

    location = client.get_model_version_download_uri(name, number).rstrip("/")
    try:
        files = {Path(file.path).name for file in list_artifacts(artifact_uri=location)}
        signature = Model.load(download_artifacts(artifact_uri=f"{location}/MLmodel")).signature
        if FOLDER not in files:
            return Exhibit(number, signature)
        return Exhibit(number, signature, *read_evidence(Path(download_artifacts(artifact_uri=f"{location}/{FOLDER}"))))
    except (OSError, MlflowException) as error:
        raise UserError(
            f"The files of {name}/{number} can't be read at {location}: {error}",
            hint="Were they moved or deleted, or is the server that keeps them down?",
        ) from error
