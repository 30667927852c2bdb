"""Display-like RGB to CIE 1976 L*a*b* and back.

IEC 61966-2-1 (sRGB: primaries, D65 white, transfer) and CIE 15 (L*a*b*). Values outside of [0, 1] are converted like
all others: both curves are mirrored at black, so that the negative of a colour has the negative L*a*b*. Nothing is
clamped, and both ways undo each other everywhere.
"""

from __future__ import annotations

import torch

Tensor = torch.Tensor

# Linear sRGB to XYZ with Y of white 1, to the seven places that are usually printed.
_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)

_KNEE_ENCODED, _SLOPE, _OFFSET, _POWER = 0.04045, 12.92, 0.055, 2.4
_KNEE_LINEAR = _KNEE_ENCODED / _SLOPE

# L*a*b* is a cube root, and a straight line of the same value and slope under the cube of this.
_DELTA = 6.0 / 29.0
_LINE_SLOPE, _LINE_OFFSET = 1.0 / (3.0 * _DELTA**2), 4.0 / 29.0


def lab_from_rgb(rgb: Tensor) -> Tensor:
    """sRGB-encoded RGB (N, 3, *), white at 1 -> L* (0 to 100 from black to white), a* and b* (N, 3, *)."""
    to_xyz = _matrix(rgb)
    white = to_xyz.sum(1)  # so that white and greys have no colour, to the last bit that rounding leaves
    x, y, z = _rooted(_mixed(_linear(rgb), to_xyz / white.unsqueeze(1))).unbind(1)
    return torch.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], 1)


def rgb_from_lab(lab: Tensor) -> Tensor:
    """L*, a*, b* (N, 3, *) -> sRGB-encoded RGB (N, 3, *), outside of [0, 1] where the colour is out of sRGB's reach."""
    to_xyz = _matrix(lab)
    white = to_xyz.sum(1)
    y = (lab[:, 0] + 16.0) / 116.0
    rooted = torch.stack([y + lab[:, 1] / 500.0, y, y - lab[:, 2] / 200.0], 1)
    return _encoded(_mixed(_cubed(rooted), torch.linalg.inv(to_xyz / white.unsqueeze(1))))


def _matrix(like: Tensor) -> Tensor:
    return torch.tensor(_TO_XYZ, dtype=like.dtype, device=like.device)


def _mixed(channels: Tensor, matrix: Tensor) -> Tensor:
    """Each row of the matrix is one new channel's shares of the old; written out, as a GPU's product rounds them."""
    red, green, blue = channels.unbind(1)
    return torch.stack([row[0] * red + row[1] * green + row[2] * blue for row in matrix], 1)


# In each pair of branches the one that is not taken is fed a harmless value: its slope would make NaN of a zero.


def _linear(encoded: Tensor) -> Tensor:
    size = encoded.abs()
    curve = ((size.clamp(min=_KNEE_ENCODED) + _OFFSET) / (1.0 + _OFFSET)).pow(_POWER)
    return torch.where(size <= _KNEE_ENCODED, encoded / _SLOPE, curve * encoded.sign())


def _encoded(linear: Tensor) -> Tensor:
    size = linear.abs()
    curve = (1.0 + _OFFSET) * size.clamp(min=_KNEE_LINEAR).pow(1.0 / _POWER) - _OFFSET
    return torch.where(size <= _KNEE_LINEAR, linear * _SLOPE, curve * linear.sign())


def _rooted(share: Tensor) -> Tensor:
    size = share.abs()
    root = size.clamp(min=_DELTA**3).pow(1.0 / 3.0) - _LINE_OFFSET
    return torch.where(size > _DELTA**3, root * share.sign(), share * _LINE_SLOPE) + _LINE_OFFSET


def _cubed(rooted: Tensor) -> Tensor:
    above = rooted - _LINE_OFFSET
    size = above.abs()
    cube = (size + _LINE_OFFSET).pow(3)
    return torch.where(size > _DELTA - _LINE_OFFSET, cube * above.sign(), above / _LINE_SLOPE)
