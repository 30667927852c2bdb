"""Motion that is looked for on smaller frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from large_pans import WHOLE, Pan, guide_of, in_pieces

from vfi_plugin.errors import UsageError
from vfi_plugin.models.detail import factor_at
from vfi_plugin.models.registry import load_model, model_info, model_names
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import plan_retime
from vfi_plugin.render.tiling import Tiling

OF_FLOW = ("dis", "disfast", "fused", "rife", "superslomo", "voxelflow")


def guides(shift: tuple[int, int], size: tuple[int, int]) -> list[torch.Tensor]:
    """A pan by ``shift`` px: both frames, (1, 3, H, W)."""
    pan = Pan(size, shift)
    return [torch.from_numpy(np.ascontiguousarray(pan.picture(t).transpose(2, 0, 1)[None])).float() for t in (0, 1)]


@pytest.mark.parametrize("detail", [0.5, 0.25])
@pytest.mark.parametrize("name", OF_FLOW)
def test_flow_is_in_pixels_of_the_frame(name: str, detail: float) -> None:
    before, after = guides((16, 8), (320, 256))
    velocity = load_model(name, device="cpu", detail=detail).prepare(before, after).velocity(0.5)
    assert velocity.shape == (1, 2, 256, 320)
    middle = velocity[0, :, 40:-40, 40:-40].flatten(1).median(1).values
    # A network that was trained for minutes finds coarse motion to a third; a factor left out would be a half or less.
    assert middle.tolist() == pytest.approx([16.0, 8.0], rel=0.34)


def test_faster_motion_is_followed() -> None:
    """Deep Voxel Flow as shipped loses a pan of 40 px, of which it sees 10 at a quarter of the size."""
    before, after = guides((40, 0), (320, 128))

    def error(detail: float | None) -> float:
        velocity = load_model("voxelflow", device="cpu", detail=detail).prepare(before, after).velocity(0.5)
        return abs(velocity[0, 0, 32:-32, 80:-80].median().item() - 40.0)

    assert error(0.25) < 10.0 < 20.0 < error(None)


@pytest.mark.parametrize("name", ["rife", "superslomo", "voxelflow"])
def test_tiles_are_the_whole_frame_at_half_detail(name: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    source = Pan((640, 128), (4, 2)).write(tmp_path / "in")
    ways = (WHOLE, Tiling(1 << 33, 0, 128))
    whole, cut = (guide_of(in_pieces(source, way, model=name, detail=0.5)) for way in ways)
    assert np.abs(cut - whole)[32:-32, 32:-32].max() < 1e-3


def test_models_that_find_more_than_flow_say_so() -> None:
    others = [name for name in model_names() if name not in OF_FLOW]
    assert len(others) == 8
    for name in others:
        with pytest.raises(UsageError, match=f"{name} finds more than flow.*leave detail out"):
            model_info(name).at_detail(0.5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"detail": 0.3}, "detail 0.3 is unknown; use one of 1, 0.5, 0.25"),
        ({"detail": 0.5, "method": "blend"}, "detail means nothing"),
        ({"detail": 0.5, "vectors_from": "v.#.exr"}, "give vectors from, or model, weights and detail"),
    ],
)
def test_a_detail_that_cannot_be_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        plan_retime("in.#.exr", "out.#.exr", RetimeOptions(speed=0.5, **options))  # type: ignore[arg-type]


def test_no_side_gets_smaller_than_models_take() -> None:
    assert [factor_at(0.25, *size) for size in ((64, 64), (63, 500), (31, 500))] == [4, 2, 1]
    before, after = guides((1, 0), (100, 20))
    assert load_model("disfast", device="cpu", detail=0.25).interpolate(before, after).shape == (1, 3, 20, 100)
