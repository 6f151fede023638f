import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.stats.agreement import alpha_by_code, cohen_kappa, kappa_by_pair, krippendorff_alpha

NONE = -9


def decisions(*reviewers):
    """Long form of one row a reviewer, None where nothing was coded."""
    table = np.array([[NONE if code is None else code for code in row] for row in reviewers])
    reviewer, unit = np.nonzero(table != NONE)
    return unit, reviewer, table[reviewer, unit]


def letters(*reviewers):
    return decisions(*([None if letter == "." else ord(letter) for letter in row] for row in reviewers))


def test_it_gives_krippendorffs_alpha_of_four_observers_with_missing_data():
    """Krippendorff 2011, section C: nominal alpha .743."""
    found = krippendorff_alpha(*letters("123321412...", "1233224125.3", ".3332342251.", "12332441251."))
    assert found.value == pytest.approx(0.743, abs=0.0005)
    assert found.units == 11


def test_it_gives_krippendorffs_alpha_of_two_observers():
    """Krippendorff 2011, sections A (binary, .095) and B (nominal, .692)."""
    assert krippendorff_alpha(*letters("0100000010", "1110010000")).value == pytest.approx(0.095, abs=0.0005)
    assert krippendorff_alpha(*letters("aabbdcccedda", "babbbccceddd")).value == pytest.approx(0.692, abs=0.0005)


def test_it_gives_cohens_kappa_of_a_two_by_two_table():
    """20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: agreement .7, by chance .5, kappa .4."""
    first, second = np.repeat([1, 1, 0, 0], [20, 5, 10, 15]), np.repeat([1, 0, 1, 0], [20, 5, 10, 15])
    found = cohen_kappa(first, second)
    assert found.value == pytest.approx(0.4)
    assert found.observed == pytest.approx(0.7)
    assert found.low == pytest.approx(0.4 - 1.96 * 0.127, abs=0.03)
    assert found.high == pytest.approx(0.4 + 1.96 * 0.127, abs=0.03)


def test_it_is_one_when_all_agree_but_not_surely_one():
    found = krippendorff_alpha(*letters("aabbccaabb", "aabbccaabb"))
    assert found.value == found.high == 1
    assert found.low < 0.8
    many = krippendorff_alpha(*letters("abcab" * 100, "abcab" * 100))
    assert many.low > 0.98


def test_it_is_undefined_where_only_one_code_was_used_or_nothing_was_coded_twice():
    assert np.isnan(krippendorff_alpha(*letters("aaaa", "aaaa")).value)
    assert np.isnan(krippendorff_alpha(*letters("ab..", "..ab")).value)
    assert krippendorff_alpha([], [], []).units == 0
    assert np.isnan(cohen_kappa([], []).value)


def test_it_weighs_units_by_how_they_were_chosen():
    """The same as having each heavy unit twice."""
    unit, reviewer, code = letters("aabbc", "aabab")
    heavy = np.where(unit == 4, 2.0, 1.0)
    twice = letters("aabbcc", "aababb")
    assert krippendorff_alpha(unit, reviewer, code, weight=heavy).observed == pytest.approx(krippendorff_alpha(*twice).observed)


def test_it_says_on_which_reasons_reviewers_agree():
    found = alpha_by_code(*letters("aaabbbcccc", "aaabcbcbcc"))
    assert found[ord("a")].value == 1
    assert found[ord("b")].value < 0.7


def test_it_compares_each_pair_of_reviewers_on_what_both_coded():
    found = kappa_by_pair(*letters("aabb....", "aaba....", "..bbaabb", "....aabb"))
    assert found[2, 3].value == 1
    assert found[2, 3].units == 4
    assert (0, 3) not in found
    assert found[0, 1].value == pytest.approx(0.5)


def test_it_refuses_a_reviewer_who_stands_twice_on_a_unit():
    with pytest.raises(ValueError, match="twice"):
        krippendorff_alpha([1, 1], [5, 5], [0, 1])


CODED = st.lists(st.lists(st.sampled_from([None, 0, 1, 2]), min_size=6, max_size=6), min_size=2, max_size=4)


@settings(max_examples=60, deadline=None)
@given(CODED, st.permutations(range(6)), st.permutations(range(3)))
def test_it_does_not_depend_on_names_or_order(table, units, names):
    unit, reviewer, code = decisions(*table)
    once = krippendorff_alpha(unit, reviewer, code)
    again = krippendorff_alpha(np.array(units)[unit], 10 - reviewer, np.array(names)[code])
    assert again.value == pytest.approx(once.value, nan_ok=True)
    assert np.isnan(once.value) or (once.low <= once.value <= once.high and once.value <= 1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=60))
def test_it_finds_alpha_near_kappa_for_two_reviewers(pairs):
    first, second = np.array(pairs).T
    alpha = krippendorff_alpha(*decisions(first, second))
    kappa = cohen_kappa(first, second)
    assert alpha.observed == pytest.approx(kappa.observed)
    if not np.isnan(alpha.value) and not np.isnan(kappa.value):
        assert alpha.value >= -1 - 1e-9
        assert kappa.value <= 1
