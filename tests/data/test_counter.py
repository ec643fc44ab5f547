"""The generator against published numbers and a twin in plain Python integers."""

import numpy as np
import pytest

from screener.data.sources.counter import draws, keys, normals, uniforms

# First outputs of splitmix64 seeded with 1234567, as printed on Rosetta Code, "Pseudo-random numbers".
PUBLISHED = (
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
)


def splitmix64(state, n):
    """Walk the state as the published definition does; ours jumps to the n-th draw."""
    out = []
    for _ in range(n):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        out.append(z ^ (z >> 31))
    return out


def test_the_first_draws_are_the_published_ones():
    assert draws(np.array([1234567], dtype=np.uint64), 5)[:, 0].tolist() == list(PUBLISHED)


@pytest.mark.parametrize("seed", range(5))
def test_any_stretch_of_a_stream_is_that_of_the_sequential_generator(seed):
    key = keys(seed, ["300308.SZ/own", "market"])
    for column in range(2):
        assert draws(key, 20, first=7)[:, column].tolist() == splitmix64(int(key[column]), 27)[7:]


def test_a_normal_is_the_sum_of_twelve_16_bit_uniforms_less_its_mean():
    key = keys(3, ["x"])
    for n, got in enumerate(normals(key, 50)[:, 0]):
        words = splitmix64(int(key[0]), 150)[3 * n : 3 * n + 3]
        parts = [(word >> shift) % 2**16 for word in words for shift in (0, 16, 32, 48)]
        assert got == (sum(parts) - 12 * (2**16 - 1) / 2) / 2**16


def test_normals_have_mean_0_variance_1_and_no_memory():
    values = normals(keys(1, [f"s{k}" for k in range(50)]), 4_000)
    assert abs(values.mean()) < 4 / np.sqrt(values.size)
    assert values.var() == pytest.approx(1.0, abs=0.02)
    assert abs((values[1:] * values[:-1]).mean()) < 0.01
    correlations = np.corrcoef(values.T)[np.triu_indices(50, 1)]
    assert np.abs(correlations).max() < 0.08
    assert np.abs(values).max() <= 6


def test_uniforms_fill_their_range_evenly():
    values = uniforms(keys(2, ["a", "b"]), 50_000)
    assert values.min() >= 0
    assert values.max() < 1
    counts, _ = np.histogram(values, bins=20, range=(0, 1))
    assert np.abs(counts / 5_000 - 1).max() < 0.06


def test_seeds_and_names_give_different_streams():
    found = {int(k) for seed in range(10) for k in keys(seed, ["a", "b", "1/a", "光模块"])}
    assert len(found) == 40
