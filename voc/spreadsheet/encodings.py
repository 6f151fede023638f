"""Which encoding a file of a Japanese company is in. Guessed from the whole file, since the first page may be plain ASCII."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

CHUNK = 1 << 20
SAMPLE = 1 << 18

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def detect_encoding(file: BinaryIO) -> str | None:
    """Name the codec that reads ``file``, or ``None`` when it does not look like text. Leaves the position at the start.

    A byte order mark decides; then UTF-16 by its zero bytes; then UTF-8 if all of the file is valid (a file cut in the middle
    of a character still counts); then ISO-2022-JP by its escapes; then whichever of cp932 and EUC-JP gives more likely
    Japanese; last charset-normalizer's guess.
    """
    file.seek(0)
    head = file.read(SAMPLE)
    for bom, name in _BOMS:
        if head.startswith(bom):
            file.seek(0)
            return name
    found = _utf16_without_bom(head) or _whole_file(file, head)
    file.seek(0)
    return found


def _whole_file(file: BinaryIO, head: bytes) -> str | None:
    if head.count(b"\0") > max(3, len(head) // 20):
        return None
    if b"\x1b$" in head and _decodes(file, "iso2022_jp_ext"):
        return "iso2022_jp_ext"
    if _decodes(file, "utf-8"):
        return "utf-8"
    fitting = [name for name in ("cp932", "euc_jis_2004") if _decodes(file, name)]
    if fitting:
        return max(fitting, key=lambda name: _japanese_share(head, name))
    return _guess(file, head)


def _guess(file: BinaryIO, head: bytes) -> str | None:
    """A file with a few broken bytes: the Japanese codec that reads nearly all of it, else a statistical guess."""
    share, name = max((_japanese_share(head, name) * (1 - _broken_share(head, name)), name) for name in ("utf-8", "cp932", "euc_jis_2004"))
    if share > 0.3 and _broken_share(head, name) < 0.02:
        return name
    from charset_normalizer import from_bytes

    best = from_bytes(head[: 1 << 16]).best()
    return None if best is None or not _decodes(file, best.encoding) else str(best.encoding)


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(file):
            decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


def _utf16_without_bom(head: bytes) -> str | None:
    """Excel's "Unicode text" sometimes loses its mark. Commas and line ends then come with a zero byte on one fixed side."""
    sample = head[: len(head) // 2 * 2][:4096]
    if len(sample) < 4:
        return None
    low, high = sample[0::2].count(0), sample[1::2].count(0)
    most = max(low, high)
    if most < max(3, len(sample) // 2 * 0.05) or min(low, high) > most * 0.1:
        return None
    name = "utf-16-le" if high > low else "utf-16-be"
    try:
        codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return None
    return name


def _broken_share(head: bytes, encoding: str) -> float:
    text = head.decode(encoding, errors="replace")
    return text.count("\ufffd") / max(1, len(text))


def _japanese_share(head: bytes, encoding: str) -> float:
    """Share of the non-ASCII characters that everyday Japanese is made of.

    Half-width katakana and rare kanji are what EUC-JP bytes turn into under cp932, so they count for little.
    """
    text = head.decode(encoding, errors="ignore")
    beyond = [c for c in text if c > "\x7f"]
    likely = sum(1.0 if "\u3041" <= c <= "\u30ff" or c in "、。「」・ー" else 0.6 if "\u4e00" <= c <= "\u9fff" else 0.1 for c in beyond)
    return likely / max(1, len(beyond))
