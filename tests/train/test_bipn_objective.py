"""BiPN in training: what it lowers, and that its frames come out in the order of time."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from vfi_plugin.models.bipn.model import BipnFrames
from vfi_plugin.models.bipn.net import Bipn
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.objectives.bipn import BipnObjective
from vfi_plugin.train.objectives.bipn_start import can_start_as_average
from vfi_plugin.train.perceptual import Perceptual
from vfi_plugin.train.recipes import recipe_of
from vfi_plugin.train.shapes import MovingShapes
from vfi_plugin.train.shapes_clip import Shape, ShapesClip
from vfi_plugin.train.steps import train_steps

TIMES = (0.0, 0.25, 0.5, 0.75, 1.0)
WIDTH = 0.125
STEPS = 160


def shapes(count: int) -> Batch:
    """Clips of random shapes."""
    return MovingShapes(seed=4, frames_between=3, side_px=64).batch(range(count))


@cache
def crossing(aside: float) -> Batch:
    """A circle that crosses small frames right or down, and a square left or up, ``aside`` px off the middle.

    So a pair with its ends swapped is none that was ever seen.
    """
    clips = []
    for kind, way in (("circle", 1.0), ("square", -1.0)):
        for right, down in ((way, 0.0), (0.0, way)):
            start = 15.5 - 10.0 * right + aside * down, 15.5 - 10.0 * down + aside * right
            shape = Shape(kind, 6.0, (1.0, 0.8, 0.2), start, (20.0 * right, 20.0 * down))
            clips.append(ShapesClip(32, (0.1, 0.2, 0.3), (shape,)).frames(TIMES))
    frames = torch.stack(clips)
    times = torch.tensor(TIMES[1:-1]).expand(len(clips), -1)
    return Batch(frames[:, 0], frames[:, -1], frames[:, 1:-1], times)


PLACES_PX = (-8.0, -5.0, -2.0, 2.0, 5.0, 8.0)
UNSEEN_PX = 0.0


@cache
def trained() -> tuple[Bipn, list[float]]:
    """A narrow network that has seen those clips at some places, in both directions of time, again and again."""
    torch.manual_seed(1)
    net = Bipn(WIDTH, 3)
    seen = [crossing(place) for place in PLACES_PX]
    history = train_steps(BipnObjective(net), seen * STEPS, steps=STEPS, learning_rate=2e-3, seed=1)
    return net.eval(), history


def painted(before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    net, _ = trained()
    with torch.no_grad():
        frames: torch.Tensor = BipnFrames(net)(before, after)
    return frames


def test_some_dozen_steps_bring_the_loss_under_a_fifth() -> None:
    _, history = trained()
    assert sum(history[-5:]) / 5 < 0.2 * history[0]


def test_each_painted_frame_of_an_unseen_clip_is_nearest_to_the_true_one_of_its_time() -> None:
    clip = crossing(UNSEEN_PX)
    made = painted(clip.before, clip.after)
    errors = (made[:, :, None] - clip.between[:, None]).abs().mean((0, 3, 4, 5))
    assert errors.argmin(1).tolist() == [0, 1, 2]


def test_swapped_ends_that_were_never_seen_give_the_frames_in_reversed_order() -> None:
    clip = crossing(UNSEEN_PX)
    onward, swapped = painted(clip.before, clip.after), painted(clip.after, clip.before)
    outer = [0, 2]  # the middle one stays where it is
    reversed_error = (swapped - onward.flip(1))[:, outer].abs().mean()
    same_order_error = (swapped - onward)[:, outer].abs().mean()
    assert reversed_error < 0.4 * same_order_error


def test_every_term_is_there_when_it_is_wanted_and_reaches_the_network() -> None:
    torch.manual_seed(0)
    objective = BipnObjective(
        Bipn(0.0625, 3, 4), perceptual=Perceptual.stand_in(), adversarial=True, critic_width=0.125
    )
    batch = shapes(2)
    terms = objective.losses(batch)
    assert set(terms) == {"image", "features", "adversarial"}
    for name, term in terms.items():
        gradients = torch.autograd.grad(term, list(objective.net.parameters()), retain_graph=True)
        assert all(float(gradient.abs().max()) > 0 for gradient in gradients if gradient.ndim == 4), name
    assert objective.critic_loss(batch).requires_grad


def test_the_whole_game_lowers_the_image_error() -> None:
    torch.manual_seed(2)
    objective = BipnObjective(Bipn(WIDTH, 3, 4), perceptual=Perceptual.stand_in(), adversarial=True, critic_width=0.125)
    batch = shapes(2)
    first = float(objective.losses(batch)["image"].detach())
    train_steps(objective, [batch] * 20, steps=20, learning_rate=2e-3, critic_learning_rate=5e-4, seed=2)
    assert float(objective.losses(batch)["image"].detach()) < 0.7 * first


def test_a_batch_with_another_number_of_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="got 3 frames between for a network that paints 5; give as many"):
        BipnObjective(Bipn(0.0625, 5)).losses(shapes(1))


@pytest.mark.parametrize(("width", "most"), [(0.4, 0.035), (0.1875, 0.13)])
def test_one_frame_starts_as_the_mean_of_both_nearly_as_sharp_as_they_are(width: float, most: float) -> None:
    """Through features of an eighth of the size, in training mode too; ``most`` is what few bends leave of a tanh."""
    torch.manual_seed(5)
    net = recipe_of("bipn").build("1", width)
    assert isinstance(net, Bipn)
    objective = BipnObjective(net).train()
    batch = shapes(2)
    grey = [frame.mean(1, keepdim=True).expand(-1, 3, -1, -1) for frame in (batch.before, batch.after)]
    before, after = (batch.before, batch.after) if width > 0.375 else grey  # the narrow one halves colours' size
    with torch.no_grad():
        made = BipnFrames(net)(before, after)[:, 0]
    assert (made - 0.5 * (before + after)).abs().max() < most
    assert all(not layer.training for layer in objective.modules() if isinstance(layer, torch.nn.BatchNorm2d))


def test_even_colours_start_right_where_they_are_halved_in_size() -> None:
    torch.manual_seed(5)
    net = recipe_of("bipn").build("1", 0.1875)
    for colour in ((0.8, 0.3, 0.4), (0.3, 0.7, 0.5), (0.4, 0.5, 0.75)):
        frame = torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, 32, 32)
        with torch.no_grad():
            made = BipnFrames(net.eval())(frame, frame)[0, 0, :, 8:-8, 8:-8]
        assert (made - frame[0, :, 8:-8, 8:-8]).abs().max() < 0.05


def test_forms_without_room_start_as_they_are_drawn() -> None:
    assert all(can_start_as_average(Bipn(width, 1)) for width in (0.1875, 0.4))
    assert not any(can_start_as_average(form) for form in (Bipn(0.18, 1), Bipn(1.0, 3), Bipn(0.4, 1, scales=4)))
