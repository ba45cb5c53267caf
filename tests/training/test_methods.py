"""Each method of a recipe in a run: its record, its weights, its guard, what may not be asked."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from tinyrob import data
from tinyrob.data.dataset import Change
from tinyrob.errors import RecipeError, TrainingError
from tinyrob.models import recipe_file
from tinyrob.models.recipe import describe
from tinyrob.training import batches

RECIPE = """
name = "tiny"
dataset = "digits"
seed = 3

[topology]
stem = { filters = 4 }
residual = false
stages = [{ filters = 4 }]
head = "flatten"

[quantizers]
kernel = "ternary"

[training]
epochs = { qat = 1 }
batch = 200
"""
FAST = """
[adversarial]
method = "fast"
eps = 8

[probe]
images = 100
eps = 8
steps = 2
"""
RSLAD = """
[adversarial]
method = "rslad"
eps = 8

[distillation]
teacher = "x"
"""


def parsed(more="", **changes):
    text = RECIPE
    for old, new in changes.values():
        text = text.replace(old, new)
    return recipe_file.parse(text + more)


def test_runs_begun_before_a_field_was_added_keep_their_identity():
    recipe = parsed()
    assert describe(recipe) == (
        "Recipe(name='tiny', dataset='digits', topology=Topology(stem=Stem(filters=4, kernel=3, "
        "stride=1), stages=(Stage(filters=4, blocks=1, stride=2),), family='stq', residual=False, "
        "separable=False, head='flatten'), quantizers=Quantizers(kernel='ternary', "
        "activation=Activation(bits=8, integer=3), layers={}), jacobian=Jacobian(logits=0.0, "
        "layers={}, images=0, projections=1), training=Training(epochs=Epochs(warmup=0, qat=1, "
        "settle=0), batch=200, optimizer='adam', learning_rate=LearningRate(warmup=0.002, "
        "qat=0.002), schedule='cosine', augment=Augment(flip=False, shift=0)), seed=3)"
    )
    assert "fused=True" in describe(parsed("[jacobian]\nlogits = 0.1\nfused = true\n"))
    assert "eps=8.0" in describe(parsed(FAST))


def test_trades_reports_its_divergence():
    from tinyrob import tf as tinyrob_tf
    from tinyrob.training.phase import Phase

    tf, dataset = tinyrob_tf.tensorflow(), data.load("digits")
    recipe = parsed('[adversarial]\nmethod = "trades"\neps = 8\nsteps = 2\n')
    phase = Phase(recipe, dataset, "warmup")
    inputs, labels = tf.constant(dataset.x_train[:200]), tf.constant(dataset.y_train[:200])
    _, hits, terms = phase.step(inputs, labels, tf.constant([0, 1]), tf.constant(1.0))
    assert 0 <= int(hits) <= 200
    assert float(terms["divergence"]) > 0
    assert sorted(phase.measure(recipe, dataset)) == ["test_accuracy"]


@pytest.mark.parametrize("asked", [False, True])
def test_float_epochs_are_penalized_where_the_recipe_says_so(asked):
    from tinyrob import tf as tinyrob_tf
    from tinyrob.training.phase import Phase

    tf, dataset = tinyrob_tf.tensorflow(), data.load("digits")
    recipe = parsed(f"[jacobian]\nlogits = 0.1\nwarmup = {str(asked).lower()}\n")
    phase = Phase(recipe, dataset, "warmup")
    inputs, labels = tf.constant(dataset.x_train[:200]), tf.constant(dataset.y_train[:200])
    _, _, terms = phase.step(inputs, labels, tf.constant([0, 1]), tf.constant(1.0))
    assert list(terms) == (["logits"] if asked else [])


def test_a_small_radius_attacks_less():
    from tinyrob import tf as tinyrob_tf
    from tinyrob.training.phase import Phase

    tf, dataset = tinyrob_tf.tensorflow(), data.load("digits")
    phase = Phase(parsed(FAST), dataset, "warmup")
    phase.optimizer.learning_rate.assign(0.0)
    inputs, labels = tf.constant(dataset.x_train[:200]), tf.constant(dataset.y_train[:200])
    losses = [
        float(phase.step(inputs, labels, tf.constant([0, 1]), tf.constant(share))[0])
        for share in (0.01, 0.5, 1.0)
    ]
    assert losses == sorted(losses)
    assert losses[0] < losses[2]


def test_the_averaged_weights_follow_each_step_and_are_what_is_deployed():
    from tinyrob import tf as tinyrob_tf
    from tinyrob.training.phase import Phase

    tf = tinyrob_tf.tensorflow()
    recipe = parsed(average=("batch = 200", "batch = 200\naverage = 0.75"))
    dataset = data.load("digits")
    phase = Phase(recipe, dataset, "settle")
    phase.optimizer.learning_rate.assign(0.01)
    expected = [v.numpy() for v in phase.model.trainable_variables]
    for number in range(3):
        phase.step(
            tf.constant(dataset.x_train[:200]),
            tf.constant(dataset.y_train[:200]),
            tf.constant([0, number]),
            tf.constant(1.0),
        )
        now = [v.numpy() for v in phase.model.trainable_variables]
        expected = [0.75 * e + 0.25 * v for e, v in zip(expected, now, strict=True)]
    before = [v.numpy() for v in phase.model.trainable_variables]
    phase.measure(recipe, dataset)
    for was, variable in zip(before, phase.model.trainable_variables, strict=True):
        assert (variable.numpy() == was).all()
    phase.deploy(recipe, dataset)
    for want, variable in zip(expected, phase.model.trainable_variables, strict=True):
        assert np.allclose(variable.numpy(), want, atol=1e-6)
    after = phase.model.trainable_variables
    assert any((v.numpy() != b).any() for v, b in zip(after, before, strict=True))


def test_weights_averaged_from_the_first_epoch_are_what_quantized_epochs_begin_with():
    from tinyrob import tf as tinyrob_tf
    from tinyrob.training.phase import Phase

    tf = tinyrob_tf.tensorflow()
    more = 'batch = 200\naverage = 0.75\naverage_from = "warmup"'
    recipe = parsed(
        average=("batch = 200", more), epochs=("{ qat = 1 }", "{ warmup = 1, qat = 0, settle = 1 }")
    )
    dataset = data.load("digits")
    phase = Phase(recipe, dataset, "warmup")
    phase.optimizer.learning_rate.assign(0.01)
    expected = [v.numpy() for v in phase.model.trainable_variables]
    for number in range(4):
        batch = tf.constant(dataset.x_train[:200]), tf.constant(dataset.y_train[:200])
        phase.step(*batch, tf.constant([0, number]), tf.constant(1.0))
        now = [v.numpy() for v in phase.model.trainable_variables]
        keep = min(0.75, (2 + number) / (11 + number))  # young averages follow faster
        expected = [keep * e + (1 - keep) * v for e, v in zip(expected, now, strict=True)]
    for want, mean in zip(expected, phase.average, strict=True):
        assert np.allclose(mean.numpy(), want, atol=1e-6)
    began = phase.next(recipe, dataset, "settle", [])
    for want, variable in zip(expected, began.model.trainable_variables, strict=True):
        assert np.allclose(variable.numpy(), want, atol=1e-6)
    # Straight into settle, whose statistics stay: they have to be the quantized network's own.
    means = [norm.moving_mean.numpy() for norm in phase_norms(began)]
    began._calibrate(recipe, dataset)
    for was, norm in zip(means, phase_norms(began), strict=True):
        # Nearly: gains are rounded by the averages that were there before.
        assert np.allclose(was, norm.moving_mean.numpy(), rtol=0.03, atol=0.01)
    assert not any(
        np.allclose(a.moving_mean.numpy(), b.moving_mean.numpy(), atol=1e-6)
        for a, b in zip(phase_norms(phase), phase_norms(began), strict=True)
        if a.name != "stem_norm"
    )


def phase_norms(phase):
    from tinyrob.training import step

    return step.normalizations(phase.model)


def test_a_collapsed_epoch_is_undone_and_attacks_get_a_step_more():
    """Fast adversarial training, a fused penalty and a validation split, all in one epoch."""
    from tinyrob.training import loop
    from tinyrob.training.phase import Phase
    from tinyrob.training.progress import TrainingProgress

    recipe = parsed(FAST + "[jacobian]\nlogits = 0.01\nlayers = { stem = 0.001 }\nfused = true\n")
    dataset = batches.held_out(data.load("digits"), 1000)
    phase = Phase(recipe, dataset, "settle")
    weights, state = phase.model.get_weights(), phase.variables()
    step = phase.step
    before = [{"phase": "settle", "pgd_accuracy": 1.0}]
    record = loop._guarded_epoch(recipe, dataset, phase, 0, TrainingProgress(2), before)
    assert record["undone"] is True
    assert list(record["penalties"]) == ["all"]
    assert 0 <= record["pgd_accuracy"] <= record["validation_accuracy"] <= 1
    now = (*phase.model.get_weights(), *phase.variables())
    assert all((a == b).all() for a, b in zip((*weights, *state), now, strict=True))
    assert phase.step is not step


def test_what_is_held_out_is_not_trained_on():
    dataset = data.load("digits")
    part = batches.held_out(dataset, 400)
    assert (len(part.x_train), len(part.x_validation)) == (1000, 400)
    assert (part.x_validation == dataset.x_train[1000:]).all()
    recipe = parsed()
    seen = np.concatenate([y for _, y in batches.batches(recipe, part, 0, 5)])
    assert sorted(seen) == sorted(dataset.y_train[:1000])
    with pytest.raises(TrainingError, match="cannot be held out"):
        batches.held_out(dataset, 1400)


def test_recordings_are_made_anew_for_each_batch():
    asked = []

    def remake(chosen, change, generator):
        asked.append((len(chosen), change))
        return np.full((len(chosen), 8, 8, 1), 7, np.uint8)

    dataset = dataclasses.replace(data.load("digits"), remake=remake)
    training = parsed().training
    how = dataclasses.replace(
        training.augment, time=50, noise=0.1, speed=0.2, gain=3.0, equalizer=2.0, snr=(5.0, 25.0)
    )
    recipe = dataclasses.replace(parsed(), training=dataclasses.replace(training, augment=how))
    made = list(batches.batches(recipe, dataset, 0, 2))
    assert asked == [(200, Change(50, 0.1, 0.2, 3.0, 2.0, (5.0, 25.0)))] * 2
    assert all((inputs == 7).all() for inputs, _ in made)


def test_fast_training_takes_the_recipes_steps_and_the_guards(monkeypatch):
    from tinyrob.models import topologies
    from tinyrob.training import objective, step

    recipe = parsed(FAST.replace("eps = 8\n", "eps = 8\nsteps = 3\n", 1))
    model = topologies.build(recipe, (8, 8, 1), 10, quantized=True)
    asked = []

    def fast(_network, x, _labels, eps, size, count, _seed):
        asked.append((float(size / eps), count))
        return x

    monkeypatch.setattr(objective.adversarial, "fast", fast)
    x, labels = step.tf.zeros((4, 8, 8, 1)), step.tf.zeros(4, step.tf.int64)
    for more in (0, 2):
        made = objective.Objective(recipe, model, "qat", more)
        made.attacked(x, labels, step.tf.constant([1, 2]), step.tf.constant(1.0))
    assert asked == [pytest.approx((1.25 / 3, 3)), pytest.approx((1.25 / 5, 5))]


@pytest.mark.parametrize("method", ["fast", "trades"])
def test_weights_are_perturbed_for_the_slope_only(method):
    """A step of plain SGD goes from the weights themselves, along the slope at a worse place."""
    from tinyrob.models import topologies
    from tinyrob.training import step

    tf = step.tf
    text = FAST.replace("fast", method).replace("eps = 8\n", "eps = 8\nsteps = 1\n", 1)
    dataset = data.load("digits")
    batch = tf.constant(dataset.x_train[:200]), tf.constant(dataset.y_train[:200])
    moved = {}
    for size in (0.0, 1e-6, 0.05):
        more = f"weight_perturbation = {size}\n"
        recipe = parsed(text.replace("steps = 1\n", f"steps = 1\n{more}", 1))
        model = topologies.build(recipe, (8, 8, 1), 10, quantized=False)
        norms = step.normalizations(model)
        before = [v.numpy() for v in model.trainable_variables]
        optimizer = step.keras.optimizers.SGD(0.125)
        run = step.make_step(recipe, model, optimizer, "warmup")
        loss = float(run(*batch, tf.constant([1, 2]), tf.constant(1.0))[0])
        after = [v.numpy() for v in model.trainable_variables]
        slopes = [(b - a) / 0.125 for a, b in zip(after, before, strict=True)]
        means = [norm.moving_mean.numpy() for norm in norms]
        moved[size] = loss, slopes, means
    plain, tiny, far = moved[0.0], moved[1e-6], moved[0.05]
    for a, b in zip(plain[1], tiny[1], strict=True):
        assert np.allclose(a, b, rtol=0.01, atol=1e-3)
    assert any(
        not np.allclose(a, b, rtol=0.1, atol=1e-2) for a, b in zip(plain[1], far[1], strict=True)
    )
    assert far[0] > plain[0]
    # One update of the moving averages a step: two would have moved them nearly twice as far.
    for a, b in zip(plain[2], tiny[2], strict=True):
        assert np.allclose(a, b, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("phase", ["warmup", "qat"])
@pytest.mark.parametrize("method", ["fast", "trades"])
def test_weights_climb_the_whole_loss_on_the_attacked_inputs(method, phase, monkeypatch):
    """What the perturbation is given to climb is what the step then lowers, when nothing moved."""
    from contextlib import contextmanager

    from tinyrob.models import topologies
    from tinyrob.training import objective, step

    tf, climbed = step.tf, []

    @contextmanager
    def unmoved(loss, variables, size):
        assert size == 0.05
        assert all(len(v.shape) > 1 for v in variables)
        climbed.append(loss())
        yield

    monkeypatch.setattr(objective.weight_perturbation, "perturbed", unmoved)
    more = "steps = 1\nweight_perturbation = 0.05\n"
    text = FAST.replace("fast", method).replace("eps = 8\n", f"eps = 8\n{more}", 1)
    recipe = parsed(text + "\n[jacobian]\nlogits = 0.5\n")
    dataset = data.load("digits")
    batch = tf.constant(dataset.x_train[:200]), tf.constant(dataset.y_train[:200])
    model = topologies.build(recipe, (8, 8, 1), 10, quantized=phase != "warmup")
    run = step.make_step(recipe, model, step.keras.optimizers.SGD(0.0), phase)
    tf.config.run_functions_eagerly(True)
    try:
        entropy, _, penalties = run(*batch, tf.constant([1, 2]), tf.constant(1.0))
    finally:
        tf.config.run_functions_eagerly(False)
    weights = {"divergence": recipe.adversarial.beta, "logits": 0.5}
    terms = {"divergence"} if method == "trades" else set()
    assert set(penalties) == terms | ({"logits"} if phase == "qat" else set())
    lowered = float(entropy) + sum(weights[n] * float(value) for n, value in penalties.items())
    # Quantized normalization leans on its moving averages, which the second pass moves.
    assert float(climbed[0]) == pytest.approx(lowered, rel=1e-5 if phase == "warmup" else 0.01)


def test_perturbed_weights_come_back_from_an_error_too():
    from tinyrob.training import weight_perturbation

    tf = weight_perturbation.tensorflow()
    weights = tf.Variable([[1.0, 2.0]])

    def stopped():
        with weight_perturbation.perturbed(lambda: tf.reduce_sum(weights**2), [weights], 0.5):
            assert weights.numpy()[0, 1] > 2.1
            raise InterruptedError

    with pytest.raises(InterruptedError):
        stopped()
    assert weights.numpy().tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("bits", range(2, 9))
def test_kernels_have_at_most_the_levels_of_their_bits(bits):
    from tinyrob.models import quantizers

    tf = quantizers.tf
    values = tf.random.stateless_normal((3, 3, 16, 2), tf.constant([1, bits]))
    levels = [len(np.unique(q)) for q in quantizers.kernel_quantizer(bits)(values).numpy().T]
    assert all(2 <= n <= 2**bits - 1 for n in levels), levels


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (
            '[adversarial]\nmethod = "pgd"\neps = 8\n',
            "'pgd' is none of fast, trades, ibp, rslad, adaad",
        ),
        ('[adversarial]\nmethod = "fast"\neps = 8\n', "is watched by a probe"),
        ('[adversarial]\nmethod = "fast"\n', "eps: is missing"),
        ('[adversarial]\nmethod = "fast"\neps = 8\nbeta = 1\n', "beta: unknown key"),
        ('[adversarial]\nmethod = "trades"\neps = 8\nshare = 0.5\n', "share: unknown key"),
        ('[adversarial]\nmethod = "fast"\neps = 8\nsteps = 0\n', "steps: must be"),
        ("[probe]\nimages = 0\neps = 1\n", r"images: must be in \[1, 100000\], is 0"),
        (
            FAST.replace("eps = 8\n", "eps = 8\nweight_perturbation = 2\n", 1),
            "perturbation: must be",
        ),
        (FAST.replace("fast", "rslad"), "rslad needs a teacher"),
        (FAST + '[distillation]\nteacher = "x"\n', "nothing asks the teacher"),
        (RSLAD + 'labels = "twice"\n', "'twice' is none of each, once"),
        (RSLAD + "igdm = -1\n", "distillation.igdm: must be"),
        (RSLAD + 'labels = "once"\nigdm = 1\n', "ask the teacher about attacked inputs"),
        (RSLAD.replace("rslad", "adaad").replace("x", "x.npz"), "ask the teacher about"),
        (
            FAST.replace("eps = 8\n", "eps = 8\nstages = [{ from = 2, steps = 1 }]\n", 1),
            r"stages\[0\].from: must be",
        ),
        (
            FAST.replace(
                "eps = 8\n",
                "eps = 8\nstages = [{ from = 0.5, steps = 1 }, { from = 0.5, steps = 2 }]\n",
                1,
            ),
            r"stages\[1\].from: must be above",
        ),
    ],
)
def test_a_method_that_makes_no_sense_is_refused(more, why):
    with pytest.raises(RecipeError, match=why):
        parsed(more)


@pytest.mark.parametrize(
    ("training", "why"),
    [
        ("ease = 2", "ease: must be at most the epochs of qat, 1"),
        ("patience = 3", 'patience: needs keep = "best"'),
        ('keep = "best"', "is judged by a probe on held-out"),
        ('keep = "worst"', "'worst' is none of last, best"),
        ("weight_decay = -1", "weight_decay: must be"),
        ("label_smoothing = 1", "label_smoothing: must be"),
        ('init = ""', "init: must not be empty"),
    ],
)
def test_training_that_makes_no_sense_is_refused(training, why):
    with pytest.raises(RecipeError, match=why):
        parsed(t=("batch = 200", f"batch = 200\n{training}"))


def test_a_teachers_labels_are_not_smoothed():
    with pytest.raises(RecipeError, match="soft already"):
        parsed(RSLAD, t=("batch = 200", "batch = 200\nlabel_smoothing = 0.1"))


def test_label_smoothing_is_the_cross_entropy_with_a_share_of_the_label_spread():
    from tinyrob.training import adversarial

    tf = adversarial.tensorflow()
    logits = np.random.default_rng(3).normal(size=(6, 4))
    labels = np.array([0, 3, 1, 1, 2, 0])
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    soft = 0.9 * np.eye(4)[labels] + 0.1 / 4
    got = adversarial.cross_entropy(tf.constant(labels), tf.constant(logits), 0.1).numpy()
    assert np.allclose(got, -(soft * log_p).sum(1))
    plain = adversarial.cross_entropy(tf.constant(labels), tf.constant(logits)).numpy()
    assert np.allclose(plain, -log_p[np.arange(6), labels])


@pytest.mark.parametrize("kind", ["adam", "sgd"])
def test_weight_decay_takes_its_share_off_kernels_alone(kind):
    from tinyrob.models import topologies
    from tinyrob.training import step

    training = f'batch = 200\noptimizer = "{kind}"\nweight_decay = 0.5'
    recipe = parsed(t=("batch = 200", training))
    model = topologies.build(recipe, (8, 8, 1), 10, quantized=False)
    made = step.optimizer(recipe, model)
    made.learning_rate.assign(0.25)
    before = [v.numpy() + 0.0 for v in model.trainable_variables]
    variables = model.trainable_variables
    made.apply_gradients([(step.tf.zeros_like(v), v) for v in variables])
    for was, variable in zip(before, variables, strict=True):
        share = 1 - 0.25 * 0.5 if was.ndim > 1 else 1.0
        assert np.allclose(variable.numpy(), share * was, atol=1e-7), variable.name


def test_the_number_of_attack_steps_follows_its_stages():
    from tinyrob.training import rates

    stages = "steps = 2\nstages = [{ from = 0.3, steps = 3 }, { from = 0.5, steps = 6 }]\n"
    fast = parsed(FAST.replace("eps = 8\n", f"eps = 8\n{stages}", 1)).adversarial
    assert [rates.attack(fast, e, 10).steps for e in range(10)] == [2] * 3 + [3] * 2 + [6] * 5
    assert {rates.attack(fast, e, 10).step for e in range(10)} == {1.25}
    trades = parsed(f'[adversarial]\nmethod = "trades"\neps = 8\n{stages}').adversarial
    ways = {a.step * a.steps for a in (rates.attack(trades, e, 10) for e in range(10))}
    assert ways == {2.5}


def test_a_stage_makes_the_step_anew_and_only_then():
    from tinyrob.training.phase import Phase

    stages = "stages = [{ from = 0.5, steps = 3 }]\n"
    recipe = parsed(
        FAST.replace("eps = 8\n", f"eps = 8\n{stages}", 1), e=("{ qat = 1 }", "{ qat = 4 }")
    )
    phase = Phase(recipe, data.load("digits"), "settle")
    seen = [phase.step]
    for done in range(4):
        phase.follow(recipe, [{"phase": "settle"}] * done)
        seen.append(phase.step)
    assert [a is b for a, b in itertools.pairwise(seen)] == [True, True, False, True]
    assert phase.attack_now.steps == 3


def test_pixels_have_no_recording_to_shift():
    with pytest.raises(RecipeError, match="digits has no recordings"):
        parsed(augment=("batch = 200", "batch = 200\naugment = { time = 10 }"))


@pytest.mark.parametrize(
    ("kernel", "why"), [("[3]", "one side or"), ("[3, 0]", "list of integers")]
)
def test_a_stems_kernel_is_a_side_or_two(kernel, why):
    whole = parsed(k=("stem = { filters = 4", "stem = { filters = 4, kernel = [5, 3]"))
    assert whole.topology.stem.kernel == (5, 3)
    with pytest.raises(RecipeError, match=why):
        parsed(k=("stem = { filters = 4", f"stem = {{ filters = 4, kernel = {kernel}"))
