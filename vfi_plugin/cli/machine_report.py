"""What ``vfi doctor`` finds out about the machine: one fact a line."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from vfi_plugin.errors import VfiError
from vfi_plugin.image.colour_config import choose_space, config_name, load_config
from vfi_plugin.kernels.backend import native_module
from vfi_plugin.models.registry import default_model, model_names
from vfi_plugin.processors import usable_cores

_NO_CUPY = (
    'GPU kernels need CuPy, which is not installed (pip install "vfi-plugin[cuda12]" or "vfi-plugin[cuda13]");'
    " without it everything works, through torch"
)

# Name for people, module, distribution: what reading, writing and colour need.
_LIBRARIES = (
    ("NumPy", "numpy", "numpy"),
    ("OpenEXR", "OpenEXR", "OpenEXR"),
    ("OpenImageIO", "OpenImageIO", "OpenImageIO"),
    ("OpenColorIO", "PyOpenColorIO", "opencolorio"),
    ("OpenCV", "cv2", "opencv-python-headless"),
    ("PyAV", "av", "av"),
    ("fileseq", "fileseq", "Fileseq"),
    ("OpenTimelineIO", "opentimelineio", "OpenTimelineIO"),
)


class State(str, Enum):
    """What a fact means for the work."""

    OK = "ok"
    NOTE = "note"
    BROKEN = "broken"


@dataclass(frozen=True)
class Fact:
    """One line of the report: what it is about, what was found, whether work can be done with it."""

    name: str
    found: str
    state: State = State.OK


def machine_facts() -> Iterator[Fact]:
    """Every fact, in the order of the report; nothing is raised."""
    yield _package("vfi-plugin", "vfi-plugin")
    yield Fact(
        "Python", f"{platform.python_version()}, {platform.system()} {platform.machine()}, {usable_cores()} cores"
    )
    yield from _torch_facts()
    yield _native_fact()
    yield _cupy_fact()
    for name, module, distribution in _LIBRARIES:
        yield _library(name, module, distribution)
    yield _config_fact()
    names = [f"{name} (default)" if name == default_model() else name for name in model_names()]
    yield Fact("models", ", ".join(names))


def _package(name: str, distribution: str) -> Fact:
    try:
        return Fact(name, version(distribution))
    except PackageNotFoundError:
        return Fact(name, "is not installed: pip install it, then run this again", State.BROKEN)


def _library(name: str, module: str, distribution: str) -> Fact:
    """A library counts as there when it can be loaded: a wheel for another system is installed, and of no use."""
    try:
        loaded = import_module(module)
    except ImportError as error:
        return Fact(name, f"cannot be loaded ({_one_line(error)}): pip install {distribution}", State.BROKEN)
    try:
        return Fact(name, version(distribution))
    except PackageNotFoundError:  # another build of it, such as opencv-python or one of a studio's own
        return Fact(name, str(getattr(loaded, "__version__", "of unknown version")))


def _torch_facts() -> Iterator[Fact]:
    try:
        import torch
    except (ImportError, OSError) as error:
        yield Fact("PyTorch", f"cannot be loaded ({_one_line(error)}): pip install torch", State.BROKEN)
        return
    build = f"for CUDA {torch.version.cuda}" if torch.version.cuda else "for the CPU"
    yield Fact("PyTorch", f"{torch.__version__}, built {build}, {torch.get_num_threads()} threads")
    if not torch.version.cuda:
        yield Fact(
            "CUDA device", "none: this PyTorch is built for the CPU; for a GPU, install a CUDA build", State.NOTE
        )
    elif not torch.cuda.is_available():
        found = "none: look whether nvidia-smi lists one, and at CUDA_VISIBLE_DEVICES; the CPU is used"
        yield Fact("CUDA device", found, State.NOTE)
    else:
        for index in range(torch.cuda.device_count()):
            device = torch.cuda.get_device_properties(index)
            yield Fact("CUDA device", f"cuda:{index} {device.name}, {device.total_memory / 2**30:.0f} GiB")


def _native_fact() -> Fact:
    try:
        native_module()
    except VfiError as error:
        return Fact("CPU kernels", str(error), State.BROKEN)
    return Fact("CPU kernels", "compiled, loaded")


def _cupy_fact() -> Fact:
    try:
        cupy = import_module("cupy")
    except (ImportError, OSError):
        return Fact("CuPy", _NO_CUPY, State.NOTE)
    return Fact("CuPy", f"{cupy.__version__}; compiles the GPU kernels when they are first used, and keeps them")


def _config_fact() -> Fact:
    wanted, origin = config_name()
    try:
        linear = choose_space(load_config())
    except VfiError as error:
        return Fact("OCIO config", str(error), State.BROKEN)
    except ImportError:
        return Fact("OCIO config", f"{wanted} (from {origin}) needs OpenColorIO", State.BROKEN)
    return Fact("OCIO config", f"{wanted} (from {origin}); scene-linear is {linear}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
