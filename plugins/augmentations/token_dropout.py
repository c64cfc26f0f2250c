"""Leaving out tokens of a text at random (Wei and Zou 2019, EDA)."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Task, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("token_dropout", task=("text", "token"))
def token_dropout(task: Task, p: Annotated[float, Float(0.01, 0.5, log=True)] = 0.1) -> object:
    """Leaves out each token with probability p; those behind it move up, and one always stays.

    Where each word has a class the words stay where they are: token 1, an unknown one, takes a token's place.
    """
    import torch

    def apply(tokens: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        drawn = torch.rand(tokens.shape, device=tokens.device).masked_fill(tokens == 0, -1.0)
        stays = (drawn >= p) | (drawn == drawn.amax(1, keepdim=True))
        if task.is_per_word:
            return torch.where(stays, tokens, tokens.sign()), targets
        order = stays.int().argsort(dim=1, descending=True, stable=True)
        return (tokens * stays).gather(1, order), targets

    return apply
