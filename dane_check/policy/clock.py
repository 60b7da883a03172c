"""Can this machine's clock be right? (threats T-9)"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

RELEASED: Final = datetime(2026, 11, 22, tzinfo=UTC)  # no clock can truly be earlier than this release (D-23)
_TOO_LATE: Final = timedelta(days=3653)


def clock_suspect(system_now: datetime) -> bool:
    """Whether this machine's clock cannot be right; never asked of a time the caller gave."""
    return system_now < RELEASED or system_now > RELEASED + _TOO_LATE
