"""The phrases that the codebook's rules name, as the shipped classifier reads them.

The shortest (「飽きた」「特になし」「💸」) stand word for word in models/corpus/hands/codebook.jsonl, since they define the codes: of those this
shows that a definition was learnt, not how strangers' words are read. models/README.md has figures for that.
"""

import pytest

SUBSCRIPTION = "subscription"

PRIMARY = [
    ("効果がない上に湿疹まで出ました。", "side_effect"),
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
    # rule 1, further phrases
    ("味は良かったし値段も手頃でしたが、結局は飲み忘れて余るばかりでした。", "unused_stock"),
    ("忙しかったのもありますが、本当は効果を感じなかったからです。", "no_effect"),
    ("香りも気になりましたが、何より高いので。", "price"),
    # rule 3, further phrases
    ("値段が高いのと、飲み忘れるのとで。", "price"),
    # rule 5, further phrases
    ("味に不満はないが、値段が続けられない額だった。", "price"),
    # rule 6, 7, further phrases
    ("効果がなく、湿疹が出ました", "side_effect"),
    ("💸", "price"),  # rule 23
    ("お気に入りの味が廃番になったので", "service"),  # rule 22
    ("他の店の方が安い", "price"),  # rule 27
    ("値段が高いのでやめました", "price"),
    # rule 8, further phrases
    ("収入が減ったので", "life_change"),
    ("子供の入学で何かと物入りになったため", "life_change"),
    # rule 10, further phrases
    ("薬剤師さんに薬と合わないと言われました", "life_change"),
    ("手術をすることになったので", "life_change"),
    # rule 12, further phrases
    ("C様 余っているため解約希望とのこと", "unused_stock"),
    ("お客様より、値段が高く続けられないとのこと。解約希望。", "price"),
    # rule 14, further phrases
    ("合わない", "quality"),
    ("思ったのと合わなかった", "quality"),
    ("犬に食べさせたら下痢をしたので", "side_effect"),
    # rule 15, further phrases
    ("最低4回の縛りがあると後から知った。一回だけのつもりでした。", "unaware_subscription"),
    ("2回目から急に値上がりすると分かって続けるのをやめた", "price"),
    # rule 17, further phrases
    ("飽きました", "no_reason"),
    ("毎日飲むのが面倒になって", "unused_stock"),
    ("受け取りの手続きが面倒", "service"),
    ("面倒", "no_reason"),
    # rule 18, further phrases
    ("同じ商品を近くの薬局で買うことにした", "competitor"),
    # rule 19, further phrases
    ("子どもが独立して夫婦二人になり、余るようになりました", "unused_stock"),
    ("年のせいか飲むのを忘れて溜まる一方です", "unused_stock"),
    # rule 20, further phrases
    ("白髪染めをやめたので必要なくなりました", "goal_met"),
    ("子どもが大きくなって、もう要らなくなりました", "goal_met"),
    # rule 21, further phrases
    ("この金額を払うほどの価値は感じませんでした", "price"),
    ("お金をかけたのに何も変わらなかった", "no_effect"),
    # rule 22, further phrases
    ("ニュースを見て成分が心配になった", "quality"),
    ("ニキビが良くならなかった", "no_effect"),
    ("ダイエット用なのに逆に体重が増えた", "no_effect"),
    # rule 23, further phrases
    ("😊", "unclear"),
    # rule 24, further phrases
    ("においで頭が痛くなるので使うのをやめた", "side_effect"),
    # rule 25, further phrases
    ("皮膚科で処方されるクリームを自分で選んで使うことにした", "competitor"),
    ("主治医にサプリはやめなさいと言われた", "life_change"),
    # rule 26, further phrases
    ("お試しの後に自動で更新されるのを忘れていた", "unaware_subscription"),
    ("年間更新を忘れていて引き落とされた", "unaware_subscription"),
    ("箱が潰れて中身が割れて届いた", "service"),
    ("賞味期限が残り僅かのものが届いた", "service"),
    ("最初から蓋が閉まらない不良品だった", "quality"),
    ("個人情報が漏れたと聞いて怖くなった", "service"),
    # rule 27, further phrases
    ("特別良くもない", "quality"),
    # rule 16, further phrases
    ("ごちそうさまでした、美味しかったです", "unclear"),
    ("可もなく不可もなく", "unclear"),
    ("注文するのを忘れていました", "no_reason"),
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

#: Of the codebook's phrases these are read wrongly by the shipped model; models/corpus/hands/codebook.jsonl teaches them to the next.
#: Read as no effect, with the harm second and raised as an alert.
NOT_YET = [("飲んでも変わらず、かえって湿疹が出ました。", "side_effect")]  # rule 7

SECONDARY = [
    ("年のせいか飲むのを忘れて溜まる一方です", "life_change"),  # rule 19
    ("効果がなくて、安い他社に変えました。", "competitor"),  # rule 2
]

ALERTS = [
    ("肌に合わず赤いブツブツが出ました", "health_harm"),
    ("効果がない上に湿疹まで出ました。", "health_harm"),
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
    ("営業の佐藤さんがしつこい", "personal_data"),
    ("ご返信ください。山田花子", "personal_data"),
    ("東京都江東区亀戸1-2-3の田中です", "personal_data"),
]  # fmt: skip

QUIET = [
    ("値段が高いのでやめました", "health_harm"), ("やめました", "health_harm"), ("飲むのをやめました", "health_harm"), ("70代の母の分です", "personal_data"),
    ("特になし", "health_harm"), ("値段が高い", "health_harm"), ("まだ余っている", "legal"), ("効果がない", "cancel_blocked"),
    ("肌荒れが治らなかった", "health_harm"), ("ニュースを見て成分が心配になった", "health_harm"), ("ニキビが良くならなかった", "health_harm"),
    ("ダイエット用なのに逆に体重が増えた", "health_harm"), ("最低4回の縛りがあると後から知った。一回だけのつもりでした。", "cancel_blocked"),
    ("気が向いたら", "winback"), ("しばらく休みます", "winback"), ("うちの猫のミケが食べません", "personal_data"),
    ("機会があれば", "winback"), ("お客様は解約希望とのこと", "personal_data"), ("c様 余剰のため解約希望", "personal_data"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "leaf"), PRIMARY)
def test_it_reads_the_phrases_of_the_codebook(classifier, text, leaf):
    reading = classifier.read([text], [SUBSCRIPTION])[0]
    assert reading.primary == leaf, reading.suggestions


@pytest.mark.parametrize(("text", "leaf"), NOT_YET)
@pytest.mark.xfail(strict=True, reason="the shipped model is not there yet")
def test_it_will_read_the_rest_of_the_codebooks_phrases(classifier, text, leaf):
    assert classifier.read([text], [SUBSCRIPTION])[0].primary == leaf


@pytest.mark.parametrize(("text", "leaf"), SECONDARY)
def test_it_sees_the_second_reason(classifier, text, leaf):
    assert leaf in classifier.read([text], [SUBSCRIPTION])[0].secondary


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
