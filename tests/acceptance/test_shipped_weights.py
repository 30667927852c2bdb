"""The weights that ship: what their files say, that they are found, and that what stands still stays."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import av
import material
import numpy as np
import numpy.typing as npt
import pytest
import torch

import vfi_plugin as vfi
from vfi_plugin.cli.main import main
from vfi_plugin.evaluate.metrics import psnr
from vfi_plugin.models.following import as_weights_ask
from vfi_plugin.models.model import Model
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import plan_retime

from .shipped import FILES

LARGEST_BYTES, LARGEST_SUM_BYTES = 6_000_000, 36_000_000
LARGEST_BYTES_OF = {"rife": 12_000_000}
"""The one at its published size, which is trained to become the default."""

LEAST_STILL_PSNR = 45.0


# What the files say


def header_of(path: Path) -> dict[str, Any]:
    """By the format's description: eight bytes of length, then JSON."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header: dict[str, Any] = json.loads(content[8 : 8 + length])
    return header


def test_some_ship_and_all_together_are_small() -> None:
    assert FILES
    assert sum(path.stat().st_size for path in FILES.values()) <= LARGEST_SUM_BYTES


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_small_and_of_half_precision(name: str) -> None:
    assert FILES[name].stat().st_size <= LARGEST_BYTES_OF.get(name, LARGEST_BYTES)
    tensors = {key: entry for key, entry in header_of(FILES[name]).items() if key != "__metadata__"}
    trained = {key: entry for key, entry in tensors.items() if not key.endswith("num_batches_tracked")}
    assert {entry["dtype"] for entry in trained.values()} == {"F16"}


@pytest.mark.parametrize("name", FILES)
def test_a_file_tells_licence_and_training_data_and_nothing_of_a_machine(name: str) -> None:
    told = header_of(FILES[name])["__metadata__"]
    assert told["vfi.network"] == name
    assert told["vfi.licence"].startswith("Apache-2.0")
    assert told["vfi.training_data"]
    assert not [key for key, text in told.items() if "/" in text or "\\" in text]


@pytest.fixture
def no_imports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the person who runs the tests has imported would come first."""
    monkeypatch.setenv("VFI_WEIGHTS", str(tmp_path / "none"))


@pytest.mark.usefixtures("no_imports")
@pytest.mark.parametrize("name", FILES)
def test_a_network_takes_its_file_without_being_told(name: str, tmp_path: Path) -> None:
    digest = hashlib.sha256(FILES[name].read_bytes()).hexdigest()
    assert vfi.load_model(name, device="cpu").info.weights_sha256 == digest
    clip = material.pan(64, 48, count=2).write(tmp_path / "in")
    job = plan_retime(clip, tmp_path / "out.####.exr", RetimeOptions(speed="0.5", model=name))
    with job.clip:
        assert json.loads(job.settings)["weights_sha256"] == digest


@pytest.mark.usefixtures("no_imports")
def test_the_list_says_which_models_have_some(capsys: pytest.CaptureFixture[str]) -> None:
    main(["models", "list", "--json"])
    state = {entry["name"]: entry["weights"] for entry in json.loads(capsys.readouterr().out)}
    assert {name for name, weights in state.items() if weights == "shipped"} == set(FILES)
    assert {name for name, weights in state.items() if weights == "none needed"} == {"dis", "disfast", "phase"}


# Where nothing moves


def tensor_of(picture: npt.NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture, np.float32)).permute(2, 0, 1)[None]


def still_psnr(model: Model, frame: torch.Tensor) -> float:
    """Of what reaches a picture: content that is moved, or the frame of a network that paints."""
    motion = model.estimate(frame, frame)
    made = (motion.guide_frame if model.info.paints else motion.apply)(frame, frame)
    return psnr(made[0].numpy(), frame[0].numpy())


def shown(name: str, way: str) -> Model:
    """A network alone, or as a retime shows it frames."""
    model = vfi.load_model(name, weights=FILES[name], device="cpu")
    return as_weights_ask(model) if way == "in a retime" else model


WAYS = [(name, way) for name in FILES for way in ("alone", "in a retime")]


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_a_still_texture_stays(name: str, way: str) -> None:
    frame = tensor_of(material.pan(256, 160, count=1).truth(1001).clip(0, 1))
    assert still_psnr(shown(name, way), frame) >= LEAST_STILL_PSNR


@pytest.fixture(scope="module")
def filmed(shared_dir: Path) -> torch.Tensor:
    """The middle of a frame of a real clip."""
    with av.open(str(shared_dir / "data" / "train" / "mdl_frog.mp4")) as clip:
        picture = next(clip.decode(video=0)).to_ndarray(format="rgb24")
    top, left = (picture.shape[0] - 160) // 2, (picture.shape[1] - 256) // 2
    return tensor_of(picture[top : top + 160, left : left + 256] / 255)


# BiPN paints what it remembers of a picture at an eighth of its size: alone it is 37.8 dB from a filmed frame.
@pytest.mark.parametrize(("name", "way"), [each for each in WAYS if each != ("bipn", "alone")])
def test_a_still_frame_of_a_real_clip_stays(name: str, way: str, filmed: torch.Tensor) -> None:
    assert still_psnr(shown(name, way), filmed) >= LEAST_STILL_PSNR
