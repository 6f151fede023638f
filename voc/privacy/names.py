"""Names that people in Japan have, and what stands before 様 and is none: what tells 「佐藤さん」 from 「店員さん」. Data.

``names.tsv`` holds the 12,000 family and 18,000 given names of IPADIC with what else each can mean (written by ``dictionary``). The most
frequent family names and those of Okinawa, which IPADIC knows as places only, are listed here: they are names wherever one can stand.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from voc.text import fold_kana

DICTIONARY = Path(__file__).with_name("names.tsv")

_LISTED = """
佐藤 さとう|鈴木 すずき|高橋 たかはし|田中 たなか|伊藤 いとう|渡辺 わたなべ|渡邊 わたなべ|渡邉 わたなべ|渡部 わたべ|山本 やまもと
中村 なかむら|小林 こばやし|加藤 かとう|吉田 よしだ|山田 やまだ|佐々木 ささき|山口 やまぐち|松本 まつもと|井上 いのうえ|木村 きむら
林 はやし|斎藤 さいとう|斉藤 さいとう|齋藤 さいとう|齊藤 さいとう|清水 しみず|山崎 やまざき|森 もり|池田 いけだ|橋本 はしもと
阿部 あべ|石川 いしかわ|山下 やました|中島 なかじま|石井 いしい|小川 おがわ|前田 まえだ|岡田 おかだ|長谷川 はせがわ|藤田 ふじた
後藤 ごとう|近藤 こんどう|村上 むらかみ|遠藤 えんどう|青木 あおき|坂本 さかもと|福田 ふくだ|太田 おおた|西村 にしむら|藤井 ふじい
金子 かねこ|岡本 おかもと|藤原 ふじわら|三浦 みうら|中野 なかの|中川 なかがわ|原田 はらだ|松田 まつだ|竹内 たけうち|小野 おの
田村 たむら|中山 なかやま|和田 わだ|石田 いしだ|森田 もりた|上田 うえだ|原 はら|内田 うちだ|柴田 しばた|酒井 さかい
宮崎 みやざき|横山 よこやま|高木 たかぎ|安藤 あんどう|宮本 みやもと|大野 おおの|小島 こじま|谷口 たにぐち|今井 いまい|工藤 くどう
高田 たかだ|増田 ますだ|丸山 まるやま|杉山 すぎやま|村田 むらた|大塚 おおつか|新井 あらい|小山 こやま|平野 ひらの|藤本 ふじもと
河野 こうの|上野 うえの|野口 のぐち|武田 たけだ|松井 まつい|千葉 ちば|菅原 すがわら|岩崎 いわさき|久保 くぼ|木下 きのした
佐野 さの|野村 のむら|松尾 まつお|市川 いちかわ|菊地 きくち|菊池 きくち|杉本 すぎもと|古川 ふるかわ|大西 おおにし|島田 しまだ
水野 みずの|桜井 さくらい|櫻井 さくらい|高野 たかの|渡会 わたらい|吉川 よしかわ|山内 やまうち|西田 にしだ|飯田 いいだ|西川 にしかわ
小松 こまつ|北村 きたむら|安田 やすだ|五十嵐 いがらし|川口 かわぐち|平田 ひらた|関 せき|中田 なかた|久保田 くぼた|服部 はっとり
東 ひがし|岩田 いわた|土屋 つちや|川崎 かわさき|福島 ふくしま|本田 ほんだ|辻 つじ|樋口 ひぐち|秋山 あきやま|田口 たぐち
永井 ながい|山中 やまなか|中西 なかにし|吉村 よしむら|川上 かわかみ|石原 いしはら|大橋 おおはし|松岡 まつおか|浜田 はまだ|馬場 ばば
森本 もりもと|矢野 やの|浅野 あさの|松下 まつした|星野 ほしの|大久保 おおくぼ|吉岡 よしおか|小池 こいけ|野田 のだ|荒木 あらき
大谷 おおたに|松浦 まつうら|熊谷 くまがい|黒田 くろだ|尾崎 おざき|永田 ながた|川村 かわむら|望月 もちづき|田辺 たなべ|荒井 あらい
内藤 ないとう|西山 にしやま|小田 おだ|大島 おおしま|片山 かたやま|本間 ほんま|岩本 いわもと|早川 はやかわ|横田 よこた|岡崎 おかざき
大石 おおいし|鎌田 かまた|成田 なりた|宮田 みやた|小沢 おざわ|小澤 おざわ|須藤 すどう|広瀬 ひろせ|高山 たかやま|篠原 しのはら
石橋 いしばし|萩原 はぎわら|栗原 くりはら|松村 まつむら|三宅 みやけ|伊東 いとう|堀 ほり|福井 ふくい|大森 おおもり|柳沢 やなぎさわ
栗田 くりた|奥村 おくむら|根本 ねもと|神田 かんだ|上村 うえむら|児玉 こだま|小西 こにし|入江 いりえ|白石 しらいし|堀田 ほった
"""

_RARE = """
玉那覇 仲村渠 喜納 与那嶺 比屋根 津嘉山 照屋 呉屋 宮平 稲嶺 東江 伊良波 儀間 儀保 知念 知花 仲宗根 仲里 名嘉 名嘉眞 名嘉真 又吉 平良 砂川 下地 大濱 当山 当間 諸見里 外間 渡久地 具志堅 安次富 我那覇 饒平名 翁長 瀬名波
島袋 比嘉 金城 玉城 新垣 上原 宮城 城間 仲間 座間味 山城 大城 宮里 喜屋武 赤嶺 与儀 安里 久高 真栄田 屋比久 屋宜 嘉手納 嘉手苅 伊波 伊礼 伊敷 石嶺 小禄 上間 運天 浦崎 大嶺 奥間 我喜屋 勝連 兼城 兼島 川満
国吉 古波蔵 崎原 桃原 豊見山 仲本 長嶺 野原 花城 東恩納 普天間 真喜志 真境名 前里 松茂良 宮國 宮国 山里 与那覇 与那原 渡嘉敷 棚原 友寄 友利 嘉数 勘解由小路 小鳥遊 四月一日 八月一日 一二三
"""

_PAIRS = [tuple(entry.split()) for entry in _LISTED.replace("\n", "|").split("|") if entry.strip()]

#: Family names that are names wherever one can stand.
FREQUENT = frozenset([*(kanji for kanji, _ in _PAIRS), *_RARE.split()])
FAMILY_READINGS = frozenset(reading for _, reading in _PAIRS)
"""In hiragana."""

#: Characters that given names end with: 花子, 太郎, 直美, 健一 … With a family name before it, it is a person.
GIVEN_ENDINGS = frozenset(
    "子美代江恵枝絵奈菜香加佳花華里理織乃野音海郎朗男雄夫也哉太斗人司志士一二三吾介助輔樹希生彦平之行幸明彰博浩弘広和正昭治次隆孝子紀則典秀英武健誠修進茂実稔翔大輝"
)


class Names(NamedTuple):
    """What ``names.tsv`` and the lists here hold."""

    family: frozenset[str]
    """Every family name."""
    family_no_word: frozenset[str]
    """Those that are no word; they may be places."""
    family_only: frozenset[str]
    """Those that mean nothing else, and the frequent ones."""
    given: frozenset[str]
    """Given names of two signs and more that are no other word."""
    family_kana: frozenset[str]
    """How family names are read, in hiragana."""
    given_kana: frozenset[str]
    """How given names are read, in hiragana, but for those that look like grammar; two letters only where people write them so."""


@cache
def known() -> Names:
    """The names, read once a process."""
    names = [line.split("\t") for line in DICTIONARY.read_text(encoding="utf-8").splitlines()]
    family = FREQUENT | {name for name, kinds, _ in names if "s" in kinds and name not in NO_NAMES}
    no_word = FREQUENT | {name for name, kinds, _ in names if "s" in kinds and "w" not in kinds and len(name) > 1 and name not in NO_NAMES}
    only = FREQUENT | {name for name, kinds, _ in names if name in no_word and "p" not in kinds}
    given = {name for name, kinds, _ in names if "g" in kinds and "w" not in kinds and len(name) > 1}
    kana: dict[str, set[str]] = {
        "s": set(FAMILY_READINGS),
        "g": {name for name, kinds, _ in names if "g" in kinds and fold_kana(name) == name},
    }
    for name, kinds, readings in names:
        for kind in {"s", "g"} & set(kinds):
            kana[kind].update(fold_kana(reading) for reading in readings.split(",") if len(reading) > 2 or fold_kana(name) != name)
    written = {name for name in kana["g"] if "ぁ" <= name[0] <= "ん"}
    return Names(family, no_word, only, frozenset(given), frozenset(kana["s"]), frozenset(written - GRAMMAR))


#: What looks like a given name in hiragana and is grammar.
_GRAMMAR = """
さん さま より から まで です ます もの こと かも など ほど だけ しか のみ とも には では への にも でも やら とか かな のに ので って たち ども しん いんで をせ ありま こう よう そう しか はい ため うち とき ところ ほか なし ない くん ちゃん みな まま さんま
"""
GRAMMAR = frozenset(_GRAMMAR.split())

#: What looks like a name and is a thing, a brand or a figure.
_NO_NAMES = """
家内 小屋 関係 可愛 御社 分水 金 新 今 前 中 上 下 先 元 大 小 高 安 明 水 米 花 色 味 香 肌 髪 春 夏 秋 冬
"""
NO_NAMES = frozenset(_NO_NAMES.split())
_THINGS = """
小松菜 金太郎 桃太郎 大島椿 山本山 松本清 森永 小岩井 高島屋 三越 伊勢丹 松坂屋 大丸 鈴木愛
"""
THINGS = frozenset(_THINGS.split())

#: People without a name: what may stand before 様 or さん and tells nobody who it is.
_ROLES = """
    客 皆 皆々 各位 奥 旦那 主人 夫 妻 嫁 婿 母 父 母親 父親 両親 兄 姉 弟 妹 祖母 祖父 孫 娘 嬢 姪 甥 姪御 子息 次男 長男 長女 次女 息子 子 子供 赤 家族 友人 友達 知人 親戚 隣 隣人 近所
    神 王 仏 殿 姫 若 何 有 同 多 模 仕 異 両 先 一人 人 他 外 貴 御 生 死 左 右 上 下 様
    御社 貴社 弊社 会社 他社 各社 業者 店 店舗 店員 店長 販売員 販売店 担当 担当者 責任者 係 受付 窓口 社員 社長 部長 課長 利用者 購入者 消費者 関係者 患者 会員
    医者 医師 主治医 獣医 保護者 飼い主 先生 看護師 薬剤師 栄養士 美容師 弁護士 運転手 配達員 配達 配送員 配送業者 宅配業者 宅配 郵便局 郵便屋 薬局 薬屋 病院 皮膚科 八百屋 本屋 事務 事務員 管理人 大家 者 爺 婆 孫娘 希望者 使用者 申込者 担当者 世話 御担当
    職員 相談員 電話口 応対者 契約者 名義人 本人 代理人 依頼主 差出人 送り主 製造元 発売元 通販 新規 既存 芸能人 女優 俳優 猫 犬 坊主 別
"""
ROLES = frozenset(_ROLES.split())

_ROLES_KANA = """
オーナー メーカー スタッフ ユーザー ショップ カスタマー オペレーター オペレータ サポート センター コールセンター ドライバー モニター インフルエンサー
クリニック ドクター ママ パパ ネコ クロネコ ヤマト サガワ アマゾン ワンコ ニャンコ ペット
"""
ROLES_KANA = frozenset(_ROLES_KANA.split())
