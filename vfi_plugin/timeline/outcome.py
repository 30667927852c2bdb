"""What became of each clip, and what to say about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class State(Enum):
    """What was done with a clip."""

    PLANNED = "planned"
    MADE = "made"
    MARKED = "marked"
    LEFT = "left"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """One clip of the timeline that there was something to do for.

    Attributes:
        clip: its name, and where it is.
        state: what was done.
        text: how, or why not.
        notes: what somebody should know of it.
        exit_code: of the failure; 0 where there was none.
    """

    clip: str
    state: State
    text: str
    notes: tuple[str, ...] = ()
    exit_code: int = 0

    def lines(self) -> Iterator[str]:
        """A line, and one for each note."""
        yield f"{self.state.value:<7} {self.clip}: {self.text}"
        yield from (f"        note: {note}" for note in self.notes)


@dataclass(frozen=True)
class TimelineReport:
    """What became of a timeline.

    Attributes:
        outcomes: of every clip with a retime or a finding, in order.
        clips: how many clips there are on its video tracks.
        notes: what concerns the whole.
        what: "retimes" or "repairs".
    """

    outcomes: tuple[Outcome, ...]
    clips: int
    notes: tuple[str, ...] = ()
    what: str = "retimes"

    @property
    def exit_code(self) -> int:
        """0, or that of the first failure."""
        return next((outcome.exit_code for outcome in self.outcomes if outcome.exit_code), 0)

    @property
    def failed(self) -> int:
        """How many clips could not be made."""
        return _count(self.outcomes, State.FAILED)

    def as_json(self) -> dict[str, Any]:
        """Everything, for a program."""
        outcomes = [{**asdict(outcome), "state": outcome.state.value} for outcome in self.outcomes]
        return {"clips": self.clips, self.what: outcomes, "notes": list(self.notes), "exit_code": self.exit_code}

    def lines(self) -> Iterator[str]:
        """Everything, for a person."""
        for outcome in self.outcomes:
            yield from outcome.lines()
        yield from (f"note: {note}" for note in self.notes)
        yield self.summary()

    def summary(self) -> str:
        """One line: "5 clips; retimes: 2 made, 1 failed"."""
        counts = [(_count(self.outcomes, state), state.value) for state in State]
        told = ", ".join(f"{count} {word}" for count, word in counts if count)
        return f"{self.clips} clips; {self.what}: {told or 'none'}"


def _count(outcomes: Sequence[Outcome], state: State) -> int:
    return sum(outcome.state is state for outcome in outcomes)
