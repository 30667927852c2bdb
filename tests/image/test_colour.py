"""Guide from payload and back: spaces against published matrices and OCIO, exposure, what a plate may contain."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vfi_plugin.errors import ColourError
from vfi_plugin.image import guide_curve
from vfi_plugin.image.colour import Encoding, GuideTransform, count_non_finite
from vfi_plugin.image.colour_config import DEFAULT_CONFIG, STUDIO_CONFIG, choose_space, load_config
from vfi_plugin.image.frame import Attribute
from vfi_plugin.image.guide_exposure import exposure_gain

# ACEScg to linear Rec. 709 with Bradford adaptation, as printed in many places (e.g. the ACES documentation).
ACESCG_TO_709 = np.array([[1.70505, -0.62179, -0.08326], [-0.13026, 1.14080, -0.01055], [-0.02400, -0.12897, 1.15297]])

CONFIG_WITHOUT_NAMES = """ocio_profile_version: 2
roles: {default: coded, scene_linear: light}
file_rules: [!<Rule> {name: Default, colorspace: default}]
displays: {d: [!<View> {name: v, colorspace: coded}]}
colorspaces:
  - !<ColorSpace> {name: light}
  - !<ColorSpace>
    name: coded
    to_scene_reference: !<ExponentTransform> {value: 2.2}
  - !<ColorSpace>
    name: thirded
    to_scene_reference: !<MatrixTransform> {matrix: [3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1]}
