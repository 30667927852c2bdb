"""The course of a training as a table: ``curves.csv``, one line every so many steps."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from vfi_plugin.errors import WriteError
from vfi_plugin.train.whole_file import write_whole

Row = Mapping[str, str]

FIRST_COLUMNS = ("step", "seconds", "samples", "learning_rate", "loss")
"""Of every table; the terms of the loss follow, then what was measured at a validation."""


class Curves:
    """A table that lines are added to, of this run of a training and of those before it.

    What earlier runs wrote after the step they are gone on from is cut off, a line that a killed process left
    unfinished too: so each step stands there once.

    Args:
        path: of the CSV file.
        after_step: the last step whose line is kept; 0 begins anew.

    Raises:
        WriteError: the file cannot be read or written.
    """

    def __init__(self, path: Path, after_step: int) -> None:
        self._path = path
        self._columns: list[str] = list(FIRST_COLUMNS)
        self._rows: list[Row] = []
        if after_step and path.is_file():
            self._columns, self._rows = _kept(path, after_step)
        self._write_all()

    def add(self, values: Mapping[str, float]) -> None:
        """Adds a line, or to the last one where that is of the same step. All of it gets the columns that are new.

        Args:
            values: by column; the step, and whatever else is known of it.
        """
        row = {name: _text(value) for name, value in values.items()}
        same = bool(self._rows) and self._rows[-1]["step"] == row["step"]
        self._rows.append({**self._rows.pop(), **row} if same else row)
        new = [name for name in row if name not in self._columns]
        self._columns += new
        if new or same:
            self._write_all()
            return
        try:
            with self._path.open("a", encoding="utf-8", newline="") as stream:
                stream.write(_as_csv(self._columns, [row]))
        except OSError as error:
            raise WriteError(f"{self._path} cannot be written: {error.strerror or error}") from None

    def column(self, name: str) -> list[tuple[float, float]]:
        """(step, value) of each line that has one."""
        return [(float(row["step"]), float(row[name])) for row in self._rows if row.get(name)]

    @property
    def columns(self) -> Sequence[str]:
        """All names, in their order."""
        return tuple(self._columns)

    def _write_all(self) -> None:
        head = ",".join(self._columns) + "\n"
        write_whole(self._path, (head + _as_csv(self._columns, self._rows)).encode())


def _kept(path: Path, after_step: int) -> tuple[list[str], list[Row]]:
    """Columns, and whole lines up to a step; a table that cannot be understood counts as empty."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WriteError(f"{path} cannot be read ({error}); move it away, the training goes on without it") from None
    whole = text[: text.rfind("\n") + 1]
    reader = csv.DictReader(io.StringIO(whole))
    columns = list(reader.fieldnames or ())
    rows = [row for row in reader if None not in row and None not in row.values() and row.get("step", "").isdigit()]
    if not set(FIRST_COLUMNS) <= set(columns):
        raise WriteError(f"{path} is no table of a training; move it away, the training goes on without it")
    return columns, [row for row in rows if int(row["step"]) <= after_step]


def _as_csv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    writer.writerows(rows)
    return stream.getvalue()


def _text(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"
