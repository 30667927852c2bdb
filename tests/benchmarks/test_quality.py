"""Evaluations become figures of quality: in the file that ships, in cards of weights, in the README's table."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_quality import LOOKS, NETWORK, average_db, evaluated, merge, run_benchmark, weights_folder, write_clips

from vfi_plugin.models.quality import Quality, read_quality
from vfi_plugin.models.registry import variants_of
from vfi_plugin.models.weights import read_weights, save_weights
from vfi_plugin.models.weights_place import SHIPPED

CARD = "# weights\n\nBefore.\n\n<!-- quality:begin -->\nold\n<!-- quality:end -->\n\nAfter.\n"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Of the network and of the classic, on the same two clips."""
    folder = tmp_path_factory.mktemp("reports")
    clips = write_clips(folder / "takes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VFI_WEIGHTS", str(folder / "no imports"))
        yield {
            NETWORK: evaluated(clips, folder / "network.json", "--model", NETWORK, "--classics", "dis"),
            "dis": evaluated(clips, folder / "classic.json", "--model", "dis", "--classics", "phase"),
        }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return weights_folder(tmp_path / "weights")


def entry_of(folder: Path, network: str) -> Quality:
    (entry,) = [each for each in read_quality(folder / "quality.json") if each.network == network]
    return entry


