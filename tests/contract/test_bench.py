"""Benchmarks run to their end: few of everything, and no figure is looked at."""

import asyncio
import gc

import pytest

from tests.bench.params_bulk import Size, comparisons, imports

FEW = Size(imported=25, over_http=15, looped=2, commands=1, rounds=1, compared=200, comparisons=2)


@pytest.fixture
def collector():
    """Put back how garbage is collected, which a bench sets as the console does."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.slow
def test_imports_are_measured_beside_both_loops(tmp_path):
    rows = imports(tmp_path, FEW)
    assert [row.ours > 0 for row in rows] == [True] * 4
    assert [row.peer is not None and row.peer > 0 for row in rows] == [True] * 4


def test_a_comparison_is_measured_with_the_time_that_its_sides_took_to_read(tmp_path, collector):
    compared, read = asyncio.run(comparisons(tmp_path, FEW))
    assert compared.ours > 0
    assert compared.peer
    assert read.ours > 0
