"""One compiled training step and one compiled evaluation, for a recipe and a phase.

Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from tinyrob import tf as _tf
from tinyrob.models.layers import PowerOfTwoBatchNormalization
from tinyrob.models.quantizers import noise
from tinyrob.models.recipe import Recipe
from tinyrob.train.jacobian import jacobian_penalty, unit_vectors

tf = _tf.tensorflow()
keras = _tf.keras()


def to_real(pixels: Any) -> Any:
    """Bytes to the network's input: ``(u8 - 128) / 128``, exact."""
    return (tf.cast(pixels, tf.float32) - 128.0) / 128.0


def optimizer(recipe: Recipe) -> Any:
    """The recipe's optimizer; its learning rate is assigned before each step."""
    if recipe.training.optimizer == "sgd":
        return keras.optimizers.SGD(0.0, momentum=0.9, nesterov=True)
    return keras.optimizers.Adam(0.0)


def normalizations(model: Any) -> list[PowerOfTwoBatchNormalization]:
    """The model's normalization layers."""
    return [n for n in model.layers if isinstance(n, PowerOfTwoBatchNormalization)]


@contextmanager
def _moving_averages_kept(model: Any) -> Iterator[None]:
    norms = normalizations(model)
    for norm in norms:
        norm.updates_moving = False
    try:
        yield
    finally:
        for norm in norms:
            norm.updates_moving = True


def make_step(recipe: Recipe, model: Any, opt: Any, phase: str) -> Callable[..., Any]:
    """``step(pixels, labels, seed)`` -> (cross entropy, hits, penalties by layer).

    ``seed`` is a tensor of two integers, from which the kernels' noise and the Jacobian directions
    follow. The penalty is left out in the float warm-up; its images go through the network on their
    own, normalized as a batch of their own. In ``settle`` the network is trained in the very form
    that is deployed: kernels without noise, normalization by the moving averages, which stay.
    """
    training = phase != "settle"
    weights = recipe.jacobian.weights if phase != "warmup" else {}
    images = recipe.jacobian.images or recipe.training.batch
    for name in weights:
        model.get_layer(name)
    inner = keras.Model(model.input, {name: model.get_layer(name).output for name in weights})

    def penalties(x: Any, seed: Any) -> dict[str, Any]:
        directions = {}
        for index, name in enumerate(weights):
            size = 1
            for side in model.get_layer(name).output.shape[1:]:
                size *= int(side)
            shape = (recipe.jacobian.projections, x.shape[0], size)
            stream = tf.random.experimental.stateless_fold_in(seed, 1_000_000 + index)
            directions[name] = unit_vectors(shape, stream)
        with _moving_averages_kept(model):
            return jacobian_penalty(lambda z: inner(z, training=training), x, directions)

    @tf.function  # type: ignore[untyped-decorator]
    def step(pixels: Any, labels: Any, seed: Any) -> tuple[Any, Any, dict[str, Any]]:
        x = to_real(pixels)
        streams = noise(model, seed) if phase == "qat" else nullcontext()
        with tf.GradientTape() as tape, streams:
            logits = model(x, training=training)
            entropy = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
            penalty = penalties(x[:images], seed) if weights else {}
            loss = entropy + sum(weights[name] * penalty[name] for name in penalty)
        variables = model.trainable_variables
        opt.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        hits = tf.reduce_sum(tf.cast(tf.argmax(logits, 1) == labels, tf.int32))
        return entropy, hits, penalty

    return step  # type: ignore[no-any-return]


def make_calibrate(model: Any) -> Callable[[Any, Any], Any]:
    """``calibrate(pixels, rate)`` moves the normalizations' averages to the noiseless batch's.

    ``rate`` is the batch's weight: 1, 1/2, 1/3, … give the mean over all batches.
    """

    @tf.function  # type: ignore[untyped-decorator]
    def calibrate(pixels: Any, rate: Any) -> None:
        norms = normalizations(model)
        for norm in norms:
            norm.rate = rate
        model(to_real(pixels), training=True)
        for norm in norms:
            norm.rate = None

    return calibrate  # type: ignore[no-any-return]


def make_predict(model: Any) -> Callable[[Any], Any]:
    """``predict(pixels)`` -> logits of the deterministic network."""

    @tf.function  # type: ignore[untyped-decorator]
    def predict(pixels: Any) -> Any:
        return model(to_real(pixels), training=False)

    return predict  # type: ignore[no-any-return]
