"""What a training tells while it runs; who listens decides how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Report:
    """How a training is doing.

    Attributes:
        step: steps done, of all runs.
        seconds: that all runs took.
        progress: 0 to 1, the share of the plan.
        losses: means since the last report, by term; "loss" is the sum of those that the network lowers.
        learning_rate: of the network, now.
        samples_a_second: pairs, since the last report, of all processes.
        seconds_left: as it looks now; None while nothing can be said.
    """

    step: int
    seconds: float
    progress: float
    losses: Mapping[str, float]
    learning_rate: float
    samples_a_second: float
    seconds_left: float | None


class Watcher(Protocol):
    """Listens to a training, in the thread that trains."""

    def begin(self, text: str) -> None:
        """A line of what is to be done, said before the first step."""

    def trained(self, report: Report) -> None:
        """Some steps are done."""

    def validated(self, step: int, network_db: float, others_db: Mapping[str, float], best: bool) -> None:
        """A validation is done; ``best`` where it was better than all before."""

    def note(self, text: str) -> None:
        """Something worth knowing happened."""

    def end(self, text: str) -> None:
        """The run is over, for now or for good."""


@dataclass(frozen=True)
class Silent:
    """Tells nothing."""

    def begin(self, text: str) -> None:
        """Nothing."""

    def trained(self, report: Report) -> None:
        """Nothing."""

    def validated(self, step: int, network_db: float, others_db: Mapping[str, float], best: bool) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def end(self, text: str) -> None:
        """Nothing."""
