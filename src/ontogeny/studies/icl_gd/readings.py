"""What is read from the trained models: their predictions beside those of gradient descent and other algorithms."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

import pyarrow as pa
import torch
from torch import Tensor, nn

from ontogeny.instruments import in_context as meter
from ontogeny.instruments.capture import capture
from ontogeny.instruments.heads.patterns import attention_on, chance
from ontogeny.lab.lab import Lab
from ontogeny.models.gradient_steps import Products, gradient_step, read_products, write_products
from ontogeny.models.network import Layer, TransformerModel
from ontogeny.references import in_context as reference
from ontogeny.references.in_context import Predictor
from ontogeny.studies.icl_gd.settings import WORLD, Settings, shifted_worlds
from ontogeny.training import Trajectory
from ontogeny.worlds import InContext, Split

EXAMPLES = WORLD.examples - 1
RATE = reference.best_single_rate(1 / 12, 1 / 80, WORLD.inputs.features, EXAMPLES)
"""Of one step, for inputs uniform on +-1/2: 6.06."""
BEST = WORLD.inputs.features / 24 * (1 - RATE / 12)
"""The expected half squared error of that step: 0.2062."""
STEP = reference.gradient_descent([RATE])
RANK_TOLERANCE = 1e-9
"""Directions of features with less than this share of the largest variance are rounding errors."""
Features = Callable[[Tensor], Tensor]
"""From inputs [batch, example, input] to features [batch, example, feature]."""
SHARES = [share / 20 for share in range(21)]
NULL = "untrained"


def episodes(
    run: Trajectory, size: int, split: Split = "test", world: InContext | None = None
) -> tuple[Tensor, Tensor]:
    """Of the run's own seed, by default of its own world."""
    return meter.episodes(world or run.world, run.seed, size, split)


def at(run: Trajectory, step: int) -> Predictor:
    """The model as it was after `step` updates, predicting the last output."""
    return meter.predictor(run.load(step), run.world)


def trained(run: Trajectory) -> Predictor:
    return at(run, run.checkpoints[-1].step)


def loss(predict: Predictor, examples: tuple[Tensor, Tensor]) -> float:
    """Half the mean squared error at the last example."""
    return meter.losses(predict, *examples, last=True).item()


def inside(run: Trajectory, settings: Settings) -> dict[str, pa.Table]:
    """Everything that is read from the one layer of linear attention."""
    found = {
        "course": course(run, settings),
        "construction": construction(run, settings),
        "interpolation": interpolation(run, settings),
        "shifts": shifts(run, settings),
        "nearest": nearest(run, settings),
        "examples": by_examples(run, settings),
    }
    return {name: pa.Table.from_pylist(rows) for name, rows in found.items()}


def course(run: Trajectory, settings: Settings) -> list[dict]:
    """Loss, difference and sensitivity beside the gradient step's, by checkpoint."""
    examples = episodes(run, settings.compared)
    size, best = STEP(*examples, last=True).square().mean().item(), loss(STEP, examples)
    rows = []
    for checkpoint in run.checkpoints:
        predict = at(run, checkpoint.step)
        rows.append(
            {
                "step": checkpoint.step,
                "loss": loss(predict, examples),
                "descent": best,
                "difference": meter.prediction_difference(predict, STEP, *examples) / size,
                "cosine": meter.sensitivity_cosine(predict, STEP, *examples),
            }
        )
    return rows


def construction(run: Trajectory, settings: Settings) -> list[dict]:
    """The largest difference between a gradient step and the weights constructed for it, and untrained weights."""
    examples = episodes(run, settings.compared)
    rows = []
    for kind, predict in (("constructed", constructed(run)), (NULL, at(run, 0))):
        with torch.no_grad():
            error = (predict(*examples, last=True) - STEP(*examples, last=True)).abs().max().item()
        rows.append({"kind": kind, "error": error})
    return rows


def constructed(run: Trajectory, products: Products | None = None) -> Predictor:
    """The run's model with weights that make the best single step, or do what is given."""
    wanted = gradient_step(WORLD.feature_size, EXAMPLES, RATE) if products is None else products
    return meter.predictor(write_products(run.run.build(), [wanted]), run.world)


def interpolation(run: Trajectory, settings: Settings) -> list[dict]:
    """The loss on the straight way from trained to constructed weights.

    Only the product of a layer's two factors is determined by what it computes. `aligned`: the trained ones are first
    scaled as the constructed ones are; `turned`: then both change their sign, so that the same map begins elsewhere.
    """
    examples = episodes(run, settings.compared)
    end = gradient_step(WORLD.feature_size, EXAMPLES, RATE)
    layers = cast(TransformerModel, run.load(run.checkpoints[-1].step)).layers
    start = read_products(cast(Layer, layers[0])).aligned(end)
    starts = {"aligned": start, "turned": Products(-start.scores, -start.values)}
    return [
        {"kind": kind, "share": share, "loss": loss(constructed(run, begin.towards(end, share)), examples)}
        for kind, begin in starts.items()
        for share in SHARES
    ]


