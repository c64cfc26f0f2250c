"""The built-in demo of messages: made up of templates, in the ways of an online shop's customers."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

from automl.data.text.outside import LABEL

SEED = 11
PER_INTENT = 60
THINGS = ("jacket", "lamp", "kettle", "headphones", "backpack", "desk chair")
DAYS = ("two days", "a week", "ten days", "three weeks")
OPENINGS = ("", "hi, ", "hello there, ", "good morning. ", "please help: ")
CLOSINGS = ("", " thanks", " thank you in advance", " this is urgent", " please advise")

INTENTS = {
    "track_order": (
        "where is my {thing}",
        "my {thing} was sent {days} ago and still hasn't arrived",
        "when will the {thing} be delivered",
        "the tracking number for my {thing} doesn't work",
        "has my order of the {thing} left the warehouse yet",
    ),
    "return_item": (
        "how do i send the {thing} back",
        "i want to return the {thing} that came {days} ago",
        "can i still return a {thing} after {days}",
        "where do i get a label to return my {thing}",
        "the {thing} doesn't fit, i would like to give it back",
    ),
    "refund_missing": (
        "i returned the {thing} {days} ago and have no money back",
        "when do i get my refund for the {thing}",
        "the refund for the {thing} isn't on my account",
        "you owe me the money for a {thing} that i sent back",
        "it has been {days} and the refund is still missing",
    ),
    "damaged_item": (
        "the {thing} arrived broken",
        "there is a crack in the {thing} that i got today",
        "my {thing} stopped working after {days}",
        "the box of the {thing} was torn and half of it is missing",
        "i received a {thing} with scratches all over it",
    ),
    "cancel_order": (
        "please cancel my order for the {thing}",
        "i ordered the {thing} twice by mistake, cancel one of them",
        "can i stop the order of the {thing} before it ships",
        "i changed my mind about the {thing}, don't send it",
        "how can i cancel what i ordered {days} ago",
    ),
    "change_address": (
        "i have moved, send the {thing} to my new address",
        "the street for the delivery of my {thing} is wrong",
        "how do i change the address of my order",
        "can the {thing} go to my office instead of my home",
        "i typed the wrong postcode for the {thing} {days} ago",
    ),
    "payment_failed": (
        "my card was declined when i paid for the {thing}",
        "i can't pay for the {thing}, the page shows an error",
        "i was charged twice for one {thing}",
        "the payment for the {thing} has been pending for {days}",
        "why does the checkout refuse my card",
    ),
    LABEL: (
        "what is the weather going to be in {days}",
        "can you recommend a film about a {thing}",
        "how many people live in norway",
        "tell me a joke about a {thing}",
        "who won the match {days} ago",
        "what is the square root of 144",
        "translate {thing} into spanish",
        "i feel lonely today",
    ),
}


def write_messages(folder: Path) -> Path:
    """Writes `messages.csv`, always the same 480 made-up messages with their intents, and gives its path.

    An eighth of them are out of scope: no intent fits.
    """
    import pandas as pd

    rng = np.random.default_rng(SEED)
    rows = []
    for intent, templates in INTENTS.items():
        filled = {
            f"{opening}{template.format(thing=thing, days=days)}{closing}"
            for opening, template, thing, days, closing in product(OPENINGS, templates, THINGS, DAYS, CLOSINGS)
        }
        chosen = rng.permutation(sorted(filled))[:PER_INTENT]
        rows += [(str(text), intent) for text in chosen]
    order = rng.permutation(len(rows))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "messages.csv"
    pd.DataFrame([rows[place] for place in order], columns=["message", "intent"]).to_csv(path, index=False)
    return path
