"""Stops that are requested by a caller or by a signal, and of a whole that work is a part of."""

from __future__ import annotations

import signal

import pytest

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import Cancelled


def stopped_by(cancellation: Cancellation) -> tuple[str, int]:
    with pytest.raises(Cancelled) as stopped:
        cancellation.check()
    return str(stopped.value), stopped.value.exit_code


def test_a_part_stops_with_its_whole_and_not_the_other_way() -> None:
    whole = Cancellation()
    first, second = Cancellation(whole), Cancellation(whole)
    first.request()
    assert (first.requested, second.requested, whole.requested) == (True, False, False)
    second.check()
    whole.request(signal.SIGTERM)
    assert second.requested
    assert stopped_by(second) == ("stopped by SIGTERM; frames under their final names are whole", 143)
    assert stopped_by(first)[1] == 143


def test_who_stopped_it_is_said() -> None:
    by_caller, by_signal = Cancellation(), Cancellation()
    by_caller.check()
    by_caller.request()
    by_signal.request(signal.SIGINT)
    assert stopped_by(by_caller) == ("stopped on request; frames under their final names are whole", 130)
    assert stopped_by(by_signal) == ("stopped by SIGINT; frames under their final names are whole", 130)
