from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from material import write_exr
from safetensors.torch import save_file

import vfi_plugin as vfi
from vfi_plugin.cli.main import main
from vfi_plugin.errors import WeightsError
from vfi_plugin.models.bipn.net import Bipn
from vfi_plugin.models.container import read_container
from vfi_plugin.models.registry import info_in_use, variants_of
from vfi_plugin.models.rife.net import build
from vfi_plugin.models.weights import Weights, save_weights
from vfi_plugin.models.weights_place import SHIPPED
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import plan_retime


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Threads of small networks do little but wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def imports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder of imports; what the person who runs the tests has imported must not show."""
    folder = tmp_path / "imports"
    monkeypatch.setenv("VFI_WEIGHTS", str(folder))
    return folder


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A file such as RIFE's authors publish, every tensor of it another constant."""
    path = tmp_path / "flownet.pkl"
    torch.save(_tensors(), path)
    return path


@pytest.fixture
def compact(tmp_path: Path) -> Path:
    """A small RIFE of random weights in our own form."""
    path = tmp_path / "compact.safetensors"
    with torch.random.fork_rng():
        torch.manual_seed(5)
        state = build("4.25", 0.125).state_dict()
    save_weights(path, "rife", Weights(state, "4.25", "", "", 0.125, "CC0-1.0", "noise"), "")
    return path


def _tensors() -> dict[str, torch.Tensor]:
    with torch.device("meta"):
        state = build("4.6").state_dict()
    shapes = {f"module.{name}": tensor.shape for name, tensor in state.items()}
    return {name: torch.full(shape, index / 64) for index, (name, shape) in enumerate(shapes.items())}


def _line(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if line.removeprefix("*").split()[0] == name)


# list


def test_every_model_has_a_line_and_one_is_marked_as_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    headings, *lines = capsys.readouterr().out.splitlines()
    assert headings.split()[:3] == ["name", "year", "time"]
    assert [line.removeprefix("*").split()[0] for line in lines] == list(vfi.model_names())
    assert [line.split()[1] for line in lines if line.startswith("*")] == [vfi.default_model()]
    for name, line in zip(vfi.model_names(), lines, strict=True):
        info = info_in_use(name)
        assert str(info.year) in line
        assert info.licence in line


def test_the_classic_is_said_to_need_no_weights(capsys: pytest.CaptureFixture[str]) -> None:
    main(["models", "list"])
    line = _line(capsys.readouterr().out, "dis")
    assert "none needed" in line
    assert "any time" in line


def test_the_size_and_cost_of_a_network_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["models", "list"])
    line = _line(capsys.readouterr().out, "sepconvpp")
    assert all(text in line for text in ("13.6 M", "478 k", "official weights"))


def test_weights_that_ship_are_in_use_until_others_are_imported(
    capsys: pytest.CaptureFixture[str], published: Path
) -> None:
    main(["models", "list"])
    told = capsys.readouterr().out
    assert " needed " in _line(told, "sepconvpp")
    assert " shipped " in _line(told, "rife")
    main(["models", "import", str(published)])
    capsys.readouterr()
    main(["models", "list"])
    assert " imported " in _line(capsys.readouterr().out, "rife")


def test_json_holds_every_fact_of_every_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in listed] == list(vfi.model_names())
    for entry in listed:
        assert entry.pop("weights") in ("none needed", "needed", "imported", "shipped")
        info = info_in_use(entry["name"])
        assert {measured["network"] for measured in entry.pop("quality")} <= {info.name}
        assert entry == {name: getattr(info, name) for name in entry}
        assert {"paper", "licence", "training_data", "weights_sha256", "reach_px"} <= entry.keys()


def test_an_action_that_is_not_there_is_wrong_use() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["models", "lst"])
    assert stopped.value.code == 2


# show


