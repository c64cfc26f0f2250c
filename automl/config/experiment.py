"""The experiment: the whole specification of one search, checked and frozen."""

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from automl.config.decisions import Calibrate, Costs, Names
from automl.config.quantities import Duration, Size

Sampler = Literal["auto", "blend", "tpe", "gp", "cmaes", "nsga2", "qmc", "random", "grid"]
Scheduler = Literal["auto", "asha", "hyperband", "median", "pbt", "none"]
SAMPLERS: tuple[str, ...] = get_args(Sampler)
SCHEDULERS: tuple[str, ...] = get_args(Scheduler)

LEARN_FROM_FINISHED = ("gp", "nsga2")
"""Samplers that need finished trials: from one that was stopped early they learn nothing."""

SMALLEST_POPULATION = 4
"""Of which a quarter is one."""


def _confirm(value: Any) -> Any:
    """`auto`, `off` or a number, also as a text; YAML reads `off` as false."""
    if isinstance(value, bool):
        return "auto" if value else "off"
    if value in ("auto", "off"):
        return value
    if not re.fullmatch(r"[1-9]\d{0,3}", str(value)):
        raise ValueError("must be auto, off, or how many candidates, from 1 on")
    return int(value)


def _paths(value: Any) -> Any:
    """One, or several."""
    return [value] if isinstance(value, str) else value


Paths = Annotated[tuple[str, ...], BeforeValidator(_paths)]
Confirm = Annotated[Literal["auto", "off"] | int, BeforeValidator(_confirm)]


