"""Numbers by name in little memory are a mapping like any other."""

from __future__ import annotations

import sys

import pytest

from vfi_plugin.repair.named_numbers import NamedNumbers


def test_they_are_the_numbers_that_they_were_made_of() -> None:
    measured = {"b": 1 / 3, "a": -0.0, "c": 1e300}
    kept = NamedNumbers(measured)
    assert kept == measured
    assert list(kept) == ["b", "a", "c"]
    assert "d" not in kept
    with pytest.raises(KeyError):
        kept["d"]


def test_many_take_a_third_of_the_memory_of_dictionaries_and_less() -> None:
    measured = {f"rows_{band}": band / 7 for band in range(70)}
    kept = NamedNumbers(measured)
    taken = sys.getsizeof(kept) + sys.getsizeof(kept._values)
    assert taken * 3 < sys.getsizeof(measured) + sum(map(sys.getsizeof, measured.values()))
    assert NamedNumbers(measured)._places is kept._places
