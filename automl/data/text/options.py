"""What an experiment says about its messages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TextOptions:
    """What an experiment says about its messages.

    Args:
        text: The columns of the message; none: by their cells.
        target: The column of the label; None: by its name and cells.
        test: A file of rows to test on; None splits them off.
        time_column: Of dates or numbers: train is before validation, validation before test.
        group: The column whose cells tell which rows belong together: no group is in two splits.
        out_of_scope: Files of messages that no class fits.
        out_of_scope_test: Such a file to test on; None: a third of the others.
        rejects: The class of such messages, among the labels or of those files; None: there is none.
        mask_pii: Whether personal data are masked.
    """

    text: tuple[str, ...] = ()
    target: str | None = None
    test: str | None = None
    time_column: str | None = None
    group: str | None = None
    out_of_scope: tuple[str, ...] = ()
    out_of_scope_test: str | None = None
    rejects: str | None = None
    mask_pii: bool = False

    @property
    def others(self) -> tuple[str, ...]:
        """The columns that the split goes by."""
        return tuple(name for name in (self.group, self.time_column) if name is not None)
