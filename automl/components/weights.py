"""Where pretrained weights come from that aren't torchvision's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from automl.components.domains import Value


class Weights(ABC):
    """The weights that the parameter `name` of a model names.

    The model's factory gets the name of `fetch`, or the folder that `pack` has written: then the weights that were
    trained are loaded into what it returns.
    """

    @abstractmethod
    def fetch(self, name: str) -> str:
        """Sees to it that they are on this machine. Called before the first trial.

        Returns:
            The name by which any process of this machine finds them without a network.

        Raises:
            UserError: They are neither here nor to be had, or can't be used.
        """

    def doubt(self, name: str, texts: Sequence[str]) -> str:
        """Why the weights may be of little use for texts like these, in a sentence; "" where nothing says so.

        Args:
            name: What `fetch` has given.
            texts: Some of those to train on.
        """
        del name, texts
        return ""

    @abstractmethod
    def pack(self, values: Mapping[str, Value], folder: Path) -> None:
        """Writes into a folder what the factory needs to build the model of its parameters' `values` again, where the
        name leads nowhere."""

    @abstractmethod
    def example(self, folder: Path) -> None:
        """Writes into a folder the smallest weights of their kind: the contract is checked with them."""
