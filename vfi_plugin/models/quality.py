"""How good models were measured to be: what ``weights/quality.json`` says, which ships with the package."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vfi_plugin.errors import WeightsError
from vfi_plugin.models.info import ModelInfo

QUALITY = Path(__file__).resolve().parent.parent / "weights" / "quality.json"
"""Written by ``benchmarks/quality.py`` from evaluations; where it is not there, nothing was measured."""

MODEL, AVERAGE, DIS = "model", "average", "dis"
"""Methods of a measurement: the model itself, frame averaging, the classic."""

PSNR = "psnr_rgb8"
"""The measure of gains and clips, in dB."""


@dataclass(frozen=True)
class Quality:
    """How near a model's frames came to the true ones, by one protocol on one data set.

    Attributes:
        network: the model's name.
        weights_sha256: of the file of weights that was measured; None for a model that has none.
        protocol: a name from ``vfi evaluate``.
        factor: parts that the time between two frames was cut into.
        data: what the data set is called.
        frames, clips: how many were measured.
        means: ``means[method][measure]``, all methods on the same frames; there is no ``DIS`` of ``dis`` itself, nor
            where it was left out.
        clip_psnr: ``clip_psnr[clip][method]``, the mean in dB; clips that some method made exactly have none.
        versions: of what computed, by package.
    """

    network: str
    weights_sha256: str | None
    protocol: str
    factor: int
    data: str
    frames: int
    clips: int
    means: Mapping[str, Mapping[str, float]]
    clip_psnr: Mapping[str, Mapping[str, float]]
    versions: Mapping[str, str]

    @property
    def measurement(self) -> tuple[str, int, str]:
        """Protocol, factor and data set: numbers of two measurements are not to be compared."""
        return self.protocol, self.factor, self.data

    @property
    def gain(self) -> float | None:
        """Decibels of PSNR over frame averaging on the same frames; None where PSNR was not measured."""
        if PSNR not in self.means[MODEL]:
            return None
        return self.means[MODEL][PSNR] - self.means[AVERAGE][PSNR]


def read_quality(path: Path | None = None) -> tuple[Quality, ...]:
    """All that was measured, in the file's order; nothing where there is no file.

    Args:
        path: of the file; None for the one that ships.

    Raises:
        WeightsError: the file is damaged.
    """
    path = path or QUALITY
    try:
        return tuple(_entry(each) for each in json.loads(path.read_text(encoding="utf-8"))["entries"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WeightsError(
            f"{path} cannot be read as figures of quality ({type(error).__name__}: {error}); install the package again,"
            " or remove the file to do without figures"
        ) from None


def quality_of(info: ModelInfo, measured: Iterable[Quality]) -> tuple[Quality, ...]:
    """What was measured of a model with the very weights that its facts are of."""
    return tuple(each for each in measured if each.network == info.name and each.weights_sha256 == info.weights_sha256)


def _entry(told: Mapping[str, Any]) -> Quality:
    digest = told["weights_sha256"]
    means = {str(method): _figures(values) for method, values in told["means"].items()}
    if AVERAGE not in means or any(values.keys() != means[MODEL].keys() for values in means.values()):
        raise ValueError(f"{MODEL} and {AVERAGE} must be there, with the same measures")
    return Quality(
        network=str(told["network"]),
        weights_sha256=None if digest is None else str(digest),
        protocol=str(told["protocol"]),
        factor=int(told["factor"]),
        data=str(told["data"]),
        frames=int(told["frames"]),
        clips=int(told["clips"]),
        means=means,
        clip_psnr={str(clip): _figures(values) for clip, values in told["clip_psnr"].items()},
        versions={str(package): str(version) for package, version in told["versions"].items()},
    )


def _figures(values: Mapping[str, Any]) -> dict[str, float]:
    figures = {str(name): float(value) for name, value in values.items()}
    if not all(map(math.isfinite, figures.values())):
        raise ValueError("a figure is not finite")
    return figures
