"""What the tests of several plugins share."""

from collections.abc import Iterator

import pytest
from fake_upstream import FakeUpstream


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    """A provider that really listens."""
    with FakeUpstream() as upstream:
        yield upstream
