"""Made-up scenes of moving layers, with the frame at any time and the exact flow: data that knows its truth.

Layers are cut from real frames and from drawn surfaces, and move by shift, turn, growth, tilt and waves. Every frame is
drawn from the same canvases by the same looks, so frames between are as sharp as the ends. What a camera adds comes
last: an open shutter, a change of exposure, a flash, grain.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.train.crop_bank import CropBank
from vfi_plugin.train.layer_draw import LayerDraw, LayerDrawer, MotionRange
from vfi_plugin.train.layer_motion import Floats
from vfi_plugin.train.layer_scene import LayerScene
from vfi_plugin.train.layer_stock import LayerStock
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.uploads import uploaded

Tensor = torch.Tensor

_OPEN_LOOKS = 8
"""Looks at a pixel with an open shutter: with the longest at the default reach, steps of 2 px at 128 px a side."""

_ENDS_MARGIN = 0.05
"""Random times keep off the ends by this: nearer, a frame between is the end itself."""


@dataclass(frozen=True)
class SyntheticBatch:
    """A batch with its whole truth.

    Attributes:
        batch: pairs and the L frames between.
        flow_to_0: (N, L, 2, H, W) px, x then y: where in ``before`` the content of each pixel of a frame between is,
            less where it is. It is the flow of the layer that is seen best there.
        flow_to_1: the same for ``after``.
        visible_0: (N, L, 1, H, W) in [0, 1]: how much of that content can be seen in ``before``; 0 outside the frame.
        visible_1: the same for ``after``.
    """

    batch: Batch
    flow_to_0: Tensor
    flow_to_1: Tensor
    visible_0: Tensor
    visible_1: Tensor


@dataclass(frozen=True)
class CameraRange:
    """What the camera adds to a scene. Shares are of scenes but for ``blurred``, which is of batches.

    Attributes:
        blurred: of the batches, in which every scene's shutter is open; one look takes as long for all of a batch.
        shutter: how long at most, as a part of the interval. A shutter of 180 degrees is open for half of the time
            from one frame to the next; where one frame is left out between the ends, for a quarter of the interval.
        relit: share whose exposure changes, steadily by its logarithm.
        exposure: the largest factor from one end to the other.
        flashed: share in which one of the ends alone, not the truth, is lit by a flash.
        flash: its largest factor.
        grainy: share with grain, another in each frame, in those between as well: where the truth is filmed, so it is.
        grain: its largest standard deviation.
    """

    blurred: float = 0.25
    shutter: float = 0.4
    relit: float = 0.15
    exposure: float = 1.25
    flashed: float = 0.02
    flash: float = 1.5
    grainy: float = 0.4
    grain: float = 0.012

    @classmethod
    def perfect(cls) -> CameraRange:
        """Adds nothing."""
        return cls(blurred=0.0, relit=0.0, flashed=0.0, grainy=0.0)

    def __post_init__(self) -> None:
        shares = (self.blurred, self.shutter, self.relit, self.flashed, self.grainy)
        if not all(0 <= share <= 1 for share in shares) or min(self.exposure, self.flash) < 1 or self.grain < 0:
            raise UsageError(
                f"got shares {shares}, factors {self.exposure:g} and {self.flash:g}, grain {self.grain:g}; give shares"
                " in [0, 1], factors of 1 or more, and grain of 0 or more"
            )


@dataclass(frozen=True)
class SyntheticMotion:
    """Batches of made-up scenes: a ``BatchSource``.

    The same seed and step give the same scenes on any device; the noise of grain is the device's own.

    Attributes:
        side: of the square frames, px.
        size: scenes in a batch.
        bank: real frames to cut layers from; None for drawn surfaces alone. Its crops are shown at 0.4 to 0.9 of their
            size and mirrored beyond their edges: best at twice the side or more.
        frames_between: L.
        random_times: whether their times are drawn for each scene, or evenly spaced.
        motion: what moves, and how far.
        camera: what the camera adds.
        filmed_share: of surfaces, from the bank where there is one.
        flows: whether batches hold the exact flow from end to end; it takes about as long as drawing them.
        stock: how many surfaces and outlines are drawn once, to be used again and again in other places.
        seed: of everything.
        device: where scenes are drawn.
    """

    side: int = 128
    size: int = 16
    bank: CropBank | None = None
    frames_between: int = 1
    random_times: bool = False
    motion: MotionRange = field(default_factory=MotionRange)
    camera: CameraRange = field(default_factory=CameraRange)
    filmed_share: float = 0.7
    flows: bool = False
    stock: int = 128
    seed: int = 0
    device: torch.device | str = "cpu"

    def __post_init__(self) -> None:
        if min(self.side, self.size, self.frames_between, self.stock) < 1 or not 0 <= self.filmed_share <= 1:
            raise UsageError(
                f"got a side of {self.side} px, {self.size} scenes, {self.frames_between} frames between, a stock of"
                f" {self.stock} and a filmed share of {self.filmed_share:g}; give 1 or more of each, and a share in"
                " [0, 1]"
            )

    def batch(self, step: int) -> Batch:
        """The batch of a step."""
        rng = np.random.default_rng((self.seed, step))
        scene = self._scene(rng)
        batch = self._filmed(scene, self._times(rng), rng)
        return replace(batch, flows=self._end_to_end(scene)) if self.flows else batch

    def with_flow(self, step: int) -> SyntheticBatch:
        """The batch of a step, the frames that ``batch`` gives, with the flow from those between."""
        rng = np.random.default_rng((self.seed, step))
        scene, times = self._scene(rng), self._times(rng)
        batch = self._filmed(scene, times, rng)
        zeros = np.zeros(self.size)
        to_0 = [scene.seen(at, zeros) for at in times.T]
        to_1 = [scene.seen(at, zeros + 1.0) for at in times.T]
        flows = [torch.stack([seen.flow for seen in end], 1) for end in (to_0, to_1)]
        visible = [torch.stack([seen.visible for seen in end], 1) for end in (to_0, to_1)]
        return SyntheticBatch(batch, flows[0], flows[1], visible[0], visible[1])

    def _end_to_end(self, scene: LayerScene) -> Tensor:
        ends = np.zeros(self.size), np.ones(self.size)
        return torch.stack([scene.seen(at, to).flow for at, to in (ends, ends[::-1])], 1)

    @cached_property
    def _stock(self) -> LayerStock:
        return LayerStock.of(self.bank, self.stock, self.filmed_share, self.seed)

    def _scene(self, rng: np.random.Generator) -> LayerScene:
        stock = self._stock
        drawer = LayerDrawer(self.side, stock.side, self.motion, rng)
        draw: LayerDraw = drawer.draw(self.size, stock.endless_share)
        endless, bounded = stock.canvases(draw, rng, torch.device(self.device))
        blurred = rng.random() < self.camera.blurred
        shutter = rng.uniform(0.2, 1.0, self.size) * self.camera.shutter * blurred
        looks = _OPEN_LOOKS if blurred else LayerScene.looks
        return LayerScene(endless, bounded, draw.motion, draw.scenes, draw.depths, self.side, shutter, looks)

    def _times(self, rng: np.random.Generator) -> Floats:
        """(N, L), ascending."""
        count = self.frames_between
        even = np.tile(np.arange(1, count + 1) / (count + 1), (self.size, 1))
        if not self.random_times:
            return even
        return np.sort(rng.uniform(_ENDS_MARGIN, 1.0 - _ENDS_MARGIN, even.shape), 1)

    def _filmed(self, scene: LayerScene, times: Floats, rng: np.random.Generator) -> Batch:
        ends = np.zeros((self.size, 1))
        # As float32, or a frame would be drawn at another time than the batch says.
        when = np.concatenate([ends, times.astype(np.float32), ends + 1.0], 1)
        frames, between = _through_camera(scene.film(when), when, self.camera, rng)
        return Batch(frames[:, 0].contiguous(), frames[:, -1].contiguous(), frames[:, 1:-1].contiguous(), between)


def _through_camera(
    frames: Tensor, when: Floats, camera: CameraRange, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """(N, T, 3, H, W) at times (N, T): exposure, flashes and grain; held to [0, 1], beyond which a camera sees none.

    The times between the ends come along, (N, T - 2), on the frames' device.
    """
    count = len(frames)
    change = rng.uniform(-1.0, 1.0, count) * np.log(camera.exposure) * (rng.random(count) < camera.relit)
    gain = np.exp(change[:, None] * (when - 0.5))
    flash = camera.flash ** (rng.random(count) * (rng.random(count) < camera.flashed))
    gain[np.arange(count), rng.choice((0, -1), count)] *= flash
    deviation = rng.random(count) * camera.grain * (rng.random(count) < camera.grainy)
    seed = int(rng.integers(1 << 62))
    at = np.flatnonzero(deviation)
    numbers = [values.astype(np.float32) for values in (when[:, 1:-1], gain, deviation[at])]
    between, gains, strength, grainy = uploaded(frames.device, *numbers, at)
    if (gain != 1.0).any():
        frames = frames * gains[:, :, None, None, None]
    if len(at):
        generator = torch.Generator(frames.device).manual_seed(seed)
        grain = torch.randn((len(at), *frames.shape[1:]), generator=generator, device=frames.device)
        frames[grainy] += grain * strength[:, None, None, None, None]
    return frames.clamp(0.0, 1.0), between
