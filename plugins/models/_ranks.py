"""Low-rank matrices beside an encoder's own, by peft: LoRA (Hu et al. 2022) and AdaLoRA (Zhang et al. 2023)."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn

STEPS = 1000
"""What AdaLoRA counts in: thousandths of the training."""
WARM_UP = 100
SETTLED = 300
"""Of the steps: before the first ones ranks don't move, in the last ones they don't any more."""
EXTRA = 1.5
"""The ranks begin with so many times those that are left at the end, as in the paper."""
ORTHOGONAL = 0.1
"""How much a direction's part in another one costs; the paper has 0.1 to 0.5."""


def with_ranks(encoder: nn.Module, rank: int, *, moving: bool) -> nn.Module:
    """The encoder, frozen, with matrices that learn beside all its linear layers."""
    from peft import AdaLoraConfig, LoraConfig

    if not moving:
        return _with_peft(encoder, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear"))
    start = max(rank + 1, round(EXTRA * rank))
    config = AdaLoraConfig(
        init_r=start,
        target_r=rank,
        lora_alpha=2 * start,
        target_modules="all-linear",
        total_step=STEPS,
        tinit=WARM_UP,
        tfinal=SETTLED,
    )
    return _with_peft(encoder, config)


def _with_peft(encoder: nn.Module, config: Any) -> nn.Module:
    from peft import get_peft_model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # what peft calls of transformers
        return get_peft_model(encoder, config)


class RankAllocation:
    """Takes ranks from where they matter least, step by step, as AdaLoRA does.

    How long an epoch is isn't known before its end: until then it is taken to be as long as the one before.
    """

    def __init__(self, encoder: Any) -> None:
        self._tuner = encoder.base_model
        self._config = self._tuner.peft_config[self._tuner.trainable_adapter_name]
        self._steps, self._done, self._pace, self._is_settled = 0, 0.0, 0.0, False

    @property
    def ranks(self) -> list[int]:
        """That each matrix has now."""
        return [int((p != 0).sum()) for name, p in self._tuner.named_parameters() if "lora_E" in name]

    def after_step(self) -> None:
        """Between the optimizer's step and the next gradients."""
        self._steps += 1
        self._allocate(int(STEPS * min(1.0, self._done + self._pace * self._steps)))

    def after_epoch(self, progress: float) -> None:
        self._pace = (progress - self._done) / max(1, self._steps)
        self._done, self._steps = progress, 0
        if progress >= 1 and not self._is_settled:
            self._allocate(STEPS)

    def _allocate(self, step: int) -> None:
        last = STEPS - SETTLED
        if step >= last and not self._is_settled:
            step, self._is_settled = last, True
        elif self._is_settled:
            step = max(step, last + 1)
        self._tuner.update_and_allocate(step)

    def penalty(self) -> Tensor:
        """How far a matrix's directions are from standing at right angles. (Peft adds it to its own losses alone.)"""
        gaps = []
        for name, matrix in self._tuner.named_parameters():
            if "lora_A" in name or "lora_B" in name:
                products = matrix @ matrix.T if "lora_A" in name else matrix.T @ matrix
                gaps.append((products - torch.eye(len(products), device=products.device)).square().sum().sqrt())
        return ORTHOGONAL * torch.stack(gaps).mean()

    def state(self) -> dict[str, Any]:
        allocator = self._tuner.rankallocator
        return {
            "place": [self._steps, self._done, self._pace, self._is_settled],
            "importance": [dict(allocator.exp_avg_ipt), dict(allocator.exp_avg_unc), dict(allocator.ipt)],
            "pattern": self._config.rank_pattern,
        }

    def restore(self, state: dict[str, Any]) -> None:
        allocator = self._tuner.rankallocator
        self._steps, self._done, self._pace, self._is_settled = state["place"]
        allocator.exp_avg_ipt, allocator.exp_avg_unc, allocator.ipt = map(dict, state["importance"])
        self._config.rank_pattern = state["pattern"]
