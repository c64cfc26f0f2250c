"""What every component keeps to."""

from __future__ import annotations

from functools import partial

import torch

from automl.components import Catalog, Int, Parameter, Task, load_catalog
from automl.errors import PluginError, unknown
from automl.space import Configuration
from automl.testing.fingerprint import STANDS_ALONE, fingerprint, shipped_fingerprint
from automl.testing.result import Broken, NotApplicable
from automl.testing.subject import Subject
from automl.testing.tiny import described, odd_tasks

DRAWS = 50
USED = 10
"""Of the draws for one task: used after they were built."""
LONGEST_SUMMARY = 119
close = partial(torch.allclose, rtol=1e-4, atol=1e-5, equal_nan=True)


def imports(subject: Subject) -> None:
    """Imports in a fresh process, printing nothing, starting no thread."""
    found = subject.imported
    if found is None:
        raise NotApplicable("this process has imported it before")
    if found.written:
        raise Broken(
            f"importing it wrote {' '.join(found.written.split())[:120]!r}; an import prints nothing",
            "Take print() and what warns out of the top level of the file, into the function.",
        )
    if found.threads:
        raise Broken(
            f"importing it started {', '.join(found.threads[:3])}; an import starts no threads",
            "Start what is needed inside the function, and end it there.",
        )


def documented(subject: Subject) -> None:
    """Has a docstring whose first line has below 120 characters."""
    if len(summary := subject.component.summary) > LONGEST_SUMMARY:
        raise Broken(
            f"the docstring's first line has {len(summary)} characters; it must be below 120 to fit into a list",
            "Break it: one short sentence, an empty line, then the rest.",
        )


def own_name(subject: Subject) -> None:
    """Has a name that no other plugin has."""
    catalog = load_catalog(catalog=Catalog())
    try:
        if subject.component.key in catalog.refused:
            raise PluginError(catalog.refused[subject.component.key])
        catalog.add(subject.component)
    except PluginError as error:
        raise Broken(error.message, "Give it another name in the decorator.") from error


def limits(subject: Subject) -> None:
    """Declares limits only of checks that there are."""
    from automl.testing.contract import checks_of

    names = checks_of(subject.component)
    for name in subject.component.limits:
        if name not in names:
            error = unknown("check in limits", name, names)
            raise Broken(error.message, error.hint or "Choose one of these names, or take it out of `limits`.")


def draws(subject: Subject) -> None:
    """50 seeded draws are in range, keep conditions, and can be built."""
    tasks = []
    for usual in subject.families():
        fitting = [task for task in odd_tasks(usual.kind) if subject.component.mismatch(task) is None]
        tasks += [usual, *fitting[:1]]
    for task in tasks:
        for parameter in subject.component.parameters:
            _check_bounds(parameter, task)
        for number, drawn in enumerate(subject.draws(task, DRAWS // len(tasks))):
            _check_range(subject, drawn)
            try:
                subject.exercise(task, drawn, whole=number < USED)
            except Broken as broken:
                raise Broken(f"with {subject.described(drawn)}: {broken.found}", broken.mend) from broken
            except Exception as error:
                error.add_note(subject.described(drawn))
                raise


def _check_bounds(parameter: Parameter, task: Task) -> None:
    domain = parameter.domain.resolve(task)
    if isinstance(domain, Int) and not (isinstance(domain.low, int) and isinstance(domain.high, int)):
        raise Broken(
            f"for {described(task)} {parameter.name} is {domain}; the bounds of an Int are integers",
            "Divide with // in a bound that is a function of the task.",
        )


def _check_range(subject: Subject, drawn: Configuration) -> None:
    values = subject.values(drawn)
    for parameter in subject.component.parameters:
        active = all(values.get(other) in allowed for other, allowed in parameter.when.items())
        if active != (parameter.name in values):
            raise Broken(
                f"with {subject.described(drawn)}: {parameter.name} {'is missing' if active else 'is there'}",
                "Look at its `when`.",
            )
        if active and not parameter.domain.contains(values[parameter.name]):
            raise Broken(
                f"{parameter.name} was drawn as {values[parameter.name]!r}, which isn't {parameter.domain}",
                "Look at its domain.",
            )


def trains(subject: Subject) -> None:
    """Trains two epochs with its defaults, and the weights move."""
    for task in subject.tasks():
        torch.manual_seed(0)
        before = dict(subject.model(task).named_parameters())
        after = subject.train(task).weights
        if all(torch.equal(weight, after[name]) for name, weight in before.items() if name in after):
            raise Broken(
                f"no weight moved in two epochs of {task.kind}; training must change the model",
                "Its parameters need requires_grad, and an output that depends on them without detach() or no_grad().",
            )


def same_seed(subject: Subject) -> None:
    """Does the same under the same seed."""
    first, second = (fingerprint(subject) for _ in range(2))
    if not close(first, second):
        raise Broken(
            f"two runs with one seed differ by {float((first - second).abs().max()):.2g}; a seed decides everything",
            "Draw with torch alone (torch.rand, torch.randperm): random, numpy.random and the clock aren't seeded.",
        )


def ships(subject: Subject) -> None:
    """Does the same in another process that has only its text."""
    source = subject.component.source
    if source is None:
        raise NotApplicable("it is in an installed package, which workers import")
    here, there = fingerprint(subject), shipped_fingerprint(subject.component)
    if here.shape != there.shape or not close(here, there):
        raise Broken(
            "another process that ran its text got another result; workers and predictions have only the text",
            STANDS_ALONE,
        )


def accelerator(subject: Subject) -> None:
    """Trains on the GPU, under bfloat16 autocast."""
    if not torch.cuda.is_available():
        raise NotApplicable("no GPU here")
    subject.train(subject.tasks()[0], device=torch.device("cuda"))
