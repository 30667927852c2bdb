"""The fast classic against motion that is known, and against the classic."""

from __future__ import annotations

import pytest
import torch

import vfi_plugin.models as models
from vfi_plugin.compiled import native_module
from vfi_plugin.evaluate.metrics import psnr
from vfi_plugin.models.disfast.search import motion_of_cells, searched_cells
from vfi_plugin.motion.both_ways import BothWays


def texture(dx: float, dy: float, size: tuple[int, int] = (120, 172)) -> torch.Tensor:
    """A smooth random picture in [0, 1] moved by (dx, dy) px, exact at any shift."""
    rows, columns = torch.meshgrid(torch.arange(size[0]) - dy, torch.arange(size[1]) - dx, indexing="ij")
    generator = torch.Generator().manual_seed(5)
    total = torch.zeros(1, 3, *size)
    for wave in range(30):
        scale = 1.0 if wave < 20 else 0.3
        a, b, phase = (torch.rand(3, generator=generator) - 0.5) * torch.tensor([0.9 * scale, 0.9 * scale, 40.0])
        total += torch.randn(1, 3, 1, 1, generator=generator) * torch.sin(a * columns + b * rows + phase)
    return (0.5 + 0.08 * total).clamp(0, 1)


@pytest.fixture(scope="module")
def model() -> models.Model:
    return models.load_model("disfast", device="cpu")


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.25, -0.5), (7.0, -3.0), (-18.5, 6.25)])
def test_a_pan_is_found_to_a_tenth_of_a_pixel_both_ways(shift: tuple[float, float]) -> None:
    _, forward, backward = searched_cells(texture(0, 0), texture(*shift))
    inner = (0, slice(None), slice(6, -6), slice(6, -6))
    for axis in (0, 1):
        assert (4 * forward[inner][axis] - shift[axis]).abs().quantile(0.95) < 0.1
        assert (4 * backward[inner][axis] + shift[axis]).abs().quantile(0.95) < 0.1


@pytest.mark.parametrize("t", [0.25, 0.5, 0.8])
def test_a_moving_texture_is_put_where_it_is_at_t(model: models.Model, t: float) -> None:
    middle = model.interpolate(texture(0, 0), texture(7.0, -3.0), t)
    inner = (0, slice(None), slice(16, -16), slice(16, -16))
    assert psnr(middle[inner].numpy(), texture(7.0 * t, -3.0 * t)[inner].numpy()) > 40.0


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (97, 131), (16, 200)])
def test_any_size_is_taken_and_kept(model: models.Model, size: tuple[int, int]) -> None:
    motion = model.estimate(texture(0, 0, size), texture(1.0, 0.0, size), 0.5).flow_form()
    assert motion.flow_t_to_1.shape == (1, 2, *size)
    assert abs(motion.flow_t_to_1[:, 0].median().item() - 0.5) < 0.1


def test_every_processor_and_number_of_threads_gives_the_same_bits() -> None:
    native, pair = native_module(), (texture(0, 0), texture(5.5, 2.0))
    found = []
    for level in native.Level.__members__.values():
        native.limit_level(level)
        for threads in (1, 2):
            torch.set_num_threads(threads)
            cells = searched_cells(*pair)
            moved = motion_of_cells(cells, 0.4)
            flows = cells.forward, cells.backward, moved.flow_t_to_0, moved.weight_0
            found.append(torch.cat([*cells.guides, *flows], 1))
    native.limit_level(native.Level.avx512)
    torch.set_num_threads(1)
    assert all(torch.equal(each, found[0]) for each in found)


@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_the_compiled_projection_agrees_with_the_plain_one(t: float) -> None:
    cells = searched_cells(texture(0, 0, (97, 131)), texture(9.0, -5.0, (97, 131)).roll(11, 2))
    plain = BothWays.between(cells.guides, cells.forward, cells.backward, small_things=False).motion(t)
    compiled = motion_of_cells(cells, t)
    assert (compiled.flow_t_to_0 - plain.flow_t_to_0).abs().max() < 1e-3
    assert (compiled.flow_t_to_1 - plain.flow_t_to_1).abs().max() < 1e-3
    assert (compiled.weight_0 - plain.weight_0).abs().max() < 1e-3


def test_each_pair_of_a_batch_is_looked_at_alone(model: models.Model) -> None:
    first, second = torch.cat([texture(0, 0), texture(3, 0)]), torch.cat([texture(4, 0), texture(1, 0)])
    both = model.estimate(first, second, 0.5).flow_form().flow_t_to_1
    alone = model.estimate(first[1:], second[1:], 0.5).flow_form().flow_t_to_1
    assert torch.equal(both[1:], alone)


def test_large_frames_are_made_in_blocks_of_its_own_motion() -> None:
    from vfi_plugin.image.window import Window
    from vfi_plugin.models.disfast.model import FastPair
    from vfi_plugin.render.large_pair import LargePair

    class Guides:
        window = Window(0, 0, 172, 120)
        curvature = None

        def reduced(self, which: int, factor: int, device: torch.device) -> torch.Tensor:
            return (texture(0, 0), texture(6.0, 0.0))[which]

    pair = LargePair(models.load_model("disfast", device="cpu"), Guides(), None, "linear")  # type: ignore[arg-type]
    whole = FastPair(texture(0, 0), texture(6.0, 0.0)).motion(0.5).flow_form()
    for piece in pair.at(0.5).pieces():  # type: ignore[attr-defined]
        assert piece.target.width > 0
    assert torch.equal(pair.at(0.5).motion.flow_form().flow_t_to_1, whole.flow_t_to_1)
