"""The small losses that objectives are put together from: differentiable, each with its formula and its reduction."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

Tensor = torch.Tensor


def absolute(made: Tensor, true: Tensor) -> Tensor:
    """mean |made - true| over all elements of two tensors of one shape: a scalar."""
    return (made - true).abs().mean()


def squared(made: Tensor, true: Tensor) -> Tensor:
    """mean (made - true)^2 over all elements of two tensors of one shape: a scalar."""
    return (made - true).square().mean()


def telling_apart(true_logits: Tensor, made_logits: Tensor) -> Tensor:
    """What a critic lowers: -mean log D(true) - mean log(1 - D(made)), where D = sigmoid(logit); a scalar.

    Goodfellow et al., NIPS 2014. Written by softplus, which neither overflows nor rounds to 0: -log sigmoid(z) is
    softplus(-z), and -log(1 - sigmoid(z)) is softplus(z). Logits have any shape; each counts the same.
    """
    return F.softplus(-true_logits).mean() + F.softplus(made_logits).mean()


def being_found_out(made_logits: Tensor) -> Tensor:
    """mean log(1 - D(made)), what the network lowers in the first form of the game; a scalar, below 0.

    It hardly has a gradient while the critic is sure that a frame is made; ``not_passing`` has one there.
    """
    return -F.softplus(made_logits).mean()


def not_passing(made_logits: Tensor) -> Tensor:
    """-mean log D(made), the form that does not saturate; a scalar, above 0."""
    return F.softplus(-made_logits).mean()
