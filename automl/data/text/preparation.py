"""How a raw message becomes the array that a model sees. It belongs to the model and travels with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from automl.components.texts import word_pieces
from automl.data.text.folder import FILE
from automl.data.text.messages import joined, messages
from automl.data.text.rows import rows_of
from automl.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from tokenizers import Tokenizer

VOCABULARY = 8192
MOST_TOKENS = 256
PADDING = "[PAD]"
UNKNOWN = "[UNK]"
"""Token 1; the padding is token 0."""


@dataclass(frozen=True)
class TextPreparation:
    """What was learned of the training split's texts.

    Args:
        columns: The text's, in the order in which they are joined.
        tokenizer: Trained on the training split, as the tokenizers library writes it.
        max_length: Tokens that a text is cut to.
        identifier: The column that names a message, where there is one.
        mask_pii: Whether personal data are masked, as they were in training.
        words: Where each word of a text has a class: of a row at most; 0 where the text has one.
    """

    columns: tuple[str, ...]
    tokenizer: str
    max_length: int
    identifier: str | None = None
    mask_pii: bool = False
    words: int = 0

    @classmethod
    def fit(
        cls, texts: Sequence[str], columns: Iterable[str], identifier: str | None = None, *, mask_pii: bool = False
    ) -> Self:
        """Learns from the training split's texts."""
        trained = _train(texts)
        longest = max((len(encoding.ids) for encoding in trained.encode_batch(list(texts))), default=1)
        return cls(tuple(columns), trained.to_str(), max(1, min(longest, MOST_TOKENS)), identifier, mask_pii)

    @classmethod
    def fit_words(cls, texts: Sequence[str], column: str, words: int) -> Self:
        """The same of texts whose words have classes, with one space between the words.

        Args:
            words: Of a row at most, later ones included.
        """
        trained = _train(texts, lower_case=False)  # who has a name has a capital
        longest = max((len(encoding.ids) for encoding in trained.encode_batch(list(texts))), default=1)
        return cls((column,), trained.to_str(), max(words, min(longest, MOST_TOKENS)), words=words)

    @property
    def vocabulary_size(self) -> int:
        """How many tokens there are; 0 is the padding, 1 what the training split hasn't had."""
        return self._tokenizer.get_vocab_size()

    @property
    def vocabulary(self) -> frozenset[str]:
        """The tokens, as they are written."""
        return frozenset(self._tokenizer.get_vocab())

    @property
    def shape(self) -> tuple[int]:
        """(T,), in tokens."""
        return (self.max_length,)

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """uint8 (N, L) of raw rows' messages, see `rows_of` and `messages`; of words see `lay`.

        Raises:
            UserError: A column is missing.
        """
        missing = [name for name in self.columns if name not in frame.columns]
        if missing:
            raise UserError(
                f"The model reads the text in {' and '.join(self.columns)}; there is no {missing[0]} among "
                f"{', '.join(map(str, frame.columns[:12]))}.",
                hint=f"Give the column that holds it the name {missing[0]}, or the messages in a .txt file.",
            )
        if self.words:
            from automl.data.words import Marked, lay

            return lay([Marked.of(text) for text in joined(frame, self.columns)], self.words)
        return rows_of(messages(frame, self.columns, mask_pii=self.mask_pii))

    def frame(self, texts: str | Sequence[str]) -> pd.DataFrame:
        """Messages, one or several, as raw rows."""
        import pandas as pd

        several = [texts] if isinstance(texts, str) else list(texts)
        return pd.DataFrame({name: several if name == self.columns[0] else "" for name in self.columns}, dtype="str")

    def ids(self, frame: pd.DataFrame, before: int = 0) -> list[str]:
        """What names each raw row: its identifier or file, where there is such a column, else its number from 1 on.

        Args:
            before: How many rows there were before these.
        """
        named = next((name for name in (self.identifier, FILE) if name in frame.columns), None)
        if named is None:
            return [str(number) for number in range(before + 1, before + len(frame) + 1)]
        return list(map(str, frame[named].tolist()))

    def tokenize(self, texts: Sequence[str]) -> np.ndarray:
        """int32 (N, T): the tokens of each text, zeros behind; T is the longest's, `max_length` at most. Where words
        have classes, see `word_pieces`."""
        encoded = self._tokenizer.encode_batch(list(texts))
        if self.words:
            placed = [[(token, end) for token, (_, end) in zip(e.ids, e.offsets, strict=True)] for e in encoded]
            ids = [word_pieces(text, own, self.max_length) for text, own in zip(texts, placed, strict=True)]
        else:
            ids = [encoding.ids[: self.max_length] for encoding in encoded]
        tokens = np.zeros((len(ids), max(map(len, ids), default=0) or 1), np.int32)
        for row, own in zip(tokens, ids, strict=True):
            row[: len(own)] = own
        return tokens

    def unfamiliar(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (N,): of each text the share of words that no token stands for as a whole."""
        shares = np.zeros(len(texts), np.float32)
        for place, encoding in enumerate(self._tokenizer.encode_batch(list(texts))):
            pieces = Counter(encoding.word_ids)
            unknown = {word for word, token in zip(encoding.word_ids, encoding.ids, strict=True) if token == 1}
            broken = sum(count > 1 or word in unknown for word, count in pieces.items())
            shares[place] = broken / max(len(pieces), 1)
        return shares

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` reads it back."""
        return {**asdict(self), "columns": list(self.columns)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(**{**values, "columns": tuple(values["columns"])})

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        return Tokenizer.from_str(self.tokenizer)


def _train(texts: Sequence[str], *, lower_case: bool = True) -> Tokenizer:
    """Byte pairs (Sennrich et al. 2016) of words in any script."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    folded = [normalizers.Lowercase()] if lower_case else []
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), *folded])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, min_frequency=2, special_tokens=[PADDING, UNKNOWN], show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
