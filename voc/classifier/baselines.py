"""What the classifier is measured against: rules of key words, words with logistic regression, words ∪ characters with an SVM.

They are trained and judged in the same way as the classifier and are used for nothing else.
"""

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from voc.classifier.train import Example
from voc.reasons.codebook import PREDICTED_LEAVES
from voc.text import content_words, normalise

LEAVES = PREDICTED_LEAVES


class Baseline(Protocol):
    """Scores of shape (n, 12), the highest the likeliest."""

    name: str

    def fit(self, sample: Sequence[Example]) -> None: ...

    def scores(self, sample: Sequence[Example]) -> np.ndarray: ...


_RULES = (
    ("side_effect", r"かぶれ|かゆ|痒|湿疹|発疹|下痢|腹痛|お腹|頭痛|吐き気|体調|肌に合わ|体に合わ|荒れ|アレルギー|副作用"),
    ("unaware_subscription", r"定期(?:購入|便)?だ?と(?:は)?(?:思わ|知ら)|お試し|一回だけ|1回だけ|初回だけ|勝手に"),
    ("price", r"高い|値段|価格|値上|料金|家計|節約|送料|お金|予算"),
    ("no_effect", r"効果|効か|変化|実感|効いて"),
    ("competitor", r"他社|別の|ほかの|他の|乗り換え|変え(?:た|まし)|ドラッグストア|市販"),
    ("unused_stock", r"余っ|余り|残っ|溜ま|たま(?:っ|り)|使い切れ|飲み切れ|飲み忘れ|使い忘れ|ストック"),
    ("service", r"電話|配送|届|対応|梱包|メール|サイト|手続|解約でき|返信"),
    ("life_change", r"引っ越|引越|妊娠|入院|医者|医師|病院|亡く|退職|施設"),
    ("goal_met", r"治っ|改善|良くな|達成|必要なくな|プレゼント|贈|終わった"),
    ("quality", r"味|におい|匂い|臭|まず|苦手|大き|小さ|べた|色|飲みにく|合わな|思って"),
    ("no_reason", r"特に|なんとなく|何となく|飽き|忘れ|気分"),
)


class KeyWords:
    """The first rule whose words occur; ``unclear`` where none does."""

    name = "key-word rules"

    def fit(self, sample: Sequence[Example]) -> None:
        self.rules = [(LEAVES.index(leaf), re.compile(pattern)) for leaf, pattern in _RULES]

    def scores(self, sample: Sequence[Example]) -> np.ndarray:
        found = np.zeros((len(sample), len(LEAVES)))
        found[:, LEAVES.index("unclear")] = 0.5
        for i, one in enumerate(sample):
            text = normalise(one.text).text
            for rank, (leaf, pattern) in enumerate(self.rules):
                if pattern.search(text):
                    found[i, leaf] = 20 - rank
        return found


def _words(text: str) -> list[str]:
    return content_words(text)


class Trained:
    """A pipeline of scikit-learn over normalised texts."""

    def __init__(self, name: str, pipeline: Pipeline) -> None:
        self.name = name
        self.pipeline = pipeline

    def fit(self, sample: Sequence[Example]) -> None:
        self.pipeline.fit([normalise(one.text).text for one in sample], [LEAVES.index(one.primary) for one in sample])

    def scores(self, sample: Sequence[Example]) -> np.ndarray:
        texts = [normalise(one.text).text for one in sample]
        given = self.pipeline.decision_function(texts)
        found = np.full((len(sample), len(LEAVES)), -np.inf)
        found[:, self.pipeline.classes_] = given
        return found


def baselines() -> list[Baseline]:
    """The three of them, not trained yet."""
    words = TfidfVectorizer(analyzer=_words, min_df=2, sublinear_tf=True)
    both = FeatureUnion(
        [
            ("words", TfidfVectorizer(analyzer=_words, min_df=2, sublinear_tf=True)),
            ("chars", TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)),
        ]
    )
    return [
        KeyWords(),
        Trained("janome words + logistic regression", make_pipeline(words, LogisticRegression(C=5, max_iter=300, tol=1e-3))),
        Trained("words ∪ characters + linear SVM", make_pipeline(both, LinearSVC(C=0.5, random_state=0))),
    ]
