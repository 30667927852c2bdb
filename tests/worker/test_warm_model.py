"""The model that is kept loaded is the one that the job asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from large_pans import Pan

from vfi_plugin.models.disfast.model import FastModel
from vfi_plugin.models.following import FollowingModel
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import plan_retime
from vfi_plugin.worker.warm_model import WarmModel


@pytest.mark.parametrize("first", [None, 0.5])
def test_an_open_shutter_takes_what_weights_follow_and_leaves_the_next_job_its_network(
    tmp_path: Path, first: float | None
) -> None:
    source, warm = Pan((64, 48), (2, 0)).write(tmp_path / "in"), WarmModel()
    for shutter in (first, 0.5 if first is None else None, first):
        exposed = {} if shutter is None else {"shutter": shutter, "samples": 4}
        options = RetimeOptions(speed=0.5, model="figan", device="cpu", **exposed)
        job = plan_retime(source, tmp_path / "out.#.exr", options)
        with job.clip:
            assert isinstance(warm.of(job), FollowingModel if shutter is None else FastModel)
