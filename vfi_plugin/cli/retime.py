"""``vfi retime``: the main job."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from vfi_plugin.cancellation import stop_on_signals
from vfi_plugin.cli.progress_display import STYLES, display, failure_told
from vfi_plugin.render.options import ENDS, FILTERS, METHODS, MISSING, PATHS, RetimeOptions
from vfi_plugin.render.shutter import DEFAULT_SAMPLES

_EXAMPLES = """examples:
  vfi retime plate.####.exr slow.####.exr --speed 0.5           half speed: 10 frames become 19
  vfi retime plate.####.exr out.####.exr --map ramp.csv         a ramp: lines of output frame, source frame
  vfi retime plate.####.exr out.####.exr --map comp.nk          the TimeWarp or Kronos of a Nuke script
  vfi retime plate.####.exr out.####.exr --fps 48               24 to 48 frames a second, same duration
  vfi retime plate.####.exr out.####.exr --speed -100%          backwards
  vfi retime plate.####.exr slow.####.exr --speed 0.5 --frames 1001-1010   one chunk of a farm job
"""


def add_parser(commands: Any, about: str) -> None:
    """Adds the command to the parser; ``about`` stands beside its name in ``vfi --help``."""
    parser = commands.add_parser(
        "retime",
        help=about,
        description="Retimes a clip. Source frames come through untouched; frames in between are made by motion.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(parser)
    _add_run(parser)
    parser.set_defaults(run=run)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds source, target and everything that decides what the frames are; ``options_of`` reads it."""
    parser.add_argument("source", help="sequence (plate.####.exr, plate.%%04d.exr, one file of it) or movie")
    parser.add_argument("target", help="EXR sequence (slow.####.exr) or movie (.mov, .mp4, .mkv)")
    _add_timing(parser)
    add_motion(parser)
    _add_shutter(parser)
    _add_vectors(parser)
    add_picture(parser)
    parser.add_argument("--overwrite", action="store_true", help="render again what is already there")


def _add_timing(parser: argparse.ArgumentParser) -> None:
    timing = parser.add_argument_group("timing (one of --speed, --map, --fps, --length)")
    timing.add_argument("--speed", help="0.5 or 50%% is half speed; negative plays backwards")
    timing.add_argument("--map", metavar="FILE", help="time map: .csv, Nuke curve .txt, .nk, .otio")
    timing.add_argument("--map-node", metavar="NAME", help="which node or clip of the map file, where it has several")
    timing.add_argument("--fps", help="target rate, such as 48 or 24000/1001; the duration is kept")
    timing.add_argument("--source-fps", help="the source's rate, where the file does not say it")
    timing.add_argument("--rate", help="the rate that the output's files tell, where it is not the source's nor --fps")
    timing.add_argument("--length", type=int, metavar="N", help="fit the source range to N frames")
    timing.add_argument("--in-range", metavar="A-B", help="source frames to use (default: all)")
    timing.add_argument("--frames", metavar="A-B", help="output frames to render, such as 1001-1100 or 1-10x3")
    timing.add_argument("--start", type=int, metavar="N", help="number of the first output frame")
    timing.add_argument("--bad-frames", metavar="A-B", help="source frames not to use, such as '1015-1017 1040'")
    add_gaps(timing)


def add_gaps(group: Any) -> None:
    """Adds what is done where the source has no frame."""
    group.add_argument("--ends", choices=ENDS, default="hold", help="what lies past the first and last source frame")
    group.add_argument("--missing", choices=MISSING, default="error", help="holes in the numbering of the source")


def add_motion(parser: argparse.ArgumentParser) -> None:
    """Adds how in-between frames are made."""
    motion = parser.add_argument_group("motion")
    motion.add_argument("--method", choices=METHODS, default="motion", help="move content, mix frames, or take one")
    motion.add_argument("--filter", choices=FILTERS, default="cubic", help="how colour is sampled between pixels")
    motion.add_argument("--model", metavar="NAME", help="see 'vfi models list'")
    motion.add_argument(
        "--weights", metavar="FILE", help="weights for the model (default: the imported or shipped ones)"
    )
    motion.add_argument(
        "--detail", type=float, metavar="D", help="look for motion at this part of the size: 1, 0.5 or 0.25"
    )
    motion.add_argument(
        "--path",
        choices=PATHS,
        default="curved",
        help="follow a curve through the frames around (the default), or go straight from frame to frame",
    )
    motion.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N; several: cuda:0,cuda:1")
    motion.add_argument(
        "--precision", default="float32", help="of a network's convolutions: float32, or float16 on a GPU"
    )
    motion.add_argument(
        "--memory-gb", type=float, metavar="G", help="most memory to take, in GiB (default: 8, or what there is)"
    )
    motion.add_argument("--cuts", default="auto", help="auto, off, or the frames that begin a new shot (1031 1066)")


