"""Personal data in messages, masked before anything is stored: e-mail, phone, card, IBAN, by presidio's patterns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

MASKS = {"EMAIL_ADDRESS": "[email]", "PHONE_NUMBER": "[phone]", "CREDIT_CARD": "[card]", "IBAN_CODE": "[iban]"}
REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "PL", "BR", "IN", "JP", "AU")
"""Whose phone numbers are known without their country's code; with it all are."""


def mask(texts: Sequence[str]) -> list[str]:
    """The texts with `MASKS` in the place of what they stand for. Nothing is sent or fetched.

    Raises:
        UserError: The package that finds them isn't installed.
    """
    return [_masked(text) for text in texts]


def mask_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with all of its texts masked."""
    texts = frame.select_dtypes(["object", "string"])
    return frame.assign(**{name: _cells_masked(texts[name]) for name in texts})


def count_masked(texts: Sequence[str]) -> int:
    """In how many masked texts there is a mask."""
    return sum(any(word in text for word in MASKS.values()) for text in texts)


def _cells_masked(column: pd.Series) -> pd.Series:
    return column.map(lambda cell: _masked(cell) if isinstance(cell, str) else cell)


def _masked(text: str) -> str:
    found = [entity for one in _recognizers() for entity in one.analyze(text, one.supported_entities, None) or ()]
    kept: list[Any] = []
    for entity in sorted(found, key=lambda entity: (entity.score, entity.end - entity.start), reverse=True):
        if all(entity.end <= other.start or entity.start >= other.end for other in kept):
            kept.append(entity)
    for entity in sorted(kept, key=lambda entity: entity.start, reverse=True):
        text = text[: entity.start] + MASKS[entity.entity_type] + text[entity.end :]
    return text


@cache
def _recognizers() -> tuple[Any, ...]:
    """The patterns alone: no language model is needed for them."""
    try:
        from presidio_analyzer import predefined_recognizers as known
        from tldextract import TLDExtract
    except ImportError as error:
        raise UserError(
            f"--mask-pii needs presidio-analyzer, which isn't installed ({error}).",
            hint="Install it with: pip install 'automl[privacy]'",
        ) from error

    domains = TLDExtract(cache_dir=None, suffix_list_urls=())  # its own would fetch the list of domains

    class Email(known.EmailRecognizer):
        def validate_result(self, pattern_text: str) -> bool:
            return bool(domains(pattern_text).suffix)

    return (
        Email(),
        known.CreditCardRecognizer(),
        known.IbanRecognizer(),
        known.PhoneRecognizer(supported_regions=REGIONS),
    )
