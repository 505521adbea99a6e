"""How few people are too few to be told apart: one number for statistics and for what a person reads of a ranking."""

SMALLEST = 10  # people; of a smaller group nothing is shown that tells of its members
RANK = ("position", "group_size")  # the facts of a place in a group


def without_rank(facts: dict, size: int | None = None) -> dict:
    """Facts as the person reads them: in a small group no place and no size, for they tell of the colleagues (in a unit
    of two, all). `size`: of the group, where the facts do not say it. HR and auditors read them as they are."""
    size = facts.get("group_size", size)
    if not isinstance(size, int) or size >= SMALLEST:
        return facts
    return {name: value for name, value in facts.items() if name not in RANK}
