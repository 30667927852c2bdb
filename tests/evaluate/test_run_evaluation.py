"""Whole evaluations of tiny sets, held against what can be computed by hand."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from calm_networks import calm_weights
from tiny_sets import (
    picture,
    read_picture,
    write_frames,
    write_mask,
    write_middlebury,
    write_picture,
    write_ucf101,
    write_vimeo,
)

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import Cancelled, InputError, RenderError, UsageError, WriteError
from vfi_plugin.evaluate import method
from vfi_plugin.evaluate.codes import Codes
from vfi_plugin.evaluate.evaluation import Evaluation
from vfi_plugin.evaluate.item import Between, Item
from vfi_plugin.evaluate.measure import MEASURES
from vfi_plugin.evaluate.method import Beside, FrameAverage, Frames, classics_asked
from vfi_plugin.evaluate.options import EvaluationOptions
from vfi_plugin.evaluate.picture import PictureFile
from vfi_plugin.evaluate.run import run_evaluation
from vfi_plugin.evaluate.scoring import Scorer
from vfi_plugin.evaluate.table import evaluation_lines
from vfi_plugin.evaluate.worst_page import WorstPage
from vfi_plugin.models.registry import load_model

HALF = Fraction(1, 2)
QUICK = EvaluationOptions(model="dis", classics="none")


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Threads of small networks do little but wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _scores(evaluation: Evaluation) -> str:
    """All that must be the same in every run."""
    facts = evaluation.as_json()
    for found in facts["methods"].values():
        del found["seconds_per_frame"]
    return json.dumps(facts, sort_keys=True)


def _mixed_db(before: Codes, after: Codes, truth: Codes) -> float:
    """PSNR of the mean of two frames, from Python's own whole numbers; ties go to the even code."""
    error = 0
    for first, second, wanted in zip(*(p.ravel().tolist() for p in (before, after, truth)), strict=True):
        error += (round((first + second) / 2) - wanted) ** 2
    return 10 * math.log10(255**2 / (error / truth.size))


def test_the_row_of_frame_averaging_is_the_average_of_the_frames_computed_apart(tmp_path: Path) -> None:
    write_middlebury(tmp_path, ["Beanbags", "Venus"], flat=True)
    evaluation = run_evaluation("middlebury-other", tmp_path, QUICK)
    expected = []
    for name in ("Beanbags", "Venus"):
        files = [tmp_path / name / f"{frame}.png" for frame in ("frame10", "frame11", "frame10i11")]
        expected.append(_mixed_db(*map(read_picture, files)))
    found = [frame.values["average"]["psnr_rgb8"] for frame in evaluation.frames]
    assert found == pytest.approx(expected, abs=1e-9)
    assert evaluation.mean("average", "psnr_rgb8").value == pytest.approx(sum(expected) / 2, abs=1e-9)


def test_an_average_at_a_quarter_has_three_quarters_of_the_earlier_frame() -> None:
    before, after = np.full((2, 2, 3), 100, np.uint8), np.full((2, 2, 3), 200, np.uint8)
    made = list(FrameAverage().frames(before, after, [Fraction(1, 4), Fraction(5, 8)]))
    assert [float(frame[0, 0, 0]) * 255 for frame in made] == pytest.approx([125, 162.5])


def test_moved_content_is_put_where_it_belongs_and_averaging_is_far_behind(tmp_path: Path) -> None:
    write_frames(tmp_path, range(1, 8))
    options = EvaluationOptions(model="dis", classics="phase", factor=2)
    evaluation = run_evaluation("clips", tmp_path / "####.png", options)
    assert [facts.name for facts in evaluation.methods] == ["dis", "average", "phase"]
    means = {facts.name: evaluation.mean(facts.name, "psnr_rgb8").value for facts in evaluation.methods}
    assert means["dis"] > means["average"] + 6
    assert means["phase"] > means["average"] + 2


