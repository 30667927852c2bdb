"""The pairs that a training is measured on: others than those that it learns from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from vfi_plugin.train.bank_fit import Tell, unheard
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.crop_bank import CropBank, holds, made_of
from vfi_plugin.train.data_sets import any_footage
from vfi_plugin.train.open_data import SHAPES, DataChoice, Feed, made_up, open_data, real_pairs, saved_bank, windows_of

HELD_OUT_SEED = 2**32 - 1
"""Of what is measured on: the same for every training, and none that a person would train with."""

_WINDOWS = 64
"""Twice the pairs that are measured on, as windows where nothing moves stay empty."""


def measured_on(
    feed: Feed, size: int, device: torch.device, cache: Path | None = None, tell: Tell = unheard
) -> BatchSource | None:
    """A source of what is named to be measured on, or else of shots that were kept apart, or of others made up alike.

    Args:
        feed: of the training; what it has decoded is not decoded again.
        size: pairs in a batch.
        device: where they are put.
        cache: a file that decoded crops are kept in for the next run.
        tell: is told what is left out.

    Returns:
        None where there are neither.

    Raises:
        UsageError: what is asked for does not go together.
        InputError: no clips are there, or one is damaged.
    """
    choice = replace(feed.choice, batch=size, seed=HELD_OUT_SEED, changed=False)
    if choice.validate:
        return _named(choice, device, cache, tell)
    if feed.apart is not None:
        return real_pairs(feed.apart, choice, device)
    if SHAPES in choice.paths:
        return open_data(choice, device).source
    return made_up(feed.bank, choice, device) if choice.synthetic == 1.0 else None


def _named(choice: DataChoice, device: torch.device, cache: Path | None, tell: Tell) -> BatchSource:
    paths = choice.validate
    if SHAPES in paths:
        return open_data(replace(choice, paths=paths, synthetic=0.0), device).source
    bank = saved_bank(paths)
    if bank is None:
        footage = any_footage(paths, choice.frame_step, "test")
        recipe = replace(windows_of(choice), windows=_WINDOWS)
        if cache is not None and cache.is_file() and not holds(cache, made_of(footage, recipe)):
            cache.unlink()  # of other clips or another crop: a training may go on with others
        bank = CropBank.of(footage, recipe, cache, tell)
    return real_pairs(bank, choice, device)
