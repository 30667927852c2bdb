"""What is known of the fused classics without loading them: no torch here."""

from __future__ import annotations

from vfi_plugin.models.info import ModelInfo

VARIANT_NAMES = ("",)

INFO = ModelInfo(
    name="fused",
    title="Fused classics (two searches, a network that mixes them)",
    paper="ours; the searches are those of dis and disfast",
    year=2026,
    any_time=True,
    extrapolates=False,
    size_multiple=1,
    reach_px=None,
    parameters=515_748,
    multiply_adds=29_916,
    licence="Apache-2.0 (ours)",
    training_data="clips of permissive licence and made-up scenes",
    weights_sha256=None,
    finds_flow=True,
)
"""Motion itself is looked for as the classics do, at a reduced size in large frames."""
