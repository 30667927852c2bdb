"""Batches that begin with a motion: it is the one that the classic finds for each pair at each of its times."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.models import load_model
from vfi_plugin.train.begun import Begun
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.objectives.hybrid import HybridObjective
from vfi_plugin.train.recipes import recipe_of

Tensor = torch.Tensor
TIMES = ((0.125, 0.7), (0.4, 0.5), (0.25, 0.9))


@dataclass(frozen=True)
class Moving:
    """Three pairs of one texture each, which goes its own way, with frames asked for at times of its own."""

    height: int = 64
    width: int = 96

    def batch(self, step: int) -> Batch:
        coarse = torch.rand(3, 3, 16, 20, generator=torch.Generator().manual_seed(step))
        before = F.interpolate(coarse, (self.height, self.width), mode="bicubic").clamp(0, 1)
        ways = ((3, 0), (-2, 4), (0, -5))
        after = torch.stack([frame.roll((y, x), (1, 2)) for frame, (x, y) in zip(before, ways, strict=True)])
        return Batch(before, after, torch.zeros(3, 2, 3, self.height, self.width), torch.tensor(TIMES))


@pytest.fixture(scope="module")
def batch() -> Batch:
    return Begun(Moving()).batch(7)


def start_of(batch: Batch) -> Tensor:
    assert batch.start is not None
    return batch.start


def test_the_start_is_the_classics_own_motion_of_each_pair_at_each_time(batch: Batch) -> None:
    classic = load_model("dis", device="cpu")
    assert start_of(batch).shape == (3, 2, 5, 64, 96)
    for pair, times in enumerate(TIMES):
        looked_at = classic.prepare(batch.before[pair : pair + 1], batch.after[pair : pair + 1])
        for n, t in enumerate(times):
            motion, start = looked_at.motion(t).flow_form(), start_of(batch)[pair, n]
            torch.testing.assert_close(start[:2], motion.flow_t_to_0[0], atol=1e-4, rtol=0)
            torch.testing.assert_close(start[2:4], motion.flow_t_to_1[0], atol=1e-4, rtol=0)
            share = motion.weight_0[0].clamp(0.001, 0.999)
            torch.testing.assert_close(torch.sigmoid(start[4:]), share, atol=1e-5, rtol=0)


def test_all_else_is_the_sources_batch_of_that_step(batch: Batch) -> None:
    source = Moving().batch(7)
    assert source.start is None
    for name in ("before", "after", "between", "times"):
        assert torch.equal(getattr(batch, name), getattr(source, name))


def test_a_step_has_the_same_start_whenever_it_is_asked_for(batch: Batch) -> None:
    begun = Begun(Moving())
    other, again = begun.batch(8), begun.batch(7)
    assert torch.equal(start_of(again), start_of(batch))
    assert not torch.equal(start_of(other), start_of(batch))


def test_a_network_that_has_learned_nothing_has_the_same_loss_after_every_block(batch: Batch) -> None:
    """Each leaves the classic's motion as it is; what a block counts falls to 0.8 of it with every block after it."""
    recipe = recipe_of("hybrid")
    objective = recipe.objective(recipe.build(recipe.variant, 0.125), None)
    with torch.no_grad():
        terms = objective.losses(batch)
    assert list(terms) == ["block0", "block1", "block2", "block3"]
    for earlier, later in zip(terms.values(), list(terms.values())[1:], strict=False):
        assert float(earlier / later) == pytest.approx(0.8)


def test_pairs_without_a_motion_to_begin_with_are_refused() -> None:
    recipe = recipe_of("hybrid")
    objective = recipe.objective(recipe.build(recipe.variant, 0.125), None)
    assert isinstance(objective, HybridObjective)
    with pytest.raises(ValueError, match="without a motion to begin with"):
        objective.losses(Moving().batch(0))
