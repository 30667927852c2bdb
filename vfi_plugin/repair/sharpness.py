"""Frames that lost fine structure.

BLURRED: all textured parts of a frame have less fine structure, in every direction, than the same content has in
frames shortly before *and* shortly after. Found are Gaussian blurs from a sigma of about 1.5 px of the frame on, of one
frame or a few, and a focus that goes soft and comes back within ``REACH`` frames on either side.

What makes it firm is what is compared. Patches in full resolution are moved onto each other by the flow between two
frames, so that a pan does not bring other content into them. Their structure tensors then tell the ratio of the
gradients' energies in *all* directions; only the change that all directions have in common counts, and of the patches
with texture only the change that three quarters have in common. So these are no defects:

- motion blur of a pan or a whip pan: across the motion edges stay sharp, and what an open shutter
  takes away is expected to be gone from a frame that moves faster;
- a shallow focus: what is soft in all frames is compared with itself; an object that goes out of focus leaves others;
- fog, fades, flashes: the loss of contrast of the whole picture is taken off;
- a clip or a shot that is soft throughout, or turns soft and stays so: nothing after it is sharper;
- frames of a codec that are a little softer than others (thresholds; and the usual change around counts too).

Of single frames of 67 clips blurred by a sigma of 1.5, 2, 3 and 5 px, 79, 85, 94 and 99 % are found, and none beside
them; missed are those without fine structure, and those in fast irregular motion. Of a slow loss the frames at its ends
may not be named.

Grain does not count as structure: in coarser octaves it averages out, and the loss in any octave is enough.

The structure tensor is that of Förstner and Gülch, "A fast operator for detection and precise location of distinct
points, corners and centres of circular features", ISPRS 1987; the comparison is ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vfi_plugin.models.dis.flow import single_threaded_opencv
from vfi_plugin.repair.frame_series import FrameSeries, Numbers, Strengths, without_long
from vfi_plugin.repair.look import Look, patch_windows
from vfi_plugin.repair.pair_alignment import Alignment, Plane

REACH = 8
"""Frames on either side among which sharper ones are looked for: a slow focus error takes that long to come back."""

LONGEST = 8
"""Frames of one loss: longer ones are a look, not a fault."""

OCTAVES = 3
"""Of the patches: gradients over 2, 4 and 8 px of the frame, which blurs from a sigma of 1.5 to 5 px take away."""

_LOSS = {"sharp_1": 0.42, "sharp_2": 0.3, "sharp_3": 0.28, "texture": 0.3}
"""log2 of the ratio of energies that is a loss, by measure. 67 clean clips reach 0.33 of it, five of them encoded again
by x264 at a crf of 32 with a key frame every 12 reach 0.87, at 40 up to 1.07."""

_ALONE = 2.0
"""At an end of a shot only one side can be compared; there it takes so many times the loss."""

_USUAL = 3.0
"""A loss is at least so many times the median change of its surroundings: codecs that pump change all the time."""

_FLOOR = 0.002
"""Gradients, in luma a px, that are noise: half an 8-bit step."""

_EDGE_PX = 2
"""Left out along a patch's edges, where a gradient would see what is not in the patch."""

_LEAST_SHARED = 0.4
"""Of a patch's side that must have a counterpart in the other frame's patch."""

_COMMON = 0.25
"""Of the textured patches that may change less than what is told."""

_SMEAR = 0.015 / (np.array([1, 4, 16, 1]) * list(_LOSS.values()))
"""Losses that a shutter open half the time brings to a texture *across* its motion, a square px of motion: along it a
smear of L px takes 0.1 L^2 of log2 in the finest octave (a Gaussian of the same variance), across it about half of
that from structure of no direction; a quarter of it in each coarser octave."""

_SUDDEN = 3
"""Frames away up to which a loss is sudden."""

_GRADUAL = 2.0
"""What changes more slowly has to change so many times as much: codecs go soft from key frame to key frame."""

_STAYS = 3
"""Frames that stay sharper next to one at an end of a shot."""

Tensors = npt.NDArray[np.float64]
Changes = npt.NDArray[np.float64]
Steps = list[Changes | None]
Planes = npt.NDArray[np.float32]


def numbers_of(look: Look) -> dict[str, float]:
    """``texture_xx``, ``texture_xy``, ``texture_yy``: the structure tensor of the small picture, luma squared a px."""
    inner = (part[0, _EDGE_PX:-_EDGE_PX, _EDGE_PX:-_EDGE_PX] for part in _gradients(look.luma[None]))
    (xx, xy), (_, yy) = _tensor(*inner)
    return {"texture_xx": xx, "texture_xy": xy, "texture_yy": yy}


