"""How a grid is shown to a model: as one vector of 0/1 cell features, or as words. Nothing is hidden by either."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int, UInt8

from ontogeny.errors import UsageError
from ontogeny.worlds.karel.grammar import GRID
from ontogeny.worlds.karel.grid import Grids

Show = Literal["compact", "cells", "text"]
"""`compact`: one feature slot a grid; `cells`: one word a cell; `text`: two words a cell and row ends, as published."""

_OCCUPANTS = ("empty", "north", "east", "south", "west")  # 1 + facing where the robot stands


@dataclass(frozen=True)
class GridCode:
    """The code of grids of one size with at most `most` markers a cell; `first` is the id of the first grid word."""

    show: Show
    rows: int
    columns: int
    most: int
    first: int

    @property
    def words(self) -> tuple[str, ...]:
        """The vocabulary of grids, without the word that opens each."""
        counts = [str(count) for count in range(self.most + 1)]
        if self.show == "compact":
            return ()
        if self.show == "cells":
            return ("wall", *(f"{occupant}:{count}" for occupant in _OCCUPANTS for count in counts))
        return ("<row>", *_OCCUPANTS, "wall", *counts)

    @property
    def positions(self) -> int:
        """Sequence positions of one grid."""
        cells = self.rows * self.columns
        return {"compact": 1, "cells": 1 + cells, "text": 1 + 2 * cells + self.rows}[self.show]

    @property
    def cell_features(self) -> int:
        """Features of one cell: wall, one-hot count of markers (1 to `most`), one-hot facing of a robot here."""
        return 1 + self.most + 4

    @property
    def feature_size(self) -> int:
        return self.rows * self.columns * self.cell_features if self.show == "compact" else 0

    def check(self, grids: Grids) -> None:
        """Raise `UsageError` if the grids cannot be written in this code."""
        shape = grids.walls.shape[1:]
        if shape != (self.rows, self.columns):
            raise UsageError(
                f"grids of {shape[0]} x {shape[1]} cells given, this world has {self.rows} x {self.columns}"
            )
        if grids.markers.size and grids.markers.max() > self.most:
            raise UsageError(
                f"a cell holds {grids.markers.max()} markers, this world shows at most {self.most}; "
                "allow longer programs (lengths) to raise that"
            )

    def features(self, grids: Grids) -> UInt8[np.ndarray, "batch feature"]:
        """Each grid as 0/1 cell features, cells in reading order."""
        size, cells, wide = len(grids), self.rows * self.columns, self.cell_features
        features = np.zeros((size, cells, wide), dtype=np.uint8)
        features[:, :, 0] = grids.walls.reshape(size, cells)
        markers = grids.markers.reshape(-1)
        (held,) = np.nonzero(markers)
        flat = features.reshape(-1)
        flat[held * wide + markers[held]] = 1
        row, column, facing = grids.robot.astype(np.int64).T
        features[np.arange(size), row * self.columns + column, 1 + self.most + facing] = 1
        return features.reshape(size, -1)

    def tokens(self, grids: Grids) -> Int[np.ndarray, "batch position"]:
        """Each grid as words, the opening word first; in the compact code the opening word alone."""
        size = len(grids)
        occupant = np.zeros((size, self.rows, self.columns), dtype=np.int64)
        row, column, facing = grids.robot.astype(np.int64).T
        occupant[np.arange(size), row, column] = 1 + facing
        if self.show == "compact":
            body = np.zeros((size, 0), dtype=np.int64)
        elif self.show == "cells":
            body = np.where(grids.walls, 0, 1 + occupant * (self.most + 1) + grids.markers).reshape(size, -1)
        else:
            words = np.zeros((size, self.rows, 2 * self.columns + 1), dtype=np.int64)
            words[:, :, 0:-1:2] = np.where(grids.walls, len(_OCCUPANTS), occupant) + 1
            words[:, :, 1::2] = len(_OCCUPANTS) + 2 + grids.markers.astype(np.int64)
            body = words.reshape(size, -1)
        return np.concatenate([np.full((size, 1), GRID, dtype=np.int64), self.first + body], axis=1)

    def read_features(self, features: UInt8[np.ndarray, "batch feature"]) -> Grids:
        """The grids that `features` wrote."""
        shape = (len(features), self.rows, self.columns)
        cells = features.reshape(*shape, self.cell_features)
        counts = cells[..., 1 : 1 + self.most] @ np.arange(1, self.most + 1)
        robot = np.argwhere(cells[..., 1 + self.most :])[:, 1:]
        return Grids(walls=cells[..., 0] == 1, markers=counts.astype(np.int8), robot=robot.astype(np.int8))

    def read_tokens(self, tokens: Int[np.ndarray, "batch position"]) -> Grids:
        """The grids that `tokens` wrote (not for the compact code, which holds nothing in its tokens)."""
        if self.show == "compact":
            raise UsageError("compact grids are not in the tokens; read their features")
        size, words = len(tokens), tokens[:, 1:] - self.first
        if self.show == "cells":
            cells = words.reshape(size, self.rows, self.columns)
            walls = cells == 0
            occupant, markers = np.divmod(np.maximum(cells - 1, 0), self.most + 1)
        else:
            lines = words.reshape(size, self.rows, 2 * self.columns + 1)
            occupant, markers = lines[:, :, 0:-1:2] - 1, lines[:, :, 1::2] - len(_OCCUPANTS) - 2
            walls = occupant == len(_OCCUPANTS)
            occupant = np.where(walls, 0, occupant)
        place = np.argwhere(occupant > 0)
        facing = occupant[tuple(place.T)] - 1
        robot = np.concatenate([place[:, 1:], facing[:, None]], axis=1)
        return Grids(walls=walls, markers=markers.astype(np.int8), robot=robot.astype(np.int8))
