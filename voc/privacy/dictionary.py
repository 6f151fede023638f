"""Writes names.tsv: the family and given names of IPADIC, which comes with janome, and what else each of them can mean.

python -m voc.privacy.dictionary

A name that is also a word or a place (「山口」「花」) is one only where something beside it says so.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

from voc.privacy.names import DICTIONARY

_PERSON = "名詞,固有名詞,人名,"
_JAPANESE = set("々ヶ")


def written_in_japanese(name: str) -> bool:
    """Kanji, hiragana, and katakana of at most three signs, as old people's given names are: no foreign names."""
    katakana = all("ァ" <= sign <= "ー" for sign in name)
    return all("ぁ" <= sign <= "ん" or "一" <= sign <= "龠" or "ァ" <= sign <= "ー" or sign in _JAPANESE for sign in name) and (
        not katakana or len(name) <= 3
    )


def rows(entries: Any) -> list[str]:
    """``name⇥kinds⇥readings`` from the dictionary's entries; kinds are s(urname), g(iven), w(ord), p(lace)."""
    kinds: dict[str, set[str]] = defaultdict(set)
    readings: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        surface, part, reading = entry[0], entry[4], entry[8]
        if part.startswith(_PERSON + "姓"):
            kinds[surface].add("s")
            readings[surface].add(reading)
        elif part.startswith(_PERSON + "名"):
            kinds[surface].add("g")
            readings[surface].add(reading)
        elif part.startswith("名詞,固有名詞,地域"):
            kinds[surface].add("p")
        elif not part.startswith("名詞,固有名詞"):
            kinds[surface].add("w")
    kept = sorted(name for name, found in kinds.items() if found & {"s", "g"} and written_in_japanese(name))
    return ["\t".join([name, "".join(sorted(kinds[name])), ",".join(sorted(readings[name] - {"*"}))]) for name in kept]


def main(path: Path = DICTIONARY) -> None:
    from janome.sysdic import entries

    path.write_text("\n".join(rows(entries().values())) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
