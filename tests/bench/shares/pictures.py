"""The pictures of docs/statistics.md, drawn from the numbers of the study."""

from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.shares import methods
from tests.bench.shares.scenarios import SIZE
from tests.bench.shares.study import GOOD, POOR, REVIEWED, SMALL, VERY_GOOD, find, width_ratio
from tests.bench.shares.svg import AMBER, BLUE, FAINT, GREEN, GREY, GRID, INK, RED, SOFT, Picture
from tests.bench.shares.world import GROUP_CODES, make, separation
from voc.stats.results import shares

METHODS = (
    ("counted", "machine's count", GREY),
    ("reviewed only", "reviews only", AMBER),
    ("ppi++", "plain PPI++", GREEN),
    ("voc", "voc", BLUE),
)
LOWEST = 0.75


def draw_all(result: dict[str, Any], folder: Path) -> None:
    coverage(result).save(folder / "coverage.svg")
    widths(result).save(folder / "width.svg")
    few(result).save(folder / "few.svg")
    disturbed(result).save(folder / "disturbed.svg")
    example().save(folder / "example.svg")


def coverage(result: dict[str, Any]) -> Picture:
    """How often each group's interval held the truth, by method, classifier and number of reviews."""
    picture = Picture(960, 400, "Coverage of the 95 % intervals")
    picture.text(24, 30, "How often the 95 % interval held the true share", size=16, bold=True)
    picture.text(24, 50, "One dot a reason group. Grey band: .93 to .97. Dots on the bottom line lie at .75 or below.", colour=SOFT)
    for panel, (accuracy, name) in enumerate(((GOOD, "classifier right .82"), (POOR, "classifier right .62"))):
        left = 60 + panel * 460
        _coverage_axis(picture, left, 420, 90, 350)
        picture.text(left, 80, name, bold=True)
        for place, n in enumerate(REVIEWED):
            middle = left + 70 + place * 140
            picture.text(middle, 375, f"{n:,} reviewed", at="middle", colour=SOFT)
            for offset, (method, _, colour) in enumerate(METHODS):
                values = find(result, "plain", accuracy, n)[method]["coverage"]
                for k, value in enumerate(values):
                    y = _height(value, 90, 350)
                    picture.dot(middle - 45 + offset * 30 + (k % 3 - 1) * 4, y, 3.5, colour=colour, faint=True)
    for place, (_, name, colour) in enumerate(METHODS):
        picture.dot(470 + place * 125, 26, 5, colour=colour)
        picture.text(480 + place * 125, 30, name, colour=SOFT)
    return picture


def _coverage_axis(picture: Picture, left: float, width: float, top: float, bottom: float) -> None:
    picture.area(left, _height(0.97, top, bottom), width, _height(0.93, top, bottom) - _height(0.97, top, bottom), colour="#f0f0f4")
    for tick in (0.75, 0.80, 0.85, 0.90, 0.95, 1.0):
        y = _height(tick, top, bottom)
        picture.line(left, y, left + width, y, colour=GREY if tick == 0.95 else GRID)
        picture.text(left - 8, y + 4, f"{tick:.2f}"[0 if tick == 1 else 1 :], at="end", colour=FAINT, size=12)


def _height(value: float, top: float, bottom: float) -> float:
    return bottom - (max(value, LOWEST) - LOWEST) / (1 - LOWEST) * (bottom - top)


