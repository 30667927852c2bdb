"""Decides everything about a repair before the first frame is made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from vfi_plugin.errors import UnreadableImageError, UsageError
from vfi_plugin.image.channel_class import Treatment
from vfi_plugin.media.clip import Clip, check_uniform
from vfi_plugin.media.header import PartHeader, rate_of
from vfi_plugin.media.open_clip import open_clip
from vfi_plugin.media.writing import EXR_SUFFIXES
from vfi_plugin.render.clip_colour import clip_transform
from vfi_plugin.render.header import Clock
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import bends_paths, model_in_use
from vfi_plugin.render.target import Target
from vfi_plugin.render.tiling import Tiling
from vfi_plugin.repair.bad_frames import BadFrames, parse_kinds, read_list
from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.job import RepairJob, is_repaired
from vfi_plugin.repair.options import RepairOptions
from vfi_plugin.repair.plan import RepairPlan
from vfi_plugin.repair.planning import Making, build_repair_plan, with_all_rendered
from vfi_plugin.repair.scan_report import ScanReport
from vfi_plugin.repair.settling import Inspector, settled
from vfi_plugin.timing.ranges import format_range, parse_range
from vfi_plugin.timing.timecode import parse_rate


def plan_repair(
    source: str | Path,
    target: str | Path | None,
    options: RepairOptions,
    check: Callable[[], None] = lambda: None,
) -> RepairJob:
    """Decides everything; reads headers, and those good frames that others are made from. Nothing is written.

    Args:
        source: a sequence or a movie.
        target: an EXR sequence or a movie; None in place.
        options: what to do.
        check: called between frames; raises to stop.

    Raises:
        VfiError: of the kind that tells what is wrong: the source, the list, the options, or how they fit together.
    """
    how = options.render_options()
    model = model_in_use(how)
    clip = open_clip(source)
    bad, notes = _bad_frames(clip, options)
    place = _target(clip, target, options)
    rewrites = _rewrites(clip, place, options)
    number, headers = _good_header(clip, bad)
    layout = _layout(headers, how, rewrites)
    transform = clip_transform(headers, how.colorspace, how.config)
    making = Making(how.method, options.strength, bends_paths(how, model))
    plan = _plan(clip, bad, options, making, Inspector(clip, layout, transform, check))
    plan = _part_of(plan.noting(notes), options)
    _check_uniform(clip, number, plan)
    job = RepairJob(
        clip=clip,
        target=place,
        plan=with_all_rendered(plan) if rewrites else plan,
        layout=layout,
        transform=transform,
        clock=Clock(_rate(clip, headers, how), None, number),
        model=model,
        options=how,
        settings="",
        tiling=Tiling.of(headers, how, model),
        repair=options,
        rewrites=rewrites,
    )
    _check_target(job)
    return job


def _check_uniform(clip: Clip, number: int, plan: RepairPlan) -> None:
    """Raises where the frames that others are made of or mixed with are not alike; ``number`` is a good one."""
    mixed = [change.origin for change in plan.changes.values() if change.mixes and change.origin is not None]
    check_uniform(clip, [number, *sorted({*plan.sources, *mixed})])


def _plan(clip: Clip, bad: BadFrames, options: RepairOptions, making: Making, inspector: Inspector) -> RepairPlan:
    """The plan, after a look at the frames it relies on."""

    def plan_for(found: BadFrames) -> RepairPlan:
        return build_repair_plan(found, clip.numbers, options.policy, making)

    return settled(bad, plan_for, inspector, finds_cuts=options.cuts == "auto" and bad.cuts is None)


def _bad_frames(clip: Clip, options: RepairOptions) -> tuple[BadFrames, list[str]]:
    """What is wrong, with what the clip itself tells of it, and notes on what was left out."""
    kinds = None if options.kinds is None else parse_kinds(options.kinds)
    notes: list[str] = []
    if options.report is not None:
        report = options.report if isinstance(options.report, ScanReport) else ScanReport.load(options.report)
        bad = BadFrames.of_report(report, kinds)
        notes += _on_cadences(report, options)
    else:
        bad = read_list(options.bad_list) if options.bad_list is not None else BadFrames.of_range(options.frames or "")
        bad = _said(bad, kinds, clip, options)
    if options.cuts == "off":
        bad = bad.with_cuts(())
    elif options.cuts != "auto":
        bad = bad.with_cuts(parse_range(options.cuts))
    back = [number for number, kind in bad.frames.items() if kind is Kind.MISSING and _is_original(clip, number)]
    if back:
        notes.append(f"said to be missing, but there, and left as they are: {format_range(back)}")
    bad = bad.without(back).with_missing(clip.numbers)
    return (bad if options.strength == 1 else _with_unreadable(clip, bad)), notes


def _on_cadences(report: ScanReport, options: RepairOptions) -> Iterator[str]:
    """Repeats that were added to reach a rate are no lost frames: making them anew leaves motion uneven."""
    added = [cadence for cadence in report.context.cadences if 1 in cadence.pattern and max(cadence.pattern) > 1]
    if added and options.policy.duplicates == "fill":
        spans = ", ".join(f"{cadence.first}-{cadence.last}" for cadence in added)
        yield f"repeats in {spans} were added to reach a rate; --duplicates remove takes them out"


def _said(bad: BadFrames, kinds: frozenset[Kind] | None, clip: Clip, options: RepairOptions) -> BadFrames:
    """A list does not tell kinds: one may be told beside it, and some options make sense for repeats alone."""
    if kinds is not None and (len(kinds) != 1 or Kind.DROPPED in kinds):
        raise UsageError("with a list or frames, one kind says what they are, such as --kinds duplicate; not dropped")
    is_about_repeats = options.policy.duplicates != "fill" or options.policy.policy == "centre"
    if kinds is None and not is_about_repeats:
        return bad
    kind = Kind.DUPLICATE if kinds is None else next(iter(kinds))
    return bad.with_missing(clip.numbers).said_to_be(kind)


def _with_unreadable(clip: Clip, bad: BadFrames) -> BadFrames:
    """Of a frame that is to be a part of its own repair it must be known that it can be read."""
    kinds = dict(bad.frames)
    for number, kind in bad.frames.items():
        if kind not in (None, Kind.BLURRED):
            continue
        try:
            clip.read(number)
        except UnreadableImageError:
            kinds[number] = Kind.UNREADABLE
    return replace(bad, frames=kinds)


def _is_original(clip: Clip, number: int) -> bool:
    """Whether a frame is there that no repair has made."""
    return number in clip.numbers and not is_repaired(clip.path(number))


def _target(clip: Clip, target: str | Path | None, options: RepairOptions) -> Target:
    if options.in_place:
        if target is not None:
            raise UsageError(f"a repair in place has no target; leave {target} out, or --in-place")
        if _needs_rewriting(clip):
            raise UsageError(f"{clip.name} cannot be repaired in place: only frames of EXR sequences can be replaced")
        place = Target.parse(clip.name)
        pattern = place.pattern
        if pattern is None or any(clip.path(number) != pattern.path(number) for number in clip.numbers):
            raise UsageError(f"{clip.name} cannot be repaired in place: its numbers are spelled in different ways")
        return place
    if target is None:
        raise UsageError("give a target, such as repaired.####.exr, or --in-place")
    return Target.parse(target)


def _rate(clip: Clip, headers: Sequence[PartHeader], how: RetimeOptions) -> Fraction | None:
    """Frames a second, by which timecode is counted: as told, else as the files say."""
    return parse_rate(how.source_fps) if how.source_fps is not None else clip.rate or rate_of(headers[0].attributes)


def _part_of(plan: RepairPlan, options: RepairOptions) -> RepairPlan:
    if options.part is None:
        return plan
    asked = parse_range(options.part)
    return plan.between(asked[0], asked[-1])


def _rewrites(clip: Clip, place: Target, options: RepairOptions) -> bool:
    """Whether untouched frames are rendered, too."""
    if options.keep != "none":
        return place.is_movie or _needs_rewriting(clip)
    if place.is_movie:
        raise UsageError(f"{place.path.name} is a movie, which has all frames; give an EXR sequence, or --keep link")
    return False


def _needs_rewriting(clip: Clip) -> bool:
    """Whether frames are no files of their own, or not of the kind that is written."""
    paths = [clip.path(number) for number in clip.numbers]
    return len(set(paths)) < len(paths) or any(path.suffix.lower() not in EXR_SUFFIXES for path in paths)


def _good_header(clip: Clip, bad: BadFrames) -> tuple[int, tuple[PartHeader, ...]]:
    """The first good frame that can be read, and its header."""
    for number in clip.numbers:
        if number in bad.unusable:
            continue
        try:
            return number, clip.header(number)
        except UnreadableImageError:
            continue
    raise UsageError(f"every frame of {clip.name} is bad, so there is nothing to make others from; correct the list")


def _layout(headers: Sequence[PartHeader], how: RetimeOptions, rewrites: bool) -> Layout:
    layout = Layout.of(headers, how)
    dropped = [role.channel for role in layout.roles if role.treatment is Treatment.DROP]
    if dropped and not rewrites:
        raise UsageError(
            f"repaired frames must have the channels of the others, so {', '.join(dropped[:4])} cannot be left out;"
            " use --channels all"
        )
    if how.method == "motion":
        layout.require_guides()
    return layout


def _check_target(job: RepairJob) -> None:
    plan, place = job.plan, job.target
    if job.repair.in_place:
        if plan.is_renumbered:
            raise UsageError("frames would get new numbers, which cannot be done in place; give a target")
        return
    sources = {_resolved(job.clip.path(number)) for number in plan.there}
    pattern = place.pattern
    targets = [place.path] if pattern is None else [pattern.path(number) for number in plan.numbers]
    over = next((path for path in targets if _resolved(path) in sources), None)
    if over is not None:
        raise UsageError(
            f"the target {over} is a frame of the source; choose another name or folder, or repair with --in-place"
        )
    if place.is_movie and job.clock.rate is None:
        raise UsageError("a movie needs a frame rate and the source does not say one; write an EXR sequence")


def _resolved(path: Path) -> str:
    return os.path.normcase(path.resolve())
