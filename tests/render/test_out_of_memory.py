"""Where memory runs out, a person is told what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import material
import pytest
import torch

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import RenderError
from vfi_plugin.render.frame_maker import FrameMaker
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.progress import Silent
from vfi_plugin.render.retime import plan_retime
from vfi_plugin.render.run import run_job


class _TooLarge(FrameMaker):
    """A maker whose frames never fit."""

    def made(self, *_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")


def test_a_gpu_without_memory_is_told_of_in_a_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    source = material.pan(64, 48, count=2).write(tmp_path / "in")
    job = plan_retime(source, tmp_path / "out" / "o.####.exr", RetimeOptions(speed=0.5, model="disfast"))
    with job.clip, pytest.raises(RenderError, match=r"memory did not suffice.*smaller --memory-gb"):
        run_job(job, Silent(), Cancellation(), maker=_TooLarge(job))
    assert not list((tmp_path / "out").glob("*"))
