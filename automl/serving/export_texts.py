"""What is exported beside the graph of a model on texts: its tokenizer, and how to use both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from automl.data import TextPreparation
from automl.data.text.preparation import PADDING

if TYPE_CHECKING:
    from automl.training.trained import TrainedModel

TOKENIZER, USAGE = "tokenizer.json", "README.md"
_CODE = {
    ".onnx": """import numpy as np
import onnxruntime
from tokenizers import Tokenizer

texts = ["where is my parcel"]
tokens = np.array([found.ids for found in Tokenizer.from_file("tokenizer.json").encode_batch(texts)])
(outputs,) = onnxruntime.InferenceSession("{graph}").run(["outputs"], {{"inputs": tokens}})
""",
    ".pt2": """import torch
from tokenizers import Tokenizer

texts = ["where is my parcel"]
tokens = torch.tensor([found.ids for found in Tokenizer.from_file("tokenizer.json").encode_batch(texts)])
outputs = torch.export.load("{graph}").module()(tokens)
""",
}


def write_for_texts(model: TrainedModel, graph: Path) -> list[Path]:
    """Writes both beside the graph; gives their paths, none where the model isn't on texts."""
    preparation = model.preparation
    if not isinstance(preparation, TextPreparation):
        return []
    _write_tokenizer(preparation, graph.with_name(TOKENIZER))
    graph.with_name(USAGE).write_text(_usage(model, preparation, graph), encoding="utf-8")
    return [graph.with_name(TOKENIZER), graph.with_name(USAGE)]


def _write_tokenizer(preparation: TextPreparation, path: Path) -> None:
    """Of the tokenizers library; it cuts and pads to what the graph takes."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(preparation.tokenizer)
    tokenizer.enable_truncation(preparation.max_length)
    tokenizer.enable_padding(length=preparation.max_length, pad_id=0, pad_token=PADDING)
    tokenizer.save(str(path))


def _usage(model: TrainedModel, preparation: TextPreparation, graph: Path) -> str:
    lines = [f"`{graph.name}` takes the tokens that `{TOKENIZER}` makes of texts, and gives probabilities:", ""]
    lines += ["```python", _CODE[graph.suffix].format(graph=graph.name) + "```", ""]
    lines += [f"A row's probabilities are those of {', '.join(model.task.class_names)}, in this order."]
    if len(preparation.columns) > 1:
        lines += [
            "",
            f"A text is {' and '.join(preparation.columns)}, joined by a line break, without empty ones.",
        ]
    if preparation.mask_pii:
        lines += ["", "In training personal data were masked (`--mask-pii`); here that is left to you."]
    if model.rejection:
        lines += ["", "Which texts no class fits isn't told by the graph: `automl serve` and `automl predict` do."]
    return "\n".join(lines) + "\n"
