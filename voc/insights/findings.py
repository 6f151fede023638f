"""What the figures say, in plain Japanese, and never more than their intervals allow."""

from collections.abc import Sequence

from voc.i18n import comma, dash, quoted, space
from voc.i18n import gettext as _
from voc.insights.breakdown import Breakdown, Interval, Line
from voc.insights.overview import Row
from voc.insights.report import Report, Section
from voc.reasons import codebook
from voc.stats.results import Difference
from voc.surveys.questions import STATED
from voc.weighting.weights import MARGINS, Weighting

MANY = 1_000
"""From so many effective replies on a decimal means something."""


def percent(share: float, n: float = 0) -> str:
    """0.137 → 14%, or 13.7% where more than a thousand replies stand behind it."""
    return f"{share * 100:.{_decimals(n)}f}%"


def span(low: float, high: float, n: float = 0) -> str:
    """24〜30."""
    return f"{low * 100:.{_decimals(n)}f}{dash()}{high * 100:.{_decimals(n)}f}"


def points(share: float, n: float = 0) -> str:
    """0.04 → +4pt."""
    rounded = round(share * 100, _decimals(n))
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else '±'}{abs(rounded):.{_decimals(n)}f}pt"


def point_span(low: float, high: float) -> str:
    """+1〜+7."""
    return f"{_signed(low)}{dash()}{_signed(high)}"


def _signed(share: float) -> str:
    rounded = round(share * 100)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded)}"


def _decimals(n: float) -> int:
    return 1 if n > MANY else 0


def reasons(found: Breakdown) -> list[str]:
    """The sentences above the table of reasons."""
    if not found.replies:
        return []
    if not found.claimed:
        return [_nothing_yet(found)]
    return [sentence for sentence in (_most(found.lines), _most_of_leaves(found), _corrected(found), _change(found)) if sentence]


def _nothing_yet(found: Breakdown) -> str:
    missing = [line.missing for line in found.lines if line.needs == "reviews"]
    if missing:
        return _("本当の割合は、まだ示せません。無作為に選んだ回答をあと%(n)s件確認すると、示せる理由が出てきます。", n=f"{min(missing):,}")
    return _(
        "回答がまだ%(n)s件と少ないため、割合は示せません。一件ずつお読みください。回答が増えると、ここに割合が出ます。",
        n=f"{found.replies:,}",
    )


def _most(lines: Sequence[Line], *, at_most: int = 7, begin: str = "") -> str:
    """Which reason is the most frequent, or between which that is open; nothing where more than ``at_most`` are."""
    named = [line for line in lines if line.code != "unclear" and line.claimable]
    if not named:
        return ""
    top = max(named, key=lambda line: line.corrected_share or 0)
    rivals = [line for line in named if (line.high or 0) >= (top.low or 0)]
    if len(rivals) > at_most:
        return ""
    unsure = any(line.code != "unclear" and line.needs and line.machine_share >= (top.low or 0) / 2 for line in lines)
    among = begin + (_("示せる理由のなかで、") if unsure else "")
    if len(rivals) == 1:
        return _("%(among)sいちばん多いのは%(top)sです。", among=among, top=told(top))
    return _(
        "%(among)s多いのは%(rivals)sです。この中での順位は、まだ決められません。",
        among=among,
        rivals=comma().join(told(line) for line in rivals),
    )


def _most_of_leaves(found: Breakdown) -> str:
    leaves = [leaf for line in found.lines for leaf in line.leaves]
    return _most(leaves, at_most=3, begin=_("内訳まで見ると、"))


def _corrected(found: Breakdown) -> str:
    """Where the machine's count lies furthest outside the interval."""
    off = [line for line in found.claimed if not (line.low or 0) <= line.machine_share <= (line.high or 0)]
    if not off:
        return ""
    worst = max(off, key=lambda line: abs(line.machine_share - (line.corrected_share or 0)))
    return _(
        "機械の集計では「%(label)s」は%(counted)sですが、人の確認で補正すると%(share)sです。",
        label=_(worst.label), counted=percent(worst.machine_share, worst.effective_n), share=_share(worst),
    )  # fmt: skip


def _change(found: Breakdown) -> str:
    changes = [(line, line.change) for line in found.lines if line.change is not None and line.change.claimable]
    if not changes:
        return ""
    clear = [(line, change) for line, change in changes if change.clear]
    if not clear:
        return _("前の期間からの、はっきりした変化はありません。")
    told_changes = comma().join(_moved(line, change) for line, change in clear)
    return _("前の期間より%(changes)s。", changes=told_changes)


