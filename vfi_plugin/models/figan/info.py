"""What is known of FIGAN without loading it: no torch here."""

from __future__ import annotations

from vfi_plugin.models.info import NOT_PUBLISHED, ModelInfo

VARIANT_NAMES = ("",)

INFO = ModelInfo(
    name="figan",
    title="FIGAN",
    paper="van Amersfoort, Shi, Acosta, Massa, Totz, Wang, Caballero: Frame Interpolation with Multi-Scale Deep Loss"
    " Functions and Generative Adversarial Networks, arXiv 2017",
    year=2017,
    any_time=False,
    extrapolates=False,
    size_multiple=4,  # the coarsest of its scales
    reach_px=48.0,  # at the coarsest scale six convolutions see 6 px around one, 24 px of the frame, in both frames
    parameters=161_068,
    multiply_adds=93_186,
    licence=NOT_PUBLISHED,
    training_data=NOT_PUBLISHED,
    weights_sha256=None,
    overlap_px=64,
)
