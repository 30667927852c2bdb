"""What an operation cannot work with is refused, in words that say what was got and what is needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from vfi_plugin import kernels
from vfi_plugin.errors import UsageError

Tensor = torch.Tensor
IMAGE, FLOW, METRIC = torch.zeros(2, 3, 6, 7), torch.zeros(2, 2, 6, 7), torch.zeros(2, 1, 6, 7)
PADDED, TAPS = torch.zeros(2, 3, 8, 9), torch.zeros(2, 3, 6, 7)
LOGITS, WINDOWS = torch.zeros(2, 18, 6, 7), torch.zeros(2, 16, 6, 7)

# Every operation with its tensors' names and tensors that fit.
OPERATIONS: dict[str, tuple[Callable[..., Tensor], dict[str, Tensor]]] = {
    "warp": (kernels.warp, {"image": IMAGE, "flow": FLOW}),
    "separable_conv": (kernels.separable_conv, {"image": PADDED, "vertical": TAPS, "horizontal": TAPS}),
    "adaptive_conv": (kernels.adaptive_conv, {"image_0": IMAGE, "image_1": IMAGE, "logits": LOGITS}),
    "filter_warp": (kernels.filter_warp, {"image": IMAGE, "flow": FLOW, "kernels": WINDOWS}),
    "splat_sum": (kernels.splat_sum, {"image": IMAGE, "flow": FLOW}),
    "splat": (kernels.splat, {"image": IMAGE, "flow": FLOW, "metric": METRIC}),
    "project_flow": (kernels.project_flow, {"flow": FLOW, "depth": METRIC}),
    "correlation": (kernels.correlation, {"a": IMAGE, "b": IMAGE}),
}
EVERY_TENSOR = [(name, which) for name, (_, tensors) in OPERATIONS.items() for which in tensors]


def refusal(name: str, **changed: Tensor) -> str:
    """The words with which an operation refuses tensors of which some are changed."""
    operation, tensors = OPERATIONS[name]
    with pytest.raises(UsageError) as refused:
        operation(**{**tensors, **changed})
    return str(refused.value)


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_tensors_of_these_tests_fit(name: str) -> None:
    operation, tensors = OPERATIONS[name]
    assert operation(**tensors).shape[0] == 2


@pytest.mark.parametrize(("name", "which"), EVERY_TENSOR)
def test_a_tensor_of_another_size_is_refused(name: str, which: str) -> None:
    tensor = OPERATIONS[name][1][which]
    for wrong in (tensor[..., :-1], tensor[..., :-1, :], tensor[:1], tensor[0]):
        words = refusal(name, **{which: wrong})
        assert f"{which} {tuple(wrong.shape)}" in words
        assert f"needed {next(iter(OPERATIONS[name][1]))} (N, " in words or f"{which} (N, " in words


@pytest.mark.parametrize(
    ("name", "which", "channels"),
    [
        ("warp", "flow", 3),
        ("filter_warp", "flow", 1),
        ("splat_sum", "flow", 4),
        ("splat", "flow", 1),
        ("splat", "metric", 2),
        ("project_flow", "flow", 3),
        ("project_flow", "depth", 2),
        ("separable_conv", "vertical", 4),
        ("separable_conv", "horizontal", 2),
        ("adaptive_conv", "image_1", 2),
        ("correlation", "b", 1),
    ],
)
def test_a_tensor_of_other_channels_is_refused(name: str, which: str, channels: int) -> None:
    wrong = torch.zeros(2, channels, 6, 7)
    assert f"{which} (2, {channels}, 6, 7)" in refusal(name, **{which: wrong})


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("axis", range(4))
def test_an_empty_axis_is_refused(name: str, axis: int) -> None:
    empty = {which: tensor.narrow(axis, 0, 0) for which, tensor in OPERATIONS[name][1].items()}
    assert "none of them empty" in refusal(name, **empty)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.int32, torch.uint8], ids=str)
@pytest.mark.parametrize(("name", "which"), EVERY_TENSOR)
def test_a_type_that_does_not_fit_the_others_is_refused(name: str, which: str, dtype: torch.dtype) -> None:
    words = refusal(name, **{which: OPERATIONS[name][1][which].to(dtype)})
    assert str(dtype) in words
    assert "needed" in words


@pytest.mark.parametrize("name", [name for name, (_, tensors) in OPERATIONS.items() if "flow" in tensors])
def test_half_flow_is_refused_with_the_reason(name: str) -> None:
    halves = {which: tensor.half() for which, tensor in OPERATIONS[name][1].items()}
    words = refusal(name, **halves)
    assert "got flow in torch.float16; needed torch.float32" in words
    assert "coordinates" in words


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.int32, torch.complex64], ids=str)
@pytest.mark.parametrize("name", OPERATIONS)
def test_types_that_no_kernel_computes_are_refused(name: str, dtype: torch.dtype) -> None:
    words = refusal(name, **{which: tensor.to(dtype) for which, tensor in OPERATIONS[name][1].items()})
    assert f"{dtype}; needed" in words


@pytest.mark.parametrize(("name", "which"), EVERY_TENSOR)
def test_tensors_on_different_devices_are_refused(name: str, which: str) -> None:
    words = refusal(name, **{which: OPERATIONS[name][1][which].to("meta")})
    assert f"{which} on meta" in words
    assert "on cpu" in words
    assert "one device" in words


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_backend_that_does_not_exist_is_named_with_those_that_do(name: str) -> None:
    operation, tensors = OPERATIONS[name]
    with pytest.raises(UsageError, match=r"'gpu' is unknown; use one of cuda, native, torch"):
        operation(**tensors, backend="gpu")


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_backend_that_cannot_take_these_tensors_says_why(name: str) -> None:
    operation, tensors = OPERATIONS[name]
    with pytest.raises(UsageError, match=r"'cuda' takes tensors on cuda, got cpu; use backend='torch'"):
        operation(**tensors, backend="cuda")
    with pytest.raises(UsageError, match=r"'native' takes float32 and float16, got torch.float64"):
        operation(**{which: tensor.double() for which, tensor in tensors.items()}, backend="native")


def test_the_environment_chooses_a_backend_where_no_argument_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VFI_KERNELS", "native")
    with pytest.raises(UsageError, match=r"'native' takes float32"):
        kernels.warp(IMAGE.double(), FLOW.double())
    assert kernels.warp(IMAGE.double(), FLOW.double(), backend="torch").dtype == torch.float64


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"border": "wrap"}, r"border 'wrap' .*use border in \('clamp', 'zero'\)"),
        ({"taps": "lanczos"}, r"taps 'lanczos'; use .*taps in \('linear', 'cubic'\)"),
    ],
)
def test_options_that_warp_does_not_have_are_named(arguments: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        kernels.warp(IMAGE, FLOW, **arguments)


@pytest.mark.parametrize("channels", [17, 8, 3])  # 2 K K for K = 2 and for none
def test_logits_that_make_no_pair_of_odd_squares_are_refused(channels: int) -> None:
    wrong = torch.zeros(2, channels, 6, 7)
    assert f"got {channels} logits a pixel; needed 2 K K for an odd K" in refusal("adaptive_conv", logits=wrong)


@pytest.mark.parametrize("origin", [(-1, 0), (4, 0), (0, 5)])
def test_logits_that_reach_beyond_the_images_are_refused(origin: tuple[int, int]) -> None:
    part = torch.zeros(2, 18, 3, 3)
    images = torch.zeros(2, 3, 6, 7)
    with pytest.raises(UsageError, match=r"logits for 3x3 px from row .* images of 7x6 px; all of them must lie"):
        kernels.adaptive_conv(images, images, part, origin=origin)


@pytest.mark.parametrize("channels", [1, 9, 15])
def test_kernels_that_make_no_even_square_are_refused(channels: int) -> None:
    wrong = torch.zeros(2, channels, 6, 7)
    assert f"got {channels} kernel values a pixel; needed k k for an even k" in refusal("filter_warp", kernels=wrong)


def test_a_negative_radius_is_refused() -> None:
    with pytest.raises(UsageError, match="got a radius of -1 px; needed 0 or more"):
        kernels.correlation(IMAGE, IMAGE, radius=-1)


def test_a_splat_says_which_modes_there_are_and_which_take_a_metric() -> None:
    with pytest.raises(UsageError, match="'max' is unknown; use one of sum, average, linear, softmax"):
        kernels.splat(IMAGE, FLOW, mode="max")
    for mode in ("linear", "softmax"):
        with pytest.raises(UsageError, match=f"{mode!r} needs a metric"):
            kernels.splat(IMAGE, FLOW, mode=mode)
    for mode in ("sum", "average"):
        with pytest.raises(UsageError, match=f"{mode!r} takes no metric"):
            kernels.splat(IMAGE, FLOW, METRIC, mode=mode)
