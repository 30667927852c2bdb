"""Networks as TorchScript: what the file gives is what the model gives, at any size, time and number of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch
from calm_networks import NETWORKS, calm_weights

import vfi_plugin as vfi
from vfi_plugin.cli.main import main
from vfi_plugin.models.dain.model import published_padding
from vfi_plugin.models.model import Model
from vfi_plugin.models.padding import Padding

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")

TIMES = (0.25, 0.75)
UNTRACEABLE = ("fused", "phasenet")


@pytest.fixture(autouse=True, scope="module")
def _no_time_is_wasted() -> Iterator[None]:
    """Threads of small networks do little but wait for each other, and each file runs but once or twice."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.jit.optimized_execution(False):  # type: ignore[attr-defined]
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exported")


@cache
def exported(name: str, folder: Path) -> tuple[Any, Model, str]:
    """What ``vfi models export`` wrote, loaded again; the model of the same weights; what was said."""
    weights, out = calm_weights(name, folder), folder / f"{name}.pt"
    with redirect_stdout(StringIO()) as said:
        assert main(["models", "export", name, "--weights", str(weights), "--out", str(out)]) == 0
    loaded = torch.jit.load(str(out))  # type: ignore[no-untyped-call]
    return loaded, vfi.load_model(name, weights=weights, device="cpu"), said.getvalue()


def padding_of(model: Model, height: int, width: int) -> Padding:
    if model.info.name == "dain":
        return published_padding(height, width)
    return Padding.to_multiple(height, width, model.info.size_multiple)


def two_pairs(height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    made = torch.Generator().manual_seed(3)
    before = torch.nn.functional.interpolate(torch.rand(2, 3, height // 8, width // 8, generator=made), (height, width))
    return before, before.roll((1, 2), (2, 3))


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in UNTRACEABLE])
def test_the_file_gives_what_the_model_gives(name: str, folder: Path) -> None:
    script, model, said = exported(name, folder)
    assert f"multiples of {model.info.size_multiple}" in said
    # Neither size is the one that the network was traced at; the first may be padded, outside of the file.
    sizes = ((40, 72), (96, 32))
    for height, width in sizes if model.info.size_multiple <= 32 else sizes[:1]:  # the others' padding makes them slow
        frames = two_pairs(height, width)
        padding = padding_of(model, height, width)
        inputs = [padding.add(frame, "constant" if name == "rife" else "replicate") for frame in frames]
        times = TIMES if model.info.any_time else (0.5, 0.5)
        if model.info.any_time:
            inputs.append(torch.tensor(times).view(2, 1, 1, 1))
        with torch.no_grad():
            found = script(*inputs)
        frame = padding.remove(found if isinstance(found, torch.Tensor) else found[0])
        if frame.ndim == 5:  # all frames between the pair
            frame = frame[:, frame.shape[1] // 2]
        for item, t in enumerate(times):
            expected = model.interpolate(frames[0][item : item + 1], frames[1][item : item + 1], t)
            difference = (frame[item : item + 1] - expected).abs()
            # A pixel that DAIN's flow only just throws over a border lands on either side of it, by rounding.
            apart = float((difference > 1e-5).float().mean())
            assert apart <= (1e-3 if name == "dain" else 0.0)
        assert float((frame[0] - frames[0][0]).abs().max()) > 1e-3  # the network has done something


def test_an_exported_deep_voxel_flow_carries_motion_on(folder: Path) -> None:
    script, model, _ = exported("voxelflow", folder)
    before, after = two_pairs(24, 32)
    for t in (0.5, 1.0, 1.5, 2.0):
        found = script(before, after, torch.full((2, 1, 1, 1), t))
        torch.testing.assert_close(found, model.interpolate(before, after, t), atol=1e-5, rtol=0)


def test_a_network_that_cannot_be_traced_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, out = calm_weights("sepconv", folder), folder / "untraceable.pt"
    monkeypatch.setattr("vfi_plugin.cli.models_files.load_model", lambda *_, **__: vfi.load_model("dis", device="cpu"))
    assert main(["models", "export", "sepconv", "--weights", str(weights), "--out", str(out)]) == 2
    assert "not all of it can be traced" in capsys.readouterr().err
    assert not out.exists()


def test_an_export_never_takes_the_place_of_its_own_weights(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = calm_weights("voxelflow", folder)
    before = weights.read_bytes()
    assert main(["models", "export", "voxelflow", "--weights", str(weights), "--out", str(weights)]) == 2
    assert "are the weights themselves" in capsys.readouterr().err
    assert weights.read_bytes() == before


@pytest.mark.parametrize("out", ["", ".", "/"])
def test_an_export_needs_the_name_of_a_file(out: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = calm_weights("voxelflow", folder)
    assert main(["models", "export", "voxelflow", "--weights", str(weights), "--out", out]) in (1, 2)
    assert "give" in capsys.readouterr().err


def test_it_is_said_that_an_older_export_was_replaced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights, out = calm_weights("voxelflow", folder), folder / "twice.pt"
    said = []
    for _ in range(2):
        main(["models", "export", "voxelflow", "--weights", str(weights), "--out", str(out)])
        said.append(capsys.readouterr().out.split()[0])
    assert said == ["wrote", "replaced"]
