"""``vfi evaluate``: a model measured on a data set, beside the plain ways that it has to beat."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfi_plugin.cancellation import stop_on_signals
from vfi_plugin.cli.progress_display import STYLES, display
from vfi_plugin.errors import WriteError
from vfi_plugin.evaluate.codes import MADE_BY, ROUNDINGS
from vfi_plugin.evaluate.measure import MEASURES
from vfi_plugin.evaluate.protocol import PROTOCOLS

if TYPE_CHECKING:
    from vfi_plugin.evaluate.evaluation import Evaluation


def add_parser(commands: Any, about: str) -> None:
    """Adds the command to the parser; ``about`` stands beside its name in ``vfi --help``."""
    parser = commands.add_parser(
        "evaluate",
        help=about,
        description="Makes the frames that a data set knows, by a model, by frame averaging and by the classics, and\n"
        "prints how near each comes to the true ones. Pictures go to the model as they are in\n"
        "their 8-bit files.",
        epilog="\n".join(_epilog()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("protocol", metavar="PROTOCOL", help="see below; its name belongs beside every number")
    parser.add_argument("source", metavar="DIR", help="the data set's folder; for clips also a movie or sequence")
    _add_models(parser)
    _add_measuring(parser)
    parser.add_argument("--out", metavar="FOLDER", help="draw the worst ten frames into worst.png in this folder")
    parser.add_argument("--json", metavar="FILE", help="write every number and how it was got")
    parser.add_argument("--progress", choices=STYLES, default="auto", help="how progress is shown")
    parser.set_defaults(run=run)


def _add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME", help="see 'vfi models list'")
    parser.add_argument(
        "--weights", metavar="FILE", help="weights for the model (default: the imported or shipped ones)"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument(
        "--classics",
        default="auto",
        metavar="LIST",
        help="models to run beside it: dis, phase, dis,phase, none, or auto (default): both, without phase on large"
        " frames, as it is slow",
    )
    parser.add_argument(
        "--made-by",
        choices=MADE_BY,
        default="model",
        help="by the models alone, as papers measure, or by vfi retime with them",
    )


def _add_measuring(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is measured")
    group.add_argument(
        "--factor", type=int, metavar="N", help="frames between are at t = k/N (default: the protocol's)"
    )
    group.add_argument("--limit", type=int, metavar="N", help="at most N items, shared evenly among clips or folders")
    group.add_argument("--measures", metavar="LIST", help=f"instead of the protocol's: {', '.join(MEASURES)}")
    group.add_argument(
        "--rounding", choices=ROUNDINGS, default="nearest", help="of results to 8 bits (down: sepconv-slomo's figures)"
    )


def _epilog() -> Iterator[str]:
    yield "protocols:"
    for protocol in PROTOCOLS.values():
        yield f"  {protocol.name:<20}{protocol.about}"
        yield f"  {'':<20}{protocol.layout}"


def run(args: argparse.Namespace) -> int:
    """Measures, prints the tables, writes the files."""
    from vfi_plugin.evaluate.options import EvaluationOptions
    from vfi_plugin.evaluate.run import run_evaluation
    from vfi_plugin.evaluate.table import evaluation_lines

    options = EvaluationOptions(
        model=args.model,
        weights=args.weights,
        device=args.device,
        classics=args.classics,
        factor=args.factor,
        limit=args.limit,
        measures=tuple(name.strip() for name in args.measures.split(",")) if args.measures else (),
        rounding=args.rounding,
        made_by=args.made_by,
        out=args.out,
    )
    if args.json and not Path(args.json).absolute().parent.is_dir():
        raise WriteError(f"there is no folder {Path(args.json).parent} for {args.json}; make it first")
    with stop_on_signals() as cancellation:
        evaluation = run_evaluation(args.protocol, args.source, options, display(args.progress), cancellation)
    if args.progress == "json":
        print(json.dumps({"event": "report", **evaluation.as_json()}))
    else:
        print("\n".join(evaluation_lines(evaluation)))
    if args.json:
        _write_json(evaluation, Path(args.json))
    return 0


def _write_json(evaluation: Evaluation, path: Path) -> None:
    try:
        path.write_text(json.dumps(evaluation.as_json(), indent=2) + "\n", "utf-8")
    except OSError as error:
        raise WriteError(f"could not write {path}: {error.strerror}; the table above has the means") from None
