"""The only scale of badness there is."""

from __future__ import annotations

from typing import Literal

Priority = Literal["critical", "warning", "low"]