def _moved(line: Line, change: Difference) -> str:
    low, high = sorted((abs(change.low or 0), abs(change.high or 0)))
    values = {
        "label": _(line.label),
        "points": round(abs(change.difference or 0) * 100),
        "low": round(low * 100),
        "high": round(high * 100),
    }
    if (change.difference or 0) > 0:
        return _("「%(label)s」が%(points)spt(%(low)s〜%(high)spt)増えています", **values)
    return _("「%(label)s」が%(points)spt(%(low)s〜%(high)spt)減っています", **values)


def told(line: Line) -> str:
    """「余っている」27%(24〜30%)"""
    return f"{quoted(_(line.label))}{space()}{_share(line)}"


def _share(line: Line) -> str:
    return f"{percent(line.corrected_share or 0, line.effective_n)}{space()}({span(line.low or 0, line.high or 0, line.effective_n)}%)"


def missing(line: Line) -> str:
    """Why there is no share, and what would help."""
    if line.needs == "reviews":
        return _("確認があと%(n)s件あれば示せます", n=f"{line.missing:,}")
    if line.needs == "replies":
        return _("回答が少なく、まだ示せません")
    return ""


def apart(names: tuple[str, str], lines: Sequence[Line], changes: Sequence[Difference]) -> list[str]:
    """How two segments differ."""
    clear = [
        (codebook.GROUPS[change.code].label, change)
        for change in changes
        if change.clear and any(line.code == change.code for line in lines)
    ]
    if not any(change.claimable for change in changes):
        return [_("確認した回答がまだ少ないため、二つの違いは示せません。")]
    if not clear:
        return [_("「%(first)s」と「%(second)s」の間に、はっきりした違いはありません。", first=names[0], second=names[1])]
    sentences = []
    for label, change in clear:
        low, high = sorted((abs(change.low or 0), abs(change.high or 0)))
        sentences.append(
            _(
                "「%(label)s」は「%(name)s」のほうが%(points)spt(%(low)s〜%(high)spt)多くなっています。",
                label=_(label), name=names[0] if (change.difference or 0) > 0 else names[1],
                points=round(abs(change.difference or 0) * 100), low=round(low * 100), high=round(high * 100),
            )
        )  # fmt: skip
    return sentences


GAP = 0.10
LEAST_ANSWERED = 50


def unlike(sections: Sequence[Section]) -> str:
    """Where those who answered are unlike those who were asked; nothing where they are alike or too few to tell."""
    asked = sum(section.asked.asked for section in sections if section.asked)
    answered = sum(section.asked.answered for section in sections if section.asked)
    if answered < LEAST_ANSWERED:
        return ""
    gaps = [
        (section.asked.answered / answered - section.asked.asked / asked, section) for section in sections if section.asked and section.key
    ]
    gap, section = max(gaps, key=lambda found: abs(found[0]), default=(0.0, None))
    if section is None or section.asked is None or abs(gap) < GAP:
        return ""
    values = {"label": section.label, "asked": percent(section.asked.asked / asked), "answered": percent(section.asked.answered / answered)}
    if gap < 0:
        return _(
            "回答した方には「%(label)s」の方が少なめです(依頼の%(asked)s、回答の%(answered)s)。割合に、この偏りの補正は入っていません。",
            **values,
        )
    return _(
        "回答した方には「%(label)s」の方が多めです(依頼の%(asked)s、回答の%(answered)s)。割合に、この偏りの補正は入っていません。", **values
    )


def weighted_to(found: Weighting) -> str:
    """Whom the replies stand for, in a word."""
    whom = _("依頼した方全体") if found.to == "asked" else _("やめた方全体")
    return whom if found.weights is not None else _("%(whom)s(補正できず)", whom=whom)


def weighted(found: Report) -> list[str]:
    """What the weights changed and what they cost, or why there are none; nothing where none were wished for."""
    weighting = found.weighting
    if weighting is None:
        return []
    if weighting.weights is None:
        return [not_weighted(weighting)]
    weights = weighting.weights
    sentences = [_what_changed(found)] if found.plain is not None else []
    sentences += _most_uneven(weighting)
    replies = len(weights.weight)
    sentences.append(
        _(
            "%(replies)s件の回答が、偏りのない%(effective)s件分の確かさになりました。",
            replies=f"{replies:,}",
            effective=f"{weights.effective_n:,.0f}",
        )
    )
    if replies > weighting.known:
        sentences.append(_("だれの回答か分からない%(n)s件の重みは変えていません。", n=f"{replies - weighting.known:,}"))
    if weights.trimmed:
        sentences.append(
            _("重みが極端な%(n)s件は、0.2〜5倍に抑えています。そのぶんの偏りは残ります。", n=f"{weights.trimmed:,}")
        )  # fmt: skip
    if weights.unanswered:
        names = comma().join(quoted(_(level)) for _margin, level in weights.unanswered[:3])
        sentences.append(_("%(names)sの方からは回答がなく、補正できません。", names=names))
    return sentences


