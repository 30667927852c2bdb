"""What is known of Phase-based without loading it: no torch here."""

from __future__ import annotations

from vfi_plugin.models.info import ModelInfo

INFO = ModelInfo(
    name="phase",
    title="Phase-based (no weights)",
    paper="Meyer, Wang, Zimmer, Grosse, Sorkine-Hornung: Phase-Based Frame Interpolation for Video, CVPR 2015",
    year=2015,
    any_time=True,
    extrapolates=False,
    size_multiple=1,
    reach_px=18.1,  # the limit's share of half a coarsest wave, which is 2 * 2 ** (22 / 4) px long in large frames
    parameters=0,
    multiply_adds=0,
    licence="Apache-2.0 (ours)",
    training_data="none",
    weights_sha256=None,
    paints=True,
)
