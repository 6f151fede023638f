"""Made-up customers: names by how common they are, addresses that lead nowhere (example domains, numbers never given out)."""

from dataclasses import dataclass
from random import Random

_FAMILIES = (
    "佐藤 sato 190,鈴木 suzuki 180,高橋 takahashi 142,田中 tanaka 134,伊藤 ito 108,渡辺 watanabe 107,山本 yamamoto 105,中村 nakamura 105,小林 kobayashi 103,"
    "加藤 kato 89,吉田 yoshida 83,山田 yamada 82,佐々木 sasaki 68,山口 yamaguchi 64,松本 matsumoto 63,井上 inoue 61,木村 kimura 58,林 hayashi 54,斎藤 saito 54,"
    "清水 shimizu 53,山崎 yamazaki 48,森 mori 46,池田 ikeda 45,橋本 hashimoto 45,阿部 abe 44,石川 ishikawa 42,山下 yamashita 42,中島 nakajima 41,石井 ishii 40,"
    "小川 ogawa 40,前田 maeda 38,岡田 okada 38,長谷川 hasegawa 37,藤田 fujita 37,後藤 goto 37,近藤 kondo 37,村上 murakami 36,遠藤 endo 33,青木 aoki 32,"
    "坂本 sakamoto 32,福田 fukuda 31,太田 ota 31,西村 nishimura 31,藤井 fujii 31,金子 kaneko 29,岡本 okamoto 29,藤原 fujiwara 29,三浦 miura 28,中野 nakano 28,"
    "原田 harada 28,松田 matsuda 27,竹内 takeuchi 27,上田 ueda 26,中川 nakagawa 25,小野 ono 25,田村 tamura 25,和田 wada 24,中山 nakayama 24,石田 ishida 24,"
    "丸山 maruyama 18,大塚 otsuka 18,今井 imai 18,菅原 sugawara 17,武田 takeda 17,新井 arai 17,増田 masuda 16,平野 hirano 16,野口 noguchi 15,千葉 chiba 15"
)
_WOMEN = (
    "和子 kazuko 40,幸子 sachiko 38,洋子 yoko 38,恵子 keiko 42,京子 kyoko 30,節子 setsuko 24,久美子 kumiko 32,由美子 yumiko 34,裕子 yuko 30,陽子 yoko 28,"
    "智子 tomoko 28,明美 akemi 28,真由美 mayumi 28,順子 junko 26,美智子 michiko 24,直美 naomi 24,典子 noriko 22,悦子 etsuko 20,文子 fumiko 18,美由紀 miyuki 18,"
    "香織 kaori 18,千恵子 chieko 14,敏子 toshiko 14,早苗 sanae 10,麻衣 mai 12,美穂 miho 14,愛 ai 12,絵里 eri 10,千尋 chihiro 8,彩 aya 10"
)
_MEN = (
    "茂 shigeru 26,清 kiyoshi 22,実 minoru 22,勇 isamu 18,博 hiroshi 28,隆 takashi 26,誠 makoto 28,浩 hiroshi 26,正 tadashi 20,進 susumu 16,修 osamu 20,"
    "健一 kenichi 20,和夫 kazuo 22,幸雄 yukio 16,学 manabu 14,剛 tsuyoshi 12,直樹 naoki 16,哲也 tetsuya 14,大輔 daisuke 12,健太 kenta 10,秀樹 hideki 14,昭 akira 14"
)
_PLACES = (
    "北海道 札幌市白石区 003 8,北海道 旭川市 070 3,青森県 八戸市 031 2,岩手県 盛岡市 020 2,宮城県 仙台市若林区 984 5,秋田県 秋田市 010 2,山形県 鶴岡市 997 2,福島県 郡山市 963 3,"
    "茨城県 水戸市 310 4,栃木県 宇都宮市 320 3,群馬県 前橋市 371 3,埼玉県 川口市 332 9,埼玉県 所沢市 359 6,千葉県 船橋市 273 8,千葉県 柏市 277 5,東京都 練馬区 176 10,東京都 江戸川区 132 9,"
    "東京都 八王子市 192 8,神奈川県 横浜市戸塚区 244 10,神奈川県 相模原市南区 252 7,新潟県 長岡市 940 3,富山県 富山市 930 2,石川県 金沢市 920 2,福井県 福井市 910 2,長野県 松本市 390 3,"
    "岐阜県 岐阜市 500 3,静岡県 浜松市中央区 430 5,愛知県 名古屋市守山区 463 8,愛知県 豊田市 471 4,三重県 津市 514 2,滋賀県 大津市 520 2,京都府 京都市伏見区 612 5,大阪府 堺市北区 591 7,"
    "大阪府 枚方市 573 6,兵庫県 神戸市須磨区 654 6,兵庫県 姫路市 670 4,奈良県 奈良市 630 2,和歌山県 和歌山市 640 2,岡山県 倉敷市 710 3,広島県 福山市 720 4,山口県 下関市 750 2,香川県 高松市 760 2,"
    "愛媛県 松山市 790 3,福岡県 北九州市小倉南区 802 5,福岡県 久留米市 830 3,佐賀県 佐賀市 840 2,長崎県 長崎市 850 2,熊本県 熊本市東区 862 3,大分県 大分市 870 2,宮崎県 宮崎市 880 2,鹿児島県 鹿児島市 890 3,沖縄県 那覇市 900 2"
)
_TOWNS = ("本町", "栄町", "緑町", "旭町", "東町", "中央", "西原", "若葉台", "桜丘", "南台", "泉", "松原", "美園", "朝日", "寿町")
_HOSTS = ("example.ne.jp", "example.jp", "example.com", "example.net", "mail.example.jp", "mobile.example.ne.jp")


