"""A stock of surfaces and outlines that layers are put together from, drawn once and used at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.train.crop_bank import CropBank
from vfi_plugin.train.layer_draw import LayerDraw
from vfi_plugin.train.layer_masks import bounded_mask, endless_mask
from vfi_plugin.train.layer_textures import random_texture
from vfi_plugin.train.uploads import uploaded

Tensor = torch.Tensor
Bytes = npt.NDArray[np.uint8]

_SIDE_PX = 256
"""Of canvases where no bank says otherwise: twice the usual frame of training."""

_ENDLESS_SHARE = 0.3
"""Of the layers in front: fences and foliage hide more at a time than things do, so there are fewer of them."""

_SEE_THROUGH = 0.06
"""Share of the layers in front through which something is seen all over: glass, smoke, reflections. Few, because no
single flow is true there."""

_OPACITY = (0.3, 0.8)
_LIGHT = (0.6, 1.3)
"""Factors of the brightness of a surface: one frame's parts are not all lit alike."""


@dataclass(frozen=True)
class LayerStock:
    """What canvases are made of.

    Attributes:
        bank: real frames; None for none.
        filmed_share: how often a surface comes from the bank.
        textures: (n, 3, C, C) uint8.
        bounded, endless: (n, C, C) uint8, outlines.
    """

    bank: CropBank | None
    filmed_share: float
    textures: Bytes
    bounded: Bytes
    endless: Bytes
    endless_share: float = _ENDLESS_SHARE

    @classmethod
    def of(cls, bank: CropBank | None, count: int, filmed_share: float, seed: int) -> LayerStock:
        """``count`` surfaces and as many outlines of either kind, as large as the bank's crops."""
        side = _SIDE_PX if bank is None else bank.crops.shape[-1]
        rng = np.random.default_rng(seed)
        textures = np.stack([_bytes(random_texture(side, rng)) for _ in range(count)])
        bounded = np.stack([_bytes(bounded_mask(side, rng)) for _ in range(count)])
        endless = np.stack([_bytes(endless_mask(side, rng)) for _ in range(count)])
        return cls(bank, filmed_share if bank is not None else 0.0, textures, bounded, endless)

    @property
    def side(self) -> int:
        """C, px."""
        return int(self.textures.shape[-1])

    def canvases(self, draw: LayerDraw, rng: np.random.Generator, device: torch.device) -> tuple[Tensor, Tensor]:
        """``LayerScene.endless`` and ``LayerScene.bounded`` for the layers that were drawn."""
        count, backs = len(draw.depths), int((draw.depths == 0).sum())
        surfaces = np.stack([self._surface(rng) for _ in range(count)])
        light = rng.uniform(*_LIGHT, count)
        opacity = np.where(rng.random(count) < _SEE_THROUGH, rng.uniform(*_OPACITY, count), 1.0)
        outlines = np.full((count, 1, self.side, self.side), 255, np.uint8)
        outlines[backs : draw.endless, 0] = self.endless[rng.integers(len(self.endless), size=draw.endless - backs)]
        outlines[draw.endless :, 0] = self.bounded[rng.integers(len(self.bounded), size=count - draw.endless)]
        opacity[:backs] = 1.0
        canvases = torch.empty(count, 4, self.side, self.side, device=device)
        alpha, colour = canvases[:, 3:], canvases[:, :3]
        arrays = surfaces, outlines, _factors(light), _factors(opacity)
        surfaces_there, outlines_there, light_there, opacity_there = uploaded(device, *arrays)
        torch.mul(outlines_there, opacity_there, out=alpha)
        torch.mul(surfaces_there, light_there, out=colour)
        colour.clamp_(max=1.0).mul_(alpha)
        return canvases[: draw.endless], canvases[draw.endless :]

    def _surface(self, rng: np.random.Generator) -> Bytes:
        if self.bank is None or rng.random() >= self.filmed_share:
            texture: Bytes = self.textures[int(rng.integers(len(self.textures)))]
            return texture
        windows, frames = self.bank.crops.shape[:2]
        crop: Bytes = self.bank.crops[int(rng.integers(windows)), int(rng.integers(frames))]
        return crop


def _bytes(values: npt.NDArray[np.float32]) -> Bytes:
    rounded: Bytes = np.rint(values * 255.0).astype(np.uint8)
    return rounded


def _factors(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """(P,) -> (P, 1, 1, 1), and from 8-bit numbers to [0, 1] as well."""
    return (values / 255.0).astype(np.float32).reshape(-1, 1, 1, 1)
