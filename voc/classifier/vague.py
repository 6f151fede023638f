"""Is a text so vague that one gentle question may follow? Decided within the request: a table of words, no model, < 1 ms.

A text is vague when it can be laid out without a gap from the words below. They name no reason that anybody could work
with, so whatever holds one concrete word counts as an answer, and nobody who gave a reason is asked again.
"""

import re

from voc.text.normalise import normalise

MAX_CHARACTERS = 80
"""Longer texts say something; they are left to the full reading."""

_SIGNS = re.compile(r"[\s\W_]+|笑|(?<![a-z])w+(?![a-z])")
_MEANS_ONE_THING = frozenset("💸💰💴🤮🤢🤧😷🤒🤕")

_NOTHING = """
特に とくに 特別 特段 とくだん 別に べつに 格別 何も なにも 全く まったく 全然 何か なにか これといった これといって これと言って これと言った 何 なに
理由 りゆう わけ 訳 原因 意見 コメント 要望 不満 不満点 問題 問題点 言うこと 書くこと こと もの 点 ところ 思い当たる 思い当たること 変わったこと
なし 無し ナシ 無 無い ない なく なかった ありません ありませんでした ございません 御座いません ござい ません あり 思いつかない 思いつきません 思い当たらない 思い当たりません
わからない 分からない わかりません 分かりません 覚えていない 覚えてない 忘れた 忘れました
"""
_MOOD = """
なんとなく 何となく なんとなーく 何気なく 気分 気分的 気分的に 気分で 気まぐれ きまぐれ 気が変わった 気が変わりました 気持ちが変わった 気が向かない 気が向かなくなった 気乗りしない
気持ち 気持ちの変化 気分の変化 心境の変化 変わった 変わりました 興味 自己都合 見送り 区切り 深い意味 やめ時 熱が冷めた モチベーション 低下
飽きた 飽きました 飽き 飽きちゃった 飽きちゃいました 飽きてきた 飽きてしまった 飽きてしまいました 飽きが来た 飽きがきた 飽きて 飽きっぽい 飽きる あきた あきました マンネリ
忙しい 忙しく 忙しくて 忙しかった 忙しくなった 忙しくなりました 忙しさ 多忙 バタバタ してる している していて してた していた いそがしい いそがしくて 時間 余裕 暇 とれない 取れない
面倒 面倒くさい 面倒くさくなった 面倒くさくて 面倒臭い 面倒臭くなった 面倒になった 面倒になりました めんどう めんどうくさい めんどくさい めんどくさくなった めんどくさくて だるい
普通 ふつう まあまあ まぁまぁ 可もなく不可もなく 可も不可もなく いまいち イマイチ 今一つ 今ひとつ いまひとつ 微妙 びみょう ビミョー うーん 合わない 合わなかった 合わなくて 違った ちがった 違う
思った のと 思っていた 思ってた 期待外れ 期待はずれ がっかり ダメ だめ 嫌 いや 良かった よかった よい 良い いい 満足 大丈夫 十分 結構 もういい もう
"""
_NO_NEED = """
いらない いらなく いらなくなった いらなくなりました いらなくなって 要らない 要らなく 要らなくなった 要らなくなりました 不要 不用 必要 必要性 必要性を感じない 必要性を感じなくなった 必要性を感じなくなりました 必要を感じない 必要を感じなくなった 必要性を感じません
なくなった なくなりました なくなって 使わない 使わなく 使わなくなった 使わなくなりました 飲まない 飲まなくなった 飲まなくなりました 食べなくなった 継続 続ける 続け 続かない 続かなかった 続かなくて
しない しません する します した しました して したい し せず できない できません 気 つもり つもりはない 見直し 見直したい 整理 卒業 潮時 一区切り ひと区切り 様子見 様子を見たい 検討 検討中
"""
_UNTOLD = """
諸事情 諸般 諸般の事情 諸 事情 都合 一身上 家庭 個人的 個人的な 個人 私的 私情 その他 秘密 内緒 ノーコメント 言いたくない 言いたくありません 言えない 言えません 答えたくない 答えたくありません
お答えできません ご想像に お任せ おまかせ 内容 控えます 控えさせていただきます 控えさせて いただきます
"""
_LEAVING = """
やめた やめました やめたい やめます やめる やめ やめよう やめたくなった 辞めた 辞めました 辞めたい 辞めます 辞める 辞め 止めた 止めました 止めたい 止めます 止める 解約 退会 キャンセル 中止 休止 終了 お休み 休みたい 停止
希望 お願い 手続き 注文 購入 定期 定期便 定期購入 買わない 買わなかった 買ってない 買っていない
"""
_POLITE = """
すいません すみません 済みません 申し訳 ごめんなさい ありがとう ありがとうございました ありがとうございます お世話 お世話になりました お世話になります お世話様 お世話さま よろしく よろしくお願いします
よろしくお願いいたします 宜しくお願いします 宜しくお願い致します お願いします お願いいたします お願い致します こんにちは こんばんは はじめまして お疲れ様 ご苦労様 さようなら
はい いいえ うん ok 了解 わかりました 承知 以上 テスト てすと test テスト送信 同上 上記 選択 通り とおり
"""
_GLUE = """
が は も を に へ で と の や か な ね よ さ ー だ だった です でした でして ですが ですけど だけど だけ ます ました まして たい ため ために ので のでした から だから なので なため
けど けれど けれども し たり ても でも かな かも かと かなと 思い 思います 思いました 思いまして 思う 思って という っていう って て た なり なって なった なりました になった になりました なる 感じ 気がして 気がする
ということで との事 とのこと 程度 つき につき により よる よって より として とりあえず 取り敢えず ひとまず 今回 今 いま 今は 現在 当分 しばらく 一旦 いったん 一度 ちょっと 少し すこし まあ まぁ なんか ただ 単に 単純に
色々 いろいろ 本当に ほんとに 正直 やっぱり やっぱ やはり 自分 自分の 私 私の こちら こちらの 当方 当方の 側 方 ん え えっと あの その これ それ そう そんな こう ございます 御座います あって いたします 致します 申し上げます です。
"""
_WORDS = frozenset(" ".join((_NOTHING, _MOOD, _NO_NEED, _UNTOLD, _LEAVING, _POLITE, _GLUE)).lower().split())
_LONGEST = max(map(len, _WORDS))


def is_vague(text: str) -> bool:
    """Whether a text holds no reason that can be worked with, so that the one follow-up question is due.

    True for nothing at all, signs only, 「特になし」, 「忙しい」, 「なんとなく」, 「諸事情」, 「解約します」 and their like; false as soon as
    a concrete word is in it. Any Unicode; the time is bounded.
    """
    if len(text) > 4 * MAX_CHARACTERS:
        return not text.strip()
    if not _MEANS_ONE_THING.isdisjoint(text):
        return False
    bare = _SIGNS.sub("", normalise(text).text)
    return not bare or len(set(bare)) == 1 or (len(bare) <= MAX_CHARACTERS and (bare.isdigit() or _laid_out(bare)))


def _laid_out(bare: str) -> bool:
    """The text is a chain of words of the table: which places can be reached from the start, word by word."""
    reached = [True] + [False] * len(bare)
    for start in range(len(bare)):
        if reached[start]:
            for end in range(start + 1, min(len(bare), start + _LONGEST) + 1):
                if bare[start:end] in _WORDS:
                    reached[end] = True
    return reached[-1]