class Experiment(BaseModel):
    """One search. Layers are merged in `automl.config.load_experiment`: domain, YAML, command line, `--set`.

    Args:
        domain: Name of the preset; the best model is registered under it.
        task: Kind of task.
        data: Path of the data set; None is the domain's built-in demo.
        demo: Name of that demo; None where the domain has none.
        target: Of a table or of texts: the column to predict.
        test: Of a table or of texts: path of the rows to test on; None splits them off.
        time_column: Of a table: what the split goes by, train before validation before test.
        group: Of a table: the column of which no cell is in two splits. Of a folder of images: path of a table of file
            and patient, none of whom is in two splits.
        columns: Of a table: column -> role, for those that aren't to be inferred.
        text: Of texts: the columns of the message, joined; none: by their cells.
        out_of_scope: Of texts: paths of messages that no class fits.
        out_of_scope_test: Of texts: path of such messages to test on; None: a third of the others.
        out_of_scope_label: Of texts: what is predicted for a message that no class fits, maybe one of the labels; None
            or "none": one of the classes is predicted for every message.
        mask_pii: Of texts: whether e-mail addresses, phone, card and IBAN numbers are masked.
        image_size: Side that images are resized to; None chooses it from the data.
        allow_corrupt: Whether more than 5 % of unreadable files, or of rows without a target, are skipped, too.
        folds: Of a table: a model for each of so many folds, which validate each other; 0 for a split of its own that
            validates; None: 5 where rows are few.
        metric: What is optimized on validation.
        minimize: Further objectives, such as `latency_ms`; the metric decides on the winner.
        constraints: What a winner must keep to, such as `parameters<=2e6`.
        gates: What a version must keep to on test before it may be champion, such as `test_sensitivity>=0.9`.
        positive: Of two classes, the one that is looked for; None: the second one.
        calibrate: `auto`: probabilities are calibrated on validation where that makes them clearly better; `off`.
        cost: What mistakes cost: `fp` of flagging a negative row, `fn` of missing a positive one. The threshold of the
            model is chosen by it.
        flag_rate: The share of rows that the threshold is to flag.
        protected: Of a table: columns of people's groups, whose treatment is compared.
        sampler: What proposes: one of `SAMPLERS`, or somebody else's (`module:Class`, `hub:...`).
        scheduler: What stops early: one of `SCHEDULERS`. Of both `auto` is settled before the first trial.
        population: Trials that `pbt` trains side by side; None: all, in even parts where they are many.
        fidelity: What early rungs save: `epochs`, or `data`, too: epochs up to there train on a part of the rows.
        trials, time_budget: The first limit reached ends the search; time is in seconds of wall-clock. Only a grid,
            which ends by itself, may do without.
        cost_budget, cost_per_hour: A time limit in money: of all machines together, in one currency.
        target_metric: Enough: the search ends when a trial's validation metric is so good.
        patience: Trials in a row without a better one after which it ends.
        max_failures: Failures without a single success after which it ends.
        disk: Bytes that all files of the search may take, those of losers being deleted first.
        warm_start: An earlier search to learn from: its name, `last`, or the id of its run in MLflow.
        portfolio: Path of a list of configurations that go first.
        storage: URL of the database that the study lives in; None: in a journal in the search's folder.
        confirm: The best so many are trained again with other seeds before one of them is the winner; `auto`: 3 where
            there is a time budget; `off`: none.
        ensemble: Whether the best trials are combined into one model where that is better on validation.
        refit: Whether the winner is trained once more, on train and validation together.
        workers: Trials at a time. cpus_per_trial, gpus_per_trial: their shares. None: by what the machine has.
        seed: Of splits, proposals and training.
        plugins: Paths of plugin files.
        space: Narrowed parameters by full name: a value, a list, or `{low, high, step, log, default}`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    domain: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str = ""
    task: str = "image-classification"
    data: str | None = None
    demo: Literal["digits", "credit", "messages"] | None = None
    target: str | None = None
    test: str | None = None
    time_column: str | None = None
    group: str | None = None
    columns: dict[str, str] = {}
    text: Names = ()
    out_of_scope: Paths = ()
    out_of_scope_test: str | None = None
    out_of_scope_label: str | None = None
    mask_pii: bool = False
    image_size: int | None = Field(default=None, ge=4, le=1024)
    allow_corrupt: bool = False
    folds: int | None = Field(default=None, ge=0, le=20)
    metric: str
    minimize: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    positive: str | None = None
    calibrate: Calibrate = "auto"
    cost: Costs | None = None
    flag_rate: float | None = Field(default=None, gt=0, lt=1)
    protected: Names = ()
    sampler: str = "auto"
    scheduler: Scheduler = "auto"
    fidelity: Literal["epochs", "data"] = "epochs"
    population: int | None = Field(default=None, ge=SMALLEST_POPULATION)
    trials: int | None = Field(default=None, ge=1)
    time_budget: Duration | None = None
    cost_budget: float | None = Field(default=None, gt=0)
    cost_per_hour: float | None = Field(default=None, gt=0)
    target_metric: float | None = Field(default=None, allow_inf_nan=False)
    patience: int | None = Field(default=None, ge=1)
    max_failures: int = Field(default=5, ge=1)
    disk: Size | None = None
    warm_start: str | None = None
    portfolio: str | None = None
    storage: str | None = None
    confirm: Confirm = "auto"
    ensemble: bool = True
    refit: bool = False
    workers: int | None = Field(default=None, ge=1)
    cpus_per_trial: float | None = Field(default=None, gt=0)
    gpus_per_trial: float | None = Field(default=None, ge=0)
    seed: int = Field(default=0, ge=0, lt=2**31)
    plugins: tuple[str, ...] = ()
    space: dict[str, Any] = {}

    @property
    def is_table(self) -> bool:
        return self.task.startswith("table-")

    @property
    def is_text(self) -> bool:
        return self.task.startswith("text-") or self.is_per_word

    @property
    def is_per_word(self) -> bool:
        return self.task.startswith("token-")

    @property
    def rejects(self) -> str | None:
        """What is predicted for a message that no class fits; None where one of the classes is."""
        label = self.out_of_scope_label or ("out_of_scope" if self.out_of_scope else None)
        return None if label == "none" else label

    @property
    def chosen_scheduler(self) -> str:
        """The scheduler; `auto` fits it to the sampler: none where that learns nothing from stopped trials, and with
        several objectives, of which early stopping would follow one alone."""
        if self.scheduler != "auto":
            return self.scheduler
        if self.minimize or self.sampler in (*LEARN_FROM_FINISHED, "grid"):
            return "none"
        return "hyperband" if self.sampler == "blend" else "asha"
