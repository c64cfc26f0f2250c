"""Files of CoNLL's form: a word a line, its tag in the last column, an empty line between sentences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from automl.data.words.sentence import Sentence, cleaned
from automl.data.words.tags import as_iob2, is_tag
from automl.errors import UserError

DOCUMENT = "-DOCSTART-"
HINT = "Each line is a word and, in the last column, its tag: Paris B-LOC."


def read_conll(path: Path, *, tagged: bool = True) -> Iterator[Sentence]:
    """The sentences of a file.

    Columns stand apart by tabs, in lines without one by spaces. Lines of `-DOCSTART-` begin documents; those that begin
    with # before a sentence are remarks.

    Args:
        tagged: Whether words must have tags; where not, all columns but the first are passed over.

    Raises:
        UserError: A line is no word with a tag, or the file is no text.
    """
    rows: list[list[str]] = []
    first, document = 0, 0
    for number, line in enumerate([*read_lines(path), ""], 1):
        columns = _columns(line)
        is_border = bool(columns) and columns[0] == DOCUMENT
        if not columns or is_border:
            if rows:
                yield _sentence(rows, path, first, document, tagged)
            rows, document = [], document + is_border
            continue
        if not rows and line.startswith("#") and not (len(columns) > 1 and is_tag(columns[-1])):
            continue
        first = first if rows else number
        if tagged and len(columns) < 2:
            raise UserError(f"Line {number} of {path} has one column, {line.strip()[:40]!r}.", hint=HINT)
        if not columns[0]:
            raise UserError(f"Line {number} of {path} has the tag {columns[-1]}, but no word.", hint=HINT)
        rows.append(columns)


def read_lines(path: Path) -> list[str]:
    """The lines of a file of text.

    Raises:
        UserError: It can't be read, or isn't UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror or error}.", hint="Check its permissions.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise UserError(f"{path} must be text in UTF-8; line {number} isn't.", hint="Save it as UTF-8.") from error
    if "\0" in text:
        raise UserError(f"{path} must be text; it has null bytes.", hint=HINT)
    return text.replace("\r\n", "\n").split("\n")


def _columns(line: str) -> list[str]:
    if not line.strip():
        return []
    return [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()


def _sentence(rows: list[list[str]], path: Path, first: int, document: int, tagged: bool) -> Sentence:
    tags = [columns[-1] for columns in rows] if tagged else []
    for number, tag in enumerate(tags, first):
        check_tag(tag, f"Line {number} of {path}")
    return Sentence(tuple(cleaned(columns[0]) for columns in rows), as_iob2(tags), first, document)


def check_tag(tag: str, where: str) -> None:
    """Raises UserError where it is of no scheme that is known."""
    if not is_tag(tag):
        raise UserError(
            f"{where} has the tag {tag[:40]!r}: tags are O, or a letter of IOB, BIOES or BILOU with a type, as B-PER.",
            hint="B-PER stands at the first word of an entity, I-PER at its others.",
        )
