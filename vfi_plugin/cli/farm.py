"""``vfi farm``: a retime as a job for a render farm, and the check of its frames."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfi_plugin.cli.retime import add_options, options_of
from vfi_plugin.farm.command import DEFAULT_CHUNK_SIZE

if TYPE_CHECKING:
    from vfi_plugin.farm.job import FarmJob

_EXAMPLES = """examples:
  vfi farm bundle plate.####.exr slow.####.exr --speed 0.5 --chunk-size 8 --out job
  vfi farm bundle plate.####.exr ramp.####.exr --map comp.nk --executable /opt/vfi/bin/vfi --out job
  openjd run job/template.yaml -p file://job/openjd_values.yaml       on this machine
  deadline bundle submit job                                          to AWS Deadline Cloud
  vfi farm verify slow.####.exr                                       is all there and whole?
"""


def add_parser(commands: Any, about: str) -> None:
    """Adds the command to the parser; ``about`` stands beside its name in ``vfi --help``."""
    parser = commands.add_parser(
        "farm",
        help=about,
        description="A retime in chunks, for the engines of render farms. The frames are the bits that one run gives.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_bundle(actions)
    _add_verify(actions)


def _add_bundle(actions: Any) -> None:
    bundle = actions.add_parser(
        "bundle",
        help="write a job for Open Job Description, Deadline and OpenCue",
        description="Plans a retime and writes it as a job: a folder for Open Job Description (openjd, AWS Deadline"
        " Cloud), with files for Thinkbox Deadline 10 and OpenCue beside it. Takes every option of 'vfi retime'"
        " but --progress, which each engine has its own of.",
    )
    add_options(bundle)
    job = bundle.add_argument_group("job")
    job.add_argument("--out", metavar="DIR", required=True, help="the folder to write")
    job.add_argument(
        "--chunk-size",
        type=int,
        metavar="N",
        default=DEFAULT_CHUNK_SIZE,
        help=f"frames a task (default: {DEFAULT_CHUNK_SIZE})",
    )
    job.add_argument("--executable", metavar="PATH", default="vfi", help="vfi on the farm's machines (default: vfi)")
    job.add_argument("--dry-run", action="store_true", help="print the plan and stop")
    bundle.set_defaults(run=run_bundle)


def _add_verify(actions: Any) -> None:
    verify = actions.add_parser(
        "verify",
        help="check that all frames of a retime are there",
        description="Are all frames there, whole, and made with one set of settings? Exit code 3 where frames are"
        " missing or broken, 1 where they were made with other settings.",
    )
    verify.add_argument("target", help="EXR sequence (slow.####.exr)")
    verify.add_argument("--frames", metavar="A-B", help="frames there must be (default: the whole output)")
    verify.add_argument("--expect", metavar="DIGEST", help="of their settings (default: any, but the same)")
    verify.set_defaults(run=run_verify)


def run_bundle(args: argparse.Namespace) -> int:
    """Plans the job, writes it and says how it is started."""
    from vfi_plugin.farm.bundle import write_bundle
    from vfi_plugin.farm.job import plan_farm_job

    job = plan_farm_job(
        args.source, args.target, options_of(args), chunk_size=args.chunk_size, executable=args.executable
    )
    print(job.plan)
    if args.config is None and os.environ.get("OCIO"):
        print('note: $OCIO is set here and stays here; --config "$OCIO" hands it over', file=sys.stderr)
    if args.dry_run:
        return 0
    write_bundle(job, args.out)
    for line in _starting(job, Path(args.out)):
        print(line)
    return 0


def _starting(job: FarmJob, out: Path) -> Iterator[str]:
    from vfi_plugin.farm.deadline import RENDER_FILES, VERIFY_FILES
    from vfi_plugin.farm.opencue import SCRIPT
    from vfi_plugin.farm.openjd import LOCAL_VALUES, TEMPLATE
    from vfi_plugin.farm.quoting import shell_line

    yield f"{out}: {len(job.frames)} frames in chunks of {job.chunk_size}; start it by one of"
    deadline = [word for names in (RENDER_FILES, VERIFY_FILES) for word in ("-Job", *(str(out / n) for n in names))]
    for words in (
        ["openjd", "run", str(out / TEMPLATE), "-p", f"file://{out / LOCAL_VALUES}"],
        ["deadline", "bundle", "submit", str(out)],
        ["deadlinecommand", "-SubmitMultipleJobs", "-Dependent", *deadline],
        ["python", str(out / SCRIPT)],
    ):
        yield f"  {shell_line(words)}"


def run_verify(args: argparse.Namespace) -> int:
    """Looks at the frames and says that all is well."""
    from vfi_plugin.farm.verify import verify_frames

    print(verify_frames(args.target, args.frames, args.expect).summary())
    return 0
