"""Merging the layers of an experiment: the domain's preset, a YAML file, the command line, `--set`."""

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from automl.config.decisions import check_decisions
from automl.config.experiment import LEARN_FROM_FINISHED, SAMPLERS, SMALLEST_POPULATION, Experiment
from automl.config.storage import checked_storage
from automl.errors import UserError, unknown

DEFAULT_DOMAIN = "images"
TABLE_DOMAIN = "tables"
TEXT_DOMAIN = "texts"
ENTITY_DOMAIN = "entities"
OF_ENTITIES = ("description", "metric", "space")
"""Keys that a domain of texts takes from that of entities, where these are the task."""
ONLY_ROWS = ("target", "test", "time_column")
ONLY_TABLES = ("columns", "folds", "protected")
ONLY_TEXTS = ("text", "out_of_scope", "out_of_scope_test", "out_of_scope_label", "mask_pii")
TABLE_KEYS = (*ONLY_ROWS, *ONLY_TABLES, "group")
TEXT_KEYS = (*ONLY_ROWS, "text", "out_of_scope", "out_of_scope_test", "mask_pii", "group")
REGRESSION_METRIC = "rmse"
LIMITS = ("trials", "time_budget", "cost_budget", "target_metric", "patience")
OPTIONS = {
    "plugins": " (option --plugin)",
    "constraints": " (option --constraint)",
    "gates": " (option --gate)",
    "columns": " (option --column)",
    "space": " (option --set)",
    "description": "",
}
"""What sets a key on the command line, where it isn't an option by the key's own name."""


def domains() -> list[str]:
    """Names of the presets in `search_spaces/`."""
    folder = resources.files("automl_search_spaces")
    return sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))


def load_experiment(
    *, config: str | Path | None = None, flags: Mapping[str, Any] | None = None, assignments: Sequence[str] = ()
) -> Experiment:
    """The experiment of a command.

    Args:
        config: Path of a YAML file with the keys of `Experiment`.
        flags: Keys of `Experiment` as given on the command line; None means not given. `space` adds to the YAML's.
        assignments: `name=value` texts of `--set`, values in YAML's spelling.

    Raises:
        UserError: An unknown key, domain or choice, a value of the wrong type, an unreadable file.
    """
    given = _read(Path(config)) if config else {}
    flags = {key: value for key, value in (flags or {}).items() if value is not None}
    space = {**_space(given), **_space(flags), **_assigned(assignments)}
    user = {**given, **flags}
    preset = preset_of(str(user.get("domain", _domain_for(user))), str(user.get("task", "")))
    if _is_regression(user) and not _is_regression(preset):
        preset["metric"] = REGRESSION_METRIC
    # A grid ends by itself: half of one is nobody's wish.
    if any(limit in user for limit in LIMITS) or user.get("sampler") == "grid":
        preset = {key: value for key, value in preset.items() if key not in LIMITS}
    if user.get("storage"):
        user["storage"] = checked_storage(str(user["storage"]))
    merged = {**preset, **user, "space": {**preset.get("space", {}), **space}}
    try:
        experiment = Experiment.model_validate(merged)
    except ValidationError as error:
        raise _explained(error, config) from error
    if (experiment.cost_budget is None) != (experiment.cost_per_hour is None):
        raise UserError("cost_budget and cost_per_hour belong together.", hint="--cost-budget 5 --cost-per-hour 2.4")
    if experiment.sampler != "grid" and all(getattr(experiment, limit) is None for limit in LIMITS):
        raise UserError("A search needs a limit: trials or time_budget.", hint="Add --trials 50 or --time-budget 10m.")
    if experiment.data is None and experiment.demo is None:
        raise UserError(
            f"The domain {experiment.domain} has no built-in demo, so it needs data.",
            hint="Add --data path/to/rows.csv --target COLUMN."
            if experiment.is_table
            else "Add --data path/to/sentences.conll."
            if experiment.is_per_word
            else "Add --data path/to/messages.csv."
            if experiment.is_text
            else "Add --data path/to/images (a folder or an .npz file).",
        )
    _check_kind(experiment)
    _check_sampler(experiment.sampler, experiment.scheduler)
    _check_objectives(experiment)
    _check_population(experiment)
    check_decisions(experiment)
    check_fidelity(experiment)
    return experiment


def _check_kind(experiment: Experiment) -> None:
    """Refuses keys of another kind of data."""
    is_table, is_text = experiment.is_table, experiment.is_text
    kinds = (
        (ONLY_ROWS, is_table or is_text, "tables and texts", "--domain tables or --domain texts"),
        (ONLY_TABLES, is_table, "tables", "--task table-classification or table-regression, or --domain tables"),
        (ONLY_TEXTS, is_text, "texts", "--task text-classification, or --domain texts"),
    )
    for keys, fits, what, how in kinds:
        for key in keys if not fits else ():
            if getattr(experiment, key):
                option = OPTIONS.get(key, f" (option --{key.replace('_', '-')})")
                raise UserError(f"{key}{option} is for {what}; the task is {experiment.task}.", hint=f"Add {how}.")


def check_fidelity(experiment: Experiment) -> None:
    """Refuses early epochs on a part of the data where nothing is stopped early; again once `auto` is settled."""
    if experiment.fidelity == "data" and experiment.chosen_scheduler in ("none", "pbt"):
        raise UserError(
            f"--fidelity data and --scheduler {experiment.chosen_scheduler} don't go together: early epochs on a part "
            "of the data pay where many trials are stopped after them.",
            hint="Add --scheduler asha, hyperband or median, with a sampler that learns from stopped trials (tpe), or "
            "leave out --fidelity.",
        )