def test_the_frame_that_is_measured_is_the_models_own_from_codes_over_255(tmp_path: Path) -> None:
    write_middlebury(tmp_path, ["Venus"], flat=True)
    evaluation = run_evaluation("middlebury-other", tmp_path, QUICK)
    before, after = (torch.from_numpy((picture(at) / 255).astype(np.float32)).permute(2, 0, 1)[None] for at in (0, 1))
    made = load_model("dis", device="cpu").interpolate(before, after, 0.5)[0].permute(1, 2, 0).numpy()
    codes = np.clip(np.rint(made.astype(np.float64) * 255), 0, 255)
    mean_abs = np.abs(codes - picture(0.5)).mean()
    assert evaluation.frames[0].values["dis"]["ie_mean_abs"] == pytest.approx(mean_abs, abs=1e-6)


def test_all_measures_of_a_protocol_stand_for_every_method(tmp_path: Path) -> None:
    write_middlebury(tmp_path, ["Venus"], flat=True)
    evaluation = run_evaluation("middlebury-other", tmp_path, QUICK)
    wanted = {"psnr_rgb8", "ssim_skimage7", "ie_mean_abs", "ie_rms_channel", "ie_rms_vector", "ne"}
    assert {name: set(scores) for name, scores in evaluation.frames[0].values.items()} == {
        "dis": wanted,
        "average": wanted,
    }


def test_two_runs_give_the_same_scores(tmp_path: Path) -> None:
    write_frames(tmp_path, range(5))
    runs = [run_evaluation("clips", tmp_path, EvaluationOptions(model="dis", out=tmp_path / name)) for name in "ab"]
    assert _scores(runs[0]) == _scores(runs[1])
    assert (tmp_path / "a" / "worst.png").read_bytes() == (tmp_path / "b" / "worst.png").read_bytes()


def test_triplets_with_an_empty_mask_are_left_out_as_the_script_does(tmp_path: Path) -> None:
    write_ucf101(tmp_path, [1, 11])
    write_mask(tmp_path / "1" / "motion_mask.png", slice(0, 0))
    write_mask(tmp_path / "11" / "motion_mask.png", slice(10, 30))
    evaluation = run_evaluation("ucf101-379-dvf", tmp_path, QUICK)
    assert [frame.item for frame in evaluation.frames] == ["11"]
    assert [(entry.name, entry.reason) for entry in evaluation.left_out] == [("1", "its motion mask is empty")]
    rows = slice(10, 30)
    expected = _mixed_db(picture(0, 11)[rows], picture(1, 11)[rows], picture(0.5, 11)[rows])
    assert evaluation.mean("average", "psnr_masked_dvf").value == pytest.approx(expected, abs=1e-9)


def test_a_set_of_empty_masks_is_an_error(tmp_path: Path) -> None:
    write_ucf101(tmp_path, [1])
    write_mask(tmp_path / "1" / "motion_mask.png", slice(0, 0))
    with pytest.raises(InputError, match="mask is empty"):
        run_evaluation("ucf101-379-dvf", tmp_path, QUICK)


def test_exact_frames_are_counted_and_not_in_the_mean(tmp_path: Path) -> None:
    write_middlebury(tmp_path, ["Beanbags", "Venus"], flat=True)
    for name in ("frame11", "frame10i11"):
        write_picture(tmp_path / "Venus" / f"{name}.png", picture(0, 1))
    evaluation = run_evaluation("middlebury-other", tmp_path, QUICK)
    mean = evaluation.mean("average", "psnr_rgb8")
    assert (mean.value, mean.exact) == (evaluation.frames[0].values["average"]["psnr_rgb8"], 1)
    assert evaluation.mean("average", "ie_mean_abs").exact == 0
    # Or a method that is exact would be measured on other frames than one that is nearly so.
    model = evaluation.methods[0].name
    assert evaluation.mean(model, "psnr_rgb8").value == evaluation.frames[0].values[model]["psnr_rgb8"]
    facts = evaluation.as_json()
    assert facts["frames"][1]["values"]["average"]["psnr_rgb8"] is None
    assert facts["mean"]["average"]["psnr_rgb8"]["exact_frames"] == 1
    assert "NaN" not in json.dumps(facts)
    assert "Infinity" not in json.dumps(facts)
    assert "(+1 exact)" in "\n".join(evaluation_lines(evaluation))


