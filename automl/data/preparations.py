"""How raw inputs become the arrays that a model sees: one kind of preparation for each family of tasks.

A preparation belongs to the model and travels with it.
"""

from collections.abc import Mapping
from typing import Any

from automl.data.preparation import ImagePreparation
from automl.data.table.preparation import TablePreparation
from automl.data.text.preparation import TextPreparation

Preparation = ImagePreparation | TablePreparation | TextPreparation
KINDS: dict[str, type[ImagePreparation] | type[TablePreparation] | type[TextPreparation]] = {
    "image": ImagePreparation,
    "table": TablePreparation,
    "text": TextPreparation,
}


def preparation_to_dict(preparation: Preparation) -> dict[str, Any]:
    """JSON-ready; `preparation_from_dict` reads it back."""
    kind = next(kind for kind, of_kind in KINDS.items() if isinstance(preparation, of_kind))
    return {"kind": kind, **preparation.to_dict()}


def preparation_from_dict(values: Mapping[str, Any]) -> Preparation:
    """What `preparation_to_dict` gave. Models of before there were tables have no kind: theirs are images."""
    own = {name: value for name, value in values.items() if name != "kind"}
    return KINDS[values.get("kind", "image")].from_dict(own)
