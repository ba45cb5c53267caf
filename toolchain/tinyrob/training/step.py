"""One compiled training step and one compiled evaluation, for a recipe and a phase.

Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from tinyrob import tf as _tf
from tinyrob.models.quantizers import eased, noise
from tinyrob.models.recipe import Recipe
from tinyrob.training import adversarial
from tinyrob.training.objective import Network, Objective, normalizations, total
from tinyrob.training.weight_perturbation import kernels

tf = _tf.tensorflow()
keras = _tf.keras()


def to_real(pixels: Any) -> Any:
    """Bytes to the network's input: ``(u8 - 128) / 128``, exact."""
    return (tf.cast(pixels, tf.float32) - 128.0) / 128.0


def optimizer(recipe: Recipe, model: Any) -> Any:
    """The recipe's optimizer of ``model``; its learning rate is assigned before each step."""
    decay = recipe.training.weight_decay or None
    if recipe.training.optimizer == "sgd":
        made = keras.optimizers.SGD(0.0, momentum=0.9, nesterov=True, weight_decay=decay)
    else:
        made = keras.optimizers.Adam(0.0, weight_decay=decay)
    variables = model.trainable_variables
    if decay:
        decayed = {id(v) for v in kernels(variables)}
        made.exclude_from_weight_decay([v for v in variables if id(v) not in decayed])
    made.build(variables)
    return made


def make_step(
    recipe: Recipe,
    model: Any,
    opt: Any,
    phase: str,
    average: Sequence[Any] = (),
    more_steps: int = 0,
    teacher: Network | None = None,
    share: Any = None,
    class_weights: Sequence[float] | None = None,
) -> Callable[..., Any]:
    """``step(pixels, labels, seed, strength)`` -> (cross entropy, hits, penalties by layer).

    In a distillation whose teacher's logits are known, they are the step's last argument; else
    ``teacher`` is asked. What is called cross entropy is then the divergence from the teacher under
    attack. ``share`` is a variable: how much is quantized in ``qat`` (None: all); ``class_weights``
    are the classes' in the cross entropy (None: alike).

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
    objective = Objective(recipe, model, phase, more_steps, teacher, class_weights)
    decay = recipe.training.average

    @tf.function  # type: ignore[untyped-decorator]
    def step(
        pixels: Any, labels: Any, seed: Any, strength: Any, *soft: Any
    ) -> tuple[Any, Any, dict[str, Any]]:
        x = to_real(pixels)
        with ExitStack() as inside:
            if phase == "qat":
                inside.enter_context(noise(model, seed))
                if share is not None:
                    inside.enter_context(eased(model, share))
            target = soft[0] if soft else objective.target(x)
            batch = x, objective.attacked(x, labels, seed, strength, target), labels, seed, target
            with objective.perturbed(*batch), tf.GradientTape() as tape:
                entropy, logits, terms = objective(*batch)
                loss = total(entropy, terms)
        variables = model.trainable_variables
        opt.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        rate = 1.0 - (_young(decay, opt.iterations) if phase == "warmup" else decay)
        for mean, variable in zip(average, variables if average else (), strict=True):
            mean.assign_add(rate * (variable - mean))
        hits = tf.constant(0)  # of an autoencoder, which has no classes
        if recipe.anomaly is None:
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
