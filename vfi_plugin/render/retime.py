"""The main job, from a source on disk to frames on disk."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import UsageError
from vfi_plugin.image.colour import GuideTransform
from vfi_plugin.media.clip import Clip, check_uniform
from vfi_plugin.media.header import PartHeader
from vfi_plugin.media.open_clip import open_clip
from vfi_plugin.models.given_info import INFO as GIVEN
from vfi_plugin.models.info import ModelInfo
from vfi_plugin.models.registry import default_model, info_to_use, model_info
from vfi_plugin.render.clip_colour import clip_transform
from vfi_plugin.render.clip_plan import plan_of_clip
from vfi_plugin.render.given_vectors import VectorSource
from vfi_plugin.render.header import Clock
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.method_text import method_text, painting_text
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.plan import RetimePlan
from vfi_plugin.render.pools import Pools
from vfi_plugin.render.progress import Progress, Silent
from vfi_plugin.render.stamp import check_expected, settings_text
from vfi_plugin.render.target import Target
from vfi_plugin.render.tiling import Tiling
from vfi_plugin.render.vector_names import check_room
from vfi_plugin.render.way import Way
from vfi_plugin.timing.ranges import format_range, parse_range
from vfi_plugin.timing.timecode import parse_rate


def bends_paths(options: RetimeOptions, model: ModelInfo) -> bool:
    """Whether curves are asked for, of a model whose flow can follow them."""
    return options.path == "curved" and options.method == "motion" and model.makes_any_time and not model.paints


@dataclass(frozen=True)
class RetimeJob:
    """Everything decided before the first pixel is read.

    Attributes:
        clip: the open source.
        target: where frames go.
        plan: every frame of the output and which are wanted now.
        layout: what the channels are.
        transform: from the clip's colour to the guide.
        clock: rate and timecode of the output.
        model: facts about the model.
        options: as they were asked for.
        settings: the text that is stamped into every frame.
        vectors: motion that was given in the place of the model's; None where it is looked for.
        tiling: how large frames are cut up.
    """

    clip: Clip
    target: Target
    plan: RetimePlan
    layout: Layout
    transform: GuideTransform
    clock: Clock
    model: ModelInfo
    options: RetimeOptions
    settings: str
    tiling: Tiling
    vectors: VectorSource | None = field(default=None, kw_only=True)

    @property
    def spans(self) -> bool:
        """Whether an output frame may take more than one pair."""
        return self.options.exposure is not None or self.options.writes_vectors

    @property
    def wants_whole_motion(self) -> bool:
        """Whether a pair's motion is wanted for more than a frame at one time, so that it must come as one."""
        return self.spans

    @property
    def bends_paths(self) -> bool:
        """Whether frames around a pair are asked along which way its content goes."""
        return self.vectors is None and bends_paths(self.options, self.model)

    def way(self, earlier: int, later: int) -> Way | None:
        """The frames that tell along which way a pair's content goes; None where it goes straight.

        Whether a cut lies between them is for the reader to see.
        """
        numbers = self.plan.source_numbers
        at = bisect_left(numbers, earlier)
        if not self.bends_paths or numbers[at : at + 2] != (earlier, later):
            return None
        row = numbers[max(at - 1, 0) : at + 3]
        return Way.through(row, [Fraction(number) for number in row], min(at, 1))

    def description(self) -> Iterator[str]:
        """The plan in lines for a person: what goes in and out, colour, model, channels."""
        yield self.plan.summary()
        rate = f"{float(self.clock.rate):.5g} fps" if self.clock.rate else "no frame rate"
        yield f"source {self.clip.name}, target {self.target.path}, {rate}, colour space {self.transform.colorspace}"
        yield f"in-between frames: {method_text(self.options.method, self.model)}"
        yield from self.remarks()
        for group in self.layout.groups:
            names = ", ".join(self.layout.roles[place].channel for place in group.channels)
            yield f"  {group.channel_class.value:<9} {names}: {group.treatment.value}"

    def remarks(self) -> Iterator[str]:
        """What the plan holds that nobody would expect of a retime; said before every run."""
        if (shutter := self.options.exposure) is not None:
            yield f"shutter {shutter}, averaged in linear light; depth, ids and the like are those of its middle"
        if self.vectors is not None:
            yield self.vectors.text()
        if self.options.writes_vectors:
            alone = ", and no other channel" if self.options.vectors_only else ""
            yield f"motion to the next and previous frame is written as forward.u/v and backward.u/v, px, y up{alone}"
        if self.model.paints and self.options.method == "motion":
            painted = [group for group in self.layout.groups if self.layout.painted_axes(group) is not None]
            names = [self.layout.roles[place].channel for group in painted for place in group.channels]
            yield painting_text(", ".join(names), self.model.carrier)
        if self.options.method == "motion" and self.tiling.pieces:
            yield self.tiling.text()


