"""Tests on data that is not ours to ship: collected only where OPSCONSOLE_DATA says where it lies."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("OPSCONSOLE_DATA") else ["test_*.py"]