def report_of(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return facts


# what is taken in


def test_figures_are_those_of_the_evaluation_and_of_the_pictures(reports: dict[str, Path], folder: Path) -> None:
    assert merge(folder, "textures", reports[NETWORK]).returncode == 0
    entry, facts = entry_of(folder, NETWORK), report_of(reports[NETWORK])
    assert (entry.protocol, entry.factor, entry.data, entry.frames, entry.clips) == ("clips", 2, "textures", 4, 2)
    assert entry.weights_sha256 == facts["methods"][NETWORK]["model"]["weights_sha256"]
    assert entry.versions["torch"] == torch.__version__
    for kind, method in {"model": NETWORK, "average": "average", "dis": "dis"}.items():
        expected = {measure: pytest.approx(mean["value"], abs=1e-6) for measure, mean in facts["mean"][method].items()}
        assert entry.means[kind] == expected
    by_clip = [values["average"] for values in entry.clip_psnr.values()]
    assert list(entry.clip_psnr) == ["left.#.png", "right.#.png"]
    assert by_clip == pytest.approx([average_db(look) for look in LOOKS.values()], abs=1e-6)
    assert entry.means["average"]["psnr_rgb8"] == pytest.approx(sum(by_clip) / 2, abs=1e-6)


def test_a_classic_is_not_held_against_itself_and_others_are_taken_in_on_demand(
    reports: dict[str, Path], folder: Path
) -> None:
    merge(folder, "textures", reports["dis"])
    assert [each.network for each in read_quality(folder / "quality.json")] == ["dis"]
    assert set(entry_of(folder, "dis").means) == {"model", "average"}
    merge(folder, "textures", "--classics", reports["dis"])
    assert [each.network for each in read_quality(folder / "quality.json")] == ["dis", "phase"]
    phase = entry_of(folder, "phase")
    assert phase.weights_sha256 is None
    assert phase.means["dis"] == entry_of(folder, "dis").means["model"]


def test_the_order_of_taking_in_does_not_matter_and_the_same_measurement_is_replaced(
    reports: dict[str, Path], folder: Path, tmp_path: Path
) -> None:
    other = weights_folder(tmp_path / "other")
    merge(folder, "textures", reports[NETWORK], reports["dis"])
    merge(folder, "more textures", reports["dis"])
    merge(other, "more textures", reports["dis"])
    merge(other, "textures", reports["dis"])
    merge(other, "textures", reports["dis"], reports[NETWORK])
    assert (other / "quality.json").read_bytes() == (folder / "quality.json").read_bytes()
    named = [(each.network, each.data) for each in read_quality(other / "quality.json")]
    assert named == [("dis", "more textures"), ("dis", "textures"), (NETWORK, "textures")]


def test_no_path_of_a_machine_gets_in(reports: dict[str, Path], folder: Path) -> None:
    assert "/" in report_of(reports[NETWORK])["setting"]["source"]
    (folder / f"{NETWORK}.md").write_text(CARD, encoding="utf-8")
    merge(folder, "textures", reports[NETWORK], reports["dis"])
    assert "/" not in (folder / "quality.json").read_text(encoding="utf-8")
    assert "takes" not in (folder / f"{NETWORK}.md").read_text(encoding="utf-8")
    done = merge(folder, "/data/textures", reports["dis"])
    assert done.returncode == 2
    assert "not a path" in done.stderr


def _cut_short(path: Path) -> str:
    return path.read_text(encoding="utf-8")[:200]


def _rounded_down(path: Path) -> str:
    facts = report_of(path)
    facts["setting"]["rounding"] = "down"
    return json.dumps(facts)


def _of_nothing(path: Path) -> str:
    return "[]"


@pytest.mark.parametrize(
    ("change", "said"),
    [(_cut_short, "is no evaluation"), (_rounded_down, "rounded down"), (_of_nothing, "is no evaluation")],
)
def test_what_cannot_be_taken_in_is_told_in_one_line_and_changes_nothing(
    change: Any, said: str, reports: dict[str, Path], folder: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(change(reports[NETWORK]), encoding="utf-8")
    done = merge(folder, "textures", reports["dis"], bad)
    assert done.returncode == 1
    assert said in done.stderr
    assert "bad.json" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (folder / "quality.json").exists()


# where it is shown


def test_the_card_of_weights_is_filled_in_between_its_marks(reports: dict[str, Path], folder: Path) -> None:
    card = folder / f"{NETWORK}.md"
    card.write_text(CARD, encoding="utf-8")
    merge(folder, "textures", reports[NETWORK])
    text = card.read_text(encoding="utf-8")
    assert text.startswith("# weights\n\nBefore.\n\n<!-- quality:begin -->\n**textures**")
    assert text.endswith("<!-- quality:end -->\n\nAfter.\n")
    assert "| | `psnr_rgb8`, dB | `ssim_gauss_luma` | `ie_mean_abs`, grey levels |" in text
    mean = report_of(reports[NETWORK])["mean"]["average"]
    shown = f"{mean['psnr_rgb8']['value']:.2f} | {mean['ssim_gauss_luma']['value']:.4f} |"
    assert f"| frame averaging | {shown} {mean['ie_mean_abs']['value']:.3f} |" in text
    assert f" | {average_db(0):.2f} | " in next(line for line in text.splitlines() if "left.#.png" in line)
    merge(folder, "textures", reports[NETWORK])
    assert card.read_text(encoding="utf-8") == text


def test_a_card_without_marks_is_left_alone_and_none_is_made(reports: dict[str, Path], folder: Path) -> None:
    (folder / "rife.md").write_text("# rife\n", encoding="utf-8")
    done = merge(folder, "textures", reports[NETWORK])
    assert "rife.md has no <!-- quality:begin -->" in done.stdout
    assert (folder / "rife.md").read_text(encoding="utf-8") == "# rife\n"
    assert sorted(path.name for path in folder.glob("*.md")) == ["rife.md"]


def test_figures_of_other_weights_are_kept_and_shown_nowhere(reports: dict[str, Path], folder: Path) -> None:
    (folder / f"{NETWORK}.md").write_text(CARD, encoding="utf-8")
    replaced = read_weights(NETWORK, variants_of(NETWORK), SHIPPED / f"{NETWORK}.safetensors")
    save_weights(folder / f"{NETWORK}.safetensors", NETWORK, replaced, "0" * 64)
    done = merge(folder, "textures", reports[NETWORK])
    assert "shown nowhere" in done.stdout
    assert entry_of(folder, NETWORK).weights_sha256 == replaced.sha256
    assert "Not measured yet." in (folder / f"{NETWORK}.md").read_text(encoding="utf-8")
    rows = rows_of(folder)
    assert rows["model"][3:5] == ["file", "s, CPU"]
    assert rows[NETWORK][3] == "0.3 MB"


def rows_of(folder: Path) -> dict[str, list[str]]:
    """Cells of the README's table by model, without the model's own."""
    code = "import sys, pathlib, models_table; print(models_table.models_table(pathlib.Path(sys.argv[1])))"
    done = run_benchmark("-c", code, folder)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert len({len(row) for row in cells}) == 1
    return {row[0].strip("`"): row for row in cells}


def test_the_table_has_each_psnr_beside_the_peers_on_the_same_frames(reports: dict[str, Path], folder: Path) -> None:
    merge(folder, "textures", reports[NETWORK], reports["dis"])
    rows = rows_of(folder)
    assert "textures, dB" in rows["model"]
    mean = {name: value["psnr_rgb8"]["value"] for name, value in report_of(reports[NETWORK])["mean"].items()}
    assert f"{mean[NETWORK]:.1f} ({mean['average']:.1f}, {mean['dis']:.1f})" in rows[NETWORK]
    assert f"{mean['dis']:.1f} ({mean['average']:.1f})" in rows["dis"]
    assert {"0.16 M", "0.3 MB", "Apache-2.0"} <= set(rows[NETWORK])
    assert rows["rife"][3:5] == ["-", "-"]


def test_costs_of_smaller_weights_are_marked_as_of_the_published_size(folder: Path) -> None:
    shutil.copy(SHIPPED / "sepconv.safetensors", folder)
    shipping, bare = rows_of(folder), rows_of(SHIPPED.parent)
    smaller, published = shipping["sepconv"], bare["sepconv"]
    at = bare["model"].index("s, CPU")
    assert smaller[2] == "1.47 M"
    assert published[2] == "21.68 M"
    assert smaller[at] == f"{published[at]}†"