@pytest.mark.parametrize("name", vfi.model_names())
def test_every_model_is_shown_with_its_facts_and_its_card(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", name]) == 0
    shown = capsys.readouterr().out
    info = info_in_use(name)
    assert all(text in shown for text in (info.title, info.paper, info.licence, info.training_data))
    assert f"# {name}" in shown


def test_where_the_official_weights_are_to_be_had_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    main(["models", "show", "rife"])
    shown = capsys.readouterr().out
    assert "https://github.com/hzwer/Practical-RIFE" in shown
    assert "vfi models import" in shown


def test_imported_weights_are_shown_with_their_digest(
    capsys: pytest.CaptureFixture[str], published: Path, imports: Path
) -> None:
    main(["models", "import", str(published)])
    capsys.readouterr()
    main(["models", "show", "rife"])
    shown = capsys.readouterr().out
    assert str(imports / "rife.safetensors") in shown
    assert f"variant 4.6, sha256 {read_container(imports / 'rife.safetensors').sha256}" in shown


def test_facts_are_those_of_the_weights_in_use(capsys: pytest.CaptureFixture[str], imports: Path) -> None:
    net = Bipn(0.125, 5, 4)
    weights = Weights(net.state_dict(), "5-multiscale", "", "made here", 0.125, "CC0-1.0", "shapes")
    save_weights(imports / "bipn.safetensors", "bipn", weights, "0" * 64)
    assert main(["models", "show", "bipn"]) == 0
    said = dict(line.split(":", 1) for line in capsys.readouterr().out.splitlines()[:20] if ":" in line)
    assert said["frames at once"].strip() == "5"
    assert said["size multiple"].strip() == "64"
    assert said["licence"].strip() == "CC0-1.0"
    assert said["training data"].strip() == "shapes"
    assert int(said["parameters"].replace(",", "")) == sum(p.numel() for p in net.parameters())


def test_a_damaged_file_in_use_does_not_stop_the_list(capsys: pytest.CaptureFixture[str], imports: Path) -> None:
    imports.mkdir(parents=True, exist_ok=True)
    (imports / "rife.safetensors").write_bytes(b"no weights")
    assert main(["models", "list"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.split()[0] == "rife")
    assert "damaged" in line


def test_a_model_that_is_not_there_cannot_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", "rive"]) == 2
    assert "did you mean rife?" in capsys.readouterr().err


# import


def test_a_published_file_is_recognised_and_imported_bit_for_bit(
    capsys: pytest.CaptureFixture[str], published: Path, imports: Path
) -> None:
    assert main(["models", "import", str(published)]) == 0
    told, target = capsys.readouterr().out, imports / "rife.safetensors"
    assert "weights of rife 4.6" in told
    assert str(target) in told
    model: Any = vfi.load_model("rife", device="cpu")
    own, state = _tensors(), model.net.state_dict()
    assert all(torch.equal(own[f"module.{name}"], tensor) for name, tensor in state.items())


def test_an_import_tells_where_it_is_from(published: Path, imports: Path) -> None:
    main(["models", "import", str(published)])
    container = read_container(imports / "rife.safetensors")
    assert container.metadata["vfi.source_sha256"] == read_container(published).sha256
    assert container.metadata["vfi.variant"] == "4.6"
    assert [path.name for path in imports.iterdir()] == ["rife.safetensors"]


def test_a_second_import_takes_the_place_of_the_first(
    capsys: pytest.CaptureFixture[str], published: Path, compact: Path
) -> None:
    main(["models", "import", str(published)])
    assert main(["models", "import", str(compact)]) == 0
    assert "replaced" in capsys.readouterr().out
    info = vfi.load_model("rife", device="cpu").info
    assert (info.licence, info.training_data) == ("CC0-1.0", "noise")


def test_imported_weights_follow_the_fast_classic_where_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], published: Path
) -> None:
    main(["models", "import", str(published)])
    assert not info_in_use("rife").follows
    assert main(["models", "import", str(published), "--follow"]) == 0
    assert "moved onto each other" in capsys.readouterr().out
    assert info_in_use("rife").follows
    assert main(["models", "import", str(SHIPPED / "fused.safetensors"), "--follow"]) == 2
    assert "fused looks for motion by the classics itself" in capsys.readouterr().err


def test_the_name_of_a_network_can_be_insisted_on(capsys: pytest.CaptureFixture[str], published: Path) -> None:
    assert main(["models", "import", str(published), "--name", "rife"]) == 0
    assert main(["models", "import", str(published), "--name", "rive"]) == 2
    assert main(["models", "import", str(published), "--name", "dis"]) == 2
    assert "dis has no weights" in capsys.readouterr().err


def test_the_near_network_is_named_where_the_file_is_of_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, imports: Path
) -> None:
    tensors = _tensors()
    tensors["module.block0.conv0.0.0.weight"] = torch.zeros(96, 8, 3, 3)
    torch.save(tensors, tmp_path / "other.pkl")
    for insisting in ([], ["--name", "rife"]):
        assert main(["models", "import", str(tmp_path / "other.pkl"), *insisting]) == 3
        said = capsys.readouterr().err
        assert "RIFE 4.6" in said
        assert "module.block0.conv0.0.0.weight" in said
    assert not imports.exists()


class _Command:
    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self) -> Any:
        return os.system, (self._command,)


def _truncated(path: Path) -> None:
    torch.save(_tensors(), path)
    path.write_bytes(path.read_bytes()[:200_000])


def _not_finite(path: Path) -> None:
    tensors = _tensors()
    tensors["module.block3.lastconv.0.bias"][7] = torch.nan
    torch.save(tensors, path)


