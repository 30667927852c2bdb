"""Made-up shots for clips with defects: what a camera or an animator really delivers, each a function of time.

Everything is a closed form (``vfi_plugin.demo.texture``), so a shot can be asked for any moment: what a lost frame
would have shown is known. Pictures are (H, W, 3) float32, scene-linear, x right, y down; time is in frames from 0;
speeds are in pixels a frame.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfi_plugin.demo.texture import Texture, TextureRecipe, random_texture, smooth_coverage

Picture = npt.NDArray[np.float32]
Random = np.random.Generator
Way = Callable[[float], tuple[float, float]]
"""Time -> how far something has gone, px along x and y."""

WIDTH, HEIGHT = 320, 180


@dataclass(frozen=True)
class Shot:
    """A clip without a defect.

    Attributes:
        name: what happens in it.
        picture: time -> (H, W, 3) float32, scene-linear. Footage answers to whole times only.
        count: frames, at the times 0 to count - 1.
        busy: times at which something rare goes on that is no defect (a cut, a mix, a fade, a whip pan, a stop): what
            would be a defect of time or light elsewhere is not put near them.
        held: whether each picture stands for several frames because the animator meant it: repeats are then no defect.
        footage: whether it was shot, not made up.
    """

    name: str
    picture: Callable[[float], Picture]
    count: int
    busy: frozenset[int] = frozenset()
    held: bool = False
    footage: bool = False


def _surface(random: Random) -> Texture:
    tint = tuple(0.7 + 0.6 * random.random(3))
    strength = 0.04 + 0.03 * random.random()
    patches = int(random.integers(15, 60))
    area = (-600.0, -400.0, WIDTH + 1200.0, HEIGHT + 800.0)
    return random_texture(TextureRecipe(40, 8, 120, strength, tint, patches, 0.06, area), int(random.integers(2**31)))


@dataclass(frozen=True)
class _Layer:
    """A texture that moves, over the whole picture or within a soft ellipse that moves along.

    ``streak``: part of a frame that the shutter is open for; the streak is averaged in closed form along x and y.
    """

    surface: Texture
    way: Way
    base: npt.NDArray[np.float64]
    place: tuple[float, float] | None = None
    radii: tuple[float, float] = (0.0, 0.0)
    streak: float = 0.0

    def colour(self, time: float) -> Picture:
        x, y = self.way(time)
        box = (1.0, 1.0)
        if self.streak:
            ahead, behind = self.way(time + self.streak / 2), self.way(time - self.streak / 2)
            box = (1.0 + abs(ahead[0] - behind[0]), 1.0 + abs(ahead[1] - behind[1]))
        shown = self.surface.sample(np.arange(WIDTH) - x, np.arange(HEIGHT) - y, box)
        return np.asarray(shown + self.base, np.float32)

    def over(self, below: Picture, time: float) -> Picture:
        if self.place is None:
            return self.colour(time)
        x, y = self.way(time)
        across = (np.arange(WIDTH) - x - self.place[0]) / self.radii[0]
        down = (np.arange(HEIGHT) - y - self.place[1]) / self.radii[1]
        distance = (np.hypot(across[None, :], down[:, None]) - 1.0) * min(self.radii)
        matte = smooth_coverage(distance, 3.0)[..., None].astype(np.float32)
        return np.asarray(below * (1 - matte) + matte * self.colour(time), np.float32)


def _straight(random: Random, least: float, most: float) -> Way:
    speed, angle = least + (most - least) * random.random(), 2 * math.pi * random.random()
    u, v = speed * math.cos(angle), speed * math.sin(angle)
    return lambda time: (u * time, v * time)


def _bent(random: Random, least: float, most: float, frames: int) -> Way:
    """Along a straight line, gaining or losing up to two thirds of its speed over the shot."""
    go = _straight(random, least, most)
    gain = (random.random() - 0.5) * (2 / 3) / frames  # speed is 1 + 2 * gain * time
    return lambda time: (go(time + gain * time * time)[0], go(time + gain * time * time)[1])


def _base(random: Random) -> npt.NDArray[np.float64]:
    """Light enough that no texture falls below 0: four times its spread, and its patches."""
    return np.asarray(0.55 + 0.25 * random.random(3))


def _stack(layers: Iterable[_Layer]) -> Callable[[float], Picture]:
    kept = tuple(layers)

    def picture(time: float) -> Picture:
        below = np.zeros((HEIGHT, WIDTH, 3), np.float32)
        for layer in kept:
            below = layer.over(below, time)
        return below

    return picture


def _plain(random: Random, way: Way, streak: float = 0.0) -> Callable[[float], Picture]:
    return _stack([_Layer(_surface(random), way, _base(random), streak=streak)])


def _object(random: Random, way: Way) -> _Layer:
    place = (WIDTH * (0.25 + 0.5 * random.random()), HEIGHT * (0.3 + 0.4 * random.random()))
    radii = (WIDTH * (0.06 + 0.12 * random.random()), HEIGHT * (0.1 + 0.2 * random.random()))
    return _Layer(_surface(random), way, _base(random), place, radii)


def pan(random: Random, count: int) -> Shot:
    """One texture, straight on, 0.8 to 8 px a frame."""
    return Shot("pan", _plain(random, _straight(random, 0.8, 8)), count)


def layers(random: Random, count: int) -> Shot:
    """Two or three objects, each on its own way, before a ground that moves too; all change their speed."""
    ground = _Layer(_surface(random), _bent(random, 0.5, 4, count), _base(random))
    objects = [_object(random, _bent(random, 0.5, 5, count)) for _ in range(int(random.integers(2, 4)))]
    return Shot("layers", _stack([ground, *objects]), count)


def accelerated(random: Random, count: int) -> Shot:
    """From rest to 6-10 px a frame, or back, evenly."""
    end, angle, brakes = 6 + 4 * random.random(), 2 * math.pi * random.random(), random.random() < 0.5

    def way(time: float) -> tuple[float, float]:
        gone = end * (time - time * time / (2 * count)) if brakes else end * time * time / (2 * count)
        return gone * math.cos(angle), gone * math.sin(angle)

    return Shot("accelerated", _plain(random, way), count)


def stop_and_go(random: Random, count: int) -> Shot:
    """A pan that stands still for 10 to 14 frames: suddenly, or braking and starting within 6 frames."""
    go = _straight(random, 1.5, 6)
    stop, still = count // 3, int(random.integers(10, 15))
    ease = 6.0 * (random.random() < 0.5)

    def way(time: float) -> tuple[float, float]:
        return go(_until(time, stop, ease) + _from(time, stop + still, ease))

    return Shot("stop and go", _plain(random, way), count, frozenset(range(stop - 7, stop + still + 9)))


def _until(time: float, stop: float, ease: float) -> float:
    """The way of what goes 1 a frame, brakes evenly over ``ease`` frames and stands from ``stop`` on."""
    braking = min(max(time - (stop - ease), 0.0), ease)
    return min(time, stop - ease) + (braking - braking * braking / (2 * ease) if ease else 0.0)


def _from(time: float, start: float, ease: float) -> float:
    """The way of what stands until ``start`` and takes ``ease`` frames to reach 1 a frame."""
    starting = min(max(time - start, 0.0), ease)
    return max(time - start - ease, 0.0) + (starting * starting / (2 * ease) if ease else 0.0)


def object_on_tripod(random: Random, count: int) -> Shot:
    """One or two objects before a ground that stands still."""
    ground = _Layer(_surface(random), lambda _: (0.0, 0.0), _base(random))
    objects = [_object(random, _straight(random, 1.5, 5)) for _ in range(int(random.integers(1, 3)))]
    return Shot("object on a tripod's picture", _stack([ground, *objects]), count)


def fade(random: Random, count: int) -> Shot:
    """A pan that fades to black over 12 to 20 frames, stays there, and comes back."""
    picture = _plain(random, _straight(random, 0.0, 4))
    length, dark = int(random.integers(12, 20)), 4
    start = (count - 2 * length - dark) // 2

    def faded(time: float) -> Picture:
        light = min(max(1 - (time - start) / length, (time - start - length - dark) / length, 0.0), 1.0)
        return np.asarray(picture(time) * np.float32(light), np.float32)

    return Shot("fade", faded, count, frozenset(range(start - 2, start + 2 * length + dark + 3)))


def exposure(random: Random, count: int) -> Shot:
    """A pan while the iris opens or closes by up to a stop over the whole shot."""
    picture, stops = _plain(random, _straight(random, 0.8, 5)), 2 * random.random() - 1
    return Shot("exposure", lambda time: np.asarray(picture(time) * np.float32(2 ** (stops * time / count))), count)


def dissolve(random: Random, count: int) -> Shot:
    """Two shots, still or moving, mixed into each other over 12 to 24 frames."""
    most = 4.0 * (random.random() < 0.5)
    first, second = _plain(random, _straight(random, 0, most)), _plain(random, _straight(random, 0, most))
    length = int(random.integers(12, 25))
    start = (count - length) // 2

    def picture(time: float) -> Picture:
        share = np.float32(min(max((time - start) / length, 0.0), 1.0))
        return np.asarray((1 - share) * first(time) + share * second(time), np.float32)

    return Shot("dissolve", picture, count, frozenset(range(start - 2, start + length + 3)))


def cut(random: Random, count: int) -> Shot:
    """Two shots, one after the other."""
    first, second = _plain(random, _straight(random, 0.8, 5)), _plain(random, _straight(random, 0.8, 5))
    at = int(random.integers(count // 3, 2 * count // 3))
    return Shot("cut", lambda time: (first if time < at else second)(time), count, frozenset(range(at - 2, at + 2)))


def whip_pan(random: Random, count: int) -> Shot:
    """A slow pan that whips by 1.2 widths within 10 frames, streaked by a shutter open for half a frame."""
    go, start = _straight(random, 0.8, 3), (count - 10) // 2

    def way(time: float) -> tuple[float, float]:
        phase = min(max((time - start) / 10, 0.0), 1.0)
        x, y = go(time)
        return x - 1.2 * WIDTH * phase * phase * (3 - 2 * phase), y

    busy = frozenset(range(start - 3, start + 14))
    return Shot("whip pan", _plain(random, way, streak=0.5), count, busy)


def streaked(random: Random, count: int) -> Shot:
    """A fast pan, every frame of it streaked by a shutter that is open for most of a frame."""
    return Shot("streaked", _plain(random, _straight(random, 8, 14), 0.5 + 0.4 * random.random()), count)


def animation(random: Random, count: int) -> Shot:
    """Objects on twos or threes before a ground that stands still or pans on ones."""
    hold = int(random.integers(2, 4))
    moves = random.random() < 0.3
    ground = _Layer(_surface(random), _straight(random, 1.0 * moves, 3.0 * moves), _base(random))
    ways = [_straight(random, 1.5, 5) for _ in range(2)]
    drawn = [_object(random, lambda time, way=way: way(hold * math.floor(time / hold))) for way in ways]
    return Shot(f"animation on {('twos', 'threes')[hold - 2]}", _stack([ground, *drawn]), count, held=True)


def title(random: Random, count: int) -> Shot:
    """A picture that stands still from the first frame to the last."""
    return Shot("title", _plain(random, lambda _: (0.0, 0.0)), count, frozenset(range(count)))


def handheld(random: Random, count: int) -> Shot:
    """A shaking camera, with or without a pan below it: sway of 3-8 frames a period and more, up to 2 px a frame."""
    go = _straight(random, 0, 3)
    waves = [(2 * math.pi / (4 + 26 * random.random()), 6.3 * random.random(), k % 2) for k in range(8)]
    strength = 0.3 + 0.7 * random.random()

    def way(time: float) -> tuple[float, float]:
        sway = [strength / rate * 0.4 * math.sin(rate * time + phase) for rate, phase, _ in waves]
        x, y = go(time)
        return x + sum(sway[0::2]), y + sum(sway[1::2])

    return Shot("handheld", _plain(random, way), count)


def zoom(random: Random, count: int) -> Shot:
    """In or out, 0.5 to 2 % a frame, round the picture's middle."""
    surface, base = _surface(random), _base(random)
    rate = (0.005 + 0.015 * random.random()) * (1 if random.random() < 0.5 else -1)
    middle_x, middle_y = WIDTH / 2, HEIGHT / 2

    def picture(time: float) -> Picture:
        scale = math.exp(-rate * time)
        x, y = middle_x + scale * (np.arange(WIDTH) - middle_x), middle_y + scale * (np.arange(HEIGHT) - middle_y)
        return np.asarray(surface.sample(x, y, (scale, scale)) + base, np.float32)

    return Shot("zoom", picture, count)


MADE_UP: tuple[Callable[[Random, int], Shot], ...] = (
    *(pan, layers, accelerated, stop_and_go, object_on_tripod, fade, exposure, dissolve, cut, whip_pan),
    *(streaked, animation, title, handheld, zoom),
)
"""Every kind of shot."""


def made_up(seed: int, count: int) -> Shot:
    """The shot of this seed: kinds take turns, everything else is drawn; darkened or lightened by up to 1.5 stops."""
    random = np.random.default_rng([seed, 1])
    shot = MADE_UP[seed % len(MADE_UP)](random, count)
    light = np.float32(2 ** (random.random() * 2 - 1.5))
    return Shot(shot.name, lambda time: shot.picture(time) * light, shot.count, shot.busy, shot.held)