def shifts(run: Trajectory, settings: Settings) -> list[dict]:
    """Losses where inputs or functions are not those of training."""
    learners = {"trained": trained(run), "descent": STEP, NULL: at(run, 0)}
    rows = []
    for name, (factor, world) in shifted_worlds().items():
        examples = episodes(run, settings.compared, world=world)
        found = {kind: loss(predict, examples) for kind, predict in learners.items()}
        rows.append({"shift": name, "factor": factor, "zero": examples[1][:, -1].square().mean().item() / 2, **found})
    return rows


def algorithms(run: Trajectory, settings: Settings) -> dict[str, Predictor]:
    """What the layer might be doing, each tuned on episodes of its own."""
    probe = episodes(run, settings.compared, "probe")
    found = {"1 step": STEP}
    for steps in (2, 3, 5):
        rates, _ = reference.tune_descent(*probe, steps, shared=True)
        found[f"{steps} steps"] = reference.gradient_descent(rates)
    found |= {f"ridge {penalty:g}": reference.ridge(penalty) for penalty in (0.01, 0.1, 1.0)}
    found |= {"least squares": reference.least_squares()}
    found |= {f"{count} nearest": reference.nearest_neighbours(count) for count in (1, 3)}
    return found


def nearest(run: Trajectory, settings: Settings) -> list[dict]:
    """How differently other algorithms predict, relative to the size of their predictions."""
    grid, examples = algorithms(run, settings), episodes(run, settings.compared)
    own = meter.nearest(trained(run), grid, *examples)
    null = meter.nearest(at(run, 0), grid, *examples)
    return [{"algorithm": name, "trained": own[name], NULL: null[name]} for name in grid]


def by_examples(run: Trajectory, settings: Settings) -> list[dict]:
    """The loss by number of examples, of models made for one number of them and of predictors that know it."""
    examples = episodes(run, settings.compared)
    predictors = {
        "trained": trained(run),
        "constructed": constructed(run),
        "least squares": reference.least_squares(),
    }
    return [
        {"predictor": name, "examples": count, "loss": value}
        for name, predict in predictors.items()
        for count, value in enumerate(meter.losses(predict, *examples).tolist())
    ]


def behind_mlp(run: Trajectory, settings: Settings) -> pa.Table:
    """By checkpoint, the loss on sinusoids beside that of the best gradient step on the model's own features.

    `plain` is the step on what the MLP gives, `descent` the one on the features that the layer sees in it
    (`features_seen`), `straight` the best step on the inputs themselves. `difference` is that of model and `descent`,
    relative to the model's mean square; `sine` how well the two main features tell the input's sine and cosine.
    """
    examples, probe = (episodes(run, settings.compared, split) for split in ("test", "probe"))
    straight = loss(best_step(probe), examples)
    rows = []
    for checkpoint in run.checkpoints:
        predict, model = (
            at(run, checkpoint.step),
            cast(TransformerModel, run.load(checkpoint.step).requires_grad_(False)),
        )
        seen = features_seen(model, probe[0])
        descent = on_features(seen, probe)
        with torch.no_grad():
            size = predict(*examples, last=True).square().mean().item()
        rows.append(
            {
                "step": checkpoint.step,
                "loss": loss(predict, examples),
                "descent": loss(descent, examples),
                "plain": loss(on_features(cast(nn.Module, model.input_mlp), probe), examples),
                "straight": straight,
                "difference": meter.prediction_difference(predict, descent, *examples) / size,
                "sine": sine_told(seen, probe[0], examples[0]),
            }
        )
    return pa.Table.from_pylist(rows)


def features_seen(model: TransformerModel, inputs: Tensor) -> Features:
    """What the layer sees of the features that the MLP makes, the main ones first.

    A head that adds y_i (f_i . S f) to its answer at f makes a gradient step on features M f, if S = M^T M. So S must
    be symmetric and not negative; the nearest such matrix is taken, in units in which features of these inputs are
    uncorrelated and of variance 1. A head has two ways to multiply y_i and f_i: by f_i in the scores and y_i in what is
    written, and the other way round.
    """
    mlp, products = cast(nn.Module, model.input_mlp), read_products(cast(Layer, model.layers[0]))
    scores, written = products.scores.double(), -products.values[-1].double()
    metric = written[-1] * scores[:-1, :-1] + torch.outer(written[:-1], scores[-1, :-1])
    made = mlp(inputs).flatten(0, 1).double()
    variances, axes = torch.linalg.eigh(made.T @ made / len(made))
    kept = variances > RANK_TOLERANCE * variances.max()
    axes, deviations = axes[:, kept], variances[kept].sqrt()
    whitened = deviations[:, None] * (axes.T @ metric @ axes) * deviations
    strengths, directions = torch.linalg.eigh((whitened + whitened.T) / 2)
    seen = (axes / deviations) @ directions * strengths.clamp(min=0).sqrt()  # [made, seen]
    return lambda inputs: mlp(inputs).double() @ seen.flip(1)


