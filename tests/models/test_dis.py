"""The weight-free classic against motion that is known."""

from __future__ import annotations

import pytest
import torch

import vfi_plugin.models as models
from vfi_plugin.errors import DeviceError, UnknownModelError, UsageError
from vfi_plugin.evaluate.metrics import psnr
from vfi_plugin.models.dis.model import reduction


def texture(dx: float, dy: float, size: tuple[int, int] = (180, 240)) -> torch.Tensor:
    """A smooth random picture in [0, 1] moved by (dx, dy) px, exact at any shift."""
    rows, columns = torch.meshgrid(torch.arange(size[0]) - dy, torch.arange(size[1]) - dx, indexing="ij")
    generator = torch.Generator().manual_seed(3)
    total = torch.zeros(1, 3, *size)
    for wave in range(30):
        # Waves of 14 px and up, and some of a quarter of the frame: a picture has detail at every size.
        scale = 1.0 if wave < 20 else 60.0 / max(size)
        a, b, phase = (torch.rand(3, generator=generator) - 0.5) * torch.tensor([0.9 * scale, 0.9 * scale, 40.0])
        total += torch.randn(1, 3, 1, 1, generator=generator) * torch.sin(a * columns + b * rows + phase)
    return (0.5 + 0.08 * total).clamp(0, 1)


@pytest.fixture(scope="module")
def model() -> models.Model:
    return models.load_model("dis", device="cpu")


@pytest.mark.parametrize("t", [0.25, 0.5, 0.8])
def test_a_moving_texture_is_put_where_it_is_at_t(model: models.Model, t: float) -> None:
    middle = model.interpolate(texture(0, 0), texture(7.0, -3.0), t)
    truth = texture(7.0 * t, -3.0 * t)
    mixed = torch.lerp(texture(0, 0), texture(7.0, -3.0), t)
    inner = (0, slice(None), slice(16, -16), slice(16, -16))
    ours, blend = (psnr(frame[inner].numpy(), truth[inner].numpy()) for frame in (middle, mixed))
    assert ours > 40.0
    assert ours > blend + 12.0


def test_the_flow_says_where_content_is_in_each_source(model: models.Model) -> None:
    motion = model.estimate(texture(0, 0), texture(6.0, 2.0), 0.25).flow_form()
    inner = (slice(None), slice(None), slice(24, -24), slice(24, -24))
    for flow, expected in ((motion.flow_t_to_0, (-1.5, -0.5)), (motion.flow_t_to_1, (4.5, 1.5))):
        for axis in (0, 1):
            assert flow[inner][:, axis].median().item() == pytest.approx(expected[axis], abs=0.1)


def test_a_hidden_background_is_taken_from_the_frame_that_shows_it(model: models.Model) -> None:
    before, after = (torch.rand(1, 3, 96, 160, generator=torch.Generator().manual_seed(1)) for _ in "ab")
    before[..., 30:60, 40:70] = texture(0, 0)[..., :30, :30]
    after[..., 30:60, 60:90] = texture(0, 0)[..., :30, :30]
    weight = model.estimate(before, after, 0.5).flow_form().weight_0
    assert ((weight >= 0) & (weight <= 1)).all()
    uncovered, covered = weight[..., 35:55, 42:48].mean(), weight[..., 35:55, 82:88].mean()
    assert uncovered < 0.5 < covered


def test_two_equal_frames_come_back_unchanged(model: models.Model) -> None:
    still = texture(0, 0)
    assert psnr(model.interpolate(still, still, 0.5)[0].numpy(), still[0].numpy()) > 60.0


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (16, 300), (211, 97)])
def test_any_size_from_16_px_keeps_its_size(model: models.Model, size: tuple[int, int]) -> None:
    frame = texture(0, 0, size)
    out = model.interpolate(frame, texture(1.0, 0.0, size), 0.5)
    assert out.shape == frame.shape
    assert torch.isfinite(out).all()


def test_a_batch_gives_what_its_items_give(model: models.Model) -> None:
    before = torch.cat([texture(0, 0), texture(5, 5)])
    after = torch.cat([texture(4, 0), texture(5, 9)])
    together = model.interpolate(before, after, 0.5)
    for n in (0, 1):
        assert torch.equal(together[n], model.interpolate(before[n : n + 1], after[n : n + 1], 0.5)[0])


def test_the_number_of_threads_does_not_change_a_bit(model: models.Model) -> None:
    threads = torch.get_num_threads()
    results = []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            results.append(model.interpolate(texture(0, 0), texture(6, 3), 0.5))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(*results)


def test_one_preparation_serves_every_t(model: models.Model) -> None:
    before, after = texture(0, 0), texture(6, 3)
    pair = model.prepare(before, after)
    for t in (0.3, 0.7):
        assert torch.equal(pair.motion(t).apply(before, after), model.interpolate(before, after, t))


def test_wrong_input_is_refused_in_words(model: models.Model) -> None:
    frame = texture(0, 0)
    with pytest.raises(UsageError, match=r"\(N, 3, H, W\)"):
        model.estimate(frame, frame[:, :2])
    with pytest.raises(UsageError, match="at least 16 px"):
        model.estimate(frame[..., :12], frame[..., :12])
    with pytest.raises(UsageError, match="t must lie in"):
        model.estimate(frame, frame, 1.5)
    with pytest.raises(UsageError, match="float32"):
        model.estimate(frame.double(), frame.double())


def test_unknown_names_suggest_the_known_ones() -> None:
    with pytest.raises(UnknownModelError, match="did you mean dis"):
        models.load_model("dos")
    for device in ("tpu", "cpu:", "cuda:", "cuda:²"):
        with pytest.raises(DeviceError, match="auto, cpu, cuda"):
            models.load_model("dis", device=device)
    with pytest.raises(UsageError, match="no weights"):
        models.load_model("dis", weights="x.pth")


def test_the_default_is_one_of_the_models_and_every_model_tells_its_facts() -> None:
    assert models.default_model() in models.model_names()
    for name in models.model_names():
        info = models.model_info(name)
        assert info.name == name
        assert info.title
        assert info.paper
        assert info.licence


def test_a_large_frame_is_looked_at_in_half_size_and_still_moved_by_the_pixel(
    model: models.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts as large is set to less, so that it takes no seconds; the test below knows the size as it is."""
    size = (520, 801)
    monkeypatch.setattr("vfi_plugin.models.detail.LARGEST_PIXELS", size[0] * size[1] - 1)
    before, after = texture(0, 0, size), texture(11.0, -6.0, size)
    motion = model.estimate(before, after, 0.5).flow_form()
    assert motion.flow_t_to_0.shape == (1, 2, *size)
    inner = (slice(None), slice(None), slice(64, -64), slice(64, -64))
    for axis, expected in ((0, -5.5), (1, 3.0)):
        assert motion.flow_t_to_0[inner][:, axis].median().item() == pytest.approx(expected, abs=0.1)
    truth = texture(5.5, -3.0, size)
    middle = motion.apply(before, after)
    assert psnr(middle[0][inner[1:]].numpy(), truth[0][inner[1:]].numpy()) > 38.0


@pytest.mark.parametrize(
    ("size", "factor"), [((1080, 1920), 1), ((1556, 2048), 2), ((2160, 3840), 2), ((4320, 8192), 4)]
)
def test_the_reduction_follows_the_size(size: tuple[int, int], factor: int) -> None:
    assert reduction(*size) == factor