NOTABLE = 0.02
"""Difference between those who replied and all, in shares, from which on it is told."""


def _most_uneven(weighting: Weighting) -> list[str]:
    """The level that replies have too many or too few of, among the replies whose level is known."""
    gaps = weighting.weights.gaps if weighting.weights else ()
    known = {margin: sum(gap.replied for gap in gaps if gap.margin == margin) for margin in weighting.margins}
    gap, replied = max(
        ((gap, gap.replied / known[gap.margin]) for gap in gaps if known[gap.margin]), key=lambda found: abs(found[0].asked - found[1])
    )
    if abs(gap.asked - replied) < NOTABLE:
        return []
    values = {"margin": _(MARGINS[gap.margin]), "level": _(gap.level), "asked": percent(gap.asked), "replied": percent(replied)}
    if weighting.to == "asked":
        return [_("いちばん偏っていたのは、%(margin)sが「%(level)s」の方です(依頼した方の%(asked)s、回答した方の%(replied)s)。", **values)]
    return [_("いちばん偏っていたのは、%(margin)sが「%(level)s」の方です(やめた方の%(asked)s、回答した方の%(replied)s)。", **values)]


def not_weighted(found: Weighting) -> str:
    """Why replies could not be weighted."""
    match found.why:
        case "nobody":
            return _("この条件では依頼した方(やめた方)の記録がないため、偏りを補正できません。下は回答した方の割合です。")
        case "few":
            return _("依頼と結びつく回答が%(n)s件と少ないため、偏りを補正していません。50件から補正できます。", n=f"{found.known:,}")
        case "unknown":
            return _("やめた方全体の数が分からないため、補正できません。定期購入の取り込みがあり、配信や聞き方で絞らないときに使えます。")
    return _("回答した方と全体の間に、補正できる違いがありません。下は回答した方の割合のままです。")


def _what_changed(found: Report) -> str:
    """「余っている」は24%から22%に."""
    before = {line.code: line for line in found.plain.lines} if found.plain else {}
    pairs = [
        (line, before[line.code], (line.corrected_share or 0) - (before[line.code].corrected_share or 0))
        for line in found.breakdown.lines
        if line.claimable and before[line.code].claimable
    ]
    if not pairs:
        return _("割合を示せる理由がまだないため、補正で何が変わったかは示せません。")
    line, plain, change = max(pairs, key=lambda pair: abs(pair[2]))
    values = {
        "label": _(line.label),
        "before": percent(plain.corrected_share or 0, MANY + 1),
        "after": percent(line.corrected_share or 0, MANY + 1),
    }
    if abs(change) < 0.005:
        return _("回答者の偏りを補正しても、割合はほとんど変わりません(最大は「%(label)s」の%(before)s → %(after)s)。", **values)
    return _("回答者の偏りを補正すると、「%(label)s」は%(before)s → %(after)sになります。", **values)


def stated(rows: Sequence[Row]) -> list[str]:
    """Where what customers tick and what they mean part most surely."""
    apart_most = [
        (line.low or 0, row, line)
        for row in rows
        for line in row.breakdown.claimed
        if line.code != "unclear" and line.code not in _own_groups(row.code)
    ]
    if not apart_most:
        return []
    _low, row, line = max(apart_most, key=lambda found: found[0])
    return [
        _(
            "「%(stated)s」を選んだ方の%(share)sは、「%(real)s」が本当の理由でした。",
            stated=row.label,
            share=_share(line),
            real=_(line.label),
        )
    ]


def _own_groups(stated: str) -> set[str]:
    return {codebook.group_of(leaf, bought) for leaf in STATED[stated].leaves for bought in codebook.PURCHASE_TYPES}


def plain(found: Interval | None) -> str:
    """13.0%(12.3〜13.8%)"""
    return "—" if found is None else f"{percent(found.share, found.n)}{space()}({span(found.low, found.high, found.n)})"
