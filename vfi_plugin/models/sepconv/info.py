"""What is known of SepConv without loading it: no torch here."""

from __future__ import annotations

from vfi_plugin.models.info import ModelInfo

VARIANT_NAMES = ("",)

INFO = ModelInfo(
    name="sepconv",
    title="SepConv",
    paper="Niklaus, Mai, Liu: Video Frame Interpolation via Adaptive Separable Convolution, ICCV 2017",
    year=2017,
    any_time=False,
    extrapolates=False,
    # The network needs multiples of 32; the authors' code pads to 128 at the right and bottom, and the convolutions
    # see it.
    size_multiple=128,
    reach_px=50,  # kernels reach 25 px from each pixel of the frame in the middle to both frames
    parameters=21_675_452,
    multiply_adds=380_484,
    licence="official weights: strictly for academic purposes only",
    training_data="official weights: 250,000 patch triplets of the authors' own choice from YouTube videos",
    weights_sha256=None,
    overlap_px=128,
)