def widths(result: dict[str, Any]) -> Picture:
    """Mean width of the intervals, relative to reviewing only."""
    picture = Picture(960, 280, "Width of the intervals relative to reviews only")
    picture.text(24, 30, "How wide the intervals are, reviews only = 1", size=16, bold=True)
    picture.text(
        24, 50, "Mean over the groups. Red line: the target. PPI++ is narrow at 100 because it is too narrow (picture above).", colour=SOFT
    )
    for panel, (accuracy, name, target) in enumerate(((GOOD, "classifier right .82", 0.60), (POOR, "classifier right .62", 0.85))):
        left, width = 150 + panel * 460, 320
        picture.text(left, 84, name, bold=True)
        for tick in (0.4, 0.6, 0.8, 1.0):
            x = left + (tick - 0.4) / 0.7 * width
            picture.line(x, 95, x, 245)
            picture.text(x, 262, f"{tick:.1f}", at="middle", colour=FAINT, size=12)
        goal = left + (target - 0.4) / 0.7 * width
        picture.line(goal, 92, goal, 245, colour=RED, dash="4 3", width=1.5)
        for row, n in enumerate(REVIEWED):
            y = 120 + row * 48
            picture.text(left - 12, y + 4, f"{n:,} reviewed", at="end", colour=SOFT)
            for method, _, colour in METHODS[1:]:
                ratio = width_ratio(find(result, "plain", accuracy, n), method)
                x = left + (ratio - 0.4) / 0.7 * width
                picture.dot(x, y, 6, colour=colour)
                if method != "reviewed only":
                    picture.text(x, y - 10 if method == "voc" else y + 20, f"{ratio:.2f}"[1:], at="middle", colour=colour, size=12)
    for place, (_, name, colour) in enumerate(METHODS[1:]):
        picture.dot(560 + place * 125, 26, 5, colour=colour)
        picture.text(570 + place * 125, 30, name, colour=SOFT)
    return picture


def few(result: dict[str, Any]) -> Picture:
    """Coverage of the worst and best covered group from 20 reviews on."""
    picture = Picture(960, 360, "Coverage with few reviews")
    picture.text(24, 30, "From how many reviews on a share may be shown", size=16, bold=True)
    picture.text(
        24, 50, "Coverage of the worst covered group; dashed: a shop with groups of 1 %. voc claims nothing below 50 reviews.", colour=SOFT
    )
    numbers = sorted({*SMALL, *REVIEWED})
    left, right, top, bottom = 70.0, 800.0, 80.0, 320.0
    _coverage_axis(picture, left, right - left, top, bottom)

    def across(n: int) -> float:
        return left + 20 + (np.log(n) - np.log(20)) / (np.log(1000) - np.log(20)) * (right - left - 40)

    for n in numbers:
        picture.text(across(n), bottom + 20, str(n), at="middle", colour=FAINT, size=12)
    picture.line(across(50), top, across(50), bottom, colour=RED, dash="4 3", width=1.5)
    for accuracy, colour, _ in ((VERY_GOOD, GREEN, "right .92"), (GOOD, BLUE, "right .82"), (POOR, AMBER, "right .62")):
        for kind, dash in (("plain", ""), ("plain rare", "5 4")):
            lows = [min(find(result, kind, accuracy, n)["voc"]["coverage"]) for n in numbers]
            picture.path([(across(n), _height(low, top, bottom)) for n, low in zip(numbers, lows, strict=True)], colour=colour, dash=dash)
    for row, (name, colour) in enumerate((("right .92", GREEN), ("right .82", BLUE), ("right .62", AMBER))):
        picture.line(830, 110 + row * 24, 856, 110 + row * 24, colour=colour, width=3)
        picture.text(864, 114 + row * 24, name, colour=SOFT)
    return picture


DISTURBED = (
    ("plain", "reviewed only", "nothing wrong: reviews only", AMBER),
    ("plain", "voc", "nothing wrong: voc", BLUE),
    ("plain overconfident", "voc", "classifier too sure of itself: voc", BLUE),
    ("shifted", "counted, 2nd month", "reasons shift: machine's count", GREY),
    ("shifted", "voc, 2nd month", "reasons shift: voc, 2nd month", BLUE),
    ("shifted", "voc, difference of customers", "reasons shift: voc, difference", BLUE),
    ("hard_first", "all reviews counted", "queue of hard cases: all reviews counted", GREY),
    ("hard_first", "voc, audits only", "queue of hard cases: voc", BLUE),
    ("erring", "reviewed only", "reviewer errs 5 %: reviews only", AMBER),
    ("erring", "voc, one reviewer", "reviewer errs 5 %: voc", BLUE),
    ("erring", "voc, second look", "reviewer errs 5 %: voc with a second look", BLUE),
)