def on_features(features: Features, probe: tuple[Tensor, Tensor]) -> Predictor:
    """The best gradient step on features of the inputs, its rate tuned on the probe's episodes."""
    return reference.on(features, best_step((features(probe[0]), probe[1])))


def best_step(probe: tuple[Tensor, Tensor]) -> Predictor:
    """One step of gradient descent at the rate that is best on these episodes."""
    direction, outputs = reference.gradient_descent([1.0])(*probe, last=True), probe[1][:, -1:]
    along, square = (direction * outputs).sum(), direction.square().sum()
    return reference.gradient_descent([(along / square).item() if square else 0.0])


def sine_told(features: Features, fitted: Tensor, tested: Tensor) -> float:
    """Share of the variance of the input's sine and cosine that the two main features account for, linearly.

    Everything is taken from its mean over the inputs that are fitted.
    """
    (seen, waves), (new_seen, new_waves) = (
        (features(inputs).flatten(0, 1)[:, :2], torch.cat((inputs.sin(), inputs.cos()), dim=-1).flatten(0, 1).double())
        for inputs in (fitted, tested)
    )
    weights = torch.linalg.lstsq(seen - seen.mean(dim=0), waves - waves.mean(dim=0)).solution
    told, wanted = (new_seen - seen.mean(dim=0)) @ weights, new_waves - waves.mean(dim=0)
    return 1 - ((told - wanted).square().mean() / wanted.square().mean()).item()


def in_turns(name: str, run: Trajectory, settings: Settings) -> pa.Table:
    """By checkpoint, the loss at the last input, and how much the first layer's best head copies."""
    examples = episodes(run, settings.compared)
    even = chance(_inputs_before(run.world.length, 1))
    known = {"learner": name, "descent": loss(STEP, examples), "even": even}
    rows = []
    for checkpoint in run.checkpoints:
        found = {"loss": loss(at(run, checkpoint.step), examples), "copying": copying(run, checkpoint.step, settings)}
        rows.append({**known, "step": checkpoint.step, **found})
    return pa.Table.from_pylist(rows)


def copying(run: Trajectory, step: int, settings: Settings) -> float:
    """Attention of positions of values on the inputs before them, of the first layer's head that pays most."""
    batch = run.world.batch(run.seed, 0, settings.compared, "test")
    name = "layers.0.attention.pattern"
    model = cast(TransformerModel, run.load(step))
    pattern = capture(model, batch.tokens, batch.features, [name], prompt=batch.prompt)[name].transpose(1, 2)
    return attention_on(pattern, _inputs_before(run.world.length, len(pattern))).max().item()


def _inputs_before(length: int, size: int) -> Tensor:
    """At each value's position the key just before it, which is its input's [batch, seq, kv]."""
    wanted = torch.zeros(length, length, dtype=torch.bool)
    values = torch.arange(1, length, 2)
    wanted[values, values - 1] = True
    return wanted.expand(size, -1, -1)


def learners(lab: Lab, runs: Mapping[str, Trajectory], settings: Settings) -> pa.Table:
    """The final losses of all models, beside those of gradient descent with as many steps as they have layers."""
    found = []
    for name, run in runs.items():
        found.append(lab.measure(run, "learner", settings, partial(learner, name, run, settings)))
    return pa.concat_tables(found)


def learner(name: str, run: Trajectory, settings: Settings) -> pa.Table:
    """One model's loss, untrained and trained, and those of plain and corrected descent of as many steps."""
    examples = episodes(run, settings.tested)
    plain, corrected = descents(run, settings)
    row = {
        "learner": name,
        "steps": run.model_config.layers,
        "loss": loss(trained(run), examples),
        NULL: loss(at(run, 0), examples),
        "descent": loss(plain, examples),
        "corrected": loss(corrected, examples),
    }
    return pa.Table.from_pylist([row])


def descents(run: Trajectory, settings: Settings) -> tuple[Predictor, Predictor]:
    """Plain and corrected descent with a step for each layer, tuned on other episodes; one step has nothing to correct.

    Both start from the prior mean of the functions.
    """
    mean, steps, shared = run.world.functions.mean, run.model_config.layers, run.model_config.looped
    if steps == 1:
        return (reference.gradient_descent([RATE], mean=mean),) * 2
    inputs, outputs = episodes(run, settings.compared, "probe")
    left = outputs - mean * inputs.sum(dim=-1)
    rates, _ = reference.tune_descent(inputs, left, steps, shared=shared)
    corrected = reference.tune_descent(inputs, left, steps, corrected=True, shared=shared)
    return reference.gradient_descent(rates, mean=mean), reference.gradient_descent(*corrected, mean=mean)
