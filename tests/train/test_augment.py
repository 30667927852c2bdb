"""Changes of a batch: what is changed in the ends is changed in the truth, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.train.augment import Augmented, augmented
from vfi_plugin.train.augment_draws import Augmentation
from vfi_plugin.train.objective import Batch

Tensor = torch.Tensor
NOTHING = Augmentation(turned=0, reversed_time=0, recoloured=0, relit=0, noisy=0)
SIZE = 24


def random_batch(width: int = 12) -> Batch:
    frames = torch.rand(SIZE, 5, 3, 12, width, generator=torch.Generator().manual_seed(1))
    times = torch.tensor([[0.25, 0.5, 0.9]]).repeat(SIZE, 1)
    return Batch(frames[:, 0], frames[:, 4], frames[:, 1:4], times)


def changed(batch: Batch, **how: float) -> Batch:
    return augmented(batch, replace(NOTHING, **how), np.random.default_rng(3))


def frames_of(batch: Batch) -> Tensor:
    return torch.cat([batch.before[:, None], batch.between, batch.after[:, None]], 1)


def test_without_changes_nothing_changes() -> None:
    batch = random_batch()
    assert torch.equal(frames_of(changed(batch)), frames_of(batch))


def test_each_pair_is_turned_as_a_whole_and_all_eight_ways_occur() -> None:
    batch = random_batch()
    frames, turned = frames_of(batch), frames_of(changed(batch, turned=0.5))
    seen = set()
    for before, after in zip(frames, turned, strict=True):
        ways = [
            across.flip([axis for axis, chosen in ((-1, way & 1), (-2, way & 2)) if chosen])
            for across in (before, before.transpose(-1, -2))
            for way in range(4)
        ]
        fits = [number for number, way in enumerate(ways) if torch.equal(way, after)]
        assert len(fits) == 1
        seen.add(fits[0])
    assert len(seen) == 8


def test_frames_that_are_not_square_are_mirrored_alone() -> None:
    batch = random_batch(16)
    turned = frames_of(changed(batch, turned=1.0))
    assert torch.equal(turned, frames_of(batch).flip(-1, -2))


def test_time_runs_backward_in_frames_and_in_times() -> None:
    batch = random_batch()
    back = changed(batch, reversed_time=1.0)
    assert torch.equal(back.before, batch.after)
    assert torch.equal(back.after, batch.before)
    assert torch.equal(back.between, batch.between.flip(1))
    assert torch.allclose(back.times, torch.tensor([0.1, 0.5, 0.75]).expand(SIZE, -1))
    assert torch.equal(frames_of(changed(back, reversed_time=1.0)), frames_of(batch))


def test_some_pairs_run_backward_and_others_do_not() -> None:
    times = changed(random_batch(), reversed_time=0.5).times[:, 0]
    assert set(times.round(decimals=2).tolist()) == {0.1, 0.25} or len(set(times.tolist())) == 2


def test_channels_change_places_alike_in_all_frames() -> None:
    batch = random_batch()
    frames, recoloured = frames_of(batch), frames_of(changed(batch, recoloured=1.0))
    orders = set()
    for before, after in zip(frames, recoloured, strict=True):
        order = [next(c for c in range(3) if torch.equal(before[:, c], after[:, own])) for own in range(3)]
        assert sorted(order) == [0, 1, 2]
        orders.add(tuple(order))
    assert len(orders) == 6


def test_light_is_one_curve_a_pair() -> None:
    batch = random_batch()
    frames, relit = frames_of(batch), frames_of(changed(batch, relit=1.0))
    assert float(relit.min()) >= 0.0
    assert float(relit.max()) <= 1.0
    for before, after in zip(frames, relit, strict=True):
        order = before.flatten().argsort()
        assert (after.flatten()[order].diff() >= 0).all()  # the same function of the value in every frame, rising
    means = (relit.mean((1, 2, 3, 4)) - frames.mean((1, 2, 3, 4))).tolist()
    assert min(means) < -0.02
    assert max(means) > 0.02


def test_the_truth_of_a_flicker_lies_on_the_way() -> None:
    batch = random_batch()
    flickering = changed(batch, flickering=1.0, flicker=1.3)
    factor = (flickering.after / batch.after).mean((1, 2, 3))
    assert torch.equal(flickering.before, batch.before)
    assert torch.allclose(flickering.between[:, 1], batch.between[:, 1] * factor[:, None, None, None].sqrt(), atol=1e-5)
    assert 1 / 1.3 <= float(factor.min()) < 0.95 < 1.05 < float(factor.max()) <= 1.3


def test_noise_is_in_the_ends_and_the_truth_is_clean() -> None:
    batch = random_batch()
    noisy = changed(batch, noisy=1.0, noise=0.02)
    assert torch.equal(noisy.between, batch.between)
    noise = torch.stack([noisy.before - batch.before, noisy.after - batch.after])
    assert 0.005 < float(noise.std()) < 0.02
    assert abs(float((noise[0] * noise[1]).mean())) < 0.1 * float(noise.square().mean())


def test_a_smaller_share_leaves_the_other_pairs_alone() -> None:
    batch = random_batch()
    kept = (frames_of(changed(batch, relit=0.5, noisy=0.2)) == frames_of(batch)).flatten(1).all(1)
    assert 3 <= int(kept.sum()) <= 18


def test_a_source_with_changes_depends_on_seed_and_step_alone() -> None:
    class Same:
        def batch(self, step: int) -> Batch:
            return random_batch()

    source = Augmented(Same(), seed=5)
    first = source.batch(4)
    source.batch(9)
    again = Augmented(Same(), seed=5).batch(4)
    assert torch.equal(frames_of(first), frames_of(again))
    assert torch.equal(first.times, again.times)
    assert not torch.equal(frames_of(first), frames_of(source.batch(5)))
    assert torch.equal(frames_of(Same().batch(0)), frames_of(random_batch()))  # the source's own is not touched


@pytest.mark.parametrize("how", [{"turned": 1.5}, {"relit": -0.1}, {"gamma": 0.9}, {"noise": -1.0}])
def test_changes_that_cannot_be_are_refused(how: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="give shares"):
        replace(NOTHING, **how)