def _damaged_pickle(path: Path) -> None:
    path.write_bytes(b"\x80\x02.")  # ends before there is anything; torch's reader fails with IndexError


def _of_an_unknown_variant(path: Path) -> None:
    save_weights(path, "rife", Weights(build("4.6", 0.125).state_dict(), "9.9", "", "", 0.125), "")


def _lying(path: Path) -> None:
    save_file({"x": torch.zeros(1)}, path, {"vfi.network": "rife", "vfi.variant": "4.6"})


_REFUSED = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("These are not the weights you are looking for.\n"),
    "truncated": _truncated,
    "of something else": lambda path: save_file({"layer.weight": torch.zeros(3, 3)}, path),
    "of no tensors": lambda path: torch.save([1, 2, 3], path),
    "with NaN": _not_finite,
    "with a false claim": _lying,
    "a damaged pickle": _damaged_pickle,
    "of an unknown variant": _of_an_unknown_variant,
    "absent": lambda path: None,
}


@pytest.mark.parametrize("kind", _REFUSED)
def test_a_file_that_is_no_good_is_refused_in_one_line(
    kind: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, imports: Path
) -> None:
    path = tmp_path / "weights.bin"
    _REFUSED[kind](path)
    assert main(["models", "import", str(path)]) == 3
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "weights.bin" in said
    assert not imports.exists()


def test_a_file_that_would_run_a_command_is_refused_and_runs_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, imports: Path
) -> None:
    path, trace = tmp_path / "flownet.pkl", tmp_path / "was_run"
    torch.save({**_tensors(), "module.more": _Command(f"touch {trace}")}, path)
    assert main(["models", "import", str(path)]) == 3
    assert capsys.readouterr().err.count("\n") == 1
    assert not trace.exists()
    assert not imports.exists()


def test_tensors_that_share_their_memory_can_be_imported(tmp_path: Path) -> None:
    tensors = _tensors()
    big = torch.arange(2.0 * 192).view(2, 192)
    for row in range(2):
        tensors[f"module.block0.convblock.{row}.conv.bias"] = big[row]
    torch.save(tensors, tmp_path / "flownet.pkl")
    assert main(["models", "import", str(tmp_path / "flownet.pkl")]) == 0
    model: Any = vfi.load_model("rife", device="cpu")
    assert torch.equal(model.net.state_dict()["block0.convblock.1.conv.bias"], big[1])


