"""Functions with learning curves that searches are compared on: higher is better, and the last epoch's value counts.

Sources: Branin, Hartmann and Rosenbrock by Surjanovic and Bingham (Virtual Library of Simulation Experiments), the
first two with the fidelities of Kandasamy et al. 2017 (Multi-fidelity Bayesian optimisation with continuous
approximations); Levy, ditto; the tree of Jenatton et al. 2017 (Bayesian optimization with tree-structured
dependencies); the mixed one after Func3C of Ru et al. 2020 (Bayesian optimisation over multiple continuous and
categorical inputs). `network` and `pipeline` have the parameters of a training and of a search of automl (Thornton et
al. 2013, Auto-WEKA: models x switches), and the shape that learning curves have in LCBench (Zimmer et al. 2021):
larger steps learn faster and end worse, so that curves cross. Curves are power laws (Domhan et al. 2015), but where
the fidelity is the source's own. Every epoch's value has noise of 1 % of the function's scale.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.components import Choice, Float, Int
from automl.space import Space, SpaceParameter

EPOCHS = 27
NOISE = 0.01

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class Function:
    """What a search is run on.

    Args:
        value: A configuration's values without noise at parts of all epochs (up to 1).
        best: The greatest last value.
        scale: That regrets and noise are parts of.
    """

    name: str
    space: Space
    value: Callable[[dict[str, Any], Curve], Curve]
    best: float
    scale: float
    epochs: int = EPOCHS

    def curve(self, configuration: dict[str, Any], seed: int) -> list[float]:
        """Values with noise, the same for the same configuration and seed."""
        text = json.dumps(configuration, sort_keys=True)
        noise = np.random.default_rng([seed, zlib.crc32(text.encode())]).standard_normal(self.epochs)
        epochs = np.arange(1, self.epochs + 1) / self.epochs
        values: list[float] = (self.value(configuration, epochs) + NOISE * self.scale * noise).tolist()
        return values

    def regret(self, configuration: dict[str, Any]) -> float:
        """How far its last value without noise is from the best."""
        return (self.best - float(self.value(configuration, np.ones(1))[0])) / self.scale


def numbers(count: int) -> Space:
    return Space(tuple(SpaceParameter(f"x{i}", Float(0.0, 1.0), 0.5) for i in range(count)))


def vector(configuration: dict[str, Any], count: int) -> Curve:
    return np.array([configuration[f"x{i}"] for i in range(count)])


def power(last: float, first: float, part: Curve, rate: float) -> Curve:
    """From `first` at the start to `last` at the end, the faster the higher the rate."""
    left = (1 + (EPOCHS - 1) * part) ** -rate
    end = float(EPOCHS) ** -rate
    return last - (last - first) * (left - end) / (1 - end)


def branin(c: dict[str, Any], part: Curve) -> Curve:
    x, y = 15 * c["x0"] - 5, 15 * c["x1"]
    b = 5.1 / (4 * math.pi**2) - 0.01 * (1 - part)
    slope = 5 / math.pi - 0.1 * (1 - part)
    t = 1 / (8 * math.pi) + 0.05 * (1 - part)
    return -((y - b * x**2 + slope * x - 6) ** 2 + 10 * (1 - t) * math.cos(x) + 10)


A = np.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def hartmann6(c: dict[str, Any], part: Curve) -> Curve:
    alpha = np.array([1.0, 1.2, 3.0, 3.2]) - 0.1 * (1 - part[:, None])
    found: Curve = alpha @ np.exp(-(A * (vector(c, 6) - P) ** 2).sum(1))
    return found


def levy(c: dict[str, Any], part: Curve) -> Curve:
    """In four dimensions, the slower the less its last one is."""
    w = 1 + (20 * vector(c, 4) - 11) / 4
    middle = ((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2)).sum()
    last = (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)
    return power(-float(math.sin(math.pi * w[0]) ** 2 + middle + last), -100.0, part, 0.3 + 1.7 * c["x3"])


def rosenbrock(c: dict[str, Any], part: Curve) -> Curve:
    """In four dimensions, its logarithm."""
    x = 4 * vector(c, 4) - 2
    valley = (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
    return power(-math.log1p(valley), -9.0, part, 1.0)


TREE = Space(
    (
        SpaceParameter("x1", Choice(0, 1), 0),
        SpaceParameter("x2", Choice(0, 1), 0, (("x1", (0,)),)),
        SpaceParameter("x3", Choice(0, 1), 0, (("x1", (1,)),)),
        SpaceParameter("r8", Float(0.0, 1.0), 0.5, (("x1", (0,)),)),
        SpaceParameter("r9", Float(0.0, 1.0), 0.5, (("x1", (1,)),)),
        SpaceParameter("x4", Float(-1.0, 1.0), 0.5, (("x1", (0,)), ("x2", (0,)))),
        SpaceParameter("x5", Float(-1.0, 1.0), 0.5, (("x1", (0,)), ("x2", (1,)))),
        SpaceParameter("x6", Float(-1.0, 1.0), 0.5, (("x1", (1,)), ("x3", (0,)))),
        SpaceParameter("x7", Float(-1.0, 1.0), 0.5, (("x1", (1,)), ("x3", (1,)))),
    )
)


def tree(c: dict[str, Any], part: Curve) -> Curve:
    """The better a branch can be, the slower it learns."""
    leaf = 2 * c["x1"] + (c["x3"] if c["x1"] else c["x2"])
    loss = (c["r9"] if c["x1"] else c["r8"]) + c[f"x{4 + leaf}"] ** 2 + 0.1 * (leaf + 1)
    return power(-loss, -2.5, part, 0.5 * (leaf + 1))


MIXED = Space(
    (
        SpaceParameter("h1", Choice("rosenbrock", "camel", "beale"), "rosenbrock"),
        SpaceParameter("h2", Choice("rosenbrock", "camel", "beale", "valley", "peak"), "rosenbrock"),
        SpaceParameter("h3", Choice(1, 2, 3, 4), 1),
        SpaceParameter("x0", Float(-1.0, 1.0), 0.5),
        SpaceParameter("x1", Float(-1.0, 1.0), 0.5),
    )
)


def mixed(c: dict[str, Any], part: Curve) -> Curve:
    x, y = c["x0"], c["x1"]
    valley = (100 * (y - x**2) ** 2 + (1 - x) ** 2) / 300
    camel = ((4 - 8.4 * x**2 + 16 * x**4 / 3) * 4 * x**2 + 2 * x * y + (-4 + 4 * y**2) * y**2) / 10
    beale = ((1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2) / 50
    by_name = {"rosenbrock": valley, "camel": camel, "beale": beale, "valley": valley, "peak": beale}
    third = {1: 5 * camel, 2: 2 * valley, 3: 3 * camel, 4: 4 * beale}[c["h3"]]
    return power(-(by_name[c["h1"]] + by_name[c["h2"]] + third), -3.0, part, 1.0)


NETWORK = Space(
    (
        SpaceParameter("optimizer", Choice("sgd", "adamw"), "adamw"),
        SpaceParameter("lr", Float(1e-4, 1.0, log=True), 1e-3),
        SpaceParameter("momentum", Float(0.1, 0.99), 0.9, (("optimizer", ("sgd",)),)),
        SpaceParameter("batch", Int(16, 512, log=True), 64),
        SpaceParameter("decay", Float(1e-5, 1e-1, log=True), 1e-3),
        SpaceParameter("layers", Int(1, 5), 3),
        SpaceParameter("width", Int(64, 1024, log=True), 256),
        SpaceParameter("dropout", Float(0.0, 0.8), 0.2),
    )
)


def network(c: dict[str, Any], part: Curve) -> Curve:
    sgd = c["optimizer"] == "sgd"
    step = math.log10(c["lr"]) + 3 - 0.5 * math.log10(c["batch"] / 64)
    step += -1 - math.log10(1 - c["momentum"]) if sgd else 0.0
    if step > 1.5:
        return np.full_like(part, -0.9)  # it doesn't learn
    size = 0.5 * math.log10(c["width"]) + 0.2 * c["layers"]
    fit = size - 1.9 - 0.6 * c["dropout"] - 0.12 * (math.log10(c["decay"]) + 3)
    loss = 0.06 * step**2 + 0.1 * fit**2 + 0.005 * (c["layers"] - 3) ** 2 + (0.0 if sgd else 0.015)
    return power(-loss, -0.9, part, 10 ** (0.35 * min(1.0, max(-2.0, step))))


MODELS = {"cnn": (0.3, 0.17), "resnet": (0.8, 0.6, 0.25), "mlp": (0.5, 0.9)}
EFFECTS = (0.024, -0.018, 0.031, -0.022, -0.012, -0.019, 0.027, -0.009, 0.004, 0.015, 0.008, -0.026)
SPOTS = (0.4, 0.7, 0.1, 0.63, 0.51, 0.37, 0.9, 0.32, 0.55, 0.2, 0.8, 0.26)
PIPELINE = Space(
    (
        SpaceParameter("model", Choice(*MODELS), "cnn"),
        *(
            SpaceParameter(f"{model}.{i}", Float(0.0, 1.0), 0.5, (("model", (model,)),))
            for model, spots in MODELS.items()
            for i in range(len(spots))
        ),
        *(
            parameter
            for i in range(len(EFFECTS))
            for parameter in (
                SpaceParameter(f"s{i}", Choice(False, True), False),
                SpaceParameter(f"s{i}.p", Float(0.0, 1.0), 0.5, ((f"s{i}", (True,)),)),
            )
        ),
        SpaceParameter("optimizer", Choice("sgd", "adamw"), "adamw"),
        SpaceParameter("momentum", Float(0.0, 0.99), 0.9, (("optimizer", ("sgd",)),)),
        SpaceParameter("lr", Float(1e-4, 1e-1, log=True), 1e-3),
        SpaceParameter("batch", Choice(32, 64, 128), 64),
        SpaceParameter("schedule", Choice("constant", "cosine", "step"), "cosine"),
    )
)


def pipeline(c: dict[str, Any], part: Curve) -> Curve:
    model = c["model"]
    loss = {"cnn": 0.17, "resnet": 0.15, "mlp": 0.23}[model]
    loss += {"constant": 0.02, "cosine": 0.0, "step": 0.008}[c["schedule"]]
    loss += sum(0.08 * (c[f"{model}.{i}"] - spot) ** 2 for i, spot in enumerate(MODELS[model]))
    step = math.log10(c["lr"]) + 2 - 0.15 * math.log2(c["batch"] / 64)
    step += 0.5 if c["optimizer"] == "adamw" else -0.5 - math.log10(1 - c["momentum"])
    step += {"cnn": 0.0, "resnet": 0.4, "mlp": -0.2}[model]
    on = [i for i in range(len(EFFECTS)) if c[f"s{i}"]]
    loss += 0.06 * step**2 + sum(EFFECTS[i] + 0.05 * (c[f"s{i}.p"] - SPOTS[i]) ** 2 for i in on)
    rate = (1.4 if model == "mlp" else 1.0) * 0.95 ** len(on) * 10 ** (0.25 * min(1.0, max(-2.0, step)))
    return power(-loss, -0.9, part, rate)


def whole(c: dict[str, Any], part: Curve) -> Curve:
    return hartmann6(c, np.ones_like(part))


BEST_PIPELINE = -(0.15 + sum(effect for effect in EFFECTS if effect < 0))

FUNCTIONS = (
    Function("branin", numbers(2), branin, -0.397887, 50.0),
    Function("hartmann6", numbers(6), hartmann6, 3.32237, 1.0),
    Function("levy", numbers(4), levy, 0.0, 30.0),
    Function("rosenbrock", numbers(4), rosenbrock, 0.0, 2.0),
    Function("tree", TREE, tree, -0.1, 0.5),
    Function("mixed", MIXED, mixed, 0.7221399, 0.3),
    Function("network", NETWORK, network, 0.0, 0.2),
    Function("pipeline", PIPELINE, pipeline, BEST_PIPELINE, 0.1),
    Function("hartmann6, 1 epoch", numbers(6), whole, 3.32237, 1.0, epochs=1),
)
