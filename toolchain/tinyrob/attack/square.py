"""Square: random search with squares, by queries of the logits alone.

Andriushchenko et al. 2020, "Square attack: a query-efficient black-box adversarial attack via
random search"; the L2 variant as in AutoAttack. Own code: ART 1.20.1 asks three times a step,
moves one square for all examples, compares with the second best class even where the first one is
not the label's, takes images only, and fails where the square fills the image.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.attacks import Ball, BallSearch, Best, Progress
from tinyrob.attack.grid import FloatArray, Int8Array, Norm, length, per_example, radius, to_grid
from tinyrob.attack.target import Target

# Shares of the budget (of 10,000 queries) at which the squares' area halves: the paper's schedule.
_HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)


@dataclass(frozen=True)
class Square(BallSearch):
    """``queries`` for each example at most; squares start with the share ``area`` of the image."""

    queries: int = 5000
    area: float = 0.8

    def search(
        self,
        target: Target,
        best: Best,
        ball: Ball,
        random: np.random.Generator,
        progress: Progress,
    ) -> None:
        """Offers one square after another; inputs may be of any rank."""
        image = as_image(best.x)
        search = _Linf(image, ball, random) if ball.norm is Norm.LINF else _L2(image, ball, random)
        for query in range(self.queries):
            index = best.left
            if not len(index):
                break
            now = as_image(best.points[index])
            if query == 0:
                candidate = search.first(index)
            else:
                candidate = search.next(index, now, self.share(query))
            q = to_grid(candidate, image[index], ball.norm, ball.eps).reshape(-1, *best.x.shape[1:])
            best.offer(index, q, target.logits(q))
            progress((query + 1) / self.queries)
        progress(1.0)

    def share(self, query: int) -> float:
        """The share of the image that a square covers at this query."""
        scaled = query * 10_000 / self.queries
        return self.area / 2.0 ** sum(scaled > limit for limit in _HALVINGS)


def as_image(x: Int8Array) -> Int8Array:
    """Inputs (N, ...) as (N, H, W, C): features become one column of pixels."""
    if x.ndim == 4:
        return x
    if x.ndim == 3:
        return x[..., None]
    return x.reshape(len(x), -1, 1, 1)


def window(height: int, width: int, share: float, least: int) -> tuple[int, int]:
    """The sides of the square with ``share`` of the area; a rectangle where a side is too short."""
    area = max(share * height * width, 1.0)
    tall = min(height, max(round(float(np.sqrt(area))), least))
    wide = min(width, max(round(area / tall), least))
    return min(height, max(round(area / wide), least)), wide


@dataclass
class _Linf:
    image: Int8Array
    ball: Ball
    random: np.random.Generator

    def first(self, index: NDArray[np.intp]) -> FloatArray:
        """Vertical stripes of plus and minus eps."""
        x = self.image[index]
        sign = self.random.choice([-1, 1], (len(x), 1, x.shape[2], x.shape[3]))
        return np.asarray(x + np.float32(self.ball.eps) * sign, np.float32)

    def next(self, index: NDArray[np.intp], now: Int8Array, share: float) -> FloatArray:
        """One square, elsewhere in each example, one sign for each channel."""
        count, height, width, channels = now.shape
        tall, wide = window(height, width, share, least=1)
        top = self.random.integers(0, height - tall + 1, (count, 1, 1, 1))
        left = self.random.integers(0, width - wide + 1, (count, 1, 1, 1))
        rows = np.arange(height)[None, :, None, None]
        columns = np.arange(width)[None, None, :, None]
        covered = (rows >= top) & (rows < top + tall) & (columns >= left) & (columns < left + wide)
        sign = self.random.choice([-1, 1], (count, 1, 1, channels))
        return np.asarray(
            np.where(covered, self.image[index] + np.float32(self.ball.eps) * sign, now), np.float32
        )


@dataclass
class _L2:
    image: Int8Array
    ball: Ball
    random: np.random.Generator

    def first(self, index: NDArray[np.intp]) -> FloatArray:
        """A bump in each of about 5 x 5 tiles, with random signs, of length eps in all."""
        x = self.image[index]
        count, height, width, channels = x.shape
        delta = np.zeros(x.shape, np.float32)
        tall, wide = max(height // 5, 1), max(width // 5, 1)
        for top in range(0, height - tall + 1, tall):
            for left in range(0, width - wide + 1, wide):
                sign = self.random.choice([-1, 1], (count, 1, 1, channels))
                delta[:, top : top + tall, left : left + wide] += sign * self._bump(tall, wide)
        return np.asarray(x + self._to_eps(delta, x), np.float32)

    def next(self, index: NDArray[np.intp], now: Int8Array, share: float) -> FloatArray:
        """The budget of one window (and what is unspent) moves into a bump in another one."""
        x = self.image[index]
        count, height, width, channels = x.shape
        delta = now.astype(np.float32) - x
        tall, wide = window(height, width, share, least=3)
        here, there = (self._place(height, width, tall, wide) for _ in range(2))
        both = np.zeros((height, width, 1), bool)
        both[here] = both[there] = True
        spent = _squares(delta, (1, 2, 3))
        movable = _squares(delta * both, (1, 2))
        most = per_example(radius(x, self.ball.norm, self.ball.eps), x)
        unspent = np.maximum(most**2 - spent, 0) / channels
        old = delta[:, here[0], here[1]]
        bump = self._bump(tall, wide) * self.random.choice([-1, 1], (count, 1, 1, channels))
        fresh = bump + old / (np.sqrt(_squares(old, (1, 2))) + 1e-12)
        fresh = fresh / (np.sqrt(_squares(fresh, (1, 2))) + 1e-12) * np.sqrt(unspent + movable)
        delta[:, there[0], there[1]] = 0
        delta[:, here[0], here[1]] = fresh
        return np.asarray(x + self._to_eps(delta, x), np.float32)

    def _place(self, height: int, width: int, tall: int, wide: int) -> tuple[slice, slice]:
        top = int(self.random.integers(0, height - tall + 1))
        left = int(self.random.integers(0, width - wide + 1))
        return slice(top, top + tall), slice(left, left + wide)

    def _to_eps(self, delta: FloatArray, x: Int8Array) -> FloatArray:
        size = np.maximum(length(delta, Norm.L2), 1e-12)
        most = radius(x, self.ball.norm, self.ball.eps)
        return np.asarray(delta * per_example(most / size, delta), np.float32)

    def _bump(self, tall: int, wide: int) -> FloatArray:
        """A positive hill beside a negative one (the paper's eta), either way round: (H, W, 1)."""
        across = tall < 2 or (wide > 1 and self.random.random() < 0.5)
        if across:
            tall, wide = wide, tall
        bump = np.zeros((tall, wide), np.float32)
        half = tall // 2
        bump[:half] = _hill(half, wide)
        bump[half:] = -_hill(tall - half, wide)
        bump /= np.sqrt((bump**2).sum())
        return (bump.T if across else bump)[..., None]


def _hill(tall: int, wide: int) -> FloatArray:
    hill = np.zeros((tall, wide), np.float32)
    top, left = tall // 2, wide // 2
    for ring in range(max(tall, wide) // 2 + 1):
        rows = slice(max(top - ring, 0), top + ring + 1)
        columns = slice(max(left - ring, 0), left + ring + 1)
        hill[rows, columns] += 1.0 / (ring + 1) ** 2
    return hill


def _squares(values: FloatArray, axes: tuple[int, ...]) -> FloatArray:
    return np.asarray((values**2).sum(axis=axes, keepdims=True), np.float32)