def test_a_folder_that_cannot_be_written_to_is_named(
    capsys: pytest.CaptureFixture[str], compact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VFI_WEIGHTS", str(compact))  # a file, so nothing can be written below it
    assert main(["models", "import", str(compact)]) == 1
    said = capsys.readouterr().err
    assert "cannot be written" in said
    assert "set VFI_WEIGHTS" in said


def test_a_folder_that_takes_no_files_is_named(
    capsys: pytest.CaptureFixture[str], compact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VFI_WEIGHTS", "/proc/self")  # there, but nobody can make a file in it
    assert main(["models", "import", str(compact)]) == 1
    assert "set VFI_WEIGHTS" in capsys.readouterr().err


def test_imported_weights_can_be_read_by_whom_the_umask_allows(compact: Path, imports: Path) -> None:
    before = os.umask(0o022)
    try:
        main(["models", "import", str(compact)])
    finally:
        os.umask(before)
    assert (imports / "rife.safetensors").stat().st_mode & 0o777 == 0o644


def test_a_user_without_a_home_folder_has_no_imports(
    capsys: pytest.CaptureFixture[str], compact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VFI_WEIGHTS", "XDG_DATA_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", dict[int, Any]().__getitem__)  # a number that has no name
    assert main(["models", "list"]) == 0
    assert main(["models", "export", "sepconvpp", "--out", "sepconvpp.pt"]) == 3
    assert "there are no weights for sepconvpp" in capsys.readouterr().err
    assert main(["models", "import", str(compact)]) == 2
    assert "set VFI_WEIGHTS" in capsys.readouterr().err
    assert vfi.load_model("rife", weights=compact, device="cpu").info.name == "rife"


def test_imports_that_cannot_be_looked_for_are_not_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VFI_WEIGHTS", "x" * 5000)  # an error of the file system, as a folder without permission is
    assert main(["models", "list"]) == 0
    assert main(["models", "import", "x" * 5000]) == 3
    assert "cannot be read" in capsys.readouterr().err


def test_weights_that_are_not_finite_are_refused_wherever_they_come_from(tmp_path: Path) -> None:
    state = build("4.25", 0.125).state_dict()
    state["block3.lastconv.0.bias"][7] = torch.nan
    save_weights(tmp_path / "nan.safetensors", "rife", Weights(state, "4.25", "", "", 0.125), "")
    with pytest.raises(WeightsError, match=r"nan.safetensors is damaged: block3.lastconv.0.bias"):
        vfi.load_model("rife", weights=tmp_path / "nan.safetensors", device="cpu")


# export


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_an_exported_network_gives_the_same_at_any_size(
    capsys: pytest.CaptureFixture[str], compact: Path, tmp_path: Path
) -> None:
    out = tmp_path / "rife.pt"
    assert main(["models", "export", "rife", "--weights", str(compact), "--out", str(out)]) == 0
    assert "VFI_KERNELS" not in os.environ  # tracing sets it
    told = capsys.readouterr().out
    assert "forward(before, after, t)" in told
    assert "(N, 3, H, W)" in told
    exported = torch.jit.load(str(out))  # type: ignore[no-untyped-call]
    model: Any = vfi.load_model("rife", weights=compact, device="cpu")
    for height, width, count in ((128, 64, 2), (64, 192, 1)):
        inputs = torch.rand(count, 3, height, width), torch.rand(count, 3, height, width), torch.rand(count, 1, 1, 1)
        with torch.no_grad():
            for found, expected in zip(exported(*inputs), model.net(*inputs), strict=True):
                torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_what_cannot_be_exported_is_said_why(capsys: pytest.CaptureFixture[str], compact: Path, tmp_path: Path) -> None:
    assert main(["models", "export", "dis", "--out", str(tmp_path / "dis.pt")]) == 2
    assert "it has no network" in capsys.readouterr().err
    assert main(["models", "export", "sepconvpp", "--out", str(tmp_path / "sepconvpp.pt")]) == 3
    assert "there are no weights for sepconvpp" in capsys.readouterr().err
    nowhere = str(tmp_path / "none" / "rife.pt")
    assert main(["models", "export", "rife", "--weights", str(compact), "--out", nowhere]) == 1
    assert "give another --out" in capsys.readouterr().err


# what a retime does with weights


def test_a_network_without_weights_stops_a_retime_before_its_source_is_looked_at(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source, target = str(tmp_path / "absent.####.exr"), str(tmp_path / "out.####.exr")
    for more in ([], ["--dry-run"]):
        assert main(["retime", source, target, "--speed", "0.5", "--model", "sepconvpp", *more]) == 3
        assert "there are no weights for sepconvpp" in capsys.readouterr().err


def test_a_retime_that_moves_nothing_needs_no_weights(tmp_path: Path) -> None:
    source = _clip(tmp_path)
    plan = plan_retime(source, tmp_path / "out.####.exr", RetimeOptions(speed="0.5", model="rife", method="blend"))
    plan.clip.close()
    assert plan.model.weights_sha256 is None


@pytest.mark.parametrize("imported", [False, True])
def test_the_settings_tell_which_weights_were_used(
    imported: bool, compact: Path, tmp_path: Path, imports: Path
) -> None:
    given: str | None = str(compact)
    if imported:
        main(["models", "import", str(compact)])
        given = None
    job = plan_retime(
        _clip(tmp_path), tmp_path / "out.####.exr", RetimeOptions(speed="0.5", model="rife", weights=given)
    )
    job.clip.close()
    used = imports / "rife.safetensors" if imported else compact
    assert json.loads(job.settings)["weights_sha256"] == read_container(used).sha256


def test_a_retime_by_a_network_writes_every_frame(compact: Path, tmp_path: Path) -> None:
    arguments = [
        "--speed",
        "0.5",
        "--model",
        "rife",
        "--weights",
        str(compact),
        "--device",
        "cpu",
        "--progress",
        "plain",
    ]
    assert main(["retime", _clip(tmp_path), str(tmp_path / "out.####.exr"), *arguments]) == 0
    assert len(list(tmp_path.glob("out.*.exr"))) == 3


def test_weights_of_another_network_stop_a_retime(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors", {"vfi.network": "other"})
    options = RetimeOptions(speed="0.5", model="rife", weights=str(tmp_path / "other.safetensors"))
    with pytest.raises(WeightsError, match="holds weights of other, not of rife"):
        plan_retime(_clip(tmp_path), tmp_path / "out.####.exr", options)


def test_every_network_has_variants_of_different_names() -> None:
    for name in vfi.model_names():
        names = [variant.name for variant in variants_of(name)]
        assert len(names) == len(set(names))


def _clip(folder: Path) -> str:
    """Two small frames."""
    for number in (1, 2):
        plane = np.full((32, 48), number / 4, np.float32)
        write_exr(folder / f"plate.{number:04d}.exr", {"R": plane, "G": plane, "B": plane})
    return str(folder / "plate.####.exr")
