"""Two plots of "what if" as SVG: who gains and loses by unit, and the eligible by rating before and after. Signs,
numbers and outlines say all that colours say; the same numbers stand in a table beside."""

from django import template
from django.utils.formats import number_format

register = template.Library()

WIDTH, MIDDLE, LONGEST = 360, 180, 120
ROW, BAR, TOP = 40, 16, 6
LETTERS = 48  # of a name that fit


@register.inclusion_tag("components/turns.html")
def turns(lines):
    """Gains to the right, losses to the left, a row for each unit (`name`, `gained`, `lost`)."""
    most = max([1, *(max(line.gained, line.lost) for line in lines)])
    rows = []
    for n, line in enumerate(lines):
        gained, lost = _length(line.gained, most), _length(line.lost, most)
        top = TOP + n * ROW
        rows.append(
            {
                "name": _short(line.name),
                "text_y": str(top + 12),
                "bar_y": str(top + 17),
                "number_y": str(top + 30),
                "gained": str(gained),
                "lost": str(lost),
                "lost_x": str(MIDDLE - lost),
                "gained_end": str(MIDDLE + gained + 5),
                "lost_end": str(MIDDLE - lost - 5),
                "gained_text": f"+{_number(line.gained)}" if line.gained else "",
                "lost_text": f"−{_number(line.lost)}" if line.lost else "",
            }
        )
    height = TOP + len(lines) * ROW
    return {"rows": rows, "width": str(WIDTH), "height": str(height), "middle": str(MIDDLE), "bar": str(BAR)}


@register.inclusion_tag("components/before_after.html")
def before_after(lines):
    """For each line (`label`, `people`, `before`, `after`) an outlined bar before and a filled one after."""
    most = max([1, *(max(line.before, line.after) for line in lines)])
    rows, pitch, longest = [], 62, 290
    for n, line in enumerate(lines):
        top = TOP + n * pitch
        before, after = (number * longest // most for number in (line.before, line.after))
        rows.append(
            {
                "line": line,
                "name": _short(line.label),
                "text_y": str(top + 12),
                "before_y": str(top + 18),
                "after_y": str(top + 37),
                "before": str(before),
                "after": str(after),
                "before_end": str(before + 7),
                "after_end": str(after + 7),
                "before_text_y": str(top + 31),
                "after_text_y": str(top + 50),
                "before_text": _number(line.before),
                "after_text": _number(line.after),
            }
        )
    return {"rows": rows, "width": str(WIDTH), "height": str(TOP + len(lines) * pitch), "bar": str(BAR)}


def _length(number: int, most: int) -> int:
    """Pixels of a bar; nobody has no bar, anybody has a visible one."""
    return max(2, number * LONGEST // most) if number else 0


def _number(number: int) -> str:
    return number_format(number, 0, force_grouping=True)


def _short(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1].rstrip()}…"
