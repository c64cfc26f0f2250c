"""Augmentations of what a net makes of a text: mixtures of tokens mean nothing, of vectors they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from automl.training.assembly import Augmentation


@contextmanager
def augmented(model: nn.Module, augmentations: Sequence[Augmentation], targets: Tensor) -> Iterator[list[Tensor]]:
    """While the block runs, what the last linear layer of `model` gets goes through `augmentations`.

    Gives a list of one: the targets, which are those of the augmented batch as soon as the model was called.
    """
    held = [targets]
    heads = [module for module in model.modules() if isinstance(module, nn.Linear)]
    if not augmentations or not heads:
        yield held
        return

    def change(_: nn.Module, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        vectors, held[0] = arguments[0], targets
        for augmentation in augmentations:
            vectors, held[0] = augmentation(vectors, held[0])
        return (vectors, *arguments[1:])

    hook = heads[-1].register_forward_pre_hook(change)
    try:
        yield held
    finally:
        hook.remove()
