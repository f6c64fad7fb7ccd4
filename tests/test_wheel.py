"""The wheel carries the packs, so that the demo works from any folder after a plain install."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_a_plain_install_has_the_packs_and_plays_them(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    done = subprocess.run([*build, str(ROOT)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    name = wheel.name.split("-py3")[0]
    assert {path.name for path in installed.iterdir()} == {"opsconsole", f"{name}.dist-info", f"{name}.data"}
    page = installed / f"{name}.data/data/share/man/man1/opsconsole.1"
    assert page.read_text(encoding="utf-8").startswith(".TH OPSCONSOLE 1")
    env = {
        **os.environ,
        "PYTHONPATH": str(installed),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "TMPDIR": str(tmp_path),
    }
    for pack in ("factory", "airport", "emergency"):
        shown = subprocess.run(
            [sys.executable, "-m", "opsconsole", "demo", pack],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
            env=env,
            stdin=subprocess.DEVNULL,
        )
        assert shown.returncode == 0, shown.stderr
        assert "KPIs" in shown.stdout
        assert "open" in shown.stdout
    where = [sys.executable, "-c", "import opsconsole.demo.packs as p; print(p.pack('airport').seeds)"]
    found = subprocess.run(where, capture_output=True, text=True, cwd=tmp_path, env=env, check=True, timeout=60)
    assert found.stdout.strip() == str(installed / "opsconsole/packs/seeds/airport")
    assert not list(tmp_path.glob("opsconsole-demo-*"))
