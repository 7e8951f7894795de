from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from ontogeny.errors import UsageError
from ontogeny.statistics import enrichment, permutation_test, rank_agreement, shuffled, top, top_agreement

RANDOM = np.random.default_rng(0)
SCORES = RANDOM.normal(size=(4, 12)) + RANDOM.normal(size=12)


def test_rank_agreement_is_the_mean_of_spearmans_correlations():
    wanted = [stats.spearmanr(SCORES[one], SCORES[two]).statistic for one, two in combinations(range(4), 2)]
    assert rank_agreement(SCORES) == pytest.approx(np.mean(wanted))
    ties = np.round(SCORES)
    wanted = [stats.spearmanr(ties[one], ties[two]).statistic for one, two in combinations(range(4), 2)]
    assert rank_agreement(ties) == pytest.approx(np.mean(wanted))
    assert np.isnan(rank_agreement(np.array([[1.0, 1, 1], [1, 2, 3]])))


def test_top_agreement_counts_what_two_tops_share():
    tops = [set(np.argsort(-row)[:5]) for row in SCORES]
    wanted = [len(one & two) / 5 for one, two in combinations(tops, 2)]
    assert top_agreement(SCORES, 5) == pytest.approx(np.mean(wanted))
    assert top(np.array([1, 3, 3, 0, 3]), 2).tolist() == [False, True, True, False, False]


def test_shuffling_keeps_each_ranking_and_each_group():
    groups = np.repeat([0, 1, 2], 4)
    dealt, within = shuffled(SCORES, np.random.default_rng(1)), shuffled(SCORES, np.random.default_rng(1), groups)
    for row in range(4):
        assert sorted(dealt[row]) == sorted(SCORES[row])
        for group in range(3):
            assert sorted(within[row, groups == group]) == sorted(SCORES[row, groups == group])
    assert (within != SCORES).any()
    assert any(sorted(dealt[0, groups == group]) != sorted(SCORES[0, groups == group]) for group in range(3))


def test_a_permutation_test_finds_what_agrees_and_only_that():
    found = permutation_test(SCORES, rank_agreement, seed=0, draws=500)
    assert found.value == rank_agreement(SCORES)
    assert found.p_value == pytest.approx(1 / 501)
    assert abs(found.mean) < 0.02
    assert found.value > found.high > found.mean
    apart = [
        permutation_test(np.random.default_rng(n).normal(size=(4, 12)), rank_agreement, seed=n, draws=99).p_value
        for n in range(100)
    ]
    assert np.mean(np.array(apart) <= 0.1) == pytest.approx(0.1, abs=0.08)


def test_a_statistic_that_is_no_number_has_no_p_value():
    flat = np.vstack([SCORES[:1], np.zeros_like(SCORES[:1])])
    assert np.isnan(permutation_test(flat, rank_agreement, seed=0, draws=20).p_value)


def test_what_groups_alone_explain_is_not_found_within_them():
    groups = np.repeat([0, 5], 6)
    scores = groups + np.random.default_rng(2).normal(size=(4, 12)) * 0.1
    assert permutation_test(scores, rank_agreement, seed=0, draws=200).p_value < 0.01
    within = permutation_test(scores, rank_agreement, seed=0, groups=groups, draws=200)
    assert within.p_value > 0.05
    assert within.mean > 0.5


def test_enrichment_is_hypergeometric():
    marked, chosen = np.zeros(10, bool), np.zeros(10, bool)
    marked[:4], chosen[1:6] = True, True
    found = enrichment(marked, chosen)
    every = [len(set(drawn) & {0, 1, 2, 3}) for drawn in combinations(range(10), 5)]
    assert (found.value, found.mean) == (3, pytest.approx(np.mean(every)))
    assert found.p_value == pytest.approx(np.mean(np.array(every) >= 3))
    assert found.high == 3
    assert found.p_value == pytest.approx(stats.fisher_exact([[3, 1], [2, 4]], alternative="greater").pvalue)


def test_errors_say_what_was_expected(unchecked):
    with pytest.raises(UsageError, match=r"two or more rankings of three or more items, given shape \(1, 5\)"):
        rank_agreement(np.ones((1, 5)))
    with pytest.raises(UsageError, match="count: expected 1 to 12, the items there are, given 13"):
        top_agreement(SCORES, 13)
    with pytest.raises(UsageError, match="two marks of the same items"):
        enrichment(np.ones(3, bool), np.ones(4, bool))
