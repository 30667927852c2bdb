"""What is known of the fast classic without loading it: no torch here."""

from __future__ import annotations

from dataclasses import replace

from vfi_plugin.models.dis.info import INFO as CLASSIC

INFO = replace(
    CLASSIC,
    name="disfast",
    title="Fast classic (patch search)",
    paper="Kroeger, Timofte, Dai, Van Gool: Fast Optical Flow using Dense Inverse Search, ECCV 2016; search ours",
    licence="Apache-2.0",
)
