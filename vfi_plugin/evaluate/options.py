"""What is asked of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.codes import MADE_BY, ROUNDINGS
from vfi_plugin.evaluate.measure import Measure, measures_named
from vfi_plugin.evaluate.method import classics_asked
from vfi_plugin.evaluate.protocol import Protocol, protocol_named


@dataclass(frozen=True)
class EvaluationOptions:
    """The choices that a caller has.

    Attributes:
        model: one of ``model_names()``; None for the default.
        weights: a file; None for the imported or shipped ones.
        device: "auto", "cpu", "cuda" or "cuda:N", for all models.
        classics: "auto", "none", or names with commas; see ``method.classics_asked``.
        factor: parts that the time between two frames is cut into; None for the protocol's own.
        limit: at most so many items, shared among clips or folders; None for all.
        measures: names; none for the protocol's own.
        rounding: of results to 8 bits, one of ``codes.ROUNDINGS``.
        made_by: one of ``codes.MADE_BY``.
        out: the folder for the page of the worst frames, made if needed; None for no page.
    """

    model: str | None = None
    weights: str | Path | None = None
    device: str = "auto"
    classics: str = "auto"
    factor: int | None = None
    limit: int | None = None
    measures: tuple[str, ...] = ()
    rounding: str = "nearest"
    made_by: str = "model"
    out: str | Path | None = None


@dataclass(frozen=True)
class Asked:
    """The options, checked as far as they can be before anything is read."""

    protocol: Protocol
    factor: int
    measures: tuple[Measure, ...]
    options: EvaluationOptions

    @classmethod
    def of(cls, name: str, options: EvaluationOptions) -> Asked:
        """The request for the protocol called ``name``.

        Raises:
            UsageError: no such protocol, measure, classic, rounding or factor, or a limit that leaves nothing.
        """
        protocol = protocol_named(name)
        if options.limit is not None and options.limit < 1:
            raise UsageError(f"got a limit of {options.limit} items; give 1 or more, or none for all")
        if options.rounding not in ROUNDINGS:
            raise UsageError(f"got rounding {options.rounding!r}; it is one of {', '.join(ROUNDINGS)}")
        if options.made_by not in MADE_BY:
            raise UsageError(f"got frames made by {options.made_by!r}; it is one of {', '.join(MADE_BY)}")
        classics_asked(options.classics, 0)
        measures = measures_named(options.measures or protocol.measures)
        masked = [measure.name for measure in measures if measure.needs_mask]
        if masked and not protocol.has_masks:
            raise UsageError(f"{masked[0]} measures under a mask, and {protocol.name} has none; take another measure")
        return cls(protocol, protocol.factor(options.factor), measures, options)
