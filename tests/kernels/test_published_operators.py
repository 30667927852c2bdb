"""Operators against outputs of the published ones, stored with the reference data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from vfi_plugin.kernels import correlation, filter_warp, project_flow, separable_conv, warp
from vfi_plugin.kernels.reference import pixel_grid

BACKENDS = ("native", "torch")


@pytest.fixture(scope="module")
def stored(shared_dir: Path) -> dict[str, torch.Tensor]:
    with np.load(shared_dir / "golden" / "golden_open.npz") as arrays:
        names = [name for name in arrays.files if name.startswith("ops/")]
        return {name.removeprefix("ops/"): torch.from_numpy(arrays[name]) for name in names}


@pytest.fixture(scope="module")
def tolerances(shared_dir: Path) -> dict[str, float]:
    rules = json.loads((shared_dir / "golden" / "tolerances.json").read_text("utf-8"))["ops"]
    return {name: rule["tol"] for name, rule in rules.items()}


Stored = dict[str, torch.Tensor]
Tolerances = dict[str, float]


def close(found: torch.Tensor, stored: Stored, tolerances: Tolerances, name: str) -> None:
    torch.testing.assert_close(found, stored[name], atol=tolerances[name], rtol=0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_separable_convolution_of_sepconv(stored: Stored, tolerances: Tolerances, backend: str) -> None:
    found = separable_conv(stored["sepconv_in"], stored["sepconv_ver"], stored["sepconv_hor"], backend=backend)
    close(found, stored, tolerances, "sepconv_out")


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_adaptive_warp_of_dain(stored: Stored, tolerances: Tolerances, backend: str) -> None:
    found = filter_warp(stored["filter_in"], stored["filter_flow"], stored["filter_kernel"], backend=backend)
    close(found, stored, tolerances, "filter_out")


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_depth_aware_projection_of_dain(stored: Stored, tolerances: Tolerances, backend: str) -> None:
    found = project_flow(stored["proj_flow"], stored["proj_weight"], backend=backend)
    close(found, stored, tolerances, "proj_out")


@pytest.mark.parametrize("backend", BACKENDS)
def test_only_cells_that_nothing_reached_are_filled(stored: Stored, tolerances: Tolerances, backend: str) -> None:
    found = project_flow(stored["proj_flow"], stored["proj_weight"], fill_holes=False, backend=backend)
    reached = stored["proj_count"] > 0
    assert 0 < int((~reached).sum()) < reached.numel()
    close(torch.where(reached, found, stored["proj_out"]), stored, tolerances, "proj_out")
    assert not torch.where(reached, 0.0, found).any()


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_correlation_of_pwc_net(stored: Stored, tolerances: Tolerances, backend: str) -> None:
    found = correlation(stored["corr_a"], stored["corr_b"], radius=4, backend=backend)
    close(found, stored, tolerances, "corr_out")


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_warp_of_pwc_net(stored: Stored, tolerances: Tolerances, backend: str) -> None:
    image, flow = stored["warp_in"], stored["warp_flow"]
    inside = warp(torch.ones_like(image), flow, border="zero", backend=backend) >= 0.9999
    close(warp(image, flow, border="zero", backend=backend) * inside, stored, tolerances, "warp_pwc")


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_warp_of_super_slomo(stored: Stored, tolerances: Tolerances, backend: str) -> None:
    image, flow = stored["warp_in"], stored["warp_flow"]
    height, width = image.shape[2:]
    columns, rows = pixel_grid(flow)
    x, y = (columns + flow[:, 0]) * (width - 1) / width, (rows + flow[:, 1]) * (height - 1) / height
    shrunk = torch.stack([x - columns, y - rows], 1)
    close(warp(image, shrunk, border="zero", backend=backend), stored, tolerances, "warp_superslomo")


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_warp_of_rife(stored: Stored, tolerances: Tolerances, backend: str) -> None:
    close(warp(stored["warp_in"], stored["warp_flow"], backend=backend), stored, tolerances, "warp_rife")
