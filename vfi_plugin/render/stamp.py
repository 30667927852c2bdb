"""What every output frame says about how it was made, and the check of frames that are already there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from vfi_plugin.errors import SettingsMismatchError
from vfi_plugin.image.frame import Attribute
from vfi_plugin.media.exr_whole import is_whole
from vfi_plugin.media.image_file import read_header
from vfi_plugin.models.info import ModelInfo
from vfi_plugin.render.header import Clock
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.plan import OutputFrame, RetimePlan
from vfi_plugin.timing.ranges import format_range

SETTINGS = "vfi/settings"


def settings_text(
    source: str,
    plan: RetimePlan,
    clock: Clock,
    options: RetimeOptions,
    model: ModelInfo,
    more: Mapping[str, object] | None = None,
) -> str:
    """Everything that a frame depends on besides the source's frames, as JSON with sorted keys; ``more`` is put in.

    Two runs with the same text give the same frames; chunks of one job have the same text, whatever frames they render.
    """
    positions = "\n".join(f"{frame.number} {frame.position}" for frame in plan.frames)
    facts = {
        "vfi": version("vfi-plugin"),
        "source": f"{Path(source).name} {format_range(plan.source_numbers)}",
        "output": format_range([frame.number for frame in plan.frames]),
        "positions_sha256": sha256(positions.encode()).hexdigest()[:16],
        **picture_facts(options, model),
        **({"bad": format_range(plan.bad)} if plan.bad else {}),
        "cuts": options.cuts,
        "ends": options.ends,
        "missing": options.missing,
        "fps": None if clock.rate is None else str(clock.rate),
        "timecode": None if clock.start is None else str(clock.start),
        **(more or {}),
    }
    return json.dumps(facts, sort_keys=True)


def picture_facts(options: RetimeOptions, model: ModelInfo) -> dict[str, object]:
    """What the pixels of a frame depend on besides its two sources and its time, for ``json.dumps``."""
    return {
        "method": options.method,
        "filter": options.filter,
        "model": model.name if options.method == "motion" else "none",
        "weights_sha256": model.weights_sha256,
        "precision": options.precision,
        "path": options.path,
        "channels": options.channels,
        "channel_rules": _rules_text(options),
        "colorspace": options.colorspace or "from the file",
        "config": _config_text(options.config),
        **_added_facts(options),
    }


def _added_facts(options: RetimeOptions) -> dict[str, object]:
    """What is not there in most runs is not told in them."""
    facts: dict[str, object] = {}
    if options.detail is not None:
        facts["detail"] = options.detail
    if options.exposure is not None:
        facts["shutter"] = str(options.exposure)
    if options.writes_vectors:
        facts["vectors"] = "only" if options.vectors_only else "added"
    if options.vectors_from is not None:
        facts["vectors_from"] = Path(options.vectors_from).name
    return facts


def settings_digest(settings: str) -> str:
    """Sixteen hex digits that tell one ``settings_text`` from another."""
    return sha256(settings.encode()).hexdigest()[:16]


def check_expected(settings: str, expected: str | None) -> None:
    """Raises SettingsMismatchError where a digest was handed over and the settings have another."""
    found = settings_digest(settings)
    if expected not in (None, found):
        raise SettingsMismatchError(
            f"settings of digest {expected} are expected, but here they have {found}: the source's frames, the map, the"
            " weights, an option or the version of vfi have changed since the job was made; make it again"
        )


def _rules_text(options: RetimeOptions) -> list[str]:
    if options.channels_map is None:
        return list(options.channel_rules)
    return [*options.channel_rules, _content_text(Path(options.channels_map))]


def _config_text(config: str | None) -> str:
    """A file by its content: the machines of a farm may have it in different places."""
    if config is None:
        return "from the environment"
    return _content_text(Path(config)) if Path(config).is_file() else config


def _content_text(path: Path) -> str:
    return f"{path.name} sha256 {sha256(path.read_bytes()).hexdigest()[:16]}"


def frame_stamp(
    frame: OutputFrame, *, model: str, settings: str, names: Sequence[str], reached: Fraction | None = None
) -> Mapping[str, Attribute]:
    """The ``vfi/`` header entries of one frame.

    ``vfi/source`` is the source position as a decimal number in a string: a float attribute has 24 bits, too few
    for 1003.3333. ``names`` are the files of the source frames that it is made of. ``reached`` is the time that was
    made instead of ``t``, by a model that knows some times only.
    """
    made = {} if reached is None or frame.is_copy else {"vfi/t_made": Attribute("string", repr(float(reached)))}
    return {
        **made,
        "vfi/source": Attribute("string", repr(float(frame.position))),
        "vfi/t": Attribute("string", repr(float(frame.t))),
        "vfi/frames": Attribute("string", " ".join(names)),
        "vfi/model": Attribute("string", model),
        SETTINGS: Attribute("string", settings),
    }


@dataclass(frozen=True)
class Standing:
    """Which of the frames to render are there already.

    Attributes:
        done: made with the same settings, to be left alone.
        unreadable: there, but broken; to be made again.
    """

    done: frozenset[int]
    unreadable: frozenset[int]


def frames_standing(paths: Mapping[int, Path], settings: str) -> Standing:
    """Looks at the headers of what stands under the output names; ``paths`` are those of the whole output.

    A chunk looks beyond its own frames, so that it never joins others that were made with other settings.

    Raises:
        SettingsMismatchError: a frame was made with other settings, or not by this program.
    """
    done, unreadable, foreign = [], [], {}
    for number, path in paths.items():
        if not path.exists():
            continue
        if not is_whole(path):
            unreadable.append(number)
            continue
        attributes = read_header(path)[0].attributes
        found = attributes[SETTINGS].value if SETTINGS in attributes else None
        if found == settings:
            done.append(number)
        else:
            foreign[number] = found
    if foreign:
        raise SettingsMismatchError(_mismatch_text(paths, foreign, settings))
    return Standing(frozenset(done), frozenset(unreadable))


def _mismatch_text(paths: Mapping[int, Path], foreign: Mapping[int, str | None], settings: str) -> str:
    first = next(iter(foreign))
    found = foreign[first]
    if found is None:
        why = "were not made by vfi retime"
    else:
        why = f"were made with other settings ({settings_difference(found, settings)})"
    return (
        f"output frames {format_range(sorted(foreign))} are already there and {why}, such as {paths[first]};"
        " choose another target, remove them, or use --overwrite"
    )


def settings_difference(found: str, wanted: str) -> str:
    """In what two settings texts differ, for people: "model: dis there, rife now"."""
    try:
        old = json.loads(found)
    except ValueError:
        return "their settings cannot be read"
    new = json.loads(wanted)
    keys = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    return "; ".join(f"{key}: {old.get(key)} there, {new.get(key)} now" for key in keys)