def test_a_part_of_a_published_set_is_said_to_be_one(tmp_path: Path) -> None:
    write_ucf101(tmp_path, [1, 11, 21])
    evaluation = run_evaluation("ucf101-379", tmp_path, EvaluationOptions(model="dis", classics="none", limit=2))
    assert len(evaluation.frames) == 2
    assert "2 items where the published set has 379" in evaluation.notes[0]


def test_a_network_stands_in_the_report_with_the_digest_of_its_weights(tmp_path: Path) -> None:
    weights = calm_weights("rife", tmp_path)
    write_vimeo(tmp_path, ["00001/0001"], frames=3)
    options = EvaluationOptions(model="rife", weights=weights, classics="none")
    facts = run_evaluation("vimeo90k", tmp_path, options).as_json()
    model = facts["methods"]["rife"]["model"]
    assert model["weights_sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert {"licence", "training_data", "parameters"} <= model.keys()
    assert facts["setting"]["protocol"] == "vimeo90k"
    assert facts["setting"]["versions"]["torch"] == torch.__version__
    assert facts["methods"]["average"]["model"] is None


def test_a_model_of_middles_alone_is_said_to_make_other_times_than_the_true_ones(tmp_path: Path) -> None:
    write_vimeo(tmp_path, ["00001/0001"], frames=7)
    options = EvaluationOptions(model="figan", weights=calm_weights("figan", tmp_path), classics="none", factor=3)
    evaluation = run_evaluation("vimeo90k-septuplet", tmp_path, options)
    assert any("made t = 3/8 for 1/3, 5/8 for 2/3" in note for note in evaluation.notes)


def test_results_can_be_cut_to_8_bits_as_one_script_does(tmp_path: Path) -> None:
    for name, code in (("frame10", 100), ("frame11", 103), ("frame10i11", 101)):
        write_picture(tmp_path / "Venus" / f"{name}.png", np.full((32, 32, 3), code, np.uint8))
    errors = {}
    for rounding in ("nearest", "down"):
        options = EvaluationOptions(model="dis", classics="none", rounding=rounding)
        evaluation = run_evaluation("middlebury-other", tmp_path, options)
        errors[rounding] = evaluation.frames[0].values["average"]["ie_mean_abs"]
    assert errors == {"nearest": 1.0, "down": 0.0}  # 101.5 is 102 at a tie, and 101 cut off


def test_phase_is_left_out_of_large_frames_and_the_report_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_middlebury(tmp_path, ["Venus"], flat=True)
    monkeypatch.setattr(method, "PHASE_MOST_PIXELS", 64 * 48 - 1)
    evaluation = run_evaluation("middlebury-other", tmp_path, EvaluationOptions(model="dis"))
    assert [facts.name for facts in evaluation.methods] == ["dis", "average"]
    assert any(note.startswith("phase is left out") for note in evaluation.notes)


@pytest.mark.parametrize(
    ("text", "pixels", "names"),
    [
        ("auto", 640 * 480, ("dis", "phase")),
        ("auto", 1920 * 1080, ("dis",)),
        ("none", 1, ()),
        ("phase, dis", 1920 * 1080, ("phase", "dis")),
    ],
)
def test_classics_are_chosen_by_name_or_by_the_size_of_frames(text: str, pixels: int, names: Sequence[str]) -> None:
    assert classics_asked(text, pixels) == names


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (EvaluationOptions(classics="rife"), "got classic"),
        (EvaluationOptions(limit=0), "limit of 0"),
        (EvaluationOptions(measures=("vmaf",)), "no measure vmaf"),
        (EvaluationOptions(measures=("psnr_masked_dvf",)), "has none"),
        (EvaluationOptions(factor=4), "factor 4"),
        (EvaluationOptions(rounding="up"), "rounding 'up'"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_read(options: EvaluationOptions, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        run_evaluation("middlebury-other", "/nowhere", options)


def test_a_clip_that_is_too_short_is_told(tmp_path: Path) -> None:
    write_frames(tmp_path, range(2))
    with pytest.raises(InputError, match="no run of 3 frames"):
        run_evaluation("clips", tmp_path, QUICK)


def test_a_stop_is_obeyed_before_the_first_item(tmp_path: Path) -> None:
    write_middlebury(tmp_path, ["Venus"], flat=True)
    stop = Cancellation()
    stop.request()
    with pytest.raises(Cancelled):
        run_evaluation("middlebury-other", tmp_path, QUICK, cancellation=stop)


def test_a_folder_for_pictures_that_cannot_be_made_is_told_at_once(tmp_path: Path) -> None:
    write_middlebury(tmp_path / "set", ["Venus"], flat=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="cannot be made"):
        run_evaluation("middlebury-other", tmp_path / "set", EvaluationOptions(out=tmp_path / "file" / "out"))


class _Spoiling:
    """Makes the frame before, with errors of ``offsets`` codes, one item after the other."""

    name, info = "spoiling", None

    def __init__(self, offsets: Sequence[float]) -> None:
        self._offsets = iter(offsets)

    def frames(self, before: Codes, after: Codes, times: Sequence[Fraction], beside: Beside = None) -> Iterator[Frames]:
        yield (before + next(self._offsets)) / 255


def _still_items(folder: Path, count: int) -> list[Item]:
    items = []
    for index in range(count):
        file = PictureFile(folder / f"{index}.png")
        write_picture(file.path, np.full((32, 40, 3), 100 + index, np.uint8))
        items.append(Item(f"item {index}", "", file, file, (Between(HALF, file),)))
    return items


def test_a_method_that_makes_nan_is_an_error_with_its_name_and_the_item(tmp_path: Path) -> None:
    measure = MEASURES["psnr_rgb8"]
    scorer = Scorer([_Spoiling([math.nan])], [measure], "nearest", WorstPage("spoiling", measure))
    with pytest.raises(RenderError, match=r"spoiling on item 0.*NaN"):
        scorer.measure(_still_items(tmp_path, 1)[0])


def test_the_page_shows_the_worst_ten_from_the_worst_on(tmp_path: Path) -> None:
    offsets = [3, 9, 4, 12, 5, 1, 8, 2, 10, 7, 11, 6]
    worst = WorstPage("spoiling", MEASURES["psnr_rgb8"])
    scorer = Scorer([_Spoiling(offsets)], [MEASURES["psnr_rgb8"]], "nearest", worst)
    for item in _still_items(tmp_path, 12):
        scorer.measure(item)
    page = worst.page("a title")
    band = 320 + 30 + 12  # a cell of 400 x 320, a line, a gap
    top = page.shape[0] - 36 - 10 * band
    codes = [page[top + row * band + 160] for row in range(10)]
    centres = [36 + 200 + column * 412 for column in range(4)]
    expected = sorted(((offset, 100 + index) for index, offset in enumerate(offsets)), reverse=True)[:10]
    for line, (offset, code) in zip(codes, expected, strict=True):
        assert line[centres, 0].tolist() == [code, code + offset, code, 4 * offset]


def test_the_page_is_written_where_it_was_asked_for(tmp_path: Path) -> None:
    write_middlebury(tmp_path / "set", ["Venus"], flat=True)
    options = EvaluationOptions(model="dis", classics="none", out=tmp_path / "new" / "out")
    evaluation = run_evaluation("middlebury-other", tmp_path / "set", options)
    assert dict(evaluation.files) == {"worst frames": str(tmp_path / "new" / "out" / "worst.png")}
    page = cv2.imread(str(tmp_path / "new" / "out" / "worst.png"))
    assert page.shape[1] == 4 * 400 + 3 * 12 + 2 * 36