def disturbed(result: dict[str, Any]) -> Picture:
    """Coverage when something is wrong, with 1,000 reviews (the more reviews, the plainer a bias shows)."""
    picture = Picture(960, 120 + 30 * len(DISTURBED), "Coverage under disturbances")
    picture.text(24, 30, "How often the interval held the true share when something is wrong", size=16, bold=True)
    picture.text(24, 50, "1,000 reviewed. One dot a group; dots at the left edge lie at .75 or below. Grey band: .93 to .97.", colour=SOFT)
    bottom = 90 + 30 * len(DISTURBED)
    for panel, (accuracy, name) in enumerate(((GOOD, "classifier right .82"), (POOR, "classifier right .62"))):
        left, width = 320 + panel * 325, 285

        def across(value: float, left: float = left, width: float = width) -> float:
            return left + (max(value, LOWEST) - LOWEST) / (1 - LOWEST) * width

        picture.text(left, 80, name, bold=True)
        picture.area(across(0.93), 90, across(0.97) - across(0.93), bottom - 90, colour="#f0f0f4")
        for tick in (0.75, 0.80, 0.85, 0.90, 0.95, 1.0):
            picture.line(across(tick), 90, across(tick), bottom)
            picture.text(across(tick), bottom + 18, f"{tick:.2f}"[0 if tick == 1 else 1 :], at="middle", colour=FAINT, size=12)
        for row, (scenario, method, label, colour) in enumerate(DISTURBED):
            y = 108 + row * 30
            if not panel:
                picture.text(310, y + 4, label, at="end", colour=SOFT)
            for value in find(result, scenario, accuracy, 1000)[method]["coverage"]:
                picture.dot(across(value), y, 4, colour=colour, faint=True)
    return picture


def example(seed: int = 1) -> Picture:
    """One shop: what the machine counted, what is true, what voc shows after 300 reviews."""
    rng = np.random.default_rng(seed)
    replies = make(SIZE, separation(POOR), rng)
    drawn = methods.audit(replies, 300, rng)
    lines = shares(methods.corrected(replies, drawn.rows, drawn.probability, replies.group[drawn.rows]))
    truth = np.bincount(replies.group, minlength=len(GROUP_CODES)) / SIZE
    picture = Picture(960, 90 + 40 * len(lines), "One example")
    picture.text(24, 30, "10,000 replies, a classifier right .62 of the time, 300 reviewed", size=16, bold=True)
    picture.dot(560, 26, 5, colour=FAINT, hollow=True)
    picture.text(570, 30, "machine's count", colour=SOFT)
    picture.line(680, 26, 710, 26, colour=BLUE, width=5, cap="round")
    picture.dot(695, 26, 6, colour=BLUE)
    picture.text(718, 30, "voc", colour=SOFT)
    picture.diamond(770, 26)
    picture.text(782, 30, "truth", colour=SOFT)

    def across(share: float) -> float:
        return 190 + share / 0.45 * 640

    for tick in (0, 0.1, 0.2, 0.3, 0.4):
        picture.line(across(tick), 54, across(tick), 70 + 40 * len(lines))
        picture.text(across(tick), 84 + 40 * len(lines), f"{tick:.0%}", at="middle", colour=FAINT, size=12)
    for row, (line, true) in enumerate(zip(lines, truth, strict=True)):
        y = 76 + row * 40
        picture.text(24, y + 4, line.code)
        if line.low is None or line.high is None or line.share is None:
            picture.text(across(0.01), y + 4, f"{line.missing} more reviews are needed", colour=SOFT)
        else:
            picture.line(across(line.low), y, across(line.high), y, colour=BLUE, width=5, cap="round")
            picture.dot(across(line.share), y, 6.5, colour=BLUE)
            picture.text(936, y + 4, f"{line.share:.0%}  ({line.low:.0%} to {line.high:.0%})", at="end", colour=INK)
        picture.dot(across(line.counted_share), y, 5, colour=FAINT, hollow=True)
        picture.diamond(across(float(true)), y + 13)
    return picture
