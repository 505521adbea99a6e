"""Who is where: a supervisor's team, or a unit, over a week. Constant queries; why somebody is away is not said."""

from .heatmap import Cell, Heatmap, HeatRow, heatmap

__all__ = ["Cell", "HeatRow", "Heatmap", "heatmap"]
