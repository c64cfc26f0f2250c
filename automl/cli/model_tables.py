"""What the terminal shows of registered models."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from automl.cli.output import console, moment, plain, show_table, table
from automl.registry.history import read_checks, read_history
from automl.registry.resolve import connect, find_version, require_model
from automl.registry.versions import champion_of, read_versions, search_of
from automl.tracking import Store

if TYPE_CHECKING:
    from automl.api import Compared
    from automl.evaluation.interval import Estimate
    from automl.registry.gate import Check
    from automl.registry.versions import Version


def show_models(store: Store) -> None:
    """A row per model."""
    from automl.registry.resolve import registered_models

    client = connect(store)
    made = table("model", "versions", "champion", "on test", "since", right=("versions", "champion"))
    for name in registered_models(client):
        versions = read_versions(client, name)
        champion = champion_of(versions)
        shown = (champion.number, _figure(champion), moment(champion.time)) if champion else ("none", "", "")
        made.add_row(name, str(len(versions)), *shown)
    if not made.row_count:
        plain("No model is registered yet: `automl search` registers its winner.")
        return
    show_table(made)


def show_versions(store: Store, name: str) -> None:
    """A row per version, and how the champion came to be it."""
    client = connect(store)
    require_model(client, name)
    versions, decisions = read_versions(client, name), read_history(client, name)
    made = table("version", "alias", "on test", "gates", "by", "registered", "from", right=("version",))
    for version in versions:
        origin, gate = search_of(client, version), version.gate or "not known"
        cells = (", ".join(version.aliases), _figure(version), gate, version.user, moment(version.time), origin)
        made.add_row(version.number, *cells)
    show_table(made)
    champion = champion_of(versions)
    taken = [one for one in decisions if champion and one.version == champion.number and one.action != "refused"]
    if not taken:
        plain("None is champion." if champion is None else "How the champion came to be it isn't known.")
        return
    made_champion = taken[-1]
    plain(f"Version {made_champion.version} {made_champion.action} by {made_champion.user}, {moment(taken[-1].time)}:")
    if checks := read_checks(client, made_champion):
        show_checks(checks)
    else:
        plain(made_champion.reason)


def show_card(store: Store, reference: str) -> None:
    """The card of one version."""
    from rich.markdown import Markdown

    version = find_version(store, reference)
    plain(f"{version.name}/{version.version}{''.join(f' @{alias}' for alias in sorted(version.aliases))}")
    console().print(Markdown(version.description or "It has no card."))


def show_checks(checks: Iterable[Check]) -> None:
    """A row per check of the gate."""
    made = table("gate", "passed", "found")
    for check in checks:
        made.add_row(check.name, "yes" if check.passed else "no", check.text, style=None if check.passed else "red")
    show_table(made)


def show_history(store: Store, name: str) -> None:
    """A row per decision, the oldest first."""
    client = connect(store)
    require_model(client, name)
    made = table("when", "who", "version", "decision", "champion before", "why", right=("version", "champion before"))
    for one in read_history(client, name):
        action = one.action if one.done else f"{one.action}, broken off"
        made.add_row(moment(one.time), one.user, one.version, action, one.before or "none", one.reason)
    if made.row_count:
        show_table(made)
    else:
        plain(f"Nothing was decided on {name} yet.")


def show_comparison(found: Compared) -> None:
    """A row per metric; what is clearly better stands out."""
    one, other = (f"{model} [95 %]" for model in found.models)
    better = f"how much better {found.models[1]} is [95 %]"
    made = table("metric", one, other, better, right=(one, other, better))
    for name, (first, second, gained) in found.figures.items():
        style = "green" if gained and gained.low > 0 else "red" if gained and gained.high < 0 else None
        made.add_row(name, *map(with_interval, (first, second)), _signed(gained) if gained else "-", style=style)
    show_table(made)
    skipped = f"; {found.skipped:,} without a label were left out" if found.skipped else ""
    plain(f"Both predicted the same {found.rows:,} rows{skipped}. A difference whose interval holds 0 may be chance.")


def with_interval(figure: Estimate) -> str:
    """ "0.7871 [0.770, 0.803]"."""
    return "-" if math.isnan(figure.value) else f"{figure.value:.4f} [{figure.low:.3f}, {figure.high:.3f}]"


def _signed(figure: Estimate) -> str:
    return f"{figure.value:+.4f} [{figure.low:+.4f}, {figure.high:+.4f}]"


def _figure(version: Version) -> str:
    return f"{version.metric} {version.value}" if version.value else "not known"
