"""What the words in a shop's file mean: states of orders, members and subscriptions; what is a product and what is not. Pure."""

import re
from functools import lru_cache

from voc.customers.fields import key
from voc.customers.platforms import CANCELLED, PENDING, PURCHASED, Platform
from voc.customers.values import plain

_PARTLY = re.compile(r"一部|partial")
_CANCELLED = re.compile(r"キャンセル|取り?消|返品|返金|返送|無効|破棄|cancel|refund|void|拒否")
_DONE = re.compile(r"発送済|出荷済|配送済|配達済|完了|入金済|支払済|決済済|shipped|fulfilled|(?<!un)paid|complete")
_PENDING = re.compile(r"入金待|未入金|支払待|決済待|決済処理中|購入処理中|未決済|未払|仮受注|仮注文|保留|未確定|pending|unpaid|on.?hold")
_FEE = re.compile(
    r"(配?送料|(代引き?|決済|振込)?手数料|消費税|税(金|額)?|ポイント(利用|値引き?)?.{0,4}|割引き?|値引き?|クーポン(値引き?|割引)?|調整(金額|額)?|ギフト料|ラッピング(料|代)?)"
)
_OPTION = re.compile(r"商品オプション[「『]")
_INSERT = re.compile(r"(aisatsu|chirashi|leaflet|leaf|pamph|panf|doukon|tegami|reef|catalog|insert|flyer)([_\-]?\w*)?", re.IGNORECASE)
_TIMES = re.compile(r"(.+?)\s*[x×＊*]\s*(\d{1,3})", re.IGNORECASE)
_NOT_SUBSCRIBED = re.compile(r"通常|都度|単品|非定期|定期(で|では)?(ない|なし|以外)|one.?(off|time)|都度購入|なし|いいえ")
_SUBSCRIBED = re.compile(r"定期|サブスク|頒布|subscri|recurring")
_SUBSCRIPTION_NAME = re.compile(r"定期(購入|便|コース|お届け|縛り|初回)|[【\[(「]定期[】\])」]|サブスク|頒布会")
_BLANK = frozenset(("", "0", "-", "no", "false", "×", "―", "null"))
_ENDED = re.compile(r"解約|キャンセル|終了|完了|退会|中止|cancel|expired|ended|inactive|失効")
_HALTED = re.compile(r"停止|休止|休会|スキップ|保留|一時|suspend|paus|on.?hold|failed|失敗")
_LEFT = re.compile(r"退会|削除|無効|withdrawn|deleted|disabled")


def order_status(platform: Platform, status: str, payment: str = "", cancelled_at: str = "") -> str:
    """``purchased``, ``cancelled`` or ``pending``, from all that the file tells about an order."""
    if cancelled_at.strip():
        return CANCELLED
    told = [value for value in (plain(status).lower(), plain(payment).lower()) if value]
    known = [platform.states[value] for value in told if value in platform.states]
    worded = [_worded(value) for value in told if value not in platform.states]
    if CANCELLED in known or CANCELLED in worded:
        return CANCELLED
    if "done" in worded:  # sent off, though the money is still to come (後払い)
        return PURCHASED
    return PENDING if PENDING in known or PENDING in worded else PURCHASED


def _worded(value: str) -> str:
    if _CANCELLED.search(value):
        return PURCHASED if _PARTLY.search(value) else CANCELLED
    if _PENDING.search(value):
        return PENDING
    return "done" if _DONE.search(value) else PURCHASED


def is_product(line_kind: str | None, name: str, code: str) -> bool:
    """Whether a line is something that was bought, not a fee, a discount, points or an option of the line before."""
    if line_kind is not None and (kind := plain(line_kind).lower()):
        return kind in ("1", "商品", "product", "item", "通常商品")
    if not name and not code:
        return False
    return _FEE.fullmatch(plain(name)) is None and _OPTION.match(name) is None


def joined_codes(cell: str) -> list[tuple[str, int]]:
    """``aojiru_30,aojiru_60×2,aisatsu_1`` → codes and quantities, without paper that lay in the box."""
    counted: dict[str, int] = {}
    for part in re.split(r"[,、;\n|]+", plain(cell)):
        found = _TIMES.fullmatch(part.strip())
        code, times = (found[1].strip(), int(found[2])) if found else (part.strip(), 1)
        if code and times and _INSERT.fullmatch(code) is None:
            counted[code[:120]] = counted.get(code[:120], 0) + times
    return list(counted.items())


@lru_cache(4096)
def purchase_type(column: str, value: str) -> str | None:
    """``subscription`` or ``one_off`` by one column, ``None`` when it does not tell.

    A number of a subscription (定期受注番号, 申込番号) tells by being there; a kind (購入区分), a flag or tags by their words.
    """
    told = plain(value).lower()
    if told in _BLANK:
        return None
    if _NOT_SUBSCRIBED.search(told):
        return "one_off"
    if _SUBSCRIBED.search(told):
        return "subscription"
    return "subscription" if _SUBSCRIBED.search(key(column)) or key(column) == key("申込番号") else None


@lru_cache(4096)
def named_subscription(product_name: str) -> bool:
    """【定期】 or 定期コース in a product's name: how shops tell whose system has no column for it."""
    return _SUBSCRIPTION_NAME.search(product_name) is not None


def subscription_status(value: str, *, cancelled: bool) -> str:
    """``active``, ``paused`` or ``cancelled``; ``cancelled``: whether a date of cancellation stands."""
    told = plain(value).lower()
    if not told:
        return "cancelled" if cancelled else "active"
    if _ENDED.search(told) and "予約" not in told:
        return "cancelled"
    return "paused" if _HALTED.search(told) else "active"


def has_left(column: str, value: str) -> bool:
    """Whether a member has left the shop (退会)."""
    told = plain(value).lower()
    if key(column) == key("会員ステータス(ID)"):  # EC-CUBE: 1 仮会員, 2 本会員, 3 退会
        return told == "3"
    if key(column) in (key("退会"), key("退会フラグ"), key("退会日")):
        return told not in _BLANK and told not in ("いいえ", "未", "在籍")
    return _LEFT.search(told) is not None
