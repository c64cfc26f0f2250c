"""`automl search`."""

import time
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

# When the process began to work: a time budget counts from here.
STARTED = time.monotonic()


def search(
    data: Annotated[
        Optional[str], typer.Option(help="Folder of images, .npz, a table or texts; none: the built-in demo.")
    ] = None,
    target: Annotated[Optional[str], typer.Option(help="Of rows: the column to predict.")] = None,
    test: Annotated[Optional[str], typer.Option(help="Of a table or texts: file of rows to test on.")] = None,
    time_column: Annotated[
        Optional[str], typer.Option(help="Of a table: split by it, train before validation before test.")
    ] = None,
    group: Annotated[
        Optional[str],
        typer.Option(help="No group in two splits: a table's column, or of images a CSV of file and patient."),
    ] = None,
    column: Annotated[
        Optional[list[str]], typer.Option(metavar="NAME=ROLE", help="Of a table: what a column is; repeatable.")
    ] = None,
    text: Annotated[
        Optional[str], typer.Option(metavar="COLUMNS", help="Of texts: the message's columns, such as subject,body.")
    ] = None,
    out_of_scope: Annotated[
        Optional[list[str]],
        typer.Option(metavar="FILE", help="Of texts: messages that no class fits, to learn from; repeatable."),
    ] = None,
    out_of_scope_test: Annotated[
        Optional[str], typer.Option(metavar="FILE", help="Of texts: such messages to test on.")
    ] = None,
    out_of_scope_label: Annotated[
        Optional[str], typer.Option(metavar="NAME", help="Of texts: the class of such messages; none: no such class.")
    ] = None,
    mask_pii: Annotated[
        bool, typer.Option("--mask-pii", help="Of texts: mask e-mail, phone, card and IBAN before anything is stored.")
    ] = False,
    domain: Annotated[
        Optional[str], typer.Option(help="Preset: images, medical_imaging, tables, finance, texts, customer_service.")
    ] = None,
    config: Annotated[Optional[Path], typer.Option(help="Experiment as YAML; flags go over it.")] = None,
    set_: Annotated[
        Optional[list[str]], typer.Option("--set", metavar="NAME=VALUE", help="Fix or narrow a parameter; repeatable.")
    ] = None,
    models: Annotated[Optional[str], typer.Option(help="Models to search, comma-separated.")] = None,
    augmentations: Annotated[Optional[str], typer.Option(help="Augmentations to search, or none.")] = None,
    regularizers: Annotated[Optional[str], typer.Option(help="Regularizers to search, or none.")] = None,
    plugin: Annotated[
        Optional[list[str]], typer.Option(help="File with more components, whose code is run; repeatable.")
    ] = None,
    folds: Annotated[
        Optional[int],
        typer.Option(help="Of crossed validation of a table; 0: none (default: 5 where rows are few)."),
    ] = None,
    metric: Annotated[Optional[str], typer.Option(help="What validation is judged by.")] = None,
    minimize: Annotated[
        Optional[list[str]],
        typer.Option(metavar="FIGURE", help="Also keep this small: latency_ms, latency_p95_ms, parameters, size_mb."),
    ] = None,
    constraint: Annotated[
        Optional[list[str]],
        typer.Option(metavar="RULE", help='What the winner must keep to: "latency_ms<=5"; repeatable.'),
    ] = None,
    gate: Annotated[
        Optional[list[str]],
        typer.Option(metavar="RULE", help='What a champion must keep to: "test_sensitivity>=0.9"; repeatable.'),
    ] = None,
    positive: Annotated[
        Optional[str], typer.Option(metavar="CLASS", help="Of two classes the one that is looked for.")
    ] = None,
    calibrate: Annotated[
        Optional[str], typer.Option(help="Probabilities on validation: auto (where clearly better) or off.")
    ] = None,
    cost: Annotated[
        Optional[str],
        typer.Option(metavar="fp=1,fn=5", help="What mistakes cost: the threshold is chosen by it."),
    ] = None,
    flag_rate: Annotated[
        Optional[float], typer.Option(help="The share of rows that the threshold is to flag, such as 0.1.")
    ] = None,
    protected: Annotated[
        Optional[str], typer.Option(metavar="COLUMNS", help="Groups of people to compare, such as sex,age.")
    ] = None,
    task: Annotated[
        Optional[str], typer.Option(help="image- or table-, classification or regression; text-classification.")
    ] = None,
    sampler: Annotated[
        Optional[str],
        typer.Option(help="auto (by the space), blend, tpe, gp, cmaes, nsga2, qmc, random, grid, or module:Class."),
    ] = None,
    scheduler: Annotated[
        Optional[str],
        typer.Option(help="auto; asha, hyperband, median (stop weak trials early), pbt (a population) or none."),
    ] = None,
    population: Annotated[Optional[int], typer.Option(help="Trials that pbt trains side by side.")] = None,
    fidelity: Annotated[
        Optional[str], typer.Option(help="What early rungs save: epochs, or data (a ninth, a third of the rows), too.")
    ] = None,
    trials: Annotated[Optional[int], typer.Option(help="At most so many trials.")] = None,
    time_budget: Annotated[Optional[str], typer.Option(help="At most so long: 90s, 10m, 1h30m.")] = None,
    cost_budget: Annotated[Optional[float], typer.Option(help="At most so expensive, by --cost-per-hour.")] = None,
    cost_per_hour: Annotated[Optional[float], typer.Option(help="Of all machines together.")] = None,
    target_metric: Annotated[Optional[float], typer.Option(help="End when validation is so good.")] = None,
    patience: Annotated[Optional[int], typer.Option(help="End after so many trials without a better one.")] = None,
    max_failures: Annotated[
        Optional[int], typer.Option(help="End after so many failures without a success (default: 5).")
    ] = None,
    disk: Annotated[Optional[str], typer.Option(help="All files of the search take at most so much: 20GB.")] = None,
    confirm: Annotated[
        Optional[str],
        typer.Option(help="Train the best so many again with other seeds: auto (3 in a time budget), off, N."),
    ] = None,
    refit: Annotated[bool, typer.Option("--refit", help="Train the winner on train and validation together.")] = False,
    no_ensemble: Annotated[bool, typer.Option("--no-ensemble", help="Register the winner alone.")] = False,
    workers: Annotated[Optional[int], typer.Option(help="Trials at a time.")] = None,
    cpus_per_trial: Annotated[Optional[float], typer.Option(help="CPU cores for each trial.")] = None,
    gpus_per_trial: Annotated[Optional[float], typer.Option(help="GPU share for each trial, such as 0.25.")] = None,
    image_size: Annotated[Optional[int], typer.Option(help="Side in pixels that images are resized to.")] = None,
    allow_corrupt: Annotated[
        bool, typer.Option("--allow-corrupt", help="Skip unreadable files, however many.")
    ] = False,
    seed: Annotated[Optional[int], typer.Option(help="Of splits, proposals and training.")] = None,
    warm_start: Annotated[
        Optional[str], typer.Option(metavar="SEARCH", help="Learn from an earlier search: name, last, or MLflow run.")
    ] = None,
    portfolio: Annotated[Optional[str], typer.Option(help="File of `automl portfolio build`, tried first.")] = None,
    storage: Annotated[
        Optional[str], typer.Option(metavar="URL", help="Database for the study: sqlite:///..., postgresql://...")
    ] = None,
    continue_: Annotated[
        Optional[str], typer.Option("--continue", metavar="SEARCH", help="Give an ended search so much more budget.")
    ] = None,
    out: Annotated[Optional[Path], typer.Option(help="Folder for all results (default: automl_runs).")] = None,
) -> None:
    """Search for the best model of a data set, log every trial, register the winner."""
    from automl.api import run_experiment
    from automl.cli.output import plain
    from automl.cli.progress import Progress
    from automl.cli.resume import go_on
    from automl.cli.summary import finish
    from automl.config import load_experiment

    flags: dict[str, Any] = {
        "data": data,
        "target": target,
        "test": test,
        "time_column": time_column,
        "group": group,
        "columns": _roles(column or []) or None,
        "text": text,
        "out_of_scope": out_of_scope or None,
        "out_of_scope_test": out_of_scope_test,
        "out_of_scope_label": out_of_scope_label,
        "mask_pii": mask_pii or None,
        "domain": domain,
        "folds": folds,
        "metric": metric,
        "minimize": minimize or None,
        "constraints": constraint or None,
        "gates": gate or None,
        "positive": positive,
        "calibrate": calibrate,
        "cost": cost,
        "flag_rate": flag_rate,
        "protected": protected,
        "task": task,
        "sampler": sampler,
        "scheduler": scheduler,
        "fidelity": fidelity,
        "population": population,
        "trials": trials,
        "time_budget": time_budget,
        "cost_budget": cost_budget,
        "cost_per_hour": cost_per_hour,
        "target_metric": target_metric,
        "patience": patience,
        "max_failures": max_failures,
        "disk": disk,
        "warm_start": warm_start,
        "portfolio": portfolio,
        "storage": storage,
        "confirm": confirm,
        "refit": refit or None,
        "ensemble": False if no_ensemble else None,
        "workers": workers,
        "cpus_per_trial": cpus_per_trial,
        "gpus_per_trial": gpus_per_trial,
        "image_size": image_size,
        "allow_corrupt": allow_corrupt or None,
        "seed": seed,
        "plugins": plugin or None,
        "space": _listed(model=models, augmentation=augmentations, regularizer=regularizers),
    }
    assignments = set_ or []
    if continue_:
        go_on(continue_, home=out, **_more_budget(flags, assignments, config))
        return
    _refuse_two_answers(flags["space"], assignments)
    experiment = load_experiment(config=config, flags=flags, assignments=assignments)
    with Progress(experiment) as progress:
        outcome = run_experiment(experiment, out=out, say=plain, watchers=[progress], started=STARTED)
    finish(outcome)