@dataclass(frozen=True)
class RetimeReport:
    """What a run did.

    Attributes:
        written: output frames rendered, ascending.
        skipped: output frames that were there already.
        cuts: source frames that begin a new shot, as far as this run had to know.
        non_finite: source frame -> NaN and infinite colour values in it.
        clipped_values: samples that a movie could not hold.
    """

    written: tuple[int, ...]
    skipped: tuple[int, ...] = ()
    cuts: tuple[int, ...] = ()
    non_finite: dict[int, int] = field(default_factory=dict)
    clipped_values: int = 0

    def summary(self) -> str:
        """One line: "19 written, 0 already there"."""
        text = f"{len(self.written)} written, {len(self.skipped)} already there"
        if self.cuts:
            text += f"; shots begin at {format_range(self.cuts)}"
        if self.non_finite:
            total = sum(self.non_finite.values())
            text += f"; {total} NaN or Inf values in frames {format_range(sorted(self.non_finite))}"
        if self.clipped_values:
            text += f"; {self.clipped_values} values outside [0, 1] were clipped for the movie"
        return text


def plan_retime(source: str | Path, target: str | Path, options: RetimeOptions) -> RetimeJob:
    """Decides everything and checks it, reading headers only; nothing is written.

    Raises:
        VfiError: of the kind that tells what is wrong: the source, the options, or how they fit together.
    """
    model = model_in_use(options)
    place = Target.parse(target)
    clip = open_clip(source)
    source_rate = parse_rate(options.source_fps) if options.source_fps is not None else clip.rate
    plan = plan_of_clip(clip, options, source_rate)
    numbers = plan.source_numbers
    _check_choices(options)
    place.check(clip, plan)
    check_uniform(clip, numbers)
    headers = clip.header(numbers[0])
    layout = _layout(headers, options, place, plan)
    rate, late = _rate(options, place, plan, source_rate), numbers[0] - plan.source_range[0]
    clock = Clock.of(headers[0], source_rate, rate, plan.frames[0].number, late)
    tiling = _tiling(headers, options, model)
    settings = settings_text(str(source), plan, clock, options, model, tiling.fact())
    check_expected(settings, options.expect)
    return RetimeJob(
        clip=clip,
        target=place,
        plan=plan,
        layout=layout,
        transform=clip_transform(headers, options.colorspace, options.config),
        clock=clock,
        model=model,
        options=options,
        settings=settings,
        vectors=_given_vectors(options, numbers, layout),
        tiling=tiling,
    )


def _layout(headers: Sequence[PartHeader], options: RetimeOptions, place: Target, plan: RetimePlan) -> Layout:
    """What the channels are, which must suit what is asked for."""
    layout = Layout.of(headers, options)
    if options.method == "motion" and (options.writes_vectors or not all(frame.is_copy for frame in plan.frames)):
        layout.require_guides()
    if options.writes_vectors:
        _check_vectors(place, options, layout)
    return layout


