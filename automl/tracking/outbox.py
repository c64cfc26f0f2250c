"""A thread that delivers what others post, together per run, and keeps what can't be delivered for the next try."""

import threading
from collections.abc import Callable

from automl.tracking.update import RunUpdate

_INTERVAL = 1.5  # seconds between deliveries: the user interface is live, and the updates of a run go together
_FAILURES = 3  # in one delivery: the store is away, the rest waits for the next try


class Outbox:
    """Updates waiting to be written, by the number of their run.

    Args:
        prepare: Called in the thread before each delivery; opens the store on the first.
        write: Called in the thread with a run's number and its updates. Must bear being repeated.
    """

    def __init__(self, prepare: Callable[[], None], write: Callable[[int, RunUpdate], None]) -> None:
        self._prepare = prepare
        self._write = write
        self._thread = threading.Thread(target=self._work, name="mlflow-writer", daemon=True)
        # Shared with the thread, under `_changed`.
        self._changed = threading.Condition()
        self._waiting: dict[int, RunUpdate] = {}
        self._asked = self._answered = 0
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

    def flush(self) -> None:
        """Waits until one delivery of everything posted so far was tried; starts the thread where nobody has."""
        self.start()
        with self._changed:
            self._asked += 1
            ticket = self._asked
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._answered >= ticket or not self._thread.is_alive())

    def close(self) -> None:
        """Tries a last delivery, and ends the thread."""
        with self._changed:
            self._closing = True
        self.flush()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._asked > self._answered, timeout=_INTERVAL)
                asked, closing = self._asked, self._closing
                mail, self._waiting = self._waiting, {}
            failed, error = self._deliver(mail)
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
                except Exception as problem:  # Whatever it is: training goes on, `close` tells.
                    failed[number], error = update, problem
        except Exception as problem:
            error = problem
        return failed, error
