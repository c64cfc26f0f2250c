"""Narrowing a parameter as YAML and --set write it: a value fixes, a list chooses, a mapping bounds."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from automl.components import Choice, Domain, Int, Value
from automl.components.domains import require
from automl.errors import UserError, unknown

RANGE_KEYS = ("low", "high", "step", "log", "default")


def narrow(name: str, domain: Domain, default: Value, spec: Any) -> tuple[Domain, Value]:
    """The narrowed domain and the default that lies in it.

    Args:
        name: The parameter's full name, for messages.
        spec: A value, a list of values, `{low, high, step, log, default}` or `{choices, default}`.

    Raises:
        UserError: A value outside `domain`, an unknown key, an empty list.
    """
    if isinstance(spec, Mapping):
        return _bounded(name, domain, default, spec)
    values = _values(name, domain, spec if isinstance(spec, list) else [spec])
    return Choice(*values), default if default in values else values[0]


def _bounded(name: str, domain: Domain, default: Value, spec: Mapping[str, Any]) -> tuple[Domain, Value]:
    allowed = ("choices", "default") if isinstance(domain, Choice) or "choices" in spec else RANGE_KEYS
    for key in spec:
        if key not in allowed:
            raise unknown(f"key of {name}", str(key), allowed)
    if "choices" in spec:
        narrowed: Domain = Choice(*_values(name, domain, spec["choices"]))
    elif isinstance(domain, Choice):
        narrowed = domain
    else:
        bounds = {bound: _coerce(domain, spec[bound]) for bound in ("low", "high") if bound in spec}
        for value in bounds.values():
            require(domain, value, name)
        narrowed = replace(domain, **bounds, **{key: spec[key] for key in ("step", "log") if key in spec})
        if problem := narrowed.problem():
            raise UserError(f"{name}: {problem}.")
    if "default" not in spec:
        return narrowed, narrowed.clip(default)
    chosen = _coerce(domain, spec["default"])
    require(narrowed, chosen, name)
    return narrowed, chosen


def _values(name: str, domain: Domain, values: Any) -> list[Value]:
    if not isinstance(values, list) or not values:
        raise UserError(f"{name} needs at least one value, got {values!r}.")
    coerced = [_coerce(domain, value) for value in values]
    for value in coerced:
        require(domain, value, name)
    return list(dict.fromkeys(coerced))


def _coerce(domain: Domain, value: Any) -> Any:
    """YAML's spelling of a number as the parameter's type: `1` for a float, `1e-3` (a string to YAML 1.1)."""
    if isinstance(domain, Choice) or isinstance(value, bool):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    # 2.5 for an Int stays a float: the range check refuses it, nothing is cut.
    return int(number) if isinstance(domain, Int) and number.is_integer() else number
