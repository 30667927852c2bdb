"""A frame between two others: every channel moved as what it is.

What is done with each class stands in ``image.channel_class.TREATMENTS``; this is how. All that is picked at a pixel
comes from the same source pixel, so depth, ids and mattes agree with each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.image.channel_class import Treatment
from vfi_plugin.image.cryptomatte_header import merge_cryptomatte_attributes
from vfi_plugin.image.cryptomatte_merge import pack_ranks, unpack_ranks
from vfi_plugin.image.frame import Attribute, Frame, Plane
from vfi_plugin.image.motion_vectors import Speeds, convention_of, rescale_vectors
from vfi_plugin.image.normals import NormalEncoding, decode_normals, detect_encoding, encode_normals, renormalise
from vfi_plugin.image.window import Window
from vfi_plugin.kernels.backend import native_module
from vfi_plugin.render.device_copies import on_device
from vfi_plugin.render.group_work import GroupWork, Moment, ViewMotion
from vfi_plugin.render.layout import Layout

# Types of the same width that torch can gather; picked values are moved as bits.
_BITS = {2: np.int16, 4: np.int32}


def view_window(frames: tuple[Frame, Frame], layout: Layout, view: str) -> Window:
    """The pixels that a view's motion is estimated on: all data of both frames.

    One pixel is added on each side that lies inside the display window: beyond it the file says there is nothing, so
    what is moved in from there must be empty, not the data's edge repeated.
    """
    window, display = Window(0, 0, 0, 0), frames[0].parts[0].display_window
    for frame in frames:
        for index in layout.parts_of_view(view):
            window = window.union(frame.parts[index].data_window)
    left, top = int(window.x > display.x), int(window.y > display.y)
    right, bottom = int(window.x_end < display.x_end), int(window.y_end < display.y_end)
    return Window(window.x - left, window.y - top, window.width + left + right, window.height + top + bottom)


def compose(pair: tuple[Frame, Frame], motions: Mapping[str, ViewMotion], layout: Layout, moment: Moment) -> Frame:
    """The frame at ``moment``; its header entries are those of the frame nearer in time.

    Channels keep their names, order and types. A part's data window is what holds its data in both frames.
    """
    made: dict[int, Plane] = {}
    for view, moved in motions.items():
        made.update(made_planes(pair, moved, layout, view, moment))

    def cropped(place: int, target: Window) -> Plane:
        window = motions[layout.roles[place].view].window
        return np.ascontiguousarray(made[place][target.slices_in(window)])

    return framed(pair, layout, moment, cropped)


def made_planes(
    pair: tuple[Frame, Frame], moved: ViewMotion, layout: Layout, view: str, moment: Moment
) -> dict[int, Plane]:
    """All channels of a view that are written, over the window of its motion, by their places in the layout."""
    made: dict[int, Plane] = {}
    for group in layout.groups_to_make({view} if moved.motion.runs_network else ()):
        if group.view == view:
            work = GroupWork(pair, moved, layout, group, moment)
            made.update(zip(group.channels, _TREAT[group.treatment](work), strict=True))
    return made


def part_window(pair: tuple[Frame, Frame], part: int) -> Window:
    """The data window that a part of the made frame has: all of its data in both frames."""
    return pair[0].parts[part].data_window.union(pair[1].parts[part].data_window)


def framed(
    pair: tuple[Frame, Frame], layout: Layout, moment: Moment, plane_over: Callable[[int, Window], Plane]
) -> Frame:
    """A frame of planes that are made; ``plane_over`` gives the one of a place in the layout over a window."""
    nearest = pair[0] if moment.t <= Fraction(1, 2) else pair[1]
    parts = []
    for index, part in enumerate(nearest.parts):
        places = layout.kept_in_part(index)
        if not places:
            continue
        target = part_window(pair, index)
        planes = {layout.roles[place].channel: plane_over(place, target) for place in places}
        parts.append(replace(part, planes=planes, data_window=target, attributes=_attributes(pair, index, nearest)))
    return Frame(tuple(parts), nearest.number)


def _attributes(pair: tuple[Frame, Frame], index: int, nearest: Frame) -> Mapping[str, Attribute]:
    other = pair[1] if nearest is pair[0] else pair[0]
    return merge_cryptomatte_attributes(nearest.parts[index].attributes, other.parts[index].attributes)


def _blend(work: GroupWork) -> list[Plane]:
    moved = work.view.motion.apply(work.floats(0), work.floats(1))
    axes = work.layout.painted_axes(work.group) if work.view.painted is not None else None
    return work.to_types(moved if axes is None else _painted_over(work, moved, axes))


def _painted_over(work: GroupWork, moved: torch.Tensor, axes: tuple[int, int, int]) -> npt.NDArray[np.float32]:
    """The group with painted colour over what was moved, (C, H, W); ``axes`` are its red, green and blue."""
    assert work.view.painted is not None
    values = moved[0].cpu().numpy()
    colour = work.view.painted.over(np.stack([values[axis] for axis in axes], axis=-1), _least_moved_alpha(work))
    made = values.copy()
    for place in set(axes):  # a single channel was shown as red, green and blue
        made[place] = np.mean([colour[..., n] for n, axis in enumerate(axes) if axis == place], axis=0)
    return made


def _pick(work: GroupWork) -> list[Plane]:
    picked = []
    for place in work.group.channels:
        before, after = work.plane(0, place), work.plane(1, place)
        bits = [torch.from_numpy(np.ascontiguousarray(plane).view(_BITS[plane.itemsize])) for plane in (before, after)]
        device = work.view.motion.device
        chosen = work.flows.pick(*(on_device(plane[None, None], device) for plane in bits))
        picked.append(chosen[0, 0].cpu().numpy().view(before.dtype))
    return picked


def _nearest_frame(work: GroupWork) -> list[Plane]:
    return work.unmoved(0 if work.moment.t <= Fraction(1, 2) else 1)


def _squared(work: GroupWork) -> list[Plane]:
    moved = work.flows.moved(work.floats(0), work.floats(1))
    weight = work.flows.weight_0
    return work.to_types(weight**2 * moved[0] + (1 - weight) ** 2 * moved[1])


def _normalise(work: GroupWork) -> list[Plane]:
    if len(work.group.channels) != 3:  # half a normal has no length to restore
        return _pick(work)
    encoding, premultiplied = _normal_encoding(work), bool(_options(work).get("premult"))
    alphas = [work.alpha(which) if premultiplied else None for which in (0, 1)]
    vectors = [decode_normals(work.stacked(which), encoding, alphas[which]) for which in (0, 1)]
    # Lengths travel with the vectors: sampling between two surfaces shortens a vector, but not the mean of lengths.
    lengths = [np.linalg.norm(values, axis=-1, keepdims=True) for values in vectors]
    payloads = [work.tensor(np.concatenate(both, axis=-1)) for both in zip(vectors, lengths, strict=True)]
    blended, picked = _array(work.flows.apply(*payloads)), _array(work.flows.pick(*payloads))
    normals = renormalise(blended[..., :3], blended[..., 3], picked[..., :3])
    return work.to_types(encode_normals(normals, encoding, _moved_alpha(work, alphas)).transpose(2, 0, 1))


def _least_moved_alpha(work: GroupWork) -> npt.NDArray[np.float32] | None:
    """(H, W) at the time that is made; of several alphas the least one, as any may be the one the colour belongs to."""
    places = [work.group.alpha] if work.group.alpha is not None else work.layout.alphas_of_view(work.group.view)
    moved = [work.moved(work.plane(0, place), work.plane(1, place)) for place in places]
    return np.minimum.reduce(moved) if moved else None


def _moved_alpha(work: GroupWork, alphas: list[Plane | None]) -> npt.NDArray[np.float32] | None:
    first, second = alphas
    return None if first is None or second is None else work.moved(first, second)


def _normal_encoding(work: GroupWork) -> NormalEncoding:
    found, told = detect_encoding(work.sparse(0)), _options(work).get("encoding")
    return found if told is None else NormalEncoding(told == "unsigned", found.background)


def _rescale(work: GroupWork) -> list[Plane]:
    roles = work.layout.roles
    convention = convention_of(
        roles[work.group.channels[0]], frozenset(roles[place].suffix.lower() for place in work.group.channels)
    )
    opposite = None
    if work.group.opposite is not None:
        opposite = _picked_stack(replace(work, group=work.layout.groups[work.group.opposite]))
    alpha = None
    if convention.is_premultiplied and work.group.alpha is not None:
        alpha = _picked_stack(replace(work, group=replace(work.group, channels=(work.group.alpha,))))[..., 0]
    speeds = Speeds(float(work.moment.speed_after), float(work.moment.speed_before))
    scaled = rescale_vectors(_picked_stack(work), speeds, convention, opposite=opposite, alpha=alpha)
    return work.to_types(scaled.transpose(2, 0, 1))


def _picked_stack(work: GroupWork) -> npt.NDArray[np.float32]:
    return np.stack(_pick(work), axis=-1).astype(np.float32, copy=False)


def _options(work: GroupWork) -> Mapping[str, str | float | bool]:
    return work.layout.roles[work.group.channels[0]].options


def _array(values: torch.Tensor) -> npt.NDArray[np.float32]:
    """(1, C, H, W) as (H, W, C)."""
    array: npt.NDArray[np.float32] = values[0].permute(1, 2, 0).cpu().numpy()
    return array


def _merge(work: GroupWork) -> list[Plane]:
    """Ranked lists merged by the native kernel; the preview, which is no list, is picked."""
    flows, ranks = work.flows, work.group.ranks
    lists = [unpack_ranks([(work.plane(n, bits), work.plane(n, amount)) for bits, amount in ranks]) for n in (0, 1)]
    ids, coverage = (np.stack([lists[0][item], lists[1][item]]) for item in (0, 1))
    both = torch.cat([flows.flow_t_to_0, flows.flow_t_to_1]).cpu().contiguous().numpy()
    weight_0 = flows.weight_0[0, 0].cpu().contiguous().numpy()
    merged = native_module().resample_ranked(ids, coverage, both, weight_0, torch.get_num_threads())
    planes = [plane for rank in pack_ranks(*merged) for plane in rank]
    made: dict[int, Plane] = dict(zip((place for rank in ranks for place in rank), planes, strict=True))
    previews = tuple(place for place in work.group.channels if place not in made)
    if previews:
        made.update(zip(previews, _pick(replace(work, group=replace(work.group, channels=previews))), strict=True))
    return [made[place] for place in work.group.channels]


_TREAT: Mapping[Treatment, Callable[[GroupWork], list[Plane]]] = {
    Treatment.BLEND: _blend,
    Treatment.BLEND_PREMULTIPLIED: _blend,
    Treatment.PICK: _pick,
    Treatment.STAY: _nearest_frame,
    Treatment.COPY: _nearest_frame,
    Treatment.SQUARED: _squared,
    Treatment.NORMALISE: _normalise,
    Treatment.RESCALE: _rescale,
    Treatment.MERGE: _merge,
}
