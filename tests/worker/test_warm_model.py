"""Which model is kept, and when it is let go; the rest of the worker's memory is tested by its verbs."""

from __future__ import annotations

from pathlib import Path

import material

import vfi_plugin as vfi
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import RetimeJob, plan_retime
from vfi_plugin.worker.warm_model import WarmModel


def _job(source: str, **options: object) -> RetimeJob:
    return plan_retime(source, Path(source).with_name("o.####.exr"), RetimeOptions(speed=0.5, device="cpu", **options))  # type: ignore[arg-type]


def test_the_last_model_is_kept_until_another_is_asked_for(tmp_path: Path) -> None:
    source = material.pan(32, 24, count=2).write(tmp_path)
    warm = WarmModel()
    first = warm.of(_job(source, model="figan"))
    assert first is not None
    assert warm.of(_job(source, model="figan", filter="linear")) is first
    assert warm.of(_job(source, method="blend")) is None
    assert warm.of(_job(source, model="figan")) is first
    half = warm.of(_job(source, model="figan", precision="float16"))
    assert half is not first
    classic = warm.of(_job(source))
    assert classic is not None
    assert classic.info.name == vfi.default_model()
