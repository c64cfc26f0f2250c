"""A trained model's bundle becomes an MLflow model that anything speaking MLflow can load and serve."""

from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from automl.components.task import Task
from automl.tracking.store import Store

if TYPE_CHECKING:
    import numpy as np
    from mlflow.models import ModelSignature
    from numpy.typing import NDArray

LOADER = "automl.serving.pyfunc"
_REQUIREMENTS = ("torch", "torchvision", "numpy", "pillow", "pandas", "safetensors", "mlflow")


def log_model(store: Store, *, run_id: str, bundle: Path, task: Task, name: str = "model") -> str:
    """Logs a bundle as a model of a run, which stays as it is: a finished run keeps its end time.

    Args:
        store: Where the run is.
        run_id: The run that trained it.
        bundle: The folder that `TrainedModel.save` wrote.
        task: What the model takes and gives.
        name: Shown in MLflow.

    Returns:
        "models:/m-...", to be registered.
    """
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model
    from mlflow.pyfunc import save_model

    client = store.client()
    run = client.get_run(run_id)
    model = client.create_logged_model(
        run.info.experiment_id, name, source_run_id=run_id, params=run.data.params, model_type="automl"
    )
    try:
        with TemporaryDirectory() as folder:
            save_model(
                Path(folder) / "model",
                loader_module=LOADER,
                data_path=str(bundle),
                pip_requirements=requirements(),
                signature=signature(task),
                input_example=input_example(task),
                mlflow_model=Model(model.artifact_location, run_id, model_uuid=model.model_id, model_id=model.model_id),
            )
            client.log_model_artifacts(model.model_id, str(Path(folder) / "model"))
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    except BaseException:
        client.finalize_logged_model(model.model_id, "FAILED")
        raise
    client.finalize_logged_model(model.model_id, "READY")
    return f"models:/{model.model_id}"


def input_example(task: Task) -> "NDArray[np.uint8]":
    """One image, (1, C, H, W), all black: it shows the form of an input without showing anyone's data."""
    import numpy as np

    return np.zeros((1, *task.input_shape), np.uint8)


def requirements() -> list[str]:
    """What the model needs where it is served, in the versions it was made with. MLflow's own guess takes 23 s."""
    return [f"{name}=={version(name)}" for name in _REQUIREMENTS]


def signature(task: Task) -> "ModelSignature":
    """Images (N, C, H, W) uint8 in; a table of `automl.serving.table.as_table` out."""
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec

    images = Schema([TensorSpec(np.dtype(np.uint8), (-1, *task.input_shape))])
    if task.is_classification:
        columns = [ColSpec(DataType.string, "prediction")]
        columns += [ColSpec(DataType.float, f"p_{name}") for name in task.class_names]
    elif task.num_outputs == 1:
        columns = [ColSpec(DataType.float, "prediction")]
    else:
        columns = [ColSpec(DataType.float, f"prediction_{index}") for index in range(task.num_outputs)]
    return ModelSignature(images, Schema(columns))
