"""What a training step lowers, and where: the loss of a recipe and a phase, and its attack.

Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from tinyrob import tf as _tf
from tinyrob.models.layers import PowerOfTwoBatchNormalization
from tinyrob.models.recipe import Recipe
from tinyrob.training import adversarial, distillation, weight_perturbation
from tinyrob.training.interval_bounds import propagate, worst_logits
from tinyrob.training.jacobian import fused_penalty, jacobian_penalty, unit_vectors

tf = _tf.tensorflow()
keras = _tf.keras()
Network = Callable[[Any], Any]


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


class Objective:
    """What is minimized on a batch: the cross entropy, and other terms with their weights.

    In a distillation the divergence from the teacher's answers stands for the cross entropy;
    ``class_weights`` weigh the examples of each class in it otherwise (None: alike). An
    autoencoder's stands for it too: the mean square of what is wrong in its reconstructions.
    """

    def __init__(
        self,
        recipe: Recipe,
        model: Any,
        phase: str,
        more_steps: int,
        teacher: Network | None = None,
        class_weights: Sequence[float] | None = None,
    ) -> None:
        self.recipe, self.model, self.more_steps = recipe, model, more_steps
        self.class_weights = class_weights
        self.teacher = teacher
        self.training = phase != "settle"
        penalized = phase != "warmup" or recipe.jacobian.warmup
        self.weights = recipe.jacobian.weights if penalized else {}
        outputs = {name: model.get_layer(name).output for name in self.weights}
        self.inner = keras.Model(model.input, outputs)

    def _network(self, x: Any) -> Any:
        """Logits, without a trace in the moving averages."""
        with _moving_averages_kept(self.model):
            return self.model(x, training=self.training)

    def target(self, x: Any) -> Any:
        """The teacher's logits for clean inputs; None where there is no teacher to ask."""
        return None if self.teacher is None else tf.stop_gradient(self.teacher(x))

    def attacked(self, x: Any, labels: Any, seed: Any, strength: Any, target: Any = None) -> Any:
        """The inputs to train on: ``x`` itself, or attacked as far as ``strength`` (0, 1] says.

        In fast adversarial training a share of the batch is attacked, otherwise all of it. For
        interval bounds (2N, ...): the least inputs of the balls, then the greatest.
        """
        how, stream = self.recipe.adversarial, tf.random.experimental.stateless_fold_in(seed, 7)
        eps = strength * (how.eps * adversarial.STEP)
        far = x, eps, how.step * eps, how.steps, stream
        if how.method == "trades":
            return adversarial.trades(self._network, *far)
        if how.method == "rslad":
            return distillation.rslad(self._network, target, *far)
        if how.method == "adaad":
            assert self.teacher is not None
            return distillation.adaad(self._network, self.teacher, *far)
        if how.method == "ibp":
            ends = [tf.clip_by_value(x + d, adversarial.LOW, adversarial.HIGH) for d in (-eps, eps)]
            return tf.concat(ends, axis=0)
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
        self, x: Any, attacked: Any, labels: Any, seed: Any, target: Any = None
    ) -> tuple[Any, Any, dict[str, Any]]:
        """(cross entropy, logits, the other terms as (weight, value) by name)."""
        terms: dict[str, Any] = {}
        found = None
        if target is not None:
            entropy, logits, terms = self._distilled(x, attacked, target)
        elif self.recipe.adversarial.method == "trades":
            both = self.model(tf.concat([x, attacked], axis=0), training=self.training)
            logits, other = tf.split(both, 2)
            gap = tf.reduce_mean(adversarial.divergence(logits, other))
            terms["divergence"] = (self.recipe.adversarial.beta, gap)
        elif self.recipe.adversarial.method == "ibp":
            low, high = tf.split(attacked, 2)
            found = propagate(self.model, x, low, high, self.training)
            logits = found.clean
        else:
            logits = self.model(attacked, training=self.training)
        if self.recipe.anomaly is not None:
            wrong = logits - tf.reshape(x, tf.shape(logits))
            entropy = tf.reduce_mean(wrong * wrong)
        elif target is None:
            entropy = self._entropy(labels, logits)
        if found is not None:
            worst = self._entropy(labels, worst_logits(labels, found))
            terms["bounds"] = (self.recipe.adversarial.share, worst - entropy)
        if self.weights:
            images = self.recipe.jacobian.images or self.recipe.training.batch
            terms |= self._penalties(x[:images], seed)
        return entropy, logits, terms

    def _entropy(self, labels: Any, logits: Any) -> Any:
        """The mean cross entropy, smoothed and weighed by class as the recipe and the data say."""
        each = adversarial.cross_entropy(labels, logits, self.recipe.training.label_smoothing)
        if self.class_weights is not None:
            each *= tf.gather(tf.constant(self.class_weights, tf.float32), labels)
        return tf.reduce_mean(each)

    def _distilled(self, x: Any, attacked: Any, target: Any) -> tuple[Any, Any, dict[str, Any]]:
        """The divergence under attack, the attacked inputs' logits, the other terms."""
        how, terms = self.recipe.distillation, {}
        parts = {"attacked": attacked}
        if how.share < 1:
            parts["clean"] = x
        if how.igdm:
            parts["mirrored"] = distillation.mirrored(x, attacked)
        both = self.model(tf.concat(list(parts.values()), axis=0), training=self.training)
        student = dict(zip(parts, tf.split(both, len(parts)), strict=True))
        told = {"clean": target, "attacked": target}
        if self.recipe.adversarial.method == "adaad" or how.igdm:
            assert self.teacher is not None
            asked = {k: v for k, v in parts.items() if k != "clean"}
            answers = self.teacher(tf.concat(list(asked.values()), axis=0))
            there = dict(zip(asked, tf.split(tf.stop_gradient(answers), len(asked)), strict=True))
            if self.recipe.adversarial.method == "adaad":
                told["attacked"] = there["attacked"]
        gap = tf.reduce_mean(adversarial.divergence(told["attacked"], student["attacked"]))
        if how.share < 1:
            clean = tf.reduce_mean(adversarial.divergence(target, student["clean"]))
            terms["clean"] = (1.0 - how.share, clean)
        if how.igdm:
            pairs = [(d["attacked"], d["mirrored"]) for d in (there, student)]
            terms["gradient"] = (how.igdm, tf.reduce_mean(distillation.gradient_gap(*pairs)))
        return how.share * gap, student["attacked"], terms

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
