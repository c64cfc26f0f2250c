"""Logistic regression on sparse rows."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix
    from torch import Tensor


def logistic_regression(
    rows: "csr_matrix",
    targets: "np.ndarray",
    weights: "np.ndarray | None",
    classes: int,
    strength: float,
    *,
    start: float,
    steps: int,
) -> "np.ndarray":
    """float32 (F + 1, classes): the columns' weights, then the classes' own. All at once by L-BFGS (Liu and Nocedal
    1989), beginning with each class's mean.

    Args:
        weights: Of the rows; None where all count the same.
        strength: Of the L2 penalty.
        start: The largest weight to begin with.
    """
    import torch
    from torch.nn import functional

    inputs, columns = sparse(rows), sparse(rows.T.tocsr())
    labels = torch.from_numpy(targets)
    hot = functional.one_hot(labels, classes).float()
    each = torch.full((len(targets), 1), 1 / len(targets))
    if weights is not None:
        each *= torch.from_numpy(weights).view(-1, 1)
    learned = torch.zeros(rows.shape[1] + 1, classes)
    learned[:-1] = columns @ (each * (hot - hot.mean(0)))
    learned *= start / learned.abs().max().clamp_min(1e-9)
    learned.requires_grad_()
    optimizer = torch.optim.LBFGS(
        [learned], max_iter=steps, max_eval=2 * steps, history_size=8, line_search_fn="strong_wolfe"
    )

    @torch.no_grad()
    def compute() -> "Tensor":
        logs = (inputs @ learned[:-1] + learned[-1]).log_softmax(1)
        errors = each * (logs.exp() - hot)
        learned.grad = torch.cat([columns @ errors + strength * learned[:-1], errors.sum(0, keepdim=True)])
        return -(each * hot * logs).sum() + strength / 2 * learned[:-1].square().sum()

    optimizer.step(compute)
    return learned.detach().numpy()


def sparse(rows: "csr_matrix") -> "Tensor":
    import warnings

    import torch

    parts = (torch.from_numpy(part) for part in (rows.indptr, rows.indices, rows.data))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(*parts, size=rows.shape, check_invariants=False)
