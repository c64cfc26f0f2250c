"""What is particular to the models and augmentations on tables; what holds for all is in tests/contract."""

from typing import Any

import pytest
import torch

from automl.components import Catalog, Task
from automl.training.inference import as_predictions

TASK = Task(
    kind="table-classification",
    num_outputs=2,
    input_shape=(5,),
    class_names=("no", "yes"),
    num_numeric=2,
    category_sizes=(4, 3, 30),
)
NETS = ("mlp", "resnet_mlp", "tabm", "realmlp", "ft_transformer", "wide_and_deep")


def rows(count: int = 256) -> torch.Tensor:
    codes = [torch.randint(0, size, (count, 1)).float() for size in TASK.category_sizes]
    return torch.cat([torch.randn(count, TASK.num_numeric), *codes], dim=1)


def build(catalog: Catalog, name: str, **values: Any) -> Any:
    torch.manual_seed(0)
    component = catalog.get("model", name)
    return component.build(TASK, {p.name: p.default for p in component.parameters} | values)


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("column", ["number", "small category", "large category"])
def test_a_net_learns_from_each_kind_of_column(catalog: Catalog, name: str, column: str) -> None:
    net, inputs = build(catalog, name), rows()
    signal = {"number": inputs[:, 0] > 0, "small category": inputs[:, 3] > 1, "large category": inputs[:, 4] > 15}
    targets = signal[column].long()
    optimizer = torch.optim.Adam(net.parameters(), 0.003)
    for _ in range(60):
        optimizer.zero_grad()
        likelihood = as_predictions(net(inputs), TASK)[torch.arange(len(inputs)), targets]
        (-likelihood.clamp_min(1e-9).log().mean()).backward()
        optimizer.step()
    net.eval()
    assert (as_predictions(net(inputs), TASK).argmax(1) == targets).float().mean() > 0.95


@pytest.mark.parametrize("name", ["mlp", "resnet_mlp", "tabm", "wide_and_deep"])
@pytest.mark.parametrize("numbers", ["plain", "piecewise_linear", "periodic"])
def test_numbers_are_embedded_in_three_ways(catalog: Catalog, name: str, numbers: str) -> None:
    assert as_predictions(build(catalog, name, numbers=numbers)(rows(8)), TASK).shape == (8, 2)


def test_each_member_of_tabm_predicts_for_itself(catalog: Catalog) -> None:
    net = build(catalog, "tabm", members=8).eval()
    outputs = net(rows(16))
    assert outputs.shape == (16, 8, 2)
    assert outputs.std(1).min() > 0


def test_noise_is_for_numbers_alone(catalog: Catalog) -> None:
    inputs, targets = rows(), torch.zeros(256, dtype=torch.int64)
    apply: Any = catalog.get("augmentation", "feature_noise").build(TASK, {"std": 0.1})
    noisy, _ = apply(inputs, targets)
    assert torch.equal(noisy[:, 2:], inputs[:, 2:])
    assert (noisy[:, :2] - inputs[:, :2]).std() == pytest.approx(0.1, rel=0.2)


def test_cells_are_left_out_as_if_they_were_missing(catalog: Catalog) -> None:
    inputs, targets = torch.ones(2000, 5), torch.zeros(2000, dtype=torch.int64)
    apply: Any = catalog.get("augmentation", "feature_dropout").build(TASK, {"p": 0.2})
    changed, _ = apply(inputs, targets)
    assert set(changed.unique().tolist()) == {0.0, 1.0}
    assert (changed == 0).float().mean() == pytest.approx(0.2, abs=0.02)


def test_mixup_mixes_numbers_and_takes_each_category_from_one_of_both_rows(catalog: Catalog) -> None:
    inputs = torch.cat([torch.zeros(200, 5), torch.ones(200, 5)])
    targets = torch.cat([torch.zeros(200), torch.ones(200)]).long()
    apply: Any = catalog.get("augmentation", "mixup").build(TASK, {"alpha": 2.0})
    mixed, shares = apply(inputs, targets)
    assert ((mixed[:, :2] > 0.1) & (mixed[:, :2] < 0.9)).any()
    assert set(mixed[:, 2:].unique().tolist()) == {0.0, 1.0}
    assert torch.allclose(mixed[:, 0], shares[:, 1])