def _weighted(text: str) -> tuple[list[tuple[str, ...]], list[int]]:
    rows = [tuple(item.split(" ")) for item in text.split(",")]
    return [row[:-1] for row in rows], [int(row[-1]) for row in rows]


FAMILIES, _FAMILY_WEIGHTS = _weighted(_FAMILIES)
WOMEN, _WOMEN_WEIGHTS = _weighted(_WOMEN)
MEN, _MEN_WEIGHTS = _weighted(_MEN)
PLACES, _PLACE_WEIGHTS = _weighted(_PLACES)


@dataclass(frozen=True, kw_only=True)
class Somebody:
    name: str
    woman: bool
    email: str | None
    email_problem: str | None
    phone: str
    postal_address: str


def somebody(rng: Random, number: int, *, women: float, without_mail: float) -> Somebody:
    """One made-up person; ``number`` keeps the e-mail address unique."""
    woman = rng.random() < women
    (family, family_romaji) = rng.choices(FAMILIES, _FAMILY_WEIGHTS)[0]
    (given, given_romaji) = rng.choices(WOMEN, _WOMEN_WEIGHTS)[0] if woman else rng.choices(MEN, _MEN_WEIGHTS)[0]
    email, problem = _email(rng, family_romaji, given_romaji, _tail(number)) if rng.random() >= without_mail else (None, None)
    return Somebody(
        name=f"{family} {given}",
        woman=woman,
        email=email,
        email_problem=problem,
        phone=_phone(rng),
        postal_address=_address(rng),
    )


def _tail(number: int) -> int:
    """The digits in an address: each number gives others, without showing the order in which people came."""
    return number * 7919 % 10_007 if number < 10_007 else number


def _email(rng: Random, family: str, given: str, number: int) -> tuple[str, str | None]:
    host = rng.choice(_HOSTS)
    if rng.random() < 0.006:  # what the old rules of mobile carriers allowed and mail's own rules forbid
        return f"{given}..{family}{number}@{host}", "dots"
    shape = rng.choice(("{f}.{g}{n}", "{g}{n}", "{g}_{f}{n}", "{f}{n}", "{g}-{f}{n}"))
    return f"{shape.format(f=family, g=given, n=number)}@{host}", None


def _phone(rng: Random) -> str:
    """Numbers that are given to nobody: 0 follows the first block of mobile numbers."""
    return f"0{rng.choice((7, 8, 9))}0-0{rng.randrange(1000):03d}-{rng.randrange(10_000):04d}"


def _address(rng: Random) -> str:
    prefecture, city, code = rng.choices(PLACES, _PLACE_WEIGHTS)[0]
    return f"〒{code}-00{rng.randrange(100):02d} {prefecture}{city}{rng.choice(_TOWNS)}{rng.randrange(1, 9)}-{rng.randrange(1, 30)}-{rng.randrange(1, 20)}"
