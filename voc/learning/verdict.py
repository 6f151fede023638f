"""What may be said of a new model and of the last months, in plain sentences that never say more than the figures allow."""

from typing import Any

from voc.i18n import comma, num, pct, quoted
from voc.i18n import gettext as _
from voc.learning import drift
from voc.learning.drift import Month
from voc.reasons import codebook
from voc.stats.change import Watched, change

ENOUGH = 100
"""As voc.classifier.compare has it, which a page need not load."""


def points(gain: float) -> str:
    """A difference of shares in points, with its sign: 0.031 → +3.1."""
    return f"{gain * 100:+.1f}".replace("-", "−")


def comparison(compared: dict[str, Any]) -> str:
    """The finding about a new model."""
    leaf, verdict = compared["leaf"], compared["verdict"]
    if verdict == "worse" and fewer_harms(compared):
        return _("健康被害の訴えを見つける力が、比べたモデルより下がりました。使うことは勧めません。")
    if verdict == "few":
        missing = ENOUGH - int(compared["drawn"])
        return _(
            "良くなったかどうかは、まだ言えません。無作為に選んだ回答の確認が%(n)s件です。あと%(missing)s件で比べられます。",
            n=num(compared["drawn"]),
            missing=num(missing),
        )
    shown = {"n": num(leaf["n"]), "before": pct(leaf["before"]), "after": pct(leaf["after"]), "gain": points(leaf["gain"]), "low": points(leaf["low"]), "high": points(leaf["high"])}  # fmt: skip
    figures = _(
        "無作為に選んで確認した%(n)s件で、理由が合った割合は%(before)sから%(after)sへ(差 %(gain)sポイント、95%%の幅 %(low)s〜%(high)s)。",
        **shown,
    )
    said = {
        "better": _("比べたモデルより正確です。"),
        "worse": _("比べたモデルより正確さが下がりました。使うことは勧めません。"),
    }.get(verdict, _("良くなったとは言えません。差は偶然の幅の中です。"))
    return f"{said}{figures}"


def fewer_harms(compared: dict[str, Any]) -> bool:
    harm = compared["harm"]
    before, after = harm.get("corpus_before"), harm.get("corpus_after")
    return bool(harm["after"] < harm["before"] or (before is not None and after is not None and after < before))


def harm(compared: dict[str, Any]) -> str:
    """What became of the worst error: a report of harm that is not found."""
    found = compared["harm"]
    own = _(
        "健康被害の訴え: 確認した%(n)s件のうち、見つけたのは%(before)s件から%(after)s件へ。",
        n=num(found["n"]),
        before=num(found["before"]),
        after=num(found["after"]),
    )
    if found.get("corpus_before") is None or found.get("corpus_after") is None:
        return own
    corpus = _(
        "付属の文例(書き手を除いた検証)では%(before)sから%(after)sへ。",
        before=pct(found["corpus_before"], 1),
        after=pct(found["corpus_after"], 1),
    )
    return f"{own}{corpus}"


def worse_for(compared: dict[str, Any]) -> str:
    names = comma().join(quoted(_(codebook.LEAVES[code].short)) for code in compared.get("worse_for", ()) if code in codebook.LEAVES)
    return _("悪くなった理由: %(names)s", names=names) if names else ""


def notice(code: str) -> str:
    """A notice about the last month, for the page and for home."""
    return {
        drift.FALLEN: _("読み取りの正しさが下がっています。学習し直すか、確認を増やしてください。"),
        drift.UNLIKE: _("学習した文とは似ていない回答が増えています。新しい商品や話題がないか、確かめてください。"),
        drift.UNSURE_MORE: _("迷いながら読んだ回答が増えています。確認すると、次の学習で良くなります。"),
    }.get(code, "")


def months(latest: Month, before: list[Month]) -> str:
    """The finding about the last month, by the months before it."""
    right, earlier = latest.right, sum((month.right for month in before), Watched())
    if right.n < drift.ENOUGH_CHECKED:
        return _(
            "正しさが変わったかどうかは、まだ言えません。この月の回答の確認(無作為)が%(n)s件です。あと%(missing)s件で言えます。",
            n=num(right.n),
            missing=num(drift.ENOUGH_CHECKED - right.n),
        )
    if earlier.n < drift.ENOUGH_CHECKED_BEFORE:
        return _(
            "比べる前の月の確認(無作為)が%(n)s件です。あと%(missing)s件で、変わったかどうかを言えます。",
            n=num(earlier.n),
            missing=num(drift.ENOUGH_CHECKED_BEFORE - earlier.n),
        )
    _gain, low, high = change(right, earlier)
    shown = {"before": pct(earlier.share), "after": pct(right.share), "low": points(low), "high": points(high)}
    figures = _("確認と合った割合は、それまでの%(before)sに対して%(after)s(差の95%%の幅 %(low)s〜%(high)sポイント)。", **shown)
    if high < 0:
        return _("読み取りの正しさが下がりました。") + figures
    return (_("読み取りの正しさは上がりました。") if low > 0 else _("読み取りの正しさに、はっきりした変化はありません。")) + figures
