"""Every hand-derived rule vector, asked through the one door."""

import json
from pathlib import Path

import pytest

from screener.market.vectors import FUNCTIONS, evaluate


def read(name):
    return json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


# The first file came with the rules; the second was derived by hand from the same rules, at their edges.
VECTORS = read("vectors.json") + read("edges.json")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_rule_vector_holds(vector):
    assert evaluate(vector["fn"], vector["in"]) == vector["expect"], vector["why"]


def test_every_function_of_the_door_has_a_vector():
    assert {vector["fn"] for vector in VECTORS} == set(FUNCTIONS)


def test_an_unknown_function_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="limit_price"):
        evaluate("limit", {})