def _domain_for(user: Mapping[str, Any]) -> str:
    """The preset where none is named: that of the task's kind of data, else of what the keys are for."""
    family = str(user.get("task", "")).partition("-")[0]
    if family == "token":
        return ENTITY_DOMAIN
    if family == "text" or (not family and any(user.get(key) for key in ONLY_TEXTS)):
        return TEXT_DOMAIN
    return TABLE_DOMAIN if family == "table" or (not family and "target" in user) else DEFAULT_DOMAIN


def _is_regression(keys: Mapping[str, Any]) -> bool:
    return str(keys.get("task", "")).endswith("-regression")


def _check_population(experiment: Experiment) -> None:
    members, trials = experiment.population, experiment.trials
    if experiment.scheduler != "pbt":
        if members:
            raise UserError(
                f"--population {members} is for --scheduler pbt, which trains so many trials side by side.",
                hint="Add --scheduler pbt, or leave out --population.",
            )
        return
    if experiment.sampler == "grid":
        raise UserError(
            "--sampler grid and --scheduler pbt don't go together: a grid trains each configuration as it is, and pbt "
            "changes them while they train.",
            hint="Use --scheduler none, or --sampler random.",
        )
    if trials and trials < (members or SMALLEST_POPULATION):
        raise UserError(
            f"--scheduler pbt with {trials} trials: a population has {members or SMALLEST_POPULATION} members"
            f"{'' if members else ' at least'}, each of them a trial.",
            hint=f"Add --trials {members or 8}" + (", or a smaller --population." if members else "."),
        )


def _check_objectives(experiment: Experiment) -> None:
    asked = "--minimize" if experiment.minimize else "--constraint" if experiment.constraints else ""
    if experiment.minimize and experiment.scheduler not in ("auto", "none"):
        raise UserError(
            f"--minimize and --scheduler {experiment.scheduler} don't go together: it would follow the metric alone.",
            hint="Use --scheduler none, or a --constraint in place of --minimize.",
        )
    if experiment.minimize and experiment.sampler == "blend":
        raise UserError(
            "--minimize and --sampler blend don't go together: it knows one objective.",
            hint="Use --sampler tpe, gp or nsga2.",
        )
    if asked and experiment.sampler == "cmaes":
        raise UserError(
            f"{asked} and --sampler cmaes don't go together: it knows one objective and no constraints.",
            hint="Use --sampler tpe, gp or nsga2.",
        )


def _check_sampler(sampler: str, scheduler: str) -> None:
    if sampler not in SAMPLERS and ":" not in sampler:
        raise unknown("sampler", sampler, SAMPLERS)
    if sampler in LEARN_FROM_FINISHED and scheduler not in ("auto", "none"):
        raise UserError(
            f"--sampler {sampler} and --scheduler {scheduler} don't go together: {sampler} learns nothing from trials "
            "that were stopped.",
            hint="Use --scheduler none, or --sampler tpe.",
        )


def parse_yaml(text: str, where: str) -> Any:
    """`text` as YAML, or a UserError that says where it stands."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"{where} isn't valid YAML: {' '.join(str(error).split())}.") from error


def preset_of(domain: str, task: str = "") -> dict[str, Any]:
    """The keys that a domain sets; UserError where there is no such domain.

    Args:
        task: The kind that it is used for; "": its own. A domain of texts goes for entities in them, too.
    """
    preset = _preset(domain)
    if task.startswith("token-") and preset["task"].startswith("text-"):
        others = _preset(ENTITY_DOMAIN)
        kept = {key: value for key, value in preset.items() if key not in ("demo", *ONLY_TEXTS)}
        preset = kept | {key: others[key] for key in OF_ENTITIES}
    return preset


def _preset(domain: str) -> dict[str, Any]:
    if domain not in domains():
        raise unknown("domain", domain, domains())
    text = resources.files("automl_search_spaces").joinpath(f"{domain}.yaml").read_text("utf-8")
    preset: dict[str, Any] = parse_yaml(text, f"The domain {domain}")
    return preset


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"The experiment {path} can't be read: {error}.", hint="--config takes a YAML file.") from error
    content = parse_yaml(text, str(path)) or {}
    if not isinstance(content, dict):
        raise UserError(f"{path} must be a mapping of keys, got a {type(content).__name__}.")
    return content


def _space(given: Mapping[str, Any]) -> dict[str, Any]:
    space = given.get("space") or {}
    if not isinstance(space, dict):
        raise UserError(f"space must be a mapping of parameter names, got {space!r}.")
    return space


def _assigned(texts: Sequence[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in map(_assignment, texts):
        if values.setdefault(name, value) != value:
            raise UserError(f"--set {name} is given twice, as {values[name]} and {value}.", hint="Keep one of them.")
    return values


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UserError(f"--set takes name=value, got {text!r}.", hint="For example --set training.lr=0.003")
    return name.strip(), parse_yaml(value, f"The value of --set {name}")


def _explained(error: ValidationError, config: str | Path | None) -> UserError:
    problem = error.errors()[0]
    key = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        explained = unknown("key", key, Experiment.model_fields)
        return UserError(f"{config}: {explained.message}" if config else explained.message, hint=explained.hint)
    if problem["type"] == "literal_error":
        choices = [c.strip(" '") for c in problem["ctx"]["expected"].replace(" or ", ",").split(",")]
        return unknown(key, str(problem["input"]), choices)
    if problem["type"] == "missing":
        return UserError(f"The key {key} is missing.", hint="A domain sets it: choose one with --domain.")
    rule = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    name = key.partition(".")[0]
    option = OPTIONS.get(name, f" (option --{name.replace('_', '-')})")
    return UserError(f"{key}{option}: {rule}, got {problem['input']!r}.", hint="automl search --help")
