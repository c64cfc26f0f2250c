"""What can go wrong, by whose hand: the user's input, a plugin, or a trial."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Input that we refuse: what was wrong, the rule, the value got; `hint` says what to do next.

    The command line shows it without a traceback and exits with `exit_code`.
    """

    exit_code = 2

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        # The default loses keyword-only arguments when the error crosses a process boundary.
        return (_rebuild, (type(self), self.message, self.hint))


class PluginError(UserError):
    """A plugin that can't be used: the message names its origin and the offending definition."""


class SearchPaused(UserError):
    """A search that can't go on by itself, for lack of space on a disk, say: it lost nothing and can be resumed."""

    exit_code = 1


class Notice(UserWarning):
    """What a user should know, though it goes on; the command line shows it as a line."""


class DiskFull(Exception):
    """A file couldn't be written, and what was there before is still there; says which disk is full."""


class TrialError(Exception):
    """One trial can't go on (diverged, out of memory); the search does."""


class TrialStopped(Exception):
    """A trial was asked to stop in the middle of an epoch; says why."""


def _rebuild(kind: type[UserError], message: str, hint: str | None) -> UserError:
    return kind(message, hint=hint)


def unknown(what: str, got: str, choices: Iterable[str]) -> UserError:
    """An error for a name that is none of `choices`, with the near matches as the hint."""
    known = sorted(choices)
    near = get_close_matches(got, known, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else None
    return UserError(f"Unknown {what} {got!r}. Choices: {', '.join(known) or 'none'}.", hint=hint)
