"""Robust distillation: its mathematics on linear networks, its teachers, its soft labels."""

from __future__ import annotations

import numpy as np
import pytest

from tinyrob import data
from tinyrob import tf as tinyrob_tf
from tinyrob.errors import TrainingError
from tinyrob.models import recipe_file, run_folder
from tinyrob.models.recipe import Augment
from tinyrob.training import augment, session
from tinyrob.training.batches import batches

tf = tinyrob_tf.tensorflow()

from tinyrob.models import topologies  # noqa: E402
from tinyrob.training import adversarial, distillation, objective, step, teacher, weights  # noqa: E402

EPS, SEED = 4 / 128, tf.constant([1, 2])
RECIPE = """
name = "tiny"
dataset = "digits"
seed = 3
topology = { stem = { filters = 4 }, stages = [{ filters = 4 }] }
quantizers = { kernel = 4 }

[training]
epochs = { qat = 1 }
batch = 300

[adversarial]
method = "rslad"
eps = 8
steps = 2

[distillation]
teacher = "digits-stq-jr"
"""


def softmax(a):
    e = np.exp(a - a.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def kl(a, b):
    p, q = softmax(a), softmax(b)
    return (p * np.log(p / q)).sum(-1)


@pytest.fixture
def x():
    return tf.constant(np.random.default_rng(0).uniform(-0.8, 0.8, (7, 5)).astype(np.float32))


@pytest.fixture
def student():
    return tf.constant(np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32))


@pytest.fixture
def master():
    return tf.constant(np.random.default_rng(2).normal(size=(5, 3)).astype(np.float32))


def test_rslad_moves_away_from_the_teachers_labels(x, student, master):
    soft = x @ master
    got = distillation.rslad(lambda z: z @ student, soft, x, EPS, EPS, 4, SEED)
    assert np.abs(got - x).max() <= EPS + 1e-6
    before = kl(soft.numpy(), (x @ student).numpy())
    after = kl(soft.numpy(), (got @ student).numpy())
    assert (after > before).all()
    # The slope of KL(p || softmax(z W)) is (q - p) W': at the end it points out of the corner.
    slope = (softmax((got @ student).numpy()) - softmax(soft.numpy())) @ student.numpy().T
    assert (np.sign(slope) == np.sign((got - x).numpy())).mean() > 0.95


def test_adaad_moves_to_where_both_differ_and_feels_the_teachers_slope(x, student, master):
    got = distillation.adaad(lambda z: z @ student, lambda z: z @ master, x, EPS, EPS, 4, SEED)
    there = kl((got @ master).numpy(), (got @ student).numpy())
    assert (there > kl((x @ master).numpy(), (x @ student).numpy())).all()
    fixed = distillation.rslad(lambda z: z @ student, x @ master, x, EPS, EPS, 4, SEED)
    assert there.mean() > kl((fixed @ master).numpy(), (fixed @ student).numpy()).mean()
    same = distillation.adaad(lambda z: z @ master, lambda z: z @ master, x, EPS, EPS, 2, SEED)
    assert np.abs(same - x).max() <= EPS + 1e-6  # nothing to find: still inside the ball


def test_igdm_compares_how_logits_change_along_the_attack(x, student, master):
    z = adversarial.project(x + EPS * tf.sign(x), x, EPS)
    back = distillation.mirrored(x, z)
    assert np.allclose(back - x, x - z, atol=1e-7)
    pairs = [(z @ m, back @ m) for m in (master, student)]
    got = distillation.gradient_gap(*pairs).numpy()
    moved = 2 * (z - x).numpy()  # of a linear network: its slope times the way
    assert np.allclose(got, kl(moved @ master.numpy(), moved @ student.numpy()), atol=1e-5)
    assert np.allclose(distillation.gradient_gap(pairs[0], pairs[0]), 0, atol=1e-7)
    shifted = [(a + 3.0, b + 3.0) for a, b in pairs]  # logits alone may differ as they like
    assert np.allclose(distillation.gradient_gap(shifted[0], pairs[0]), 0, atol=1e-6)


