"""A mixture of sources: each step is one source's, in the shares asked for, and no batch is lost."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.train.mixture import Mixture
from vfi_plugin.train.objective import Batch


class Numbered:
    """Batches that say whose they are and of which step."""

    def __init__(self, name: int) -> None:
        self.name = name

    def batch(self, step: int) -> Batch:
        frame = torch.full((1, 3, 2, 2), float(self.name))
        return Batch(frame, frame, torch.full((1, 1, 3, 2, 2), float(step)), torch.full((1, 1), 0.5))


def test_shares_are_kept_and_each_source_is_taken_in_its_order() -> None:
    mixture = Mixture([Numbered(0), Numbered(1), Numbered(2)], [6, 3, 1], seed=2)
    drawn = [mixture.drawn(step) for step in range(300)]
    assert Counter(which for which, _ in drawn) == {0: 180, 1: 90, 2: 30}
    for source in range(3):
        own = [step for which, step in drawn if which == source]
        assert own == list(range(len(own)))


def test_the_batch_is_that_of_the_source_drawn() -> None:
    mixture = Mixture([Numbered(0), Numbered(1)], [0.5, 0.5])
    for step in (0, 7, 250, 3):
        which, own_step = mixture.drawn(step)
        batch = mixture.batch(step)
        assert float(batch.before.mean()) == which
        assert float(batch.between.mean()) == own_step


def test_the_order_is_mixed_and_depends_on_the_seed_alone() -> None:
    sources = [Numbered(0), Numbered(1)]
    orders = [[Mixture(sources, [1, 1], seed).drawn(step)[0] for step in range(60)] for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    runs = sum(a != b for a, b in zip(orders[0], orders[0][1:], strict=False))
    assert runs > 15


def test_a_rare_source_still_has_its_turn() -> None:
    mixture = Mixture([Numbered(0), Numbered(1)], [999, 1])
    assert Counter(mixture.drawn(step)[0] for step in range(2000))[1] == 2


@pytest.mark.parametrize("shares", [[1], [1, 0], [1, -1]])
def test_shares_that_do_not_fit_are_refused(shares: list[float]) -> None:
    with pytest.raises(UsageError, match="share above 0"):
        Mixture([Numbered(0), Numbered(1)], shares)


def test_a_step_before_the_first_is_refused() -> None:
    with pytest.raises(UsageError, match="from 0"):
        Mixture([Numbered(0)], [1]).batch(-1)
