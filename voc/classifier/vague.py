"""Whether a reply says too little to be read: the light look within the request, before the one follow-up question. Pure."""

import re
import unicodedata

_NOTHING = re.compile(
    r"(特|とく)に(は|も)?(理由は)?(な(い|し)|ありません|ございません)|な(い|し)|ありません|なんとなく|何となく|忙し(い|かった|くて)?(から|ので|ため)?|別に"
)
_FILL = re.compile(r"[\s、。,.!?…・ー〜~\-\"'()「」ですw笑]+")


def is_vague(text: str) -> bool:
    """Whether ``text`` holds no reason that somebody could act on."""
    plain = _FILL.sub("", unicodedata.normalize("NFKC", text))
    return len(plain) <= 3 or _NOTHING.fullmatch(plain) is not None