def _rate(options: RetimeOptions, place: Target, plan: RetimePlan, source_rate: Fraction | None) -> Fraction | None:
    """Frames a second of the output: as told, else the source's."""
    told = options.fps if options.fps is not None else options.rate
    rate = parse_rate(told) if told is not None else source_rate
    return _check_movie(plan, rate) if place.is_movie else rate


def _tiling(headers: Sequence[PartHeader], options: RetimeOptions, model: ModelInfo) -> Tiling:
    """Frames that are exposed or get vectors, or whose motion is given, take several pairs and are made at once."""
    if options.exposure is None and not options.writes_vectors and options.vectors_from is None:
        return Tiling.of(headers, options, model)
    if options.memory_gb is not None:
        raise UsageError(
            f"got {options.memory_gb:g} GiB, but with a shutter or vectors frames are made at once, whatever"
            " they take; leave --memory-gb out, or --shutter and the vectors"
        )
    return Tiling.unbounded(Pools.within(1 << 62, 1))


def retime_with(
    source: str | Path,
    target: str | Path,
    options: RetimeOptions,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
) -> RetimeReport:
    """Retimes a clip; see ``retime`` for what the options mean and what is raised."""
    from vfi_plugin.render.run import run_job

    job = plan_retime(source, target, options)
    with job.clip:
        return run_job(job, progress or Silent(), cancellation or Cancellation())


def retime(
    source: str | Path,
    target: str | Path,
    *,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
    **options: Any,
) -> RetimeReport:
    """Retimes a clip: ``vfi.retime("plate.####.exr", "slow.####.exr", speed=0.5)``.

    Source frames that fall on output frames come through bit for bit. Frames between are made by moving every channel
    as what it is. Frames under their final names are always whole; those already there with the same settings are
    skipped.

    Args:
        source: a sequence (``####``, ``%04d``, one file of it) or a movie.
        target: an EXR sequence or a movie.
        progress: told about each frame; None for silence.
        cancellation: asked between frames whether to stop.
        **options: the attributes of ``RetimeOptions``.

    Returns:
        What was done.

    Raises:
        UsageError: the request is wrong. InputError: the source is. RenderError: something failed on the way.
        Cancelled: a stop was requested.
    """
    return retime_with(source, target, RetimeOptions(**options), progress, cancellation)


def model_in_use(options: RetimeOptions) -> ModelInfo:
    """The facts of the model that options ask for, with the digest of the weights that will be read.

    Raises:
        UnknownModelError: there is no such model.
        WeightsError: a network without weights, or with damaged ones.
    """
    if options.vectors_from is not None:
        return GIVEN
    name = options.model or default_model()
    if options.method != "motion":
        return model_info(name)
    return info_to_use(name, options.weights).at_detail(options.detail)


def _check_choices(options: RetimeOptions) -> None:
    if options.cuts not in ("auto", "off"):
        parse_range(options.cuts)
    if options.ends == "extrapolate" and options.method != "motion":
        raise UsageError(f"method {options.method} knows no motion to go on with; use --ends hold or --ends error")
    if options.method != "motion" and options.weights is not None:
        raise UsageError(f"method {options.method} uses no model, so weights mean nothing; leave them out")


def _check_vectors(place: Target, options: RetimeOptions, layout: Layout) -> None:
    if place.is_movie:
        raise UsageError("a movie has no room for vectors; write an EXR sequence (slow.####.exr)")
    if not options.vectors_only:
        check_room(layout)


def _given_vectors(options: RetimeOptions, numbers: tuple[int, ...], layout: Layout) -> VectorSource | None:
    if options.vectors_from is None:
        return None
    return VectorSource.opened(options.vectors_from, options, numbers, layout)


def _check_movie(plan: RetimePlan, rate: Fraction | None) -> Fraction:
    if rate is None:
        raise UsageError("a movie needs a frame rate and the source does not say one; give --fps and --source-fps")
    if len(plan.wanted) != len(plan.frames):
        raise UsageError("a movie is written whole; leave --frames out, or write an EXR sequence")
    return rate
