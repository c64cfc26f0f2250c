"""The database that an experiment names for its study: what is allowed, and no password among it."""

from pathlib import Path

from automl.errors import UserError

BACKENDS = ("sqlite", "postgresql")


def checked_storage(url: str) -> str:
    """The URL, with the absolute path where it is that of a file.

    It is written to the experiment's file, to MLflow and into messages, so a password in it is refused.

    Raises:
        UserError: It is no such URL, of another kind of database, in memory, or holds a password.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    example = "For example sqlite:///study.db or postgresql://user@host/database"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # not shown: it may hold a password
        raise UserError("storage (option --storage) must be the URL of a database.", hint=example) from error
    if parsed.password is not None or any("password" in key.lower() for key in parsed.query):
        raise UserError(
            "A password in storage (option --storage) would be written to the search's files and to MLflow.",
            hint="Leave it out of the URL; PostgreSQL takes it from PGPASSWORD or from ~/.pgpass.",
        )
    backend = parsed.get_backend_name()
    if backend not in BACKENDS:
        raise UserError(
            f"storage (option --storage) must be one of {', '.join(BACKENDS)}, got {backend!r}.", hint=example
        )
    if backend == "postgresql":
        return url
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise UserError(f"storage (option --storage) must name a file that stays, got {url!r}.", hint=example)
    return str(parsed.set(database=str(Path(parsed.database).absolute())))