def pair_numbers(before: Look, after: Look, alignment: Alignment) -> dict[str, float]:
    """``sharp_1`` to ``sharp_3``: log2 of how the energy of the patches' gradients changed, finest octave first;
    ``contrast``: the same of the whole picture's variance."""
    told = {}
    shifts = _patch_shifts(after, alignment)
    first, second = _divisible(before.patches), _divisible(after.patches)
    for octave in range(OCTAVES):
        told[f"sharp_{octave + 1}"] = _change_of_patches(first, second, np.rint(shifts / 2**octave).astype(int))
        first, second = _halved(first), _halved(second)
    spread = [float(picture.std()) + _FLOOR for picture in (alignment.before, alignment.after)]
    return {**told, "contrast": 2 * float(np.log2(spread[1] / spread[0]))}


def losses(series: FrameSeries) -> Strengths:
    """How much sharpness each frame lacks against both sides, relative to the smallest loss that counts."""
    pairs = [series.pair(place) for place in range(len(series))]
    steps = [_step(series, place) for place in range(len(series))]
    motion = [None if pair is None else pair["motion_px"] for pair in pairs]
    strengths = [_loss_at(steps, motion, place) for place in range(len(series))]
    return without_long(strengths, LONGEST)


def why_blurred(series: FrameSeries, places: range) -> str:
    """For the report."""
    steps = [pair for place in (places.start, places.stop) if (pair := series.pair(place)) is not None]
    kept = min((2.0 ** (-abs(pair["sharp_1"]) / 2) for pair in steps), default=1.0)
    return f"keeps {100 * kept:.0f} % of the fine structure of its neighbours, in all directions alike"


def _step(series: FrameSeries, place: int) -> Changes | None:
    """Change of sharpness from the frame before, by measure, the change of contrast taken off."""
    pair = series.pair(place)
    if pair is None:
        return None
    texture = common_change(_texture(series.measures[place - 1]), _texture(series.measures[place]))
    changes = np.array([pair["sharp_1"], pair["sharp_2"], pair["sharp_3"], texture])
    # Gains of contrast are not taken off losses of sharpness, nor the other way round.
    contrast = pair["contrast"]
    towards_zero = np.clip(changes - contrast, np.minimum(changes, 0.0), np.maximum(changes, 0.0))
    scaled: Changes = towards_zero / np.array(list(_LOSS.values()))
    return scaled


def _usual(steps: Steps, place: int) -> Changes:
    around = [step for step in steps[max(0, place - REACH) : place + REACH + 2] if step is not None]
    return np.median(np.abs(around), axis=0) if around else np.zeros(len(_LOSS))


def _loss_at(steps: Steps, motion: Sequence[float | None], place: int) -> float | None:
    before, after = (_levels(steps, motion, place, way) for way in (-1, 1))
    if not before and not after:
        return None
    if before and after:
        loss = np.minimum(np.max(before, axis=0), np.max(after, axis=0))
    else:
        # Where only one side is known, what follows has to be sharper at once and to stay so.
        loss = np.min((before or after)[:_STAYS], axis=0) / _ALONE
    return float(max(0.0, (loss / np.maximum(1.0, _USUAL * _usual(steps, place))).max()))


def _levels(steps: Steps, motion: Sequence[float | None], place: int, way: int) -> list[Changes]:
    """How much sharper than a frame the ones up to REACH away on one side are, the nearest first.

    Where the frame may move faster, what an open shutter takes away is taken off.
    """
    levels: list[Changes] = []
    fastest = max(_motions(motion, place), default=0.0)
    level = np.zeros(len(_LOSS))
    for away in range(REACH):
        at = place - away if way < 0 else place + 1 + away
        step = steps[at] if 0 <= at < len(steps) else None
        if step is None:
            break
        level = level - step if way < 0 else level + step
        slower = float(np.mean(_motions(motion, at - 1 if way < 0 else at) or [0.0]))
        smeared = _SMEAR * max(0.0, fastest**2 - slower**2)
        levels.append((level - smeared) / (1.0 if away < _SUDDEN else _GRADUAL))
    return levels


def _motions(motion: Sequence[float | None], place: int) -> list[float]:
    """Of a frame, from the one before and to the one after, where they are known."""
    return [found for found in motion[place : place + 2] if found is not None]


def _texture(numbers: Numbers) -> Tensors:
    xx, xy, yy = (numbers[f"texture_{name}"] for name in ("xx", "xy", "yy"))
    return np.array([[[xx, xy], [xy, yy]]])


