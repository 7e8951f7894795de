"""What there is to be learned: samplers of sequences, with the truth behind every position. No models here."""

from typing import TYPE_CHECKING

from ontogeny.lazy import importing

if TYPE_CHECKING:
    from ontogeny.worlds.features.hierarchy import Hierarchy as Hierarchy
    from ontogeny.worlds.features.sparse import SparseFeatures as SparseFeatures
    from ontogeny.worlds.features.teacher import Teacher as Teacher
    from ontogeny.worlds.functions.bayesian_networks import BayesianNetworks as BayesianNetworks
    from ontogeny.worlds.functions.classes import LinearFunctions as LinearFunctions
    from ontogeny.worlds.functions.classes import Sinusoids as Sinusoids
    from ontogeny.worlds.functions.classification import Classification as Classification
    from ontogeny.worlds.functions.curriculum import Curriculum as Curriculum
    from ontogeny.worlds.functions.gaussian_process import GaussianProcesses as GaussianProcesses
    from ontogeny.worlds.functions.gaussian_process import LogNormal as LogNormal
    from ontogeny.worlds.functions.inputs import Inputs as Inputs
    from ontogeny.worlds.functions.nonlinear import DecisionTrees as DecisionTrees
    from ontogeny.worlds.functions.nonlinear import Networks as Networks
    from ontogeny.worlds.functions.nonlinear import Quadratics as Quadratics
    from ontogeny.worlds.functions.prior_data import PriorData as PriorData
    from ontogeny.worlds.functions.prior_tables import PriorTables as PriorTables
    from ontogeny.worlds.functions.tables import Clusters as Clusters
    from ontogeny.worlds.functions.tables import Table as Table
    from ontogeny.worlds.functions.world import InContext as InContext
    from ontogeny.worlds.karel.world import Karel as Karel
    from ontogeny.worlds.streams.addition import Addition as Addition
    from ontogeny.worlds.streams.lego import LegoChains as LegoChains
    from ontogeny.worlds.streams.majority import Majority as Majority
    from ontogeny.worlds.streams.marked_goals import MarkedGoals as MarkedGoals
    from ontogeny.worlds.streams.markov import MarkovChains as MarkovChains
    from ontogeny.worlds.streams.mixture import Mixture as Mixture
    from ontogeny.worlds.streams.modular import ModularShift as ModularShift
    from ontogeny.worlds.streams.modular import ModularSums as ModularSums
    from ontogeny.worlds.streams.parity import SparseParity as SparseParity
    from ontogeny.worlds.streams.questions import LegoQuestions as LegoQuestions
    from ontogeny.worlds.streams.recall import AssociativeRecall as AssociativeRecall
    from ontogeny.worlds.streams.segments import RepeatedSegments as RepeatedSegments
    from ontogeny.worlds.streams.sorting import Sorting as Sorting
    from ontogeny.worlds.streams.stages import Stages as Stages
    from ontogeny.worlds.streams.tables import FunctionTables as FunctionTables
    from ontogeny.worlds.text import Text as Text
    from ontogeny.worlds.world import IGNORE as IGNORE
    from ontogeny.worlds.world import Batch as Batch
    from ontogeny.worlds.world import Episodes as Episodes
    from ontogeny.worlds.world import Examples as Examples
    from ontogeny.worlds.world import Split as Split
    from ontogeny.worlds.world import TracedWorld as TracedWorld
    from ontogeny.worlds.world import World as World

_HOME = {
    "Karel": "karel.world",
    "InContext": "functions.world",
    "Inputs": "functions.inputs",
    "LinearFunctions": "functions.classes",
    "Sinusoids": "functions.classes",
    "Curriculum": "functions.curriculum",
    **dict.fromkeys(("DecisionTrees", "Networks", "Quadratics"), "functions.nonlinear"),
    "GaussianProcesses": "functions.gaussian_process",
    "BayesianNetworks": "functions.bayesian_networks",
    "LogNormal": "functions.gaussian_process",
    "PriorData": "functions.prior_data",
    "PriorTables": "functions.prior_tables",
    "Classification": "functions.classification",
    **dict.fromkeys(("Clusters", "Table"), "functions.tables"),
    "SparseFeatures": "features.sparse",
    "Teacher": "features.teacher",
    "Hierarchy": "features.hierarchy",
    "Addition": "streams.addition",
    "AssociativeRecall": "streams.recall",
    "FunctionTables": "streams.tables",
    "LegoChains": "streams.lego",
    "MarkedGoals": "streams.marked_goals",
    "LegoQuestions": "streams.questions",
    "Majority": "streams.majority",
    "MarkovChains": "streams.markov",
    "Mixture": "streams.mixture",
    **dict.fromkeys(("ModularShift", "ModularSums"), "streams.modular"),
    "RepeatedSegments": "streams.segments",
    "Sorting": "streams.sorting",
    "SparseParity": "streams.parity",
    "Stages": "streams.stages",
    "Text": "text",
    **dict.fromkeys(("IGNORE", "Batch", "Episodes", "Examples", "Split", "TracedWorld", "World"), "world"),
}

__getattr__ = importing(__name__, _HOME, room="worlds")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
