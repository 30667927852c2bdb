"""Everything about a repair that is decided before the first frame is made."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from vfi_plugin.errors import InputError, UnreadableImageError, UsageError
from vfi_plugin.image.channel_class import Treatment
from vfi_plugin.media.clip import Clip, check_uniform
from vfi_plugin.media.header import PartHeader, rate_of
from vfi_plugin.media.image_file import read_header
from vfi_plugin.media.open_clip import open_clip
from vfi_plugin.media.writing import EXR_SUFFIXES
from vfi_plugin.render.clip_colour import clip_transform
from vfi_plugin.render.header import Clock
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.method_text import method_text
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.plan import OutputFrame
from vfi_plugin.render.retime import RetimeJob, model_in_use
from vfi_plugin.render.stamp import picture_facts
from vfi_plugin.render.target import Target
from vfi_plugin.repair.bad_frames import BadFrames, parse_kinds, read_list
from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.options import RepairOptions
from vfi_plugin.repair.plan import RepairPlan
from vfi_plugin.repair.planning import Making, build_repair_plan, with_all_rendered
from vfi_plugin.repair.scan_report import ScanReport
from vfi_plugin.repair.settling import Inspector, settled
from vfi_plugin.timing.ranges import format_range, parse_range

REPAIR = "vfi/repair"
"""Header entry of repaired frames: what was wrong, and how the frame was made."""


@dataclass(frozen=True)
class RepairJob(RetimeJob):
    """A render job whose plan is what a repair changes.

    Attributes:
        plan: of the repair.
        repair: as it was asked for.
        rewrites: whether all frames are rendered, untouched ones as copies, because the target cannot take the
            source's files: a movie is read or written, or the source's images are no EXR files.
    """

    plan: RepairPlan
    repair: RepairOptions
    rewrites: bool

    def description(self) -> Iterator[str]:
        """The plan in lines for a person."""
        yield self.plan.summary()
        yield f"source {self.clip.name}, target {self.target.path}, colour space {self.transform.colorspace}"
        yield f"made frames: {method_text(self.options.method, self.model)}"
        yield from self.remarks()

    def remarks(self) -> Iterator[str]:
        """A line a changed frame, and what a person should know."""
        yield from self.plan.lines()
        if self.rewrites:
            yield "untouched frames are written anew as they are: the target cannot take the source's files"
        yield from super().remarks()

    def settings_of(self, output: OutputFrame) -> str:
        """Everything that one frame depends on, as JSON with sorted keys; other frames and findings do not matter.

        So a list that grew leaves the frames as they are that are made as before.
        """
        change = self.plan.changes.get(output.number)
        facts = {
            "vfi": version("vfi-plugin"),
            "job": "repair",
            "source": Path(self.clip.name).name,
            "from": f"{output.earlier} {output.later}",
            "t": str(output.t),
            "speeds": f"{output.speed_before} {output.speed_after}",
            **picture_facts(self.options, self.model),
            "strength": self.repair.strength if change is not None and change.mixes else 1.0,
            "confidence": self.repair.confidence,
            "fallback": self._fallback_text(),
        }
        return json.dumps(facts, sort_keys=True)

    def _fallback_text(self) -> str:
        fallback = self.repair.fallback
        return fallback if fallback == "off" else f"{fallback} under {self.repair.fallback_under:g}"


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
    rewrites = place.is_movie or _needs_rewriting(clip)
    number, headers = _good_header(clip, bad)
    layout = _layout(headers, how, rewrites)
    transform = clip_transform(headers, how.colorspace, how.config)
    making = Making(how.method, options.strength)
    inspector = Inspector(clip, layout, transform, check)
    finds_cuts = options.cuts == "auto" and bad.cuts is None and bool(layout.guides)
    plan, _ = settled(
        bad,
        lambda found: build_repair_plan(found, clip.numbers, options.policy, making),
        inspector,
        finds_cuts=finds_cuts,
    )
    plan = plan.noting(notes)
    check_uniform(clip, [number, *sorted(plan.sources)])
    rate = clip.rate or rate_of(headers[0].attributes)
    job = RepairJob(
        clip=clip,
        target=place,
        plan=with_all_rendered(plan) if rewrites else plan,
        layout=layout,
        transform=transform,
        clock=Clock(rate, None, number),
        model=model,
        options=how,
        settings="",
        repair=options,
        rewrites=rewrites,
    )
    _check_target(job)
    return job


def _bad_frames(clip: Clip, options: RepairOptions) -> tuple[BadFrames, list[str]]:
    """What is wrong, with what the clip itself tells of it, and notes on what was left out."""
    kinds = None if options.kinds is None else parse_kinds(options.kinds)
    if options.report is not None:
        bad = BadFrames.of_report(ScanReport.load(options.report), kinds)
    else:
        bad = read_list(options.bad_list) if options.bad_list is not None else BadFrames.of_range(options.frames or "")
        bad = _said(bad, kinds, clip, options)
    if options.cuts == "off":
        bad = bad.with_cuts(())
    elif options.cuts != "auto":
        bad = bad.with_cuts(parse_range(options.cuts))
    back = [number for number, kind in bad.frames.items() if kind is Kind.MISSING and _is_original(clip, number)]
    notes = [f"said to be missing, but there, and left as they are: {format_range(back)}"] if back else []
    return bad.without(back).with_missing(clip.numbers), notes


def _said(bad: BadFrames, kinds: frozenset[Kind] | None, clip: Clip, options: RepairOptions) -> BadFrames:
    """A list does not tell kinds: one may be told beside it, and some options make sense for repeats alone."""
    if kinds is not None and (len(kinds) != 1 or Kind.DROPPED in kinds):
        raise UsageError("with a list or frames, one kind says what they are, such as --kinds duplicate; not dropped")
    is_about_repeats = options.policy.duplicates != "fill" or options.policy.policy == "centre"
    if kinds is None and not is_about_repeats:
        return bad
    kind = Kind.DUPLICATE if kinds is None else next(iter(kinds))
    return bad.with_missing(clip.numbers).said_to_be(kind)


def _is_original(clip: Clip, number: int) -> bool:
    """Whether a frame is there that no repair has made."""
    return number in clip.numbers and not is_repaired(clip.path(number))


def is_repaired(path: Path) -> bool:
    """Whether a file's header says that a repair made it; a damaged file says nothing."""
    try:
        return any(REPAIR in part.attributes for part in read_header(path))
    except InputError:
        return False


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
