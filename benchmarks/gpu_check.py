"""``make gpu-check``: the tests that need an NVIDIA GPU, then the kernels' benchmarks, on a machine that has just these
packages: torch with CUDA, CuPy, numpy and pytest. Needs no network, no virtual environment and no C++ compiler.

    python benchmarks/gpu_check.py [--out FOLDER] [--sanitize] [--train NAME --minutes N]

With ``--train`` one run of a training follows (``gpu_train.py``), for which safetensors is needed too. It runs in the
folder that this was called in, so that relative paths mean what they say. A signal to end is handed on to what runs,
and nothing is begun after it.

The package is used as it lies here, through a folder that holds nothing else: with the repository's root on the path,
the folder of a host's adapter would hide the host's own module.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
STAGE = ROOT / "build" / "gpu_check"
NEEDED = {"torch": "torch", "numpy": "numpy", "cupy": "cupy-cuda12x or cupy-cuda13x", "pytest": "pytest"}

# Small cases of every operation: the sanitizer makes each access some hundred times slower.
SANITIZED = "agreement or same_bits"


def missing_packages() -> str:
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if not missing:
        return ""
    return (
        f"{sys.executable} lacks {', '.join(missing)}; install with pip, or name a Python that has them:"
        " make gpu-check PYTHON=/path/to/python3"
    )


def torch_hindrance() -> str:
    import torch

    if not torch.version.cuda:
        return f"torch {torch.__version__} is a build for the CPU; install one with CUDA"
    if not torch.cuda.is_available():
        return (
            f"torch {torch.__version__} (CUDA {torch.version.cuda}) finds no usable GPU; see whether nvidia-smi does,"
            " and whether the driver is new enough for this CUDA"
        )
    return ""


def cupy_hindrance() -> str:
    """Compiles an empty kernel: CuPy may be there without the CUDA libraries that it needs for that."""
    try:
        import cupy

        cupy.RawKernel('extern "C" __global__ void nothing() {}', "nothing").compile()
    except Exception as error:  # of many kinds: a missing library, headers or driver
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        return f"CuPy cannot compile a kernel ({first_line}); install the cupy package made for this CUDA and driver"
    return ""


def stage_package() -> Path:
    """A folder in which ``vfi_plugin`` is the only package."""
    link = STAGE / "vfi_plugin"
    STAGE.mkdir(parents=True, exist_ok=True)
    if link.is_symlink():
        link.unlink()
    elif link.exists():
        shutil.rmtree(link)
    try:
        link.symlink_to(ROOT / "vfi_plugin", target_is_directory=True)
    except OSError:  # a file system or a Windows account without links
        shutil.copytree(ROOT / "vfi_plugin", link)
    return STAGE


def environment(stage: Path) -> dict[str, str]:
    paths = [str(stage), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "VFI_REQUIRE_GPU": "1", "PYTHONPATH": os.pathsep.join(paths)}


def pytest_command(*more: str) -> list[str]:
    # From outside the root, which `python -m` would put on the path.
    names = ("kernels", "models/test_device_limits.py", "cattery/test_inference_contract.py")
    suites = [str(ROOT / "tests" / name) for name in names]
    where = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT), *suites]
    return [sys.executable, "-m", "pytest", "-m", "gpu", "-q", "--import-mode=importlib", *where, *more]


@contextmanager
def signals_handed_to(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """What would end this process ends that one, in its own good order; then this one ends too."""
    received: list[int] = []

    def hand_on(number: int, _: FrameType | None) -> None:
        received.append(number)
        process.send_signal(number)

    before = {number: signal.signal(number, hand_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        sys.exit(128 + received[0])


def run(what: str, command: list[str], stage: Path, folder: Path | None = None) -> bool:
    """Whether a command ends well; it runs in a folder, or in ``stage``, where no other package is in its way."""
    print(f"gpu-check: {what}", flush=True)
    process = subprocess.Popen(command, cwd=folder or stage, env=environment(stage))
    with signals_handed_to(process):
        done = process.wait() == 0
    if not done:
        print(f"gpu-check: failed: {what}", file=sys.stderr)
    return done


def sanitizer_command() -> list[str] | None:
    tool = shutil.which("compute-sanitizer")
    if tool is None:
        print("gpu-check: compute-sanitizer is not on the PATH; it comes with the CUDA toolkit", file=sys.stderr)
        return None
    return [tool, "--error-exitcode", "1", *pytest_command("-x", "-k", SANITIZED)]


def main() -> int:
    """Exit code 0 only if everything passed; a missing package or GPU is 2."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results", help="folder for kernels_gpu.json")
    parser.add_argument("--sanitize", action="store_true", help="also some tests under compute-sanitizer")
    parser.add_argument("--train", metavar="NAME", help="also one run of training, on the data in $VFI_DATA")
    parser.add_argument("--minutes", metavar="N", default="10", help="of that run (default: 10)")
    parser.add_argument("--train-args", metavar="TEXT", default="", help="more for vfi train")
    asked = parser.parse_args()
    hindrance = missing_packages() or torch_hindrance() or cupy_hindrance()
    if hindrance:
        print(f"gpu-check: {hindrance}", file=sys.stderr)
        return 2
    stage = stage_package()
    passed = run("tests that need a GPU; a skip is a failure", pytest_command(), stage)
    if asked.sanitize:
        command = sanitizer_command()
        passed = command is not None and run("tests under compute-sanitizer", command, stage) and passed
    script = str(ROOT / "benchmarks" / "kernels_gpu.py")
    measured = run("benchmarks", [sys.executable, script, "--out", str(asked.out.resolve())], stage)
    trained = asked.train is None or train(asked, stage)
    return 0 if passed and measured and trained else 1


def train(asked: argparse.Namespace, stage: Path) -> bool:
    out = asked.out.resolve() / "train" / asked.train
    script = str(ROOT / "benchmarks" / "gpu_train.py")
    command = [sys.executable, script, asked.train, asked.minutes, str(out), *shlex.split(asked.train_args)]
    return run(f"{asked.minutes} minutes of training {asked.train}", command, stage, Path.cwd())


if __name__ == "__main__":
    sys.exit(main())
