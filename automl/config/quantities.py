"""Durations and sizes as people write them."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", re.IGNORECASE)


def seconds(value: Any) -> Any:
    """`90`, `"90"`, `"90s"`, `"10m"`, `"1h30m"` as seconds; what is no text is left for the type check."""
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if match and any(match.groups()):
        hours, minutes, rest = (float(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + rest
    try:
        return float(value)
    except ValueError:
        raise ValueError("a duration is written 90s, 10m or 1h30m") from None


def size(value: Any) -> Any:
    """`500000000`, `"500MB"`, `"1.5 GB"` as bytes; what is no text is left for the type check."""
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value.strip())
    if not match or not float(match[1]):
        raise ValueError("a size is written 500MB or 20GB, and is more than 0")
    return int(float(match[1]) * 1000 ** " kmgt".index(match[2].lower() or " "))


Duration = Annotated[float, BeforeValidator(seconds), Field(gt=0, allow_inf_nan=False)]
Size = Annotated[int, BeforeValidator(size), Field(gt=0)]
