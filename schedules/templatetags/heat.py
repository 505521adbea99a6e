"""`{% heatmap map %}`: unit × day drawn as SVG, with the minimum line and the same numbers as a table."""

import dataclasses

from django import template
from django.urls import reverse
from django.utils.formats import date_format, number_format

from schedules.queries.heatmap import Cell, Heatmap, HeatRow

register = template.Library()

# ground and bar of each state; the ink on the ground is dark enough to read
TONES = {
    "OFF": ("#eef1f5", "#eef1f5"),
    "NONE": ("#f4f6f9", "#f4f6f9"),
    "OK": ("#e2f5e9", "#2f9e5f"),
    "TIGHT": ("#fff3d1", "#c98a00"),
    "SHORT": ("#fdecee", "#c8102e"),
}
TOP, GAP = 24, 4
BAR, PAD = 10, 6  # the bar's width, and the space around it


@dataclasses.dataclass(frozen=True)
class Measures:
    """Pixels of the drawing: names above the bars for a phone, beside them for a desk."""

    name: int  # width kept for names at the left
    above: int  # height kept for names above
    width: int
    height: int
    letters: int  # of a name that fit


NARROW = Measures(name=0, above=20, width=62, height=42, letters=42)
WIDE = Measures(name=236, above=0, width=86, height=36, letters=34)


@register.inclusion_tag("components/heatmap.html")
def heatmap(map: Heatmap, name: str = "heat", wide: bool = False, day: str = "", query: str = "", units: str = ""):
    """Draw a heat-map. `name`: unique on the page. `wide`: names at the left, for a desk. Links stand in the table:
    `day` is the name of a path that takes a date, with `query` (`?unit=5`) after it; `units` (`?unit=`) leads from a
    unit's name further down, its number put behind.
    """
    size = WIDE if wide else NARROW
    pitch = size.above + size.height + GAP * 2
    width = size.name + len(map.dates) * (size.width + GAP) - GAP
    return {
        "map": map,
        "name": name,
        "width": str(width),
        "height": str(TOP + len(map.rows) * pitch),
        "heads": [
            {
                "text": date_format(date, "D j"),
                "date": date,
                "x": str(_left(size, n) + size.width // 2),
                "href": reverse(day, args=[date.isoformat()]) + query if day else "",
            }
            for n, date in enumerate(map.dates)
        ],
        "rows": [_row(row, size, TOP + n * pitch, units) for n, row in enumerate(map.rows)],
        "short": sum(cell.state == "SHORT" for row in map.rows for cell in row.cells),
    }


def _left(size: Measures, n: int) -> int:
    return size.name + n * (size.width + GAP)


def _row(row: HeatRow, size: Measures, top: int, units: str) -> dict:
    text = str(row.unit)
    return {
        "unit": row.unit,
        "href": f"{units}{row.unit.pk}" if units else "",
        "text": text if len(text) <= size.letters else f"{text[: size.letters - 1].rstrip()}…",
        "y": str(top + (14 if size.above else size.height // 2 + 4)),
        "cells": [_box(cell, size, _left(size, n), top + size.above) for n, cell in enumerate(row.cells)],
    }


def _box(cell: Cell, size: Measures, x: int, y: int) -> dict:
    """A bar as high as the share at the office, and a line as high as the share that must be there; numbers beside."""
    ground, tone = TONES[cell.state]
    people, tall = max(cell.size, cell.minimum, 1), size.height - 2 * PAD
    bar = tall * max(cell.present, 0) // people if cell.open else 0
    line = tall * cell.minimum // people
    foot, closed = y + size.height - PAD, cell.state in ("OFF", "NONE")
    return {
        "cell": cell,
        "state": cell.state,
        "ground": ground,
        "tone": tone,
        "x": str(x),
        "y": str(y),
        "width": str(size.width),
        "height": str(size.height),
        "bar_x": str(x + PAD),
        "bar_y": str(foot - bar),
        "bar": str(bar),
        "bar_width": str(BAR),
        "trough_y": str(foot - tall),
        "trough": str(tall),
        "line": str(foot - line) if cell.open and cell.minimum else "",
        "line_x": str(x + PAD - 3),
        "line_right": str(x + PAD + BAR + 3),
        "middle": str(x + size.width // 2 if closed else x + (size.width + BAR + PAD) // 2),
        "text_y": str(y + size.height // 2 + (0 if cell.minimum and not closed else 5)),
        "small_y": str(y + size.height // 2 + 13),
        "text": number_format(cell.present, 0, force_grouping=True) + (" !" if cell.state == "SHORT" else ""),
    }