def test_the_mirror_image_stays_within_the_bytes():
    x = tf.constant([[-1.0, 127 / 128]])
    assert (distillation.mirrored(x, x + tf.constant([[EPS, -EPS]])).numpy() == x.numpy()).all()


@pytest.mark.parametrize("method", ["rslad", "adaad"])
@pytest.mark.parametrize("igdm", [0.0, 2.0])
def test_the_loss_is_the_papers_sum(method, igdm):
    text = RECIPE.replace("rslad", method) + f"share = 0.75\nigdm = {igdm}\n"
    recipe = recipe_file.parse(text)
    model = topologies.build(recipe, (8, 8, 1), 10)
    asked = topologies.build(
        recipe_file.parse(RECIPE.replace("seed = 3", "seed = 4")), (8, 8, 1), 10
    )

    def told(z):
        return asked(z, training=False)

    made = objective.Objective(recipe, model, "settle", 0, told)
    pixels = tf.constant(data.load("digits").x_train[:40])
    x, labels = step.to_real(pixels), tf.zeros(40, tf.int64)
    target = made.target(x)
    z = made.attacked(x, labels, SEED, tf.constant(1.0), target)
    loss, logits, terms = made(x, z, labels, SEED, target)
    back = distillation.mirrored(x, z)
    s = {n: model(v, training=False).numpy() for n, v in (("x", x), ("z", z), ("b", back))}
    t = {n: told(v).numpy() for n, v in (("x", x), ("z", z), ("b", back))}
    aim = t["z"] if method == "adaad" else t["x"]
    want = 0.75 * kl(aim, s["z"]).mean() + 0.25 * kl(t["x"], s["x"]).mean()
    if igdm:
        want += igdm * kl(t["z"] - t["b"], s["z"] - s["b"]).mean()
    assert set(terms) == {"clean"} | ({"gradient"} if igdm else set())
    assert float(objective.total(loss, terms)) == pytest.approx(want, rel=1e-4)
    assert np.allclose(logits, s["z"], atol=1e-6)


def test_all_weight_on_the_attacked_inputs_leaves_out_the_clean_ones():
    recipe = recipe_file.parse(RECIPE + "share = 1\n")
    model = topologies.build(recipe, (8, 8, 1), 10)
    x = step.to_real(tf.constant(data.load("digits").x_train[:20]))
    soft = tf.random.stateless_normal((20, 10), SEED)
    made = objective.Objective(recipe, model, "settle", 0)
    loss, _, terms = made(x, x, tf.zeros(20, tf.int64), SEED, soft)
    assert terms == {}
    expected = kl(soft.numpy(), model(x, training=False).numpy()).mean()
    assert float(loss) == pytest.approx(expected, rel=1e-4)


def test_soft_labels_are_the_teachers_for_each_augmentation():
    dataset, how = data.load("digits"), Augment(flip=True, shift=1)
    found = teacher.load(recipe_file.parse(RECIPE), dataset)
    logits = teacher.soft_labels(found.network, dataset, how)
    assert logits.shape == (1400, 18, 10)
    assert len(augment.variants(how)) == 18
    recipe = recipe_file.parse(
        RECIPE.replace("batch = 300", "batch = 300\naugment = { flip = true, shift = 1 }")
    )
    for pixels, labels, soft in batches(recipe, dataset, 0, 2, logits):
        asked = found.network(step.to_real(tf.constant(pixels))).numpy()
        assert np.abs(asked - soft).max() <= 2.0**-7  # kept in 16 bits
        assert soft.dtype == np.float32
        assert (asked.argmax(1) == labels).mean() > 0.5


def test_labels_of_clean_inputs_go_with_all_their_augmentations():
    dataset = data.load("digits")
    logits = np.arange(14_000, dtype=np.float32).reshape(1400, 1, 10)
    recipe = recipe_file.parse(
        RECIPE.replace("batch = 300", "batch = 300\naugment = { shift = 1 }")
    )
    plain = {y.tobytes(): soft for _, y, soft in batches(recipe, dataset, 0, 2, logits)}
    order = np.random.default_rng([3, 0]).permutation(1400)
    assert (next(iter(plain.values())) == logits[order[:300], 0]).all()


