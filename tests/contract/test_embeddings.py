"""Of each net for images and texts it is known what its last layer gets: drift is looked for in that."""

import numpy as np
import pytest
import torch

from automl.components import Catalog, Component, load_catalog
from automl.testing import tiny
from automl.testing.subject import Subject
from automl.training.arrays import DeviceArray
from automl.training.inference import embed
from automl.training.scaling import scaling_for

CPU = torch.device("cpu")
KINDS = ("image-classification", "text-classification")
NETS = [
    (component, kind)
    for component in load_catalog().of_kind("model")
    for kind in KINDS
    if kind in component.tasks and not component.fits_itself and component.origin.startswith("package automl ")
]


@pytest.mark.parametrize(("component", "kind"), NETS, ids=lambda value: getattr(value, "name", value))
def test_a_net_has_an_embedding_of_each_input(component: Component, kind: str, catalog: Catalog) -> None:
    task = tiny.usual_task(component, kind)
    data = tiny.training_data(task)
    net = Subject(component).model(task).eval()

    def embedded(rows: np.ndarray) -> np.ndarray:
        found = embed(net, DeviceArray(rows, CPU), scaling_for(data.preparation, CPU), task)
        assert found is not None
        return found

    whole = embedded(data.train_inputs)
    assert whole.ndim == 2 and len(whole) == len(data.train_inputs) and whole.shape[1] > 1
    assert np.isfinite(whole).all()
    np.testing.assert_allclose(embedded(data.train_inputs[3:4]), whole[3:4], rtol=1e-3, atol=1e-4)
