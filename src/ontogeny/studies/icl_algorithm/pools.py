"""What is read from models that were trained on a finite pool of tasks: do they know the pool, or learn anew?"""

from typing import Any

import pyarrow as pa
import torch

from ontogeny.instruments import in_context as meter
from ontogeny.references.in_context import averaging, best_of_pool
from ontogeny.studies.icl_algorithm.readings import answers, bayes, trained
from ontogeny.studies.icl_algorithm.settings import Settings, world
from ontogeny.training import Trajectory


def pool(run: Trajectory, diverse: Trajectory, settings: Settings) -> pa.Table:
    """Differences from the best answer for the pool and from ridge regression, on new functions and on the pool's.

    `diverse`: a model of which every function in training was a new one. It and `averaging`, which is neither of the
    two, are held against the same. Over all numbers of examples; in units of the mean square of ridge regression's
    predictions, errors in that of the values.
    """
    functions = torch.tensor(run.world.pool_functions(run.seed))
    known, new = best_of_pool(functions, run.world.noise), bayes(run.world)
    rows = []
    for shown, episodes in (("new", world(settings, run.world.noise)), ("seen", run.world)):
        test = meter.episodes(episodes, run.seed, settings.tested)
        wanted = test[1][:, 1:].double()
        best = {"pool": answers(known, test), "ridge": answers(new, test)}
        models = {
            "trained": answers(trained(run), test),
            "diverse": answers(trained(diverse), test),
            "averaging": answers(averaging(), test),
        }
        unit = best["ridge"].square().mean()
        apart = ((best["pool"] - best["ridge"]).square().mean() / unit).item()
        row: dict[str, Any] = {"tasks": run.world.pool, "functions": shown, "pool_to_ridge": apart}
        for other, given in best.items():
            row[f"{other}_error"] = ((given - wanted).square().mean() / wanted.square().mean()).item()
            for kind, own in models.items():
                row[f"{kind}_to_{other}"] = ((own - given).square().mean() / unit).item()
        for kind, own in models.items():
            row[f"{kind}_error"] = ((own - wanted).square().mean() / wanted.square().mean()).item()
        rows.append(row)
    return pa.Table.from_pylist(rows)