def _add_shutter(parser: argparse.ArgumentParser) -> None:
    shutter = parser.add_argument_group("shutter")
    shutter.add_argument(
        "--shutter", default=0, metavar="F", help="output frames that each frame is exposed for: 0.5 is 180 degrees"
    )
    shutter.add_argument(
        "--samples",
        type=int,
        default=DEFAULT_SAMPLES,
        metavar="N",
        help="moments averaged (default: %(default)s)",
    )
    shutter.add_argument(
        "--shutter-offset",
        default="centered",
        metavar="WHEN",
        help="centered, start, end, or when it opens in frames from the frame's time, such as -0.25",
    )


def _add_vectors(parser: argparse.ArgumentParser) -> None:
    vectors = parser.add_argument_group("motion vectors")
    vectors.add_argument(
        "--vectors", action="store_true", help="add forward.u/v and backward.u/v: pixels a frame, y up, as Nuke's"
    )
    vectors.add_argument("--vectors-only", action="store_true", help="write these layers and no other channel")
    vectors.add_argument(
        "--vectors-from",
        metavar="SEQ",
        help="move by the vectors in these files, or the source's own, without a model",
    )


def add_picture(parser: argparse.ArgumentParser) -> None:
    """Adds what is known of channels and colour."""
    picture = parser.add_argument_group("channels and colour")
    picture.add_argument("--channels", default="all", help="all, rgb, rgba, or names separated by commas")
    picture.add_argument(
        "--channel",
        action="append",
        default=[],
        metavar="RULE",
        help="what channels are, such as 'vel.*=motion,units=ndc,y=down'; see 'vfi doctor FILE.exr'",
    )
    picture.add_argument("--channels-map", metavar="FILE", help="a YAML file of such rules")
    picture.add_argument(
        "--colorspace", metavar="NAME", help="of the source (default: from the file, else scene-linear)"
    )
    picture.add_argument("--config", metavar="FILE", help="OCIO config (default: $OCIO, else a pinned ACES one)")


def _add_run(parser: argparse.ArgumentParser) -> None:
    run_group = parser.add_argument_group("run")
    run_group.add_argument("--expect", metavar="DIGEST", help="stop where the settings have another (for farm jobs)")
    run_group.add_argument("--progress", choices=STYLES, default="auto", help="how progress is shown")
    run_group.add_argument("--dry-run", action="store_true", help="print the plan and stop")


_TIMING = ("speed", "map_node", "fps", "source_fps", "rate", "length", "in_range", "bad_frames", "frames", "start")
_GAPS = ("ends", "missing")
_MOTION = ("method", "filter", "model", "weights", "detail", "path", "device", "precision", "memory_gb", "cuts")
_SPANS = ("shutter", "samples", "shutter_offset", "vectors", "vectors_only", "vectors_from")
_REST = ("channels", "channels_map", "colorspace", "config", "overwrite")


def given_options(args: argparse.Namespace) -> dict[str, Any]:
    """What the shared groups of arguments say, as attributes of `RetimeOptions`: everything but the timing."""
    return {**{name: getattr(args, name) for name in _GAPS}, **motion_and_picture(args)}


def motion_and_picture(args: argparse.Namespace) -> dict[str, Any]:
    """What ``add_motion``, ``add_picture`` and ``--overwrite`` say, as attributes of `RetimeOptions`."""
    given = {name: getattr(args, name) for name in (*_MOTION, *_REST)}
    return {**given, "channel_rules": tuple(args.channel)}


def options_of(args: argparse.Namespace) -> RetimeOptions:
    """What the arguments of ``add_options`` ask for."""
    timing = {name: getattr(args, name) for name in (*_TIMING, *_SPANS)}
    return RetimeOptions(time_map=args.map, **timing, **given_options(args))


def run(args: argparse.Namespace) -> int:
    """Plans, prints the plan, renders."""
    from vfi_plugin.render.retime import plan_retime, retime_with

    options = replace(options_of(args), expect=args.expect)
    if args.dry_run:
        for line in plan_retime(args.source, args.target, options).description():
            print(line)
        return 0
    with failure_told(args.progress), stop_on_signals() as cancellation:
        retime_with(args.source, args.target, options, display(args.progress), cancellation)
    return 0
