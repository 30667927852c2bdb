from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from vfi_plugin.demo.contact_sheet import Comparison, SheetStyle, contact_sheet
from vfi_plugin.demo.display import to_bytes, to_display
from vfi_plugin.errors import UsageError, WriteError
from vfi_plugin.evaluate.drawing import GAP_PX, MARGIN_PX, write_png
from vfi_plugin.image.window import Window

STYLE = SheetStyle(cell_px=96)
TRUTH = np.random.default_rng(1).random((54, 96, 3)).astype(np.float32)


def _row(result: np.ndarray, average: np.ndarray) -> Comparison:
    return Comparison("frame 1001.5", earlier=TRUTH, average=average, result=result, truth=TRUTH)


def _cells(sheet: np.ndarray) -> list[np.ndarray]:
    """The six pictures of the only row: 54 rows high, the first below the headings."""
    lefts = [MARGIN_PX + column * (STYLE.cell_px + GAP_PX) for column in range(6)]
    shown = to_bytes(to_display(TRUTH))
    top = next(
        row
        for row in range(sheet.shape[0] - 54)
        if np.array_equal(sheet[row : row + 54, lefts[0] : lefts[0] + 96], shown)
    )
    return [sheet[top : top + 54, left : left + 96] for left in lefts]


def test_pictures_stand_in_their_columns_and_differences_after_them() -> None:
    average = TRUTH[:, ::-1].copy()
    earlier, shown_average, result, truth, off_average, off_result = _cells(
        contact_sheet([_row(TRUTH, average)], "a title", STYLE)
    )
    assert np.array_equal(earlier, truth)
    assert np.array_equal(result, truth)
    assert np.array_equal(shown_average, to_bytes(to_display(average)))
    assert not off_result.any()
    expected = 4 * np.abs(shown_average.astype(float) - truth)
    # Differences are taken before the rounding to 8 bits: half a code each, four times as strong.
    np.testing.assert_allclose(off_average, np.minimum(expected, 255), atol=4.5)


def test_a_better_frame_changes_the_number_under_it() -> None:
    near, far = TRUTH + 0.001, TRUTH + 0.2
    sheets = [contact_sheet([_row(result, far)], "a title", STYLE) for result in (near, far)]
    heights = {sheet.shape for sheet in sheets}
    assert len(heights) == 1
    below = slice(-150, -96)  # the line of notes: above the two lines of the footer and the lower margin
    assert not np.array_equal(sheets[0][below], sheets[1][below])


def test_a_detail_is_shown_larger_and_measured_whole() -> None:
    row = replace(_row(TRUTH, TRUTH), detail=Window(10, 5, 48, 27))
    sheet = contact_sheet([row], "a title", STYLE)
    enlarged = np.repeat(np.repeat(to_bytes(to_display(TRUTH))[5:32, 10:58], 2, axis=0), 2, axis=1)
    left = MARGIN_PX
    assert any(np.array_equal(sheet[top : top + 54, left : left + 96], enlarged) for top in range(sheet.shape[0] - 54))


def test_rows_stack() -> None:
    one, three = (contact_sheet([_row(TRUTH, TRUTH)] * count, "a title", STYLE) for count in (1, 3))
    assert one.dtype == np.uint8
    assert three.shape[1] == one.shape[1]
    assert three.shape[0] > one.shape[0] + 2 * 54


def test_a_sheet_of_nothing_and_a_row_of_unlike_pictures_are_refused() -> None:
    with pytest.raises(UsageError, match="at least one"):
        contact_sheet([], "a title")
    with pytest.raises(UsageError, match="one size"):
        _row(TRUTH[:-1], TRUTH)


def test_the_display_keeps_order_and_never_clips_a_highlight_hard() -> None:
    light = np.array([-1.0, 0.0, 0.01, 0.18, 0.5, 0.7, 0.9, 1.0, 1.5])
    shown = to_display(np.repeat(light[:, None], 3, axis=1))[:, 0]
    assert shown[0] == shown[1] == 0
    assert (np.diff(shown[1:]) > 0).all()
    assert shown[-1] < 1


def test_mid_grey_is_code_118_as_srgb_says_and_a_stop_doubles_the_light() -> None:
    # IEC 61966-2-1: 1.055 * 0.18^(1/2.4) - 0.055 = 0.4614.
    assert to_bytes(to_display(np.full((1, 3), 0.18)))[0, 0] == 118
    assert np.array_equal(to_display(np.full((1, 3), 0.1), exposure_stops=1), to_display(np.full((1, 3), 0.2)))


def test_a_nan_is_shown_in_magenta() -> None:
    assert to_display(np.array([[0.5, np.nan, 0.5]])).tolist() == [[1.0, 0.0, 1.0]]


def test_a_png_reads_back_as_it_was(tmp_path: Path) -> None:
    picture = to_bytes(TRUTH)
    write_png(picture, tmp_path / "täst sheet.png")
    read = cv2.imdecode(np.fromfile(tmp_path / "täst sheet.png", np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(read[..., ::-1], picture)


def test_a_png_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="missing"):
        write_png(to_bytes(TRUTH), tmp_path / "missing" / "sheet.png")
