"""What campaigns' codes are called on screen."""

from flask_babel import lazy_gettext as _l

STATUSES = {"draft": _l("準備中"), "active": _l("配信中"), "paused": _l("休止中"), "closed": _l("終了")}

CHANNELS = {"mail": _l("メール"), "paper": _l("手紙・同梱のカード"), "line": _l("LINE"), "sms": _l("SMS"), "phone": _l("電話")}

CHANNEL_HINTS = {
    "mail": _l("voc がメールを送ります。"),
    "paper": _l("QRコード付きの手紙か宛名カードを印刷します。"),
    "line": _l("一人ずつのアドレスを CSV で書き出し、お使いの配信ツールで送ります。"),
    "sms": _l("一人ずつのアドレスを CSV で書き出し、お使いの配信ツールで送ります。"),
    "phone": _l("かける方の一覧を CSV で書き出し、うかがいながらアンケートに記入します。"),
}

PURCHASE_TYPES = {"subscription": _l("定期購入を解約した方"), "one_off": _l("通常購入のあと、次の購入がない方")}

STATES = {
    "waiting": _l("これから"),
    "asked": _l("依頼した"),
    "shown": _l("開いた"),
    "answered": _l("回答済み"),
    "expired": _l("期限切れ"),
    "held_out": _l("比較のため送らない"),
}

SKIPS = {
    "other_product": _l("対象の商品ではない"),
    "not_yet": _l("まだその時期ではない"),
    "too_old": _l("時期を過ぎている"),
    "already_asked": _l("この配信ですでに依頼した"),
    "returned": _l("再び購入・再開している"),
    "pending_order": _l("発送前の注文がある"),
    "no_address": _l("宛先がない"),
    "masked_address": _l("モールが隠した宛先"),
    "bad_address": _l("使えない形の宛先"),
    "opted_out": _l("おうかがいを断られている"),
    "no_basis": _l("依頼してよい根拠(同意など)の記録がない"),
    "asked_recently": _l("最近ほかの配信でうかがった"),
    "same_address": _l("同じ宛先の方にまとめて依頼"),
}
