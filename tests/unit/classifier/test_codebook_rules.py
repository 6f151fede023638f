"""The phrases that the codebook's rules name, as the shipped classifier reads them. None of these sentences is in the corpus by design."""

import pytest

SUBSCRIPTION = "subscription"

PRIMARY = [
    # rule 1: the words that weigh reasons
    ("味も苦手でしたが、一番は値段です。", "price"),
    ("値段も気になりましたが、決め手は肌がかゆくなったことです。", "side_effect"),
    ("価格というより効果が感じられなかったからです。", "no_effect"),
    # rule 2: the cause beats the setting
    ("効果がなくて、安い他社に変えました。", "no_effect"),
    ("もっと安いのを見つけたのでそちらにしました。", "competitor"),
    # rule 4: a concrete reason beats no reason
    ("特に理由はないですが、まだたくさん余っています。", "unused_stock"),
    # rule 5: a polite denial is no reason
    ("商品に不満はありません。値段が高くて続けられません。", "price"),
    # rule 6, 7: harm is never folded into quality, and beats a missing effect
    ("効果もなく、飲むと下痢をしました。", "side_effect"),
    # rule 8: money
    ("節約のため", "price"),
    ("家計が厳しいので", "price"),
    ("高い", "price"),
    ("定年退職して年金暮らしになったため", "life_change"),
    ("失業して収入がなくなったので", "life_change"),
    # rule 9
    ("飲み忘れることが多い", "unused_stock"),
    ("使い忘れてしまうので", "unused_stock"),
    ("注文し忘れました", "no_reason"),
    # rule 10, 11
    ("医者に薬との飲み合わせが悪いと言われて止めました", "life_change"),
    ("妊娠したので", "life_change"),
    ("母が亡くなりました", "life_change"),
    ("父が施設に入ったので", "life_change"),
    # rule 14
    ("肌に合いませんでした", "side_effect"),
    ("体に合わなかった", "side_effect"),
    # rule 16
    ("言いたくない", "unclear"),
    ("諸事情により", "unclear"),
    ("一身上の都合", "unclear"),
    ("特になし", "no_reason"),
    ("なし", "no_reason"),
    ("不満はありません", "no_reason"),
    # rule 17
    ("飽きた", "no_reason"),
    ("味に飽きました", "quality"),
    ("三日坊主なので続きませんでした", "unused_stock"),
    # rule 18
    ("自分で作ることにしました", "competitor"),
    # rule 20
    ("子どもを授かったので妊活サプリは卒業です", "goal_met"),
    # rule 22
    ("カードの期限が切れて決済できなかった", "service"),
    # rule 26
    ("お試しのつもりが定期購入になっていた", "unaware_subscription"),
    ("違う商品が届いた", "service"),
    # plain ones, a leaf each
    ("なんとなく", "no_reason"),
    ("効果が感じられない", "no_effect"),
    ("匂いがきつくて無理でした", "quality"),
    ("解約の電話がつながらない", "service"),
    ("一回だけのつもりだった", "unaware_subscription"),
    ("ドラッグストアの商品に変えました", "competitor"),
    ("使いきれずに余っています", "unused_stock"),
    ("引っ越したので", "life_change"),
    ("膝の痛みが治ったので", "goal_met"),
    ("解約しました", "unclear"),
]  # fmt: skip

ALERTS = [
    ("肌に合わず赤いブツブツが出ました", "health_harm"),
    ("飲んだら少しお腹がゆるくなりましたが大したことはないです", "health_harm"),
    ("猫が食べたあと吐いてしまって", "health_harm"),
    ("飲み始めてから夜中に何度もトイレに駆け込むようになりました", "health_harm"),
    ("錠剤が大きくて飲むたびにえずいてしまう", "health_harm"),
    ("消費者センターに相談しました", "legal"),
    ("弁護士に頼んで返金を求めます", "legal"),
    ("騙された気分。詐欺ですよね", "legal"),
    ("解約の電話が何度かけてもつながらない", "cancel_blocked"),
    ("解約ボタンがどこにも見つかりません", "cancel_blocked"),
    ("全部飲み終わったら再開したいです", "winback"),
    ("もう少し安ければ続けられたのですが", "winback"),
    ("090-0000-1234に電話をください", "personal_data"),
    ("ﾒｰﾙはtaro@example.jpまで", "personal_data"),
    ("注文番号A12345の件です", "personal_data"),
]  # fmt: skip

QUIET = [
    ("特になし", "health_harm"), ("値段が高い", "health_harm"), ("まだ余っている", "legal"), ("効果がない", "cancel_blocked"),
    ("機会があれば", "winback"), ("お客様は解約希望とのこと", "personal_data"), ("c様 余剰のため解約希望", "personal_data"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "leaf"), PRIMARY)
def test_it_reads_the_phrases_of_the_codebook(classifier, text, leaf):
    reading = classifier.read([text], [SUBSCRIPTION])[0]
    assert reading.primary == leaf, reading.suggestions


@pytest.mark.parametrize(("text", "code"), ALERTS)
def test_it_raises_the_alerts_of_the_codebook(classifier, text, code):
    assert code in [alert.code for alert in classifier.read([text], [SUBSCRIPTION])[0].alerts]


@pytest.mark.parametrize(("text", "code"), QUIET)
def test_it_is_quiet_where_there_is_nothing(classifier, text, code):
    assert code not in [alert.code for alert in classifier.read([text], [SUBSCRIPTION])[0].alerts]


def test_harm_that_is_not_the_reason_is_still_told(classifier):
    reading = classifier.read(["少し肌がかゆくなりましたが、それより値段が高くて続けられませんでした。"], [SUBSCRIPTION])[0]
    assert reading.primary == "price"
    assert "side_effect" in reading.secondary
    assert "health_harm" in [alert.code for alert in reading.alerts]


def test_the_group_follows_from_the_way_of_buying(classifier):
    texts = ["効果が感じられない"] * 2
    assert [reading.group for reading in classifier.read(texts, ["one_off", "subscription"])] == ["dissatisfaction", "no_effect"]