"""


def plate(seed: int = 0, shape: tuple[int, int] = (90, 160)) -> np.ndarray:
    """Scene-linear light as a plate has it: mostly around mid-grey, lamps of 500, noise below black."""
    rng = np.random.default_rng(seed)
    light = 0.18 * np.exp2(rng.normal(0, 2, (*shape, 3)))
    light[10:14, 20:24] = 500.0
    light[40:50] = rng.normal(0, 0.01, (10, shape[1], 3))
    return light.astype(np.float32)


def test_scene_linear_goes_through_rec709_primaries_and_the_curve() -> None:
    light = plate()
    guide = GuideTransform.for_space("ACEScg").to_guide(light, 0.5)
    expected = guide_curve.encode((light.astype(np.float64) @ ACESCG_TO_709.T * 0.5).astype(np.float32))
    assert guide.dtype == np.float32
    assert np.abs(guide - expected).max() < 2e-4


@pytest.mark.parametrize(
    ("space", "config"),
    [("ACEScg", None), ("scene_linear", None), ("lin_rec2020", None), ("ACEScct", None), ("ARRI LogC4", STUDIO_CONFIG)],
)
def test_neutral_grey_stays_neutral_and_comes_back(space: str, config: str | None) -> None:
    codes = np.repeat(np.linspace(0.1, 0.6, 200, dtype=np.float32)[:, None, None], 3, axis=2)
    transform = GuideTransform.for_space(space, config)
    guide = transform.to_guide(codes, 1.0)
    assert np.ptp(guide, axis=-1).max() < 1e-4
    assert (np.diff(guide[:, 0, 1]) > 0).all()
    assert np.abs(transform.from_guide(guide, 1.0) - codes).max() < 1e-5


def test_camera_log_shows_mid_grey_as_scene_linear_does() -> None:
    # ARRI LogC4 encodes 18 % grey as 0.2784 (ARRI LogC4 specification, 2022); ACEScct as 0.4135884 (S-2016-001).
    linear = GuideTransform.for_space("ACEScg").to_guide(np.full((1, 1, 3), 0.18, np.float32))
    log_c = GuideTransform.for_space("ARRI LogC4", STUDIO_CONFIG).to_guide(np.full((1, 1, 3), 0.2784, np.float32))
    cct = GuideTransform.for_space("ACEScct").to_guide(np.full((1, 1, 3), 0.4135884, np.float32))
    assert np.abs(log_c - linear).max() < 1e-3
    assert np.abs(cct - linear).max() < 1e-5


def test_plate_comes_back_through_the_guide() -> None:
    light = plate()
    transform = GuideTransform.for_space("ACEScg")
    back = transform.from_guide(transform.to_guide(light, 3.0), 3.0)
    # Colours of one pixel mix in the matrix, so the error is relative to the pixel's largest.
    assert (np.abs(back - light) / np.maximum(np.abs(light).max(axis=-1, keepdims=True), 1e-3)).max() < 2e-4


@pytest.mark.parametrize("space", ["srgb_tx", "sRGB - Texture", "rec709_display", "srgb_p3d65"])
def test_whole_number_display_pictures_are_their_own_guide(space: str) -> None:
    codes = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16, 1).repeat(3, axis=2)
    transform = GuideTransform.for_space(space, integer=True)
    assert np.array_equal(transform.to_guide(codes, 7.0), codes)
    assert transform.exposure_gain(codes, codes) == 1.0


def test_float_display_pictures_keep_what_is_outside_0_and_1() -> None:
    values = np.array([-0.5, -0.1, 0.0, 0.5, 1.0, 1.5, 2.5], np.float32).reshape(1, -1, 1).repeat(3, axis=2)
    transform = GuideTransform.for_space("srgb_tx")
    guide = transform.to_guide(values)
    assert guide[0, 3, 0] == 0.5
    assert (np.diff(guide[0, :, 0]) > 0).all()
    assert np.abs(transform.from_guide(guide) - values).max() < 2e-3


def test_whole_numbers_outside_0_and_1_are_refused() -> None:
    with pytest.raises(ColourError, match=r"0 to 1\.5.*--colorspace"):
        GuideTransform.for_space("srgb_tx", integer=True).to_guide(np.array([[[0, 1, 1.5]]], np.float32))


@pytest.mark.parametrize("space", ["ACEScg", "ACEScct", "srgb_tx", "Raw"])
def test_nan_and_infinity_stay_out_of_the_guide_and_away_from_their_neighbours(space: str) -> None:
    clean = np.full((8, 8, 3), 0.3, np.float32)
    broken = clean.copy()
    broken[2, 3], broken[4, 4, 0], broken[5, 5, 1], broken[6, 6, 2] = math.nan, math.inf, -math.inf, 3e38
    transform = GuideTransform.for_space(space)
    guide = transform.to_guide(broken, 2.0)
    assert np.isfinite(guide).all()
    assert guide.min() >= 0
    assert guide.max() <= 1
    assert np.array_equal(guide[2, 3], transform.to_guide(np.zeros((1, 1, 3), np.float32), 2.0)[0, 0])
    whole = np.isfinite(broken).all(axis=-1) & (np.abs(broken) < 1).all(axis=-1)
    assert np.array_equal(guide[whole], transform.to_guide(clean, 2.0)[whole])
    assert count_non_finite(broken) == 5
    assert math.isfinite(transform.exposure_gain(broken, clean))


@settings(deadline=None, max_examples=25)  # a slow machine is no failure
@given(st.integers(-12, 12), st.integers(0, 20))
def test_guides_of_a_pair_do_not_change_with_its_exposure_by_stops(stops: int, seed: int) -> None:
    transform = GuideTransform.for_space("ACEScg")
    before, after = plate(seed), plate(seed + 100)
    factor = np.float32(2.0**stops)
    gain = transform.exposure_gain(before, after)
    brighter = transform.exposure_gain(before * factor, after * factor)
    assert brighter == gain / 2.0**stops
    assert np.array_equal(transform.to_guide(before * factor, brighter), transform.to_guide(before, gain))


@settings(deadline=None, max_examples=25)
@given(st.floats(1e-3, 1e3))
def test_gain_is_inverse_to_any_factor(factor: float) -> None:
    before, after = plate(1), plate(2)
    scaled = exposure_gain(before * np.float32(factor), after * np.float32(factor))
    assert scaled == pytest.approx(exposure_gain(before, after) / factor, rel=1e-5)


def test_grey_card_is_brought_to_mid_grey_whatever_else_is_in_the_picture() -> None:
    card = np.full((200, 300, 3), 0.05, np.float32)
    assert exposure_gain(card, card) == pytest.approx(3.6)
    card[:20, :30] = 3000.0
    card[150:, :] = -0.05
    assert exposure_gain(card, card) == pytest.approx(3.6)


def test_noisy_black_does_not_set_the_exposure_of_a_small_lit_object() -> None:
    rng = np.random.default_rng(0)
    picture = rng.normal(0, 1e-4, (200, 200, 3)).astype(np.float32)
    picture[:50, :50] = 1.0
    assert exposure_gain(picture, picture) == pytest.approx(0.18)


def test_black_pair_takes_no_gain_and_both_frames_count() -> None:
    black, lit = np.zeros((20, 20, 3), np.float32), np.full((20, 20, 3), 0.36, np.float32)
    assert exposure_gain(black, black) == 1.0
    assert exposure_gain(-lit, black) == 1.0
    assert exposure_gain(black, lit) == exposure_gain(lit, black) == pytest.approx(0.5)


def test_default_spaces_are_scene_linear_for_float_and_srgb_for_whole_numbers() -> None:
    config = load_config()
    assert choose_space(config) == "ACEScg"
    assert choose_space(config, integer=True) == "sRGB - Texture"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("colorInteropID", "lin_ap1_scene", "ACEScg"),
        ("colorInteropID", "lin_rec709_scene", "Linear Rec.709 (sRGB)"),
        ("colorInteropID", "srgb_rec709_scene", "sRGB - Texture"),
        ("oiio:ColorSpace", "lin_ap0_scene", "ACES2065-1"),
        ("oiio:ColorSpace", "ACEScct", "ACEScct"),
        ("oiio:ColorSpace", "no such space", "ACEScg"),
        ("acesImageContainerFlag", 1, "ACES2065-1"),
        ("chromaticities", (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.329), "Linear Rec.709 (sRGB)"),
        ("chromaticities", (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767), "ACES2065-1"),
        ("chromaticities", (0.5, 0.4, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329), "ACEScg"),
        ("chromaticities", (0.64, 0.33), "ACEScg"),
    ],
)
def test_header_names_the_space_as_far_as_the_config_knows_it(key: str, value: object, expected: str) -> None:
    attributes = {key: Attribute("any", value)}
    config = load_config()
    assert choose_space(config, attributes=attributes) == expected
    assert choose_space(config, "lin_rec2020", attributes) == "Linear Rec.2020"


def test_config_comes_from_the_argument_then_the_environment_then_the_pin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "own config.ocio"
    own.write_text(CONFIG_WITHOUT_NAMES)
    assert load_config().getName() == DEFAULT_CONFIG.removeprefix("ocio://")
    monkeypatch.setenv("OCIO", str(own))
    assert choose_space(load_config()) == "light"
    assert choose_space(load_config(DEFAULT_CONFIG)) == "ACEScg"


def test_config_without_standard_names_still_works(tmp_path: Path) -> None:
    own = tmp_path / "own.ocio"
    own.write_text(CONFIG_WITHOUT_NAMES)
    light = plate()
    transform = GuideTransform.for_space("scene_linear", str(own))
    assert np.array_equal(transform.to_guide(light), guide_curve.encode(light))
    thirds = GuideTransform.for_space("thirded", str(own))
    assert np.abs(thirds.to_guide(light / np.float32(3)) - guide_curve.encode(light)).max() < 1e-6
    assert GuideTransform.for_space("coded", str(own)).encoding is Encoding.DISPLAY
    with pytest.raises(ColourError, match=r"no sRGB texture space.*--colorspace"):
        choose_space(load_config(str(own)), integer=True)


def test_bridges_to_rec709_by_the_interchange_role(tmp_path: Path) -> None:
    own = tmp_path / "own.ocio"
    text = CONFIG_WITHOUT_NAMES.replace("scene_linear: light", "scene_linear: light, aces_interchange: light")
    own.write_text(text)
    light = plate()
    guide = GuideTransform.for_space("light", str(own)).to_guide(light)
    expected = GuideTransform.for_space("ACES2065-1").to_guide(light)
    assert np.abs(guide - expected).max() < 1e-5


@pytest.mark.parametrize(
    ("space", "config", "message"),
    [
        ("ACEScgg", None, r"no colour space 'ACEScgg'.*did you mean 'ACEScg'.*Linear Rec\.2020"),
        ("ARRI LogC4", None, "camera log spaces are in ocio://studio-config"),
        ("LogC", STUDIO_CONFIG, "it has 41, listed by OCIO's ociocheck"),
        ("ACEScg", "/no/such/config.ocio", r"'/no/such/config\.ocio' \(from --config\): no such file; give an"),
        ("ACEScg", "ocio://cg-config-v9", "built in are ocio://cg-config"),
    ],
)
def test_unknown_spaces_and_configs_say_what_there_is(space: str, config: str | None, message: str) -> None:
    with pytest.raises(ColourError, match=message) as caught:
        GuideTransform.for_space(space, config)
    assert "\n" not in str(caught.value)


def test_damaged_config_is_refused_in_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ocio"
    broken.write_text("ocio_profile_version: 2\nroles: [\n")
    with pytest.raises(ColourError, match="cannot use the OCIO config") as caught:
        load_config(str(broken))
    assert "\n" not in str(caught.value)


def test_arguments_are_not_written_to() -> None:
    for space in ("ACEScg", "ACEScct", "srgb_tx"):
        transform = GuideTransform.for_space(space)
        picture = np.clip(plate(), 0, 1)
        picture.flags.writeable = False
        guide = transform.to_guide(picture, 2.0)
        guide.flags.writeable = False
        transform.from_guide(guide, 2.0)
        transform.exposure_gain(picture, picture)
