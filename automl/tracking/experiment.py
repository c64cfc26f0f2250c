"""Finding or making an experiment, whoever else does so at the same time."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient


def open_experiment(client: "MlflowClient", name: str, artifact_location: str | None) -> str:
    """The id of the experiment of that name: made if there is none, restored if it was deleted."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(name)  # Another search was faster.
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":  # A deleted experiment keeps its name.
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)
