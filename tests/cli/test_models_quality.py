"""What ``vfi models`` shows of measured quality: only of the very weights that are in use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_quality import NETWORK, evaluated, merge, weights_folder, write_clips

from vfi_plugin.cli.main import main

CARD = "# weights of ours\n\n<!-- quality:begin -->\n<!-- quality:end -->\n\nTrained on textures.\n"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of weights, with what a real evaluation measured of them and a card."""
    place = tmp_path_factory.mktemp("measured")
    folder = weights_folder(place / "weights")
    (folder / f"{NETWORK}.md").write_text(CARD, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VFI_WEIGHTS", str(place / "no imports"))
        report = evaluated(write_clips(place / "takes"), place / "report.json", "--model", NETWORK)
    done = merge(folder, "textures", "--classics", report)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(autouse=True)
def imports(measured: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder of imports; what ships is what was measured here."""
    monkeypatch.setenv("VFI_WEIGHTS", str(tmp_path / "imports"))
    monkeypatch.setattr("vfi_plugin.models.weights_place.SHIPPED", measured)
    monkeypatch.setattr("vfi_plugin.models.quality.QUALITY", measured / "quality.json")
    return tmp_path / "imports"


def facts_of(measured: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((measured.parent / "report.json").read_text(encoding="utf-8"))
    return report


def printed(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    capsys.readouterr()
    assert main(["models", *command]) == 0
    return capsys.readouterr().out


def line_of(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if line.removeprefix("*").split()[0] == name)


def test_the_list_has_the_gain_over_frame_averaging(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "list")
    assert "over averaging (textures)" in text.splitlines()[0]
    mean = {name: values["psnr_rgb8"]["value"] for name, values in facts_of(measured)["mean"].items()}
    for name in (NETWORK, "dis", "phase"):
        assert f" {mean[name] - mean['average']:+.1f} dB " in line_of(text, name)
    assert " dB " not in line_of(text, "rife")


def test_json_has_the_whole_entries(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = {each["name"]: each["quality"] for each in json.loads(printed(capsys, "list", "--json"))}
    written = json.loads((measured / "quality.json").read_text(encoding="utf-8"))["entries"]
    assert [*listed["dis"], *listed[NETWORK], *listed["phase"]] == written
    assert listed["rife"] == []


def test_a_model_is_shown_with_its_figures_and_the_card_of_the_weights_that_ship(
    measured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(capsys, "show", NETWORK)
    assert "measured on textures (protocol clips, factor 2; 4 frames of 2 clips):" in text
    names = {NETWORK: NETWORK, "average": "frame averaging", "dis": "dis"}
    for method, name in names.items():
        mean = {measure: value["value"] for measure, value in facts_of(measured)["mean"][method].items()}
        cells = [f"{mean['psnr_rgb8']:.2f}", f"{mean['ssim_gauss_luma']:.4f}", f"{mean['ie_mean_abs']:.3f}"]
        assert [*name.split(), *cells] in [line.split() for line in text.splitlines()]
    assert text.index(f"# {NETWORK}") < text.index("# weights of ours") < text.index("Trained on textures.")
    assert "<!--" not in text


def test_imported_weights_show_no_figures_of_others(
    measured: Path, imports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "import", str(measured / f"{NETWORK}.safetensors")]) == 0  # other bytes: it tells its source
    line = line_of(printed(capsys, "list"), NETWORK)
    assert " imported " in line
    assert " dB " not in line
    listed = {each["name"]: each["quality"] for each in json.loads(printed(capsys, "list", "--json"))}
    assert listed[NETWORK] == []
    shown = printed(capsys, "show", NETWORK)
    assert "measured on" not in shown
    assert "# weights of ours" not in shown


def test_without_the_file_there_are_no_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("vfi_plugin.models.quality.QUALITY", tmp_path / "quality.json")
    assert "over averaging" not in printed(capsys, "list")
    assert "measured on" not in printed(capsys, "show", NETWORK)


def _without(key: str) -> Any:
    def change(facts: dict[str, Any]) -> object:
        del facts["entries"][0][key]
        return facts

    return change


def _with(key: str, value: object) -> Any:
    def change(facts: dict[str, Any]) -> object:
        facts["entries"][0][key] = value
        return facts

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: [],
        lambda facts: {"entries": [3]},
        _without("means"),
        _with("frames", None),
        _with("means", {"model": {"psnr_rgb8": 30.0}}),
        _with("means", {"model": {"psnr_rgb8": float("nan")}, "average": {"psnr_rgb8": 30.0}}),
        _with("clip_psnr", []),
    ],
)
def test_a_damaged_file_is_told_in_one_line(
    change: Any, measured: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "quality.json"
    damaged.write_text(json.dumps(change(json.loads((measured / "quality.json").read_text("utf-8")))), "utf-8")
    monkeypatch.setattr("vfi_plugin.models.quality.QUALITY", damaged)
    for command in (["list"], ["show", "dis"]):
        assert main(["models", *command]) == 3
        told = capsys.readouterr()
        assert str(damaged) in told.err
        assert told.err.count("\n") == 1
        assert told.out == ""


def test_a_file_that_ends_too_early_is_told_in_one_line(
    measured: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "quality.json").write_bytes((measured / "quality.json").read_bytes()[:100])
    monkeypatch.setattr("vfi_plugin.models.quality.QUALITY", tmp_path / "quality.json")
    assert main(["models", "list"]) == 3
    assert capsys.readouterr().err.count("\n") == 1
