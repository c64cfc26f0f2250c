"""Swapping neighbours in a text at random (after Wei and Zou 2019, EDA, which swaps any two words)."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("word_swap", task="text")
def word_swap(p: Annotated[float, Float(0.01, 0.5, log=True)] = 0.1) -> object:
    """Pairs the tokens of a text, from its first or second one on, and swaps each pair with probability p."""
    import torch

    def apply(tokens: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        count, length = tokens.shape
        place = torch.arange(length, device=tokens.device).expand(count, length)
        first = torch.randint(0, 2, (count, 1), device=tokens.device)
        is_left = (place - first) % 2 == 0
        both = (tokens != 0) & (tokens.roll(-1, 1) != 0) & (place < length - 1)
        moves = is_left & both & (torch.rand(count, length, device=tokens.device) < p)
        moved = moves.roll(1, 1)
        moved[:, 0] = False
        return tokens.gather(1, place + moves.long() - moved.long()), targets

    return apply
