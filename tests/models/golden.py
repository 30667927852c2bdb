"""The reference data: outputs of the published networks for weights that anyone can make again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True)
class Golden:
    """What is stored for one network.

    Attributes:
        folder: the reference data.
        name: the network's name there: sepconv, sepconvpp, superslomo, dain, dvf, rife46, rife425.
        checkpoint: a file of the synthetic weights in the published container.
    """

    folder: Path
    name: str
    checkpoint: Path

    @classmethod
    def of(cls, shared_dir: Path, name: str, scratch: Path, *, legacy: bool = False) -> Golden:
        """Writes the checkpoint; its maker refuses to where the numbers would not be those of the reference run."""
        folder = shared_dir / "golden"
        path = scratch / f"{name}.checkpoint"
        _maker(folder).write(name, str(path), legacy=legacy)
        return cls(folder, name, path)

    def inputs(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Both frames, (1, 3, 128, 192) float32 RGB in [0, 1]."""
        with np.load(self.folder / "golden_open.npz") as stored:
            return torch.from_numpy(stored["inputs/I0"]), torch.from_numpy(stored["inputs/I1"])

    def array(self, name: str) -> torch.Tensor:
        """One stored array."""
        with np.load(self.folder / "golden_open.npz") as stored:
            return torch.from_numpy(stored[f"{self.name}/{name}"])

    def names(self) -> list[str]:
        """All arrays that are stored for the network."""
        with np.load(self.folder / "golden_open.npz") as stored:
            return [key.split("/", 1)[1] for key in stored.files if key.startswith(f"{self.name}/")]

    def assert_matches(self, name: str, found: torch.Tensor) -> None:
        """Within the tolerance that is stored with the array."""
        expected = self.array(name)
        rule: dict[str, float] = json.loads((self.folder / "tolerances.json").read_text("utf-8"))[self.name][name]
        assert found.shape == expected.shape, name
        off = (found.double() - expected.double()).abs()
        worst, mean = float(off.max()), float(off.mean())
        outside = float((~(off <= rule["tol"])).double().mean())
        assert outside <= rule.get("outliers", 0.0), f"{name}: off by {worst:.3g}, {outside:.2%} beyond {rule['tol']}"
        assert mean <= rule.get("mean", rule["tol"]), f"{name}: off by {mean:.3g} on average"

    def keys(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the published file, unwrapped."""
        return {key: tuple(shape) for key, shape in _maker(self.folder).read_keys(self.name)}


def _maker(folder: Path) -> Any:
    spec = spec_from_file_location("make_checkpoint", folder / "make_checkpoint.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recorded(net: torch.nn.Module, modules: dict[str, str]) -> tuple[dict[str, torch.Tensor], Callable[[], None]]:
    """Outputs of inner modules during the next call: label -> output, and what takes the hooks away again."""
    outputs: dict[str, torch.Tensor] = {}

    def keep(label: str) -> Callable[..., None]:
        def hook(_module: torch.nn.Module, _inputs: Any, output: torch.Tensor) -> None:
            outputs[label] = output.detach()

        return hook

    handles = [net.get_submodule(path).register_forward_hook(keep(label)) for label, path in modules.items()]

    def remove() -> None:
        for handle in handles:
            handle.remove()

    return outputs, remove