def _more_budget(flags: dict[str, Any], assignments: list[str], config: Path | None) -> dict[str, Any]:
    """The limits to go on with; UserError where anything else is asked for, which a search can't change any more."""
    from automl.config.quantities import seconds
    from automl.errors import UserError

    limits = {key: flags.pop(key) for key in ("trials", "time_budget")}
    others = [f"--{key.replace('_', '-')}" for key, value in flags.items() if value] + ["--set"] * bool(assignments)
    if others or config:
        raise UserError(
            f"--continue takes only --trials and --time-budget, got {(others or ['--config'])[0]}: "
            "all else stays as the search began.",
            hint="For another experiment start a new search.",
        )
    if not any(limits.values()):
        raise UserError("--continue needs --trials or --time-budget: how much more?", hint="For example --trials 50.")
    try:
        return {"trials": limits["trials"], "time_budget": seconds(limits["time_budget"])}
    except ValueError as error:
        raise UserError(f"--time-budget: {error}, got {limits['time_budget']!r}.") from error


def _roles(assignments: list[str]) -> dict[str, str]:
    """What each --column says; a name may have an equals sign in it, a role has none."""
    from automl.errors import UserError

    roles = {}
    for assignment in assignments:
        name, equals, role = assignment.rpartition("=")
        if not equals or not name:
            raise UserError(
                f"--column takes NAME=ROLE, got {assignment!r}.", hint="For example --column zip=categorical."
            )
        roles[name] = role.strip()
    return roles


def _listed(**options: str | None) -> dict[str, list[str]]:
    """The candidates of each kind that an option names."""
    given = {kind: option.strip() for kind, option in options.items() if option}
    return {
        kind: [] if names == "none" else [name.strip() for name in names.split(",")] for kind, names in given.items()
    }


def _refuse_two_answers(listed: dict[str, list[str]], assignments: list[str]) -> None:
    from automl.errors import UserError

    for kind in {text.partition("=")[0].strip() for text in assignments} & set(listed):
        raise UserError(f"--{kind}s and --set {kind}=... both say what to search.", hint="Keep one of them.")
