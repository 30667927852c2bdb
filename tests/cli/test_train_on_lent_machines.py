"""``vfi train`` where little comes back from the machine, packages are missing, and checkpoints are all there is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import vfi_plugin as vfi
from vfi_plugin.cli.main import main
from vfi_plugin.train import start
from vfi_plugin.train.checkpoint import read_checkpoint
from vfi_plugin.train.processes import Processes
from vfi_plugin.train.recipes import RECIPES
from vfi_plugin.train.vgg import Vgg19

TINY = ("--data", "shapes", "--width", "0.125", "--crop", "64", "--batch", "1", "--device", "cpu")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(start, "_HELD_OUT_BATCHES", 1)
    monkeypatch.setattr(start, "_HELD_OUT_BATCH", 2)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def train(*more: str | Path | int, name: str = "figan", tiny: bool = True) -> int:
    return main(["train", name, *(TINY if tiny else ()), *map(str, more)])


def test_few_files_are_written_and_a_light_checkpoint_is_gone_on_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--steps", 2, "--light", "--few-files", "--validate-every", 1, "--out", tmp_path) == 0
    assert {path.name.split("-")[0] for path in tmp_path.iterdir()} == {
        "checkpoint.json", "curves.csv", "figan.safetensors", "validation.png", "state"
    }  # fmt: skip
    assert all(name.startswith("average.") for name in read_checkpoint(tmp_path).state.tensors)
    (tmp_path / "figan.safetensors").unlink()
    capsys.readouterr()
    assert train("--resume", "--steps", 3, "--out", tmp_path, tiny=False) == 0
    assert "goes on after step 2 from the averaged weights of a light checkpoint, with fresh" in capsys.readouterr().out
    assert (tmp_path / "figan.safetensors").is_file()
    assert any("optimiser" in name for name in read_checkpoint(tmp_path).state.tensors)


def test_weights_are_made_out_of_a_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, file = tmp_path / "run", tmp_path / "made.safetensors"
    train("--steps", 1, "--licence", "CC0-1.0", "--out", run)
    assert train("--out", run, "--export", file, tiny=False) == 0
    assert "averaged weights of figan, the newest, of step 1" in capsys.readouterr().out
    kept, made = load_file(run / "figan.safetensors"), load_file(file)
    assert kept.keys() == made.keys()
    assert all(torch.equal(kept[name], made[name]) for name in kept)
    model = vfi.load_model("figan", weights=file, device="cpu")
    assert (model.info.licence, model.info.training_data) == ("CC0-1.0", "shapes; made up: 0%")
    assert train("--out", run, "--export", file, "--half", tiny=False) == 0
    assert {tensor.dtype for tensor in load_file(file).values()} == {torch.float16}
    assert train("--out", run, "--export", file, name="bipn", tiny=False) == 2
    assert "has a training of figan, not of bipn" in capsys.readouterr().err
    assert train("--out", tmp_path, "--export", file, tiny=False) == 3


def test_a_machine_without_safetensors_is_told_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    assert train("--steps", 1, "--out", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert "lacks safetensors" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--within-minutes", "--save-seconds", "--validate-every", "--report-every"])
def test_numbers_that_make_no_sense_are_refused(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--steps", 1, option, 0, "--out", tmp_path) == 2
    error = capsys.readouterr().err
    assert error.startswith("vfi train: got ")
    assert "give " in error
    assert error.count("\n") == 1


def test_the_fastest_convolutions_are_looked_for_on_a_gpu_alone() -> None:
    for device, wanted in (("cuda", True), ("cpu", False)):
        with start._device(Processes(torch.device(device))):
            assert torch.backends.cudnn.benchmark is wanted
        assert torch.backends.cudnn.benchmark is False


@pytest.fixture(scope="module")
def vgg19(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights under torchvision's names."""
    path = tmp_path_factory.mktemp("vgg") / "vgg19.safetensors"
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in Vgg19().state_dict().items()}
    generator = torch.Generator().manual_seed(1)
    save_file({name: 0.02 * torch.randn(shape, generator=generator) for name, shape in shapes.items()}, path)
    return path


@pytest.mark.parametrize(("name", "layer"), [("sepconv", "relu4_4"), ("superslomo", "conv4_3"), ("bipn", "relu3_3")])
def test_networks_with_a_perceptual_form_take_the_features_of_their_paper(
    name: str, layer: str, vgg19: Path, tmp_path: Path
) -> None:
    features = RECIPES[name].vgg19
    assert features is not None
    assert features.layer == layer
    assert train("--steps", 1, "--vgg19", vgg19, "--out", tmp_path, name=name) == 0
    assert "features" in (tmp_path / "curves.csv").read_text().splitlines()[0].split(",")


def test_weights_of_vgg19_that_nothing_would_be_done_with_are_refused(
    vgg19: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--steps", 1, "--vgg19", vgg19, "--out", tmp_path, name="voxelflow") == 2
    assert "voxelflow is trained without a perceptual loss; leave --vgg19 out" in capsys.readouterr().err
