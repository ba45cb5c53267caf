"""One compiled training step and one compiled evaluation, for a recipe and a phase.

Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from tinyrob import tf as _tf
from tinyrob.models.layers import PowerOfTwoBatchNormalization
from tinyrob.models.quantizers import noise
from tinyrob.models.recipe import Recipe
from tinyrob.training import adversarial, weight_perturbation
from tinyrob.training.jacobian import fused_penalty, jacobian_penalty, unit_vectors

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
    before = [norm.updates_moving for norm in norms]
    for norm in norms:
        norm.updates_moving = False
    try:
        yield
    finally:
        for norm, updates in zip(norms, before, strict=True):
            norm.updates_moving = updates


class _Objective:
    """What is minimized on a batch: the cross entropy, and other terms with their weights."""

    def __init__(self, recipe: Recipe, model: Any, phase: str, more_steps: int) -> None:
        self.recipe, self.model, self.more_steps = recipe, model, more_steps
        self.training = phase != "settle"
        self.weights = recipe.jacobian.weights if phase != "warmup" else {}
        outputs = {name: model.get_layer(name).output for name in self.weights}
        self.inner = keras.Model(model.input, outputs)

    def _network(self, x: Any) -> Any:
        """Logits, without a trace in the moving averages."""
        with _moving_averages_kept(self.model):
            return self.model(x, training=self.training)

    def attacked(self, x: Any, labels: Any, seed: Any, strength: Any) -> Any:
        """The inputs to train on: ``x`` itself, or attacked as far as ``strength`` (0, 1] says.

        In fast adversarial training a share of the batch is attacked, in TRADES all of it.
        """
        how, stream = self.recipe.adversarial, tf.random.experimental.stateless_fold_in(seed, 7)
        eps = strength * (how.eps * adversarial.STEP)
        if how.method == "trades":
            return adversarial.trades(self._network, x, eps, how.step * eps, how.steps, stream)
        if how.method != "fast":
            return x
        count = max(1, round(how.share * x.shape[0]))
        steps = how.steps + self.more_steps
        part = adversarial.fast(
            self._network,
            x[:count],
            labels[:count],
            eps,
            how.step * eps / steps,
            steps,
            stream,
        )
        return part if count == x.shape[0] else tf.concat([part, x[count:]], axis=0)

    def __call__(
        self, x: Any, attacked: Any, labels: Any, seed: Any
    ) -> tuple[Any, Any, dict[str, Any]]:
        """(cross entropy, logits, the other terms as (weight, value) by name)."""
        terms: dict[str, Any] = {}
        if self.recipe.adversarial.method == "trades":
            both = self.model(tf.concat([x, attacked], axis=0), training=self.training)
            logits, other = tf.split(both, 2)
            gap = tf.reduce_mean(adversarial.divergence(logits, other))
            terms["divergence"] = (self.recipe.adversarial.beta, gap)
        else:
            logits = self.model(attacked, training=self.training)
        entropy = tf.reduce_mean(adversarial.cross_entropy(labels, logits))
        if self.weights:
            images = self.recipe.jacobian.images or self.recipe.training.batch
            terms |= self._penalties(x[:images], seed)
        return entropy, logits, terms

    def perturbed(self, *batch: Any) -> AbstractContextManager[None]:
        """The weights where the batch's loss is higher, as far away as the recipe says."""
        size = self.recipe.adversarial.weight_perturbation
        if not size:
            return nullcontext()

        def loss() -> Any:
            with _moving_averages_kept(self.model):
                entropy, _, terms = self(*batch)
            return total(entropy, terms)

        kernels = weight_perturbation.kernels(self.model.trainable_variables)
        return weight_perturbation.perturbed(loss, kernels, size)

    def _penalties(self, x: Any, seed: Any) -> dict[str, Any]:
        directions = {}
        for index, name in enumerate(self.weights):
            size = 1
            for side in self.model.get_layer(name).output.shape[1:]:
                size *= int(side)
            shape = (self.recipe.jacobian.projections, x.shape[0], size)
            stream = tf.random.experimental.stateless_fold_in(seed, 1_000_000 + index)
            directions[name] = unit_vectors(shape, stream)

        def outputs(z: Any) -> Any:
            return self.inner(z, training=self.training)

        with _moving_averages_kept(self.model):
            if self.recipe.jacobian.fused:
                return {"all": (1.0, fused_penalty(outputs, x, directions, self.weights))}
            found = jacobian_penalty(outputs, x, directions)
        return {name: (self.weights[name], value) for name, value in found.items()}


