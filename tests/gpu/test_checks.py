"""The rows of the contract that need a GPU. Skipped, saying so, where there is none."""

import pytest
import torch

from automl.components import load_catalog
from automl.testing.check import run_check
from automl.testing.contract import CHECKS
from automl.testing.subject import Subject

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU; this machine has none")


@pytest.mark.parametrize("kind", CHECKS)
def test_all_components_train_there_and_are_measured(kind: str) -> None:
    for component in (found for found in load_catalog().of_kind(kind) if not found.fits_itself):
        subject = Subject(component)
        assert run_check(subject, CHECKS[kind]["accelerator"]).outcome == "passed", subject.name
        cost = run_check(subject, CHECKS[kind]["cost"])
        assert cost.figures["bytes"] > 0 and "(GPU)" in cost.message, cost.message