def trained(tmp_path, text, name="run", **options):
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(text)
    return session.train(str(recipe), None, tmp_path / name, **options)


def test_labels_made_once_are_kept_for_a_resumed_run(tmp_path):
    from tinyrob.frozen.io import load_frozen

    text = RECIPE + 'labels = "once"\n'
    done = trained(tmp_path, text)
    path = done.out / run_folder.LABELS
    first = path.read_bytes()
    with np.load(path) as arrays:
        assert arrays["logits"].shape == (1400, 1, 10)
        assert arrays["logits"].dtype == np.float16
    told = load_frozen(done.out / run_folder.FROZEN).metadata["teacher"]
    assert told["from"] == "digits-stq-jr"
    again = trained(tmp_path, text, resume=True)
    assert path.read_bytes() == first
    assert again.clean_accuracy == done.clean_accuracy
    # The file can teach elsewhere.
    recipe = recipe_file.parse(RECIPE.replace("digits-stq-jr", str(path)))
    assert teacher.load(recipe, data.load("digits")).logits.shape == (1400, 1, 10)


def test_another_teacher_is_refused_on_the_way(tmp_path):
    path = tmp_path / "logits.npz"
    np.savez(path, logits=np.zeros((1400, 10), np.float32))
    text = RECIPE.replace("digits-stq-jr", str(path))
    trained(tmp_path, text)
    np.savez(path, logits=np.ones((1400, 10), np.float32))
    with pytest.raises(TrainingError, match="is not the one that this run began with"):
        trained(tmp_path, text, resume=True)


def test_a_float_run_teaches(tmp_path):
    model = topologies.build(recipe_file.parse(RECIPE), (8, 8, 1), 10, quantized=False)
    weights.save(model, tmp_path / run_folder.FLOAT)
    (tmp_path / run_folder.RECIPE).write_text(RECIPE)
    dataset = data.load("digits")
    recipe = recipe_file.parse(RECIPE.replace("digits-stq-jr", str(tmp_path)))
    found = teacher.load(recipe, dataset)
    x = step.to_real(tf.constant(dataset.x_train[:20]))
    assert np.allclose(found.network(x), model(x, training=False), atol=1e-6)
    wide = RECIPE.replace("filters = 4 }]", "filters = 8 }]")
    (tmp_path / run_folder.RECIPE).write_text(wide)
    with pytest.raises(TrainingError, match=r"is not of the recipe\.toml beside it"):
        teacher.load(recipe, dataset)


@pytest.mark.parametrize(
    ("logits", "why"),
    [
        (np.zeros((1400, 9), np.float32), r"are \(1400, 1, 9\), and digits has 1400"),
        (np.zeros((1399, 10), np.float32), r"are \(1399, 1, 10\)"),
        (np.zeros((1400, 7, 10), np.float32), "with 1 augmentations"),
        (np.full((1400, 10), np.inf, np.float32), "not all finite"),
        (np.zeros((1400, 10), np.int32), "not all finite numbers"),
    ],
)
def test_logits_that_do_not_fit_are_refused(tmp_path, logits, why):
    path = tmp_path / "logits.npz"
    np.savez(path, logits=logits)
    recipe = recipe_file.parse(RECIPE.replace("digits-stq-jr", str(path)))
    with pytest.raises(TrainingError, match=why):
        teacher.load(recipe, data.load("digits"))


def test_a_teacher_that_is_none_or_of_other_inputs_is_refused(tmp_path):
    dataset = data.load("digits")

    def load(source):
        return teacher.load(recipe_file.parse(RECIPE.replace("digits-stq-jr", source)), dataset)

    with pytest.raises(TrainingError, match="there is no 'nobody'"):
        load("nobody")
    with pytest.raises(TrainingError, match="is no run that could teach"):
        load(str(tmp_path))
    with pytest.raises(TrainingError, match=r"does not take inputs of \(8, 8, 1\)"):
        load("cifar10-robust")
    (tmp_path / "x.npz").write_bytes(b"no archive")
    with pytest.raises(TrainingError, match="holds no logits"):
        load(str(tmp_path / "x.npz"))
