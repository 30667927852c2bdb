"""One output frame, small, for a person to look at."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.image.frame import Frame
from vfi_plugin.models.model import SMALLEST_SIDE_PX, Model
from vfi_plugin.render.layout import GuideSource, Layout
from vfi_plugin.render.plan import OutputFrame
from vfi_plugin.render.retime import RetimeJob
from vfi_plugin.render.run import made_frames
from vfi_plugin.render.shrunk_clip import Shrinking, ShrunkClip, ShrunkFrames
from vfi_plugin.timing.ranges import format_range


@dataclass(frozen=True)
class PreviewRequest:
    """What is to be seen.

    Attributes:
        number: an output frame.
        longest_side: the picture's, in pixels at most.
        view: of a stereo picture; None for the first.
        exact: whether the frame is rendered in full and shrunk then; otherwise the source is shrunk first, which is
            quick, but finds its motion on small pictures.
    """

    number: int
    longest_side: int = 960
    view: str | None = None
    exact: bool = False


@dataclass(frozen=True)
class Preview:
    """A small picture of an output frame.

    Attributes:
        pixels: (H, W, 4) float32 RGBA over the display window, in the source's colour space, premultiplied; alpha is 1
            where the source has none.
        factor: source pixels a pixel, along each side.
        output: the frame as it was made.
    """

    pixels: npt.NDArray[np.float32]
    factor: int
    output: OutputFrame


def preview(
    job: RetimeJob,
    request: PreviewRequest,
    cancellation: Cancellation,
    model: Model | None = None,
    frames: ShrunkFrames | None = None,
) -> Preview:
    """Makes the picture.

    Args:
        job: what is rendered; which frames of it are wanted does not matter.
        request: what is to be seen.
        cancellation: asked whether to stop.
        model: what ``load_job_model`` gave for such a job; None: it is loaded.
        frames: keeps what was read for the next preview; None: nothing is kept.

    Raises:
        UsageError: a frame or a view that is not there, or too small a picture.
        InputError: a source without a channel to show.
        Cancelled: a stop was requested.
    """
    guide = _shown(job.layout, request)
    places = {*guide.places, *job.layout.alphas_of_view(guide.view)[:1]}
    shrinking = Shrinking(_factor(job, request), _names(job.layout, places))
    plan = replace(job.plan, wanted=frozenset([_wanted(job, request.number)]))
    options = replace(job.options, device=job.options.devices[0])
    wanted = replace(job, plan=plan, layout=job.layout.limited_to(places), options=options)
    if not request.exact:
        wanted = replace(wanted, clip=ShrunkClip(job.clip, shrinking, frames or ShrunkFrames()))
    [(output, frame)] = made_frames(wanted, cancellation, model)
    planes = _rgba_planes(frame, wanted.layout, guide)
    if request.exact:
        planes = [shrinking.mean(plane) for plane in planes]
    return Preview(np.stack(planes, axis=-1), shrinking.factor, output)


def _shown(layout: Layout, request: PreviewRequest) -> GuideSource:
    view = layout.views[0] if request.view is None else request.view
    if view not in layout.views:
        there = ", ".join(map(repr, layout.views))
        raise UsageError(f"the source has no view {view!r}; it has {there}")
    guide = next((guide for guide in layout.guides if guide.view == view), None)
    if guide is None:
        raise InputError(f"view {view!r} of the source has no channel that can be shown; add R, G and B")
    return guide


def _wanted(job: RetimeJob, number: int) -> int:
    outputs = [frame.number for frame in job.plan.frames]
    if number not in outputs:
        raise UsageError(f"output frame {number} was asked for, but the output is {format_range(outputs)}")
    return number


def _factor(job: RetimeJob, request: PreviewRequest) -> int:
    if request.longest_side < SMALLEST_SIDE_PX:
        raise UsageError(f"a longest side of {request.longest_side} px is too small; give at least {SMALLEST_SIDE_PX}")
    display = job.clip.header(job.plan.source_numbers[0])[0].display_window
    return max(math.ceil(max(display.shape) / request.longest_side), 1)


def _names(layout: Layout, places: set[int]) -> dict[int, frozenset[str]]:
    parts = {layout.roles[place].part for place in places}
    return {
        part: frozenset(layout.roles[place].channel for place in places if layout.roles[place].part == part)
        for part in parts
    }


def _rgba_planes(frame: Frame, layout: Layout, guide: GuideSource) -> list[npt.NDArray[np.float32]]:
    """Red, green, blue and alpha over the display window."""
    # A made frame has only those parts that hold written channels, so its parts are counted anew.
    parts = layout.kept_parts
    roles = [layout.roles[place] for place in (*guide.places, *layout.alphas_of_view(guide.view)[:1])]
    window = frame.parts[parts.index(roles[0].part)].display_window
    planes = [frame.parts[parts.index(role.part)].plane_over(role.channel, window) for role in roles]
    if len(planes) == len("RGB"):
        planes.append(np.ones(window.shape, np.float32))
    return [plane.astype(np.float32) for plane in planes]
