"""An evaluation: list the items, let every method make the frames between, measure, show the worst."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import InputError, WriteError
from vfi_plugin.evaluate.drawing import write_png
from vfi_plugin.evaluate.evaluation import Evaluation, Setting
from vfi_plugin.evaluate.item import Chosen, Found, Group, choose
from vfi_plugin.evaluate.method import CLASSICS, FrameAverage, Method, ModelMethod, classics_asked
from vfi_plugin.evaluate.options import Asked, EvaluationOptions
from vfi_plugin.evaluate.retimed import RetimedMethod
from vfi_plugin.evaluate.scoring import Scorer
from vfi_plugin.evaluate.worst_page import WorstPage
from vfi_plugin.models.device_limits import hold_to
from vfi_plugin.models.model import Model
from vfi_plugin.models.registry import load_model, resolve_device
from vfi_plugin.models.times import reached_time
from vfi_plugin.render.progress import Progress, Silent

PAGE_NAME = "worst.png"

_COMPUTE_OR_DECODE = ("vfi-plugin", "torch", "numpy", "opencv-python-headless", "OpenImageIO", "av")
"""Packages whose version can change a digit."""


def run_evaluation(
    protocol: str,
    source: str | Path,
    options: EvaluationOptions | None = None,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
) -> Evaluation:
    """Measures a model on a data set, beside frame averaging and the classics.

    Scores are the same in every run on a machine; seconds are not.

    Args:
        protocol: a name from ``protocol.PROTOCOLS``.
        source: its folder; for ``clips`` also a movie or sequence.
        options: see there.
        progress: is told of each item.
        cancellation: is looked at before each item.

    Raises:
        UsageError: no such protocol, measure, classic or factor, or frames too small to be measured.
        InputError: a layout that is not the protocol's, a picture that cannot be read, or weights.
        DeviceError: no such device.
        RenderError: a model made NaN.
        WriteError: the page cannot be written.
        Cancelled: a stop was requested.
    """
    options = options or EvaluationOptions()
    asked = Asked.of(protocol, options)
    hold_to(resolve_device(options.device), None)
    model = _method(load_model(options.model, weights=options.weights, device=options.device), options)
    found = asked.protocol.find(source, asked.factor)
    page = _page_path(options.out)
    chosen = _chosen(asked, source, found)
    methods = [model, *_plain_methods(model, options, found.groups)]
    scorer = Scorer(methods, asked.measures, options.rounding, WorstPage(model.name, asked.measures[0]))
    _measure_all(asked, scorer, chosen, (progress or Silent(), cancellation or Cancellation()))
    files = _written(page, scorer.worst, f"{model.name} on {asked.protocol.name}")
    notes = (*found.notes, *_notes(asked, methods, chosen))
    left_out = (*chosen.left_out, *scorer.left_out)
    return Evaluation(
        _setting(asked, source), scorer.facts(), asked.measures, tuple(scorer.frames), left_out, notes, files
    )


def _method(model: Model, options: EvaluationOptions) -> Method:
    return RetimedMethod(model) if options.made_by == "retime" else ModelMethod(model)


def _measure_all(asked: Asked, scorer: Scorer, chosen: Chosen, told: tuple[Progress, Cancellation]) -> None:
    progress, cancellation = told
    protocol, count = asked.protocol, len(chosen.items)
    methods = ", ".join(method.name for method in scorer.methods)
    frames = sum(len(item.between) for item in chosen.items)
    progress.begin(frames, f"{protocol.name}: {protocol.about}; {count} items, {frames} frames by {methods}")
    done = 0
    for item in chosen.items:
        cancellation.check()
        scorer.measure(item)
        done += len(item.between)
        progress.frame_done(done, frames, item.name)
    if not scorer.frames:
        first = scorer.left_out[0]
        raise InputError(f"{protocol.name}: every item was left out, such as {first.name}: {first.reason}")
    progress.end(f"{len(scorer.frames)} frames measured")


def _chosen(asked: Asked, source: str | Path, found: Found) -> Chosen:
    chosen = choose(found.groups, asked.options.limit)
    if not chosen.items:
        why = f", such as {chosen.left_out[0].name}: {chosen.left_out[0].reason}" if chosen.left_out else ""
        raise InputError(
            f"{source} has no run of {asked.factor + 1} frames to measure; {len(chosen.left_out)} were left out{why}"
        )
    return chosen


def _plain_methods(model: Method, options: EvaluationOptions, groups: Sequence[Group]) -> Iterator[Method]:
    """Frame averaging, and the classics but the one that is being measured."""
    yield FrameAverage()
    most = _most_pixels(groups) if options.classics == "auto" else 0
    for name in classics_asked(options.classics, most):
        if name != model.name:
            yield _method(load_model(name, device=options.device), options)


def _most_pixels(groups: Sequence[Group]) -> int:
    """Of the largest frame, taking it that the frames of a group are of one size."""
    firsts = (item for group in groups for item in choose([group], 1).items)
    return max((item.before.read()[..., 0].size for item in firsts), default=0)


def _notes(asked: Asked, methods: Sequence[Method], chosen: Chosen) -> Iterator[str]:
    items, published = len(chosen.items), asked.protocol.published_items
    if published is not None and items != published:
        yield f"{items} items where the published set has {published}: not to stand beside published figures"
    info = methods[0].info
    knows = info is None or (info.makes_any_time if asked.options.made_by == "retime" else info.any_time)
    if info is not None and not knows:
        times = sorted({between.t for item in chosen.items for between in item.between})
        made = {t: reached_time(float(t), info.frames_at_once) for t in times}
        moved = ", ".join(f"{made[t]} for {t}" for t in times if made[t] != t)
        if moved:
            yield f"{info.name} does not know every time; it made t = {moved}, and was held against the latter"
    missing = [name for name in CLASSICS if name not in {method.name for method in methods}]
    if asked.options.classics == "auto" and missing:
        yield f"{', '.join(missing)} is left out, being slow on frames of this size; --classics dis,phase takes it in"


def _setting(asked: Asked, source: str | Path) -> Setting:
    device = str(resolve_device(asked.options.device))
    options = asked.options
    named = asked.protocol.name, asked.factor, options.rounding
    return Setting(*named, str(source), device, _versions(), options.made_by)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _COMPUTE_OR_DECODE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # OpenCV comes under several names
            found[name] = "not installed under this name"
    return found


def _page_path(out: str | Path | None) -> Path | None:
    """Where the page goes. The folder is made before the work, so that a wrong one is known at once."""
    if out is None:
        return None
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"the folder {out} cannot be made: {error.strerror}; choose another with --out") from None
    return Path(out) / PAGE_NAME


def _written(path: Path | None, worst: WorstPage, title: str) -> tuple[tuple[str, str], ...]:
    if path is None:
        return ()
    write_png(worst.page(title), path)
    return (("worst frames", str(path)),)
