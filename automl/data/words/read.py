"""Which file is of which form."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from automl.data.table.read import JSON_LINES
from automl.data.text.messages import joined
from automl.data.text.preparation import TextPreparation
from automl.data.text.read import read_message_blocks
from automl.data.words.conll import read_conll
from automl.data.words.json_lines import Reader
from automl.data.words.marked import Marked
from automl.data.words.sentence import Sentence
from automl.errors import UserError

CONLL = (".conll", ".bio", ".iob", ".iob2", ".bioes")
LABELLED = (*CONLL, *JSON_LINES, ".txt", ".tsv")
"""Of files to learn from."""
AT_A_TIME = 1_000


def is_sentences(path: Path) -> bool:
    """By its suffix, of files to learn from."""
    return path.suffix.lower() in LABELLED


def read_sentences(path: Path) -> tuple[list[Sentence], str]:
    """The sentences of a file to learn from, and a note on what was changed.

    Raises:
        UserError: It can't be read, or has none.
    """
    if not path.exists():
        raise UserError(f"There is no {path}.", hint=f"Relative paths start at {Path.cwd()}.")
    if not is_sentences(path):
        raise UserError(
            f"Labelled words come in files of CoNLL's form or JSON lines ({', '.join(LABELLED)}). Got {path}.",
            hint="A file of CoNLL's form has a word and its tag in each line, and empty lines between sentences.",
        )
    note = ""
    if path.suffix.lower() in JSON_LINES:
        reader = Reader(path)
        found = list(reader.sentences())
        widened = reader.widened
        if widened.count:
            note = f"{widened.count:,} of {widened.seen:,} entities of {path.name} begin or end within a word, e.g. "
            note += f"{widened.example}: they were widened to whole words."
    else:
        found = list(read_conll(path))
    if not found:
        raise UserError(f"{path} has no sentences.", hint="Each line of CoNLL's form is a word and its tag.")
    return found, note


def read_marked_blocks(source: Path, preparation: TextPreparation) -> Iterator[tuple[list[str], list[Marked]]]:
    """Messages to predict, some at a time: those of CoNLL's form and of JSON lines with tokens keep their own words,
    all others are split by `split_words`.

    Args:
        source: Such a file, or what `read_message_blocks` reads.

    Yields:
        What names each, its file or its number from 1 on, and the messages.

    Raises:
        UserError: There is nothing to read.
    """
    if not source.is_file() or source.suffix.lower() not in (*CONLL, *JSON_LINES):
        done = 0
        for frame in read_message_blocks(source, preparation.columns):
            texts = joined(frame, preparation.columns)
            yield preparation.ids(frame, done), [Marked.of(text) for text in texts]
            done += len(frame)
    elif source.suffix.lower() in JSON_LINES:
        yield from _blocks(Reader(source).marked())
    else:
        yield from _blocks(Marked.joined(sentence.words) for sentence in read_conll(source, tagged=False))


def _blocks(messages: Iterator[Marked]) -> Iterator[tuple[list[str], list[Marked]]]:
    numbers = map(str, count(1))
    while block := list(islice(messages, AT_A_TIME)):
        yield list(islice(numbers, len(block))), block
