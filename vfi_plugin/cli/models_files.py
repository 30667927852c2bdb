"""``vfi models import`` and ``vfi models export``: weights on their way in and out."""

from __future__ import annotations

import argparse
import inspect
import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from vfi_plugin.errors import UsageError, WriteError
from vfi_plugin.models.registry import load_model, model_info, model_names, variants_of, weights_facts
from vfi_plugin.models.weights_place import imports_folder, weights_file

if TYPE_CHECKING:
    import torch
    from torch import nn

    from vfi_plugin.models.weights import Weights


@runtime_checkable
class Exportable(Protocol):
    """A model whose network can be traced."""

    def export_form(self) -> tuple[nn.Module, dict[str, torch.Tensor]]:
        """The network, and by the names of its inputs tensors that it can be traced with."""


def add_parsers(actions: Any) -> None:
    """Adds both actions to those of ``vfi models``."""
    importing = actions.add_parser("import", help="take over weights that a network's authors published")
    importing.add_argument("file", help="as published, or in this package's own form")
    importing.add_argument("--name", help="the network it must be of (default: found by the content)")
    importing.add_argument(
        "--follow",
        action="store_true",
        help="let a retime show it frames that the fast classic has moved onto each other (docs/models.md)",
    )
    importing.set_defaults(run=run_import)
    exporting = actions.add_parser("export", help="write a network as TorchScript, for other programs")
    exporting.add_argument("name", help="of the model")
    exporting.add_argument(
        "--format",
        choices=("torchscript", "nuke"),
        default="torchscript",
        help="torchscript: the network alone (default); nuke: a folder for Nuke's Cattery, with a gizmo",
    )
    exporting.add_argument("--out", required=True, metavar="PATH", help="a file such as rife.pt; for nuke, a folder")
    exporting.add_argument("--weights", metavar="FILE", help="weights (default: the imported or shipped ones)")
    exporting.set_defaults(run=run_export)


def run_import(args: argparse.Namespace) -> int:
    """Recognises a file of weights by its content and puts it where models look for theirs."""
    from vfi_plugin.models.weights import save_weights

    name, weights = _recognised(args.file, args.name)
    if args.follow:
        if model_info(name).is_classic:
            raise UsageError(f"{name} looks for motion by the classics itself; leave --follow out")
        weights = replace(weights, follows=True)
    folder = imports_folder()
    if folder is None:
        raise UsageError("there is no home folder to put weights into; set VFI_WEIGHTS to a folder for them")
    target = folder / f"{name}.safetensors"
    with _writing(target, "set VFI_WEIGHTS to a folder that can be written to"):
        stood_there = target.is_file()
        save_weights(target, name, _checked(weights), weights.sha256)
    variant = f" {weights.variant}" if weights.variant else ""
    print(f"{args.file} has weights of {name}{variant} (sha256 {weights.sha256})")
    if weights.follows:
        print("a retime shows it frames that the fast classic has moved onto each other")
    print(f"{'replaced' if stood_there else 'written to'} {target}; vfi retime --model {name} uses it from now on")
    return 0


def run_export(args: argparse.Namespace) -> int:
    """Traces a network with its weights and says what goes in and comes out."""
    if args.format == "nuke":
        from vfi_plugin.cli.models_nuke import run_nuke_export

        return run_nuke_export(args)
    target = Path(args.out)
    with _writing(target, "give another --out"):
        if not target.name or target.is_dir():
            raise UsageError(f"--out {args.out!r} is no name of a file; give one such as {args.name}.pt")
    model = load_model(args.name, weights=args.weights, device="cpu")
    if not isinstance(model, Exportable):
        raise UsageError(f"the model {args.name} cannot be exported: {_hindrance(args.name)}")
    source = weights_file(args.name, args.weights)
    with _writing(target, "give another --out"):
        stood_there = target.exists()
        if stood_there and source is not None and target.samefile(source):
            raise UsageError(f"--out {target} are the weights themselves; give another --out")
    net, inputs = model.export_form()
    traced = _traced(net, inputs)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    with _writing(target, "give another --out"):
        try:
            temporary.write_bytes(traced)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    done = "replaced" if stood_there else "wrote"
    print(f"{done} {target}: forward({', '.join(inputs)}) in TorchScript, float32, on the CPU")
    print(f"Heights and widths must be multiples of {model.info.size_multiple}.")
    print(inspect.getdoc(type(net).forward))
    return 0


def _hindrance(name: str) -> str:
    """Why a model is not ``Exportable``."""
    if not variants_of(name):
        return "it has no network"
    return f"not all of it can be traced (vfi models show {name} says why)"


def in_use(name: str) -> Iterator[str]:
    """Lines on the weights that a model takes when none are named; none where it has none."""
    path = weights_file(name, None)
    facts = None if path is None else weights_facts(name, path)
    if facts is not None:
        yield f"  {path}"
        yield f"  variant {facts.variant or 'the only one'}, sha256 {facts.sha256}"


def _recognised(file: str, name: str | None) -> tuple[str, Weights]:
    """The network that a file is of, and the weights in it; ``name`` insists on one."""
    from vfi_plugin.models.container import read_container
    from vfi_plugin.models.weights import Weights, read_weights, recognise

    if name is None:
        container = read_container(file)
        name = container.metadata.get("vfi.network")
        if name not in model_names():
            networks = {each: variants_of(each) for each in model_names() if variants_of(each)}
            found, match = recognise(container, networks)
            return found, Weights(match.state(), match.variant.name, container.sha256, container.path.name)
    if not variants_of(name):
        raise UsageError(f"the model {name} has no weights; leave --name out, or name the network they are of")
    weights = read_weights(name, variants_of(name), file)
    load_model(name, weights=file, device="cpu")  # a file of our own form says what it is; here it has to prove it
    return name, weights


def _checked(weights: Weights) -> Weights:
    """The same with tensors of their own memory: those of a pickle may be views of one another.

    Raises:
        WeightsError: a tensor has no plain numbers in it, or some that are not finite.
    """
    from vfi_plugin.models.variant import check_finite

    check_finite(weights.tensors, weights.source)
    return replace(weights, tensors={name: tensor.clone() for name, tensor in weights.tensors.items()})


@contextmanager
def _writing(target: Path, advice: str) -> Iterator[None]:
    """Turns failures to write ``target`` into the one-line error."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"{target} cannot be written ({error.strerror or error}); {advice}") from error


def _traced(net: nn.Module, inputs: dict[str, torch.Tensor]) -> bytes:
    """A file of the network as TorchScript, good for frames of other sizes too."""
    import torch

    file = io.BytesIO()
    with _plain_kernels(), torch.no_grad(), warnings.catch_warnings():
        # The kernels' checks of shapes are not recorded, which is right, but torch warns of each. It also advises
        # torch.export, whose files C++ and hosts' own loaders do not read.
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(net, tuple(inputs.values()), check_trace=False)  # type: ignore[no-untyped-call]
        torch.jit.save(traced, file)
    return file.getvalue()


@contextmanager
def _plain_kernels() -> Iterator[None]:
    """Compiled kernels leave no trace: their results would be written down as constants."""
    before = os.environ.get("VFI_KERNELS")
    os.environ["VFI_KERNELS"] = "torch"
    try:
        yield
    finally:
        if before is None:
            del os.environ["VFI_KERNELS"]
        else:
            os.environ["VFI_KERNELS"] = before
