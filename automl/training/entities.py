"""From the probabilities of words to the entities in messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from automl.data import Marked
from automl.evaluation.entities import Chunks


@dataclass(frozen=True)
class Entity:
    """What was found in a message.

    Args:
        start, end: Where it stands in the message's text, in characters.
        probability: The least of its words', each of its own class.
    """

    text: str
    label: str
    start: int
    end: int
    probability: float


def entities_of(
    messages: Sequence[Marked], probabilities: np.ndarray, class_names: Sequence[str]
) -> list[list[Entity]]:
    """Of each message its entities, in their order.

    Args:
        probabilities: (words, classes), of the words of all messages.
    """
    spans = [span for message in messages for span in message.spans]
    owners = np.repeat(np.arange(len(messages)), [len(message.spans) for message in messages])
    likeliest = probabilities.max(1, initial=0.0)
    chunks = Chunks.of(probabilities.argmax(1), owners)
    found: list[list[Entity]] = [[] for _ in messages]
    for first, last, kind in zip(chunks.first.tolist(), chunks.last.tolist(), chunks.kinds.tolist(), strict=True):
        owner, start, end = int(owners[first]), spans[first][0], spans[last][1]
        text, label = messages[owner].text[start:end], class_names[2 * kind - 1].partition("-")[2]
        found[owner].append(Entity(text, label, start, end, float(likeliest[first : last + 1].min())))
    return found
