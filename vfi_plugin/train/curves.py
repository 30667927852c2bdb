"""The course of a training as a table: ``curves.csv``, one line every so many steps."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from vfi_plugin.errors import UsageError, WriteError
from vfi_plugin.train.whole_file import write_whole

Row = Mapping[str, str]

FIRST_COLUMNS = ("step", "seconds", "samples", "learning_rate", "loss")
"""Of every table; the terms of the loss follow, then what was measured at a validation."""


class CurveTable:
    """A table as it stands.

    Args:
        columns: all names, in their order.
        rows: by column; an empty text where a line has no value.
    """

    def __init__(self, columns: Sequence[str], rows: Sequence[Row]) -> None:
        self._columns = list(columns)
        self._rows = list(rows)

    def column(self, name: str) -> list[tuple[float, float]]:
        """(step, value) of each line that has one."""
        return [(float(row["step"]), float(row[name])) for row in self._rows if row.get(name)]

    @property
    def columns(self) -> Sequence[str]:
        """All names, in their order."""
        return tuple(self._columns)


class Curves(CurveTable):
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
        kept = _kept(path, after_step) if after_step and path.is_file() else (FIRST_COLUMNS, ())
        super().__init__(*kept)
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

    def _write_all(self) -> None:
        head = ",".join(self._columns) + "\n"
        write_whole(self._path, (head + _as_csv(self._columns, self._rows)).encode())


def read_curves(path: Path) -> CurveTable:
    """The table of a training that is over, or of one that still runs; the file stays as it is.

    Raises:
        UsageError: the file cannot be read, or is no such table.
    """
    try:
        columns, rows = _parsed(path.read_text(encoding="utf-8"))
        table = CurveTable(columns, rows)
        for name in columns:
            table.column(name)  # every value is a number
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as a training's table ({error}); give its curves.csv") from None
    return table


def _kept(path: Path, after_step: int) -> tuple[list[str], list[Row]]:
    """Columns, and whole lines up to a step; a table that cannot be understood counts as empty."""
    try:
        columns, rows = _parsed(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise WriteError(f"{path} cannot be read ({error}); move it away, the training goes on without it") from None
    except ValueError as error:
        raise WriteError(f"{path} {error}; move it away, the training goes on without it") from None
    return columns, [row for row in rows if int(row["step"]) <= after_step]


def _parsed(text: str) -> tuple[list[str], list[Row]]:
    """Columns and whole lines; raises ValueError where it is no table of a training."""
    reader = csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1]))
    columns = list(reader.fieldnames or ())
    rows: list[Row] = [
        row for row in reader if None not in row and None not in row.values() and row.get("step", "").isdigit()
    ]
    if not set(FIRST_COLUMNS) <= set(columns):
        raise ValueError("is no table of a training")
    return columns, rows


def _as_csv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    writer.writerows(rows)
    return stream.getvalue()


def _text(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"
