"""One decision on a registered model at a time, whoever else decides on it from wherever."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from automl.tracking import names
from automl.tracking.store import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient

PREFIX = "automl-lock-"
PATIENCE = 60.0
"""Seconds that one and the same lock is waited for: a decision takes less than one, so its holder is dead."""

PAUSE = 0.2
_TAKEN = ("RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST")
"""What the store answers where the lock is another's, and where it was just until the store looked at it."""


@contextmanager
def deciding(store: Store, client: "MlflowClient", name: str) -> Iterator[None]:
    """Keeps other decisions on the model out until the block ends.

    An alias is set by the last writer: two promotions must not both read, then set. In the same home a file is locked.
    A store that others use, too, is locked by what a store does at once or not at all: giving a name that is taken.
    """
    with store.lock("registry"):
        if store.is_own:
            yield
            return
        made = _take(client, PREFIX + name)
        try:
            yield
        finally:
            _release(client, PREFIX + name, made)


def _take(client: "MlflowClient", lock: str) -> int:
    """When the lock was made, in the store's ms."""
    from mlflow.exceptions import MlflowException

    held, since = 0, time.monotonic()
    while True:
        try:
            about = "A promotion is being decided. It is gone in a moment, or, after a crash, with the next promotion."
            tags = {names.ROLE: names.LOCK, names.USER: names.user_name()}
            return int(client.create_registered_model(lock, tags, about).creation_timestamp)
        except MlflowException as error:
            if error.error_code not in _TAKEN:
                raise
        with suppress(MlflowException):  # gone in the meantime
            made = client.get_registered_model(lock).creation_timestamp
            if made != held:
                held, since = made, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                client.delete_registered_model(lock)
        time.sleep(PAUSE)


def _release(client: "MlflowClient", lock: str, made: int) -> None:
    """Not another's: one that was held for too long was taken for dead."""
    from mlflow.exceptions import MlflowException

    with suppress(MlflowException):
        if client.get_registered_model(lock).creation_timestamp == made:
            client.delete_registered_model(lock)
