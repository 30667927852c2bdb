"""What is known of Super SloMo without loading it: no torch here."""

from __future__ import annotations

from vfi_plugin.models.info import ModelInfo

VARIANT_NAMES = ("",)

INFO = ModelInfo(
    name="superslomo",
    title="Super SloMo",
    paper="Jiang, Sun, Jampani, Yang, Learned-Miller, Kautz: Super SloMo: High Quality Estimation of Multiple"
    " Intermediate Frames for Video Interpolation, CVPR 2018",
    year=2018,
    any_time=True,
    extrapolates=False,
    size_multiple=32,  # five halvings
    reach_px=259.0,  # from the far ends of what the flow network sees around a pixel
    parameters=39_610_473,
    multiply_adds=662_880,
    licence="MIT (of the repository that publishes the weights)",
    training_data="Adobe240fps",
    weights_sha256=None,
    overlap_px=192,
    finds_flow=True,
)
