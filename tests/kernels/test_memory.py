"""How much memory a compiled CPU operation holds while it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads a process's memory from Linux's /proc")

# Beside inputs and outputs, whatever the size of the frame.
LIMIT_MB = 16

# Name: (height and width, call). At these sizes one array more than there should be goes beyond the limit.
QUARTER, HD = (540, 960), (1080, 1920)
CALLS = {
    "warp": (HD, "warp(some(3), flow(), border='clamp')"),
    "warp_cubic": (HD, "warp_cubic(some(3).half(), flow(), border='zero')"),
    "warp of interleaved pixels": (HD, "warp(interleaved(3), flow(), border='clamp')"),
    "splat_sum": (HD, "splat_sum(some(3), flow())"),
    "splat_mean": (HD, "splat_mean(some(3), flow(), some(1), True, 1e-7)"),
    "project_flow": (HD, "project_flow(flow(), some(1).abs() + 1, fill_holes=True)"),
    "filter_warp": (QUARTER, "filter_warp(some(3), flow(), some(16))"),
    "separable_conv": (QUARTER, "separable_conv(some(3, 8), some(9), some(9))"),
    "adaptive_conv": (QUARTER, "adaptive_conv(some(3), some(3), some(18), size=3, origin=(0, 0))"),
    "correlation": ((270, 480), "correlation(some(40), some(40), radius=4)"),
    "warp_backward": (HD, "warp_backward(some(3), some(3), flow(), None, wanted=(True, True), border='clamp')"),
    "splat_sum_backward": (HD, "splat_sum_backward(some(3), some(3), flow(), None, wanted=(True, True))"),
    "project_flow_backward": (
        HD,
        "project_flow_backward(flow(), flow(), some(1).abs(), flow(), some(1).abs(), wanted=(True, True))",
    ),
    "filter_warp_backward": (
        QUARTER,
        "filter_warp_backward(some(9), some(9), flow(), some(4), None, wanted=(True, True, True))",
    ),
    "separable_conv_backward": (
        QUARTER,
        "separable_conv_backward(some(9), some(9, 2), some(3), some(3), None, wanted=(True, True, True))",
    ),
    "adaptive_conv_backward": (
        QUARTER,
        "adaptive_conv_backward(*[some(5)] * 3, some(18), some(5), some(1) + 3,"
        " wanted=(True, True, True), size=3, origin=(0, 0))",
    ),
    "correlation_backward": (
        (270, 480),
        "correlation_backward(some(25), some(40), some(40), None, wanted=(True, True), radius=2)",
    ),
}

# The peak is set back once the inputs are there. In a new process for all calls: what a test before this one has freed
# but not given back would hide what a call takes.
SCRIPT = """
import json, re, sys
import torch
from vfi_plugin.kernels import native, reference

MB = 2**20
torch.set_num_threads(3)

def status(name):
    return int(re.search(name + r":\\s+(\\d+) kB", open("/proc/self/status").read())[1]) / 1024

def held(size, call):
    height, width = size

    def some(channels, grow=0):
        row = (torch.arange(width + grow) * 7 % 11 - 5) / 5
        return row.expand(1, channels, height + grow, width + grow).contiguous()

    def interleaved(channels):
        return some(channels).contiguous(memory_format=torch.channels_last)

    def flow():
        return some(2) * 3

    tensors, options = eval(call.replace(call.split("(")[0], "keep", 1), dict(locals(), torch=torch, keep=keep))
    operation = getattr(reference if call.endswith("# reference") else native, call.split("(")[0])
    before = status("VmRSS")
    open("/proc/self/clear_refs", "w").write("5")
    found = operation(*tensors, **options)
    found = found if isinstance(found, tuple) else (found,)
    outputs = sum(result.numel() * result.element_size() for result in found if result is not None)
    return status("VmHWM") - before - outputs / MB

def keep(*tensors, **options):
    return tensors, options

print(json.dumps({name: held(size, call) for name, (size, call) in json.loads(sys.argv[1]).items()}))
"""


@pytest.fixture(scope="module")
def megabytes() -> dict[str, float]:
    """What each call held beside its inputs and outputs."""
    # Large blocks go back to the system at once, so that no call finds memory that another one left.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": str(2**20)}
    calls = {**CALLS, "the torch form": (HD, "splat_sum(some(3), flow())  # reference")}
    command = [sys.executable, "-c", SCRIPT, json.dumps(calls)]
    # From outside the repository, so that the installed package is found and not its sources.
    done = subprocess.run(
        command, cwd=sys.prefix, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


@pytest.mark.parametrize("name", CALLS)
def test_an_operation_holds_its_inputs_its_outputs_and_little_more(megabytes: dict[str, float], name: str) -> None:
    assert megabytes[name] < LIMIT_MB


def test_the_measure_sees_an_array_too_many(megabytes: dict[str, float]) -> None:
    """The torch form makes several: without this the facts above could hold for anything."""
    assert megabytes["the torch form"] > LIMIT_MB
