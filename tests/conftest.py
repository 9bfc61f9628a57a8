"""Long campaigns run only when asked for."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--soak`` runs the long campaigns too, of which the other tests are a sample."""
    parser.addoption("--soak", action="store_true", help="run the long campaigns too")


def pytest_configure(config: pytest.Config) -> None:
    """Markers that ``-m`` can choose by."""
    config.addinivalue_line("markers", "slow: makes an environment; leave out by -m 'not slow'")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what is marked ``soak`` unless it is asked for."""
    if not config.getoption("--soak"):
        for item in items:
            if item.get_closest_marker("soak"):
                item.add_marker(pytest.mark.skip(reason="long; run by make soak"))
