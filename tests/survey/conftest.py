"""The worlds that are surveyed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.survey.worlds import World, started


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """`dN.shared.test` and `dN.distinct.test` for any N below 600, all protected; a step takes 20 ms."""
    map_file = tmp_path_factory.mktemp("crowd") / "map.json"
    with started(["tests.bench.crowd", "--delay", "20", "--domains", "600"], map_file, "ready") as world:
        yield world


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Every scenario of the lab."""
    map_file = tmp_path_factory.mktemp("lab") / "map.json"
    with started(["dane_check", "lab", "serve"], map_file, "Ctrl-C") as world:
        yield world
