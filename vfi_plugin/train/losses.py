"""The small losses that objectives are put together from: differentiable, each with its formula and its reduction.

Under autocast they are worked out in float32 all the same.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.train.full_precision import in_full_precision

Tensor = torch.Tensor


@in_full_precision
def absolute(made: Tensor, true: Tensor) -> Tensor:
    """mean |made - true| over all elements of two tensors of one shape: a scalar."""
    return (made - true).abs().mean()


@in_full_precision
def squared(made: Tensor, true: Tensor) -> Tensor:
    """mean (made - true)^2 over all elements of two tensors of one shape: a scalar."""
    return (made - true).square().mean()


@in_full_precision
def telling_apart(true_logits: Tensor, made_logits: Tensor) -> Tensor:
    """What a critic lowers: -mean log D(true) - mean log(1 - D(made)), where D = sigmoid(logit); a scalar.

    Goodfellow et al., NIPS 2014. Written by softplus, which neither overflows nor rounds to 0: -log sigmoid(z) is
    softplus(-z), and -log(1 - sigmoid(z)) is softplus(z). Logits have any shape; each counts the same.
    """
    return F.softplus(-true_logits).mean() + F.softplus(made_logits).mean()


@in_full_precision
def being_found_out(made_logits: Tensor) -> Tensor:
    """mean log(1 - D(made)), what the network lowers in the first form of the game; a scalar, below 0.

    It hardly has a gradient while the critic is sure that a frame is made; ``not_passing`` has one there.
    """
    return -F.softplus(made_logits).mean()


@in_full_precision
def not_passing(made_logits: Tensor) -> Tensor:
    """-mean log D(made), the form that does not saturate; a scalar, above 0."""
    return F.softplus(-made_logits).mean()


@in_full_precision
def charbonnier(made: Tensor, true: Tensor, epsilon: float = 1e-3) -> Tensor:
    """mean sqrt((made - true)^2 + epsilon^2): |made - true|, but smooth within ``epsilon`` of 0; a scalar.

    Charbonnier et al., ICIP 1994. Half a step of 8 bits is 2e-3.
    """
    return ((made - true).square() + epsilon**2).sqrt().mean()


@in_full_precision
def laplacian(made: Tensor, true: Tensor, levels: int = 5) -> Tensor:
    """The L1 distance of two Laplacian pyramids, sum over levels j of 2^j mean |L_j(made) - L_j(true)|; a scalar.

    Bojanowski et al., "Optimizing the Latent Space of Generative Networks", ICML 2018; Niklaus and Liu use it for
    interpolation (CVPR 2018). Fine structure and slow shading both count, however small the one is in pixels.

    Args:
        made: (N, C, H, W), at least 2^levels px a side.
        true: the same shape.
        levels: the last of which is the low-pass picture itself.
    """
    return laplacian_of_each(made, true, levels).mean()


@in_full_precision
def laplacian_of_each(made: Tensor, true: Tensor, levels: int = 5) -> Tensor:
    """``laplacian`` of each pair of pictures alone, (N,)."""
    difference = made - true  # the pyramid is linear
    total = difference.new_zeros(len(difference))
    for level in range(levels - 1):
        lower = F.avg_pool2d(_blurred(difference), 2)
        enlarged = F.interpolate(lower, size=difference.shape[2:], mode="bilinear", align_corners=False)
        total = total + 2.0**level * (difference - enlarged).abs().mean((1, 2, 3))
        difference = lower
    return total + 2.0 ** (levels - 1) * difference.abs().mean((1, 2, 3))


@in_full_precision
def census(made: Tensor, true: Tensor, window_px: int = 7) -> Tensor:
    """How differently pixels compare with their neighbours, blind to exposure and to slow shading; a scalar.

    The soft ternary census of Meister, Hur and Roth, "UnFlow", AAAI 2018: with d the difference of a neighbour from the
    middle on the scale of 0 to 255, d / sqrt(0.81 + d^2) of both pictures is compared by e / (0.1 + e), e their squared
    difference; the mean over neighbours and over pixels whose window lies inside.

    Args:
        made: (N, 3, H, W) RGB in [0, 1], larger than the window.
        true: the same shape.
        window_px: odd.
    """
    apart = (_signs(made, window_px) - _signs(true, window_px)).square()
    inner = window_px // 2
    return (apart / (0.1 + apart))[..., inner:-inner, inner:-inner].mean()


@in_full_precision
def roughness(field: Tensor) -> Tensor:
    """mean |difference of neighbours| along x plus the same along y, of (N, C, H, W): total variation; a scalar."""
    along_x = (field[..., 1:] - field[..., :-1]).abs().mean()
    return along_x + (field[..., 1:, :] - field[..., :-1, :]).abs().mean()


def _blurred(values: Tensor) -> Tensor:
    """The 5 x 5 binomial filter of Burt and Adelson's pyramid, edges repeated."""
    taps = values.new_tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0
    channels = values.shape[1]
    padded = F.pad(values, (2, 2, 2, 2), mode="replicate")
    across = F.conv2d(padded, taps.view(1, 1, 1, 5).expand(channels, 1, 1, 5), groups=channels)
    return F.conv2d(across, taps.view(1, 1, 5, 1).expand(channels, 1, 5, 1), groups=channels)


def _signs(frames: Tensor, window_px: int) -> Tensor:
    """(N, window^2, H, W): softly, whether each neighbour is lighter (1), darker (-1) or the same (0)."""
    grey = 255.0 * frames.mean(1, keepdim=True)
    n, _, height, width = grey.shape
    neighbours = F.unfold(grey, window_px, padding=window_px // 2).view(n, -1, height, width)
    lighter = neighbours - grey
    return lighter / (0.81 + lighter.square()).sqrt()