def total(entropy: Any, terms: dict[str, Any]) -> Any:
    """The loss: the cross entropy and the weighted other terms."""
    return entropy + sum(weight * value for weight, value in terms.values())


def make_step(
    recipe: Recipe,
    model: Any,
    opt: Any,
    phase: str,
    average: Sequence[Any] = (),
    more_steps: int = 0,
) -> Callable[..., Any]:
    """``step(pixels, labels, seed, strength)`` -> (cross entropy, hits, penalties by layer).

    ``seed`` is a tensor of two integers, from which the kernels' noise, the attacks' starts and the
    Jacobian directions follow; ``strength`` (0, 1] is the share of the attacks' radius. The
    Jacobian penalty is left out in the float warm-up; its images go through the network on their
    own, normalized as a batch of their own. Under adversarial training cross entropy and hits are
    those of the inputs trained on, or of TRADES' clean ones, and of the weights as perturbed;
    attacks have ``more_steps`` than the recipe's. In ``settle`` the network is trained in the very
    form that is deployed: kernels without noise, normalization by the moving averages, which stay.

    ``average`` holds a variable for each trainable one, which follows it exponentially (Polyak and
    Juditsky, 1992; Izmailov et al., 2018, arXiv 1803.05407). From the first epoch on it follows
    faster at first (``(1 + n) / (10 + n)`` after n steps, as TensorFlow's moving averages), so that
    random first weights are soon forgotten.
    """
    objective = _Objective(recipe, model, phase, more_steps)
    decay = recipe.training.average

    @tf.function  # type: ignore[untyped-decorator]
    def step(pixels: Any, labels: Any, seed: Any, strength: Any) -> tuple[Any, Any, dict[str, Any]]:
        x = to_real(pixels)
        streams = noise(model, seed) if phase == "qat" else nullcontext()
        with streams:
            batch = x, objective.attacked(x, labels, seed, strength), labels, seed
            with objective.perturbed(*batch), tf.GradientTape() as tape:
                entropy, logits, terms = objective(*batch)
                loss = total(entropy, terms)
        variables = model.trainable_variables
        opt.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        rate = 1.0 - (_young(decay, opt.iterations) if phase == "warmup" else decay)
        for mean, variable in zip(average, variables if average else (), strict=True):
            mean.assign_add(rate * (variable - mean))
        hits = tf.reduce_sum(tf.cast(tf.argmax(logits, 1) == labels, tf.int32))
        return entropy, hits, {name: value for name, (_, value) in terms.items()}

    return step  # type: ignore[no-any-return]


def _young(decay: float, steps: Any) -> Any:
    """The decay after ``steps`` steps, of an average that is to become one of ``decay``."""
    done = tf.cast(steps, tf.float32)
    return tf.minimum(decay, (1.0 + done) / (10.0 + done))


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


def make_attack(model: Any, eps: float, steps: int) -> Callable[[Any, Any, Any], Any]:
    """``attack(pixels, labels, seed)`` -> hits of the deterministic network under PGD.

    Madry et al. (2018, arXiv 1706.06083): ``steps`` steps of ``2.5 eps / steps`` from one random
    start; ``eps`` is in int8 steps of the input, and the attacked inputs are rounded to that grid.
    """

    @tf.function  # type: ignore[untyped-decorator]
    def attack(pixels: Any, labels: Any, seed: Any) -> Any:
        def network(z: Any) -> Any:
            return model(z, training=False)

        x, radius = to_real(pixels), eps * adversarial.STEP
        z = adversarial.fast(network, x, labels, radius, 2.5 * radius / steps, steps, seed)
        whole = float(int(eps)) * adversarial.STEP
        on_grid = tf.round(z / adversarial.STEP) * adversarial.STEP
        logits = network(adversarial.project(on_grid, x, whole))
        return tf.reduce_sum(tf.cast(tf.argmax(logits, 1) == labels, tf.int32))

    return attack  # type: ignore[no-any-return]
