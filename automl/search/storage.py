"""A study's storage, as a search sees it."""

PATIENCE = 600.0
"""Seconds that a search waits for a storage that is away, once no trial goes on without it."""


class Storage:
    """One that keeps each change at once, as the journal does."""

    def save(self) -> bool:
        """Makes all changes durable; whether they are now. Never raises because the storage is away."""
        return True

    away = ""
    """What its last `save` failed with, for a person; "" where it is there."""

    @property
    def is_lost(self) -> bool:
        """Whether it has been away for longer than a search waits."""
        return False
