"""What a retime is asked to do, checked once, here."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vfi_plugin.errors import UsageError
from vfi_plugin.models.info import DEVICES_SEPARATOR, PRECISIONS
from vfi_plugin.render.shutter import DEFAULT_SAMPLES, Shutter
from vfi_plugin.timing.time_map import TimeMap

METHODS = ("motion", "blend", "frame")
FILTERS = ("cubic", "linear")
ENDS = ("hold", "extrapolate", "error")
MISSING = ("error", "hold", "interpolate")
PATHS = ("curved", "straight")

Number = Fraction | float | int | str
"""A number as a person gives it: 0.5, "50%", "24000/1001". Floats count by their decimal text."""


@dataclass(frozen=True)
class RetimeOptions:
    """How to retime; exactly one of speed, time_map, fps and length says where the frames come from.

    Attributes:
        speed: 1 is normal, 0.5 half speed, negative backwards.
        time_map: output frame -> source frame, or the file that holds it (.csv, .txt, .nk, .otio).
        map_node: which node or clip of that file, where it has several.
        fps: target rate in frames a second; the duration is kept.
        source_fps: the source's rate, where the file does not say it or says it wrongly.
        rate: the rate that the output's files tell, where fps is not given: a time map may lead to another rate than
            the source's, and does not say it. None for the source's.
        length: number of output frames that the whole source range is fitted to.
        in_range: source frames to use, as a Nuke frame range; None for all.
        frames: output frames to render, as a Nuke frame range; None for all. The others stay as they are.
        start: number of the first output frame; None for the first source frame's, or as the time map says.
        method: "motion" moves content, "blend" mixes both frames, "frame" takes the nearest.
        filter: how colour is sampled between pixels: "cubic" keeps grain and detail and never rings beyond the nearest
            pixels, "linear" is softer.
        model: a model's name; None for the default.
        weights: a file of weights for the model; None for the imported or shipped ones.
        device: "auto", "cpu", "cuda" or "cuda:N"; several with commas share the pairs of frames.
        detail: the size at which motion is looked for, as a part of the frame's: 1, 0.5 or 0.25; None: as the model
            chooses. Less reaches further, is faster and less easily led astray by grain; more finds smaller things.
        path: "curved": what moves follows a curve through the frames around each pair, where it changes its speed
            smoothly, so that it eases and turns as it did. "straight": evenly from one frame to the next.
        precision: of a network's convolutions: "float32" or "float16", which is for GPUs.
        memory_gb: the most memory that a run may take, in GiB, of the machine or of the GPU that it runs on; None for
            8, or three quarters of a machine that has less. Frames that need more are made in pieces.
        channels: "all", "rgb", "rgba" or names separated by commas.
        channel_rules: rules "glob=class,option=value", first match wins, before the built-in ones.
        channels_map: a YAML file of such rules.
        colorspace: colour space of the source; None to tell from the file.
        config: OCIO config, a path or an ``ocio://`` name; None for $OCIO or the pinned one.
        cuts: "auto" finds scene cuts, "off" ignores them, or the frames that begin a new shot, as a frame range.
        ends: positions past either end of the source: "hold", "extrapolate" or "error".
        missing: holes in the numbering: "error", "hold" the frame before, or "interpolate" across.
        bad_frames: source frames that are not to be used, as a Nuke frame range: frames are made across them from the
            good ones around; at an end, ``ends`` holds.
        shutter: how long each output frame is exposed, in output frames: 0.5 is 180 degrees, 0 makes sharp frames.
        samples: how many moments of that time a frame is the mean of.
        shutter_offset: "centered" around the frame's time, from it on ("start"), up to it ("end"), or the output frames
            from its time to when the shutter opens.
        vectors: whether the motion to the next and from the previous output frame is written as layers ``forward``
            and ``backward``.
        vectors_only: the same, and no other channel.
        vectors_from: a sequence whose motion vector layers take the place of a model, numbered as the source is; it
            may be the source itself.
        overwrite: whether frames already there are rendered again.
        expect: digest that the plan's settings must have (``stamp.settings_digest``), as a farm job hands it over; None
            for any.
    """

    speed: Number | None = None
    time_map: TimeMap | str | Path | None = None
    map_node: str | None = None
    fps: Number | None = None
    source_fps: Number | None = None
    rate: Number | None = None
    length: int | None = None
    in_range: str | None = None
    frames: str | None = None
    start: int | None = None
    method: str = "motion"
    filter: str = "cubic"
    model: str | None = None
    weights: str | None = None
    device: str = "auto"
    precision: str = "float32"
    detail: float | None = None
    path: str = "curved"
    memory_gb: float | None = None
    channels: str = "all"
    channel_rules: tuple[str, ...] = ()
    channels_map: str | None = None
    colorspace: str | None = None
    config: str | None = None
    cuts: str = "auto"
    ends: str = "hold"
    missing: str = "error"
    bad_frames: str | None = None
    shutter: Number = 0
    samples: int = DEFAULT_SAMPLES
    shutter_offset: Number = "centered"
    vectors: bool = False
    vectors_only: bool = False
    vectors_from: str | None = None
    overwrite: bool = False
    expect: str | None = None

    def __post_init__(self) -> None:
        if self.detail is not None:
            object.__setattr__(self, "detail", float(self.detail))  # 1 and 1.0 are one setting, in every text
        self._check_timing()
        self._check_choices()
        Shutter.of(self.shutter, self.samples, self.shutter_offset)  # raises where there can be none such
        self._check_vectors()
        self._check_devices()

    def _check_timing(self) -> None:
        given = [name for name in ("speed", "time_map", "fps", "length") if getattr(self, name) is not None]
        if len(given) != 1:
            got = " and ".join(given) or "none of them"
            raise UsageError(f"give exactly one of speed, time map, fps and length; got {got}")
        if self.map_node is not None and not isinstance(self.time_map, str | Path):
            raise UsageError("a map node goes with a time map file, which was not given")
        if self.rate is not None and self.fps is not None:
            raise UsageError("fps says the rate of the output already; give fps or rate, not both")
        if self.source_fps is not None and self.fps is None and self.rate is None:
            raise UsageError("source fps goes with fps or rate, which were not given; leave it out or give one of them")

    def _check_choices(self) -> None:
        if self.memory_gb is not None and not self.memory_gb > 0:
            raise UsageError(f"memory_gb {self.memory_gb} is no amount of memory; give GiB, such as 4, or leave it out")
        for name, allowed in (
            ("method", METHODS),
            ("filter", FILTERS),
            ("ends", ENDS),
            ("missing", MISSING),
            ("precision", PRECISIONS),
            ("path", PATHS),
        ):
            if getattr(self, name) not in allowed:
                raise UsageError(f"{name} {getattr(self, name)!r} is unknown; use one of {', '.join(allowed)}")
        if self.detail is not None and self.method != "motion":
            raise UsageError(f"method {self.method} looks for no motion, so detail means nothing; leave it out")

    def _check_devices(self) -> None:
        if not all(self.devices):
            raise UsageError(f"the devices {self.device!r} have an empty name among them; give such as cuda:0,cuda:1")
        if len(self.devices) > 1 and (self.exposure is not None or self.writes_vectors):
            raise UsageError("with a shutter or vectors to write frames share their pairs; give one device")

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices, each by its name."""
        return tuple(name.strip() for name in self.device.split(DEVICES_SEPARATOR))

    @property
    def exposure(self) -> Shutter | None:
        """The shutter; None for sharp frames."""
        return Shutter.of(self.shutter, self.samples, self.shutter_offset)

    @property
    def writes_vectors(self) -> bool:
        """Whether output frames have layers of motion vectors that were found."""
        return self.vectors or self.vectors_only

    def _check_vectors(self) -> None:
        if (self.writes_vectors or self.vectors_from is not None) and self.method != "motion":
            raise UsageError(f"method {self.method} knows no motion, so there are no vectors; use method motion")
        if self.vectors_only and self.exposure is not None:
            raise UsageError("vectors alone have nothing to expose; leave out shutter, or write pictures too (vectors)")
        if self.vectors_from is not None and (self.model or self.weights or self.detail) is not None:
            raise UsageError(
                "vectors are given in the place of a model; give vectors from, or model, weights and detail"
            )