def _patch_shifts(after: Look, alignment: Alignment) -> Plane:
    """(P, 2) px of the frame, x then y: where in the earlier frame the content of each patch of ``after`` is."""
    height, width = (side * after.factor for side in after.rgb.shape[:2])
    windows = patch_windows(height, width)
    side = max(1, int(windows[0].width / alignment.scale))
    inside = np.arange(side)
    tops, lefts = (
        np.minimum((np.array(starts) / alignment.scale).astype(int), limit - side)[:, None] + inside
        for starts, limit in zip(
            ([window.y for window in windows], [window.x for window in windows]), alignment.after.shape, strict=True
        )
    )
    there = alignment.flow[tops[:, :, None], lefts[:, None, :]].reshape(len(windows), -1, 2)
    shifts: Plane = np.median(there, axis=1) * np.float32(alignment.scale)
    return shifts


def _divisible(patches: Planes) -> Planes:
    """Cut to sides that can be halved: patches lie one below the other when they are filtered, and must not mix."""
    whole = 2**OCTAVES
    height, width = (side // whole * whole for side in patches.shape[1:])
    return np.ascontiguousarray(patches[:, :height, :width])


def _halved(stack: Planes) -> Planes:
    count, height, width = stack.shape
    half: Planes = single_threaded_opencv().pyrDown(stack.reshape(count * height, width))
    return half.reshape(count, height // 2, width // 2)


def _gradients(stack: Planes) -> tuple[Planes, Planes]:
    """Along x and y, luma a px, over 2 px and smoothed across (Sobel), of (P, h, w)."""
    cv2 = single_threaded_opencv()
    tall = stack.reshape(-1, stack.shape[2])
    along_x, along_y = (cv2.Sobel(tall, cv2.CV_32F, x, 1 - x, ksize=3, scale=1 / 8) for x in (1, 0))
    return along_x.reshape(stack.shape), along_y.reshape(stack.shape)


def _change_of_patches(before: Planes, after: Planes, shifts: npt.NDArray[np.int64]) -> float:
    first, second = _gradients(before), _gradients(after)
    height, width = after.shape[1:]
    tensors = []
    for patch, (x, y) in enumerate(shifts):
        here = _shared(height, -y), _shared(width, -x)
        there = _shared(height, y), _shared(width, x)
        if min((here[0].stop - here[0].start) / height, (here[1].stop - here[1].start) / width) >= _LEAST_SHARED:
            tensors.append(
                (_tensor(*(part[patch][there] for part in first)), _tensor(*(part[patch][here] for part in second)))
            )
    if not tensors:
        return 0.0
    ours = np.array(tensors)
    return common_change(ours[:, 0], ours[:, 1])


def _shared(side: int, shift: int) -> slice:
    """Of a side, what is not edge and has a counterpart in a patch whose content lies ``shift`` px before it."""
    return slice(_EDGE_PX + max(0, shift), side - _EDGE_PX + min(0, shift))


def _tensor(along_x: Planes, along_y: Planes) -> tuple[tuple[float, float], tuple[float, float]]:
    x, y = along_x.ravel(), along_y.ravel()
    xy = float(x @ y) / x.size
    return (float(x @ x) / x.size, xy), (xy, float(y @ y) / x.size)


def common_change(before: Tensors, after: Tensors) -> float:
    """log2 of how energies of gradients changed that all directions, and most patches with texture, have in common.

    Args:
        before: (P, 2, 2) structure tensors of patches.
        after: of the same content later.

    Returns:
        Negative for a loss; 0 where some directions or many patches lost and others gained, or nothing has texture.
    """
    floor = np.eye(2) * _FLOOR**2
    # The ratio of energies along a direction lies between the generalised eigenvalues of the two tensors.
    ratios = np.log2(np.linalg.eigvals(np.linalg.solve(before + floor, after + floor)).real)
    common = _nearest_zero(ratios.min(axis=1), ratios.max(axis=1))
    # What has no structure across its edges (a wall of stripes, a flat sky) cannot tell blur from motion.
    weight = np.sqrt(np.linalg.eigvalsh(before + after)[:, 0].clip(0))
    weight[weight <= 1.5 * _FLOOR] = 0.0
    if weight.sum() <= 0:
        return 0.0
    order = np.argsort(common)
    shares = np.cumsum(weight[order]) / weight.sum()
    low, high = (common[order][np.searchsorted(shares, share)] for share in (_COMMON, 1 - _COMMON))
    return float(_nearest_zero(low, high))


def _nearest_zero(low: npt.ArrayLike, high: npt.ArrayLike) -> Tensors:
    """Of a range of changes the smallest; 0 where it holds losses and gains."""
    return np.where(np.less(high, 0), high, np.where(np.greater(low, 0), low, 0.0))
