"""A trained model's bundle becomes an MLflow model that anything speaking MLflow can load and serve."""

import hashlib
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from automl.components.task import Task
from automl.data import ImagePreparation, Preparation, TextPreparation
from automl.tracking import names
from automl.tracking.store import Store
from automl.training.bundle import read_bundle

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from mlflow.models import ModelSignature
    from mlflow.types import Schema
    from numpy.typing import NDArray

LOADER = "automl.serving.pyfunc"
_REQUIREMENTS = ("torch", "torchvision", "numpy", "pillow", "pandas", "safetensors", "mlflow")


def log_model(store: Store, *, run_id: str, bundle: Path, name: str = "model") -> str:
    """Logs a bundle as a model of a run, which stays as it is: a finished run keeps its end time. One that the run has
    already, from before a search was killed say, isn't logged again.

    Args:
        store: Where the run is.
        run_id: The run that trained it.
        bundle: The folder that `write_bundle` wrote.
        name: Shown in MLflow.

    Returns:
        "models:/m-...", to be registered.
    """
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus
    from mlflow.models import Model
    from mlflow.pyfunc import save_model

    client = store.client()
    run, content = client.get_run(run_id), digest(bundle)
    for output in run.outputs.model_outputs if run.outputs else ():
        logged = client.get_logged_model(output.model_id)
        if logged.status == LoggedModelStatus.READY and logged.tags.get(names.MODEL_CONTENT) == content:
            return f"models:/{logged.model_id}"
    model = client.create_logged_model(
        run.info.experiment_id,
        name,
        source_run_id=run_id,
        tags={names.MODEL_CONTENT: content},
        params=run.data.params,
        model_type="automl",
    )
    try:
        described = read_bundle(bundle)
        with TemporaryDirectory() as folder:
            save_model(
                Path(folder) / "model",
                loader_module=LOADER,
                data_path=str(bundle),
                pip_requirements=requirements(),
                signature=signature(described.task, described.preparation),
                input_example=input_example(described.preparation),
                mlflow_model=Model(model.artifact_location, run_id, model_uuid=model.model_id, model_id=model.model_id),
            )
            client.log_model_artifacts(model.model_id, str(Path(folder) / "model"))
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    except BaseException:
        client.finalize_logged_model(model.model_id, "FAILED")
        raise
    client.finalize_logged_model(model.model_id, "READY")
    return f"models:/{model.model_id}"


def digest(bundle: Path) -> str:
    """A fingerprint of a folder: its files' names and what is in them."""
    whole = hashlib.sha256()
    for file in sorted(path for path in bundle.rglob("*") if path.is_file()):
        with file.open("rb") as content:
            whole.update(f"{file.relative_to(bundle)} {hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


def input_example(preparation: Preparation) -> "NDArray[np.uint8] | pd.DataFrame":
    """One input that shows its form without showing anyone's data: a black image (1, C, H, W), a row of zeros and
    missing values, or a message that nobody has sent."""
    import numpy as np
    import pandas as pd

    if isinstance(preparation, ImagePreparation):
        return np.zeros((1, *preparation.shape), np.uint8)
    if isinstance(preparation, TextPreparation):
        return pd.DataFrame({key: ["How do I change my address?"] for key in preparation.columns})
    return pd.DataFrame({column.name: [0.0 if column.role == "numeric" else None] for column in preparation.columns})


def requirements() -> list[str]:
    """What the model needs where it is served, in the versions it was made with. MLflow's own guess takes 23 s."""
    return [f"{name}=={version(name)}" for name in _REQUIREMENTS]


def signature(task: Task, preparation: Preparation) -> "ModelSignature":
    """Images (N, C, H, W) uint8 or raw rows in; a table of `automl.serving.table` out."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    if task.is_per_word:
        columns = [ColSpec(DataType.string, "entities")]
    elif task.is_classification:
        columns = [ColSpec(DataType.string, "prediction")]
        columns += [ColSpec(DataType.float, f"p_{name}") for name in task.class_names]
    elif task.num_outputs == 1:
        columns = [ColSpec(DataType.float, "prediction")]
    else:
        columns = [ColSpec(DataType.float, f"prediction_{index}") for index in range(task.num_outputs)]
    return ModelSignature(_inputs(preparation), Schema(columns))


def _inputs(preparation: Preparation) -> "Schema":
    """Cells of a table may have any type: the preparation reads numbers and dates from text, too."""
    import numpy as np
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec
    from mlflow.types.schema import AnyType

    if isinstance(preparation, ImagePreparation):
        return Schema([TensorSpec(np.dtype(np.uint8), (-1, *preparation.shape))])
    if isinstance(preparation, TextPreparation):
        return Schema([ColSpec(DataType.string, name) for name in preparation.columns])
    return Schema([ColSpec(AnyType(), column.name) for column in preparation.columns])
