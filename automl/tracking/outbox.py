"""A thread that delivers what others post, together per run, and keeps what can't be delivered for the next try."""

import threading
from collections.abc import Callable

from automl.tracking.update import RunUpdate

_INTERVAL = 1.5  # seconds between deliveries: the user interface is live, and the updates of a run go together
_FAILURES = 3  # in one delivery: the store is away, the rest waits for the next try
KEPT = 200  # runs: while the store is away, of further ones only the numbers are kept
PATIENCE = 60.0  # seconds that `flush` waits without a single write


class Outbox:
    """Updates waiting to be written, by the number of their run.

    Args:
        prepare: Called in the thread before each delivery; opens the store on the first.
        write: Called in the thread with a run's number and its updates. Must bear being repeated.
        tell: Called in the thread when the store is away, with what a delivery failed with, and with None when it is
            back: once each.
        may_drop: Whether the whole of a run can be posted again, so that it needn't be kept.
    """

    def __init__(
        self,
        prepare: Callable[[], None],
        write: Callable[[int, RunUpdate], None],
        *,
        tell: Callable[[Exception | None], None] = lambda _: None,
        may_drop: Callable[[int], bool] = lambda _: False,
    ) -> None:
        self._prepare = prepare
        self._write = write
        self._tell = tell
        self._may_drop = may_drop
        self._thread = threading.Thread(target=self._work, name="mlflow-writer", daemon=True)
        # Shared with the thread, under `_changed`.
        self._changed = threading.Condition()
        self._waiting: dict[int, RunUpdate] = {}
        self._dropped: list[int] = []
        self._asked = self._answered = self._written = 0
        self._given_up = -1  # how many were written when `flush` gave up waiting for the next
        self._closing = False
        self._error: Exception | None = None

    @property
    def error(self) -> Exception | None:
        """What the last delivery failed with; None where it succeeded."""
        with self._changed:
            return self._error

    def start(self) -> None:
        """Starts the thread, which opens the store at once; a second call does nothing."""
        if self._thread.ident is None:
            self._asked += 1
            self._thread.start()

    def post(self, number: int, update: RunUpdate) -> None:
        with self._changed:
            earlier = self._waiting.get(number)
            self._waiting[number] = earlier.followed_by(update) if earlier else update
            if len(self._waiting) > KEPT:
                self._drop()

    def _drop(self) -> None:
        """Forgets the first run that is complete."""
        for number, update in self._waiting.items():
            if update.ended and self._may_drop(number):
                del self._waiting[number]
                self._dropped.append(number)
                return

    def take_dropped(self) -> list[int]:
        """Runs to be posted again, as many as are kept at a time; none while the store is away."""
        with self._changed:
            room = 0 if self._error else max(0, KEPT - len(self._waiting))
            taken, self._dropped = self._dropped[:room], self._dropped[room:]
            return taken

    def flush(self) -> None:
        """Waits until one delivery of everything posted so far was tried; starts the thread where nobody has.

        It gives up on a store that doesn't answer, which is then the `error`.
        """
        self.start()
        with self._changed:
            self._asked += 1
            ticket = self._asked
            self._changed.notify_all()
            while True:
                written = self._written
                patience = 0.0 if self._given_up == written else PATIENCE
                if self._changed.wait_for(lambda: self._answered >= ticket or not self._thread.is_alive(), patience):
                    return
                if self._written == written:
                    self._given_up = written
                    self._error = self._error or TimeoutError(f"no answer for {PATIENCE:.0f} s")
                    return

    def close(self) -> None:
        """Tries a last delivery, and ends the thread: at once, or when the store answers at last."""
        with self._changed:
            self._closing = True
        self.flush()
        if self._thread.is_alive() and self._given_up != self._written:
            self._thread.join()

    def _work(self) -> None:
        away = False
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._asked > self._answered, timeout=_INTERVAL)
                asked, closing = self._asked, self._closing
                mail, self._waiting = self._waiting, {}
            failed, error = self._deliver(mail)
            if away != bool(error):
                away = bool(error)
                self._tell(error)
            with self._changed:
                # What failed goes to the end of the line, so that one bad update doesn't hold up the others.
                left = mail | failed
                for number, newer in self._waiting.items():
                    left[number] = left[number].followed_by(newer) if number in left else newer
                self._waiting, self._error, self._answered = left, error, asked
                self._changed.notify_all()
            if closing:
                return

    def _deliver(self, mail: dict[int, RunUpdate]) -> tuple[dict[int, RunUpdate], Exception | None]:
        """Takes from `mail` what it tries; returns what failed, and why."""
        failed: dict[int, RunUpdate] = {}
        error: Exception | None = None
        try:
            self._prepare()
            while mail and len(failed) < _FAILURES:
                number = next(iter(mail))
                update = mail.pop(number)
                try:
                    self._write(number, update)
                    self._written += 1
                except Exception as problem:  # Whatever it is: training goes on, `close` tells.
                    failed[number], error = update, problem
        except Exception as problem:
            error = problem
        return failed, error
