"""The site starts within two seconds: what takes long to load is loaded when it is needed."""

import subprocess
import sys

SLOW = ("sklearn", "scipy", "janome", "joblib", "skops", "alembic", "xlsxwriter", "python_calamine")


def test_the_site_starts_without_what_takes_long_to_load() -> None:
    code = f"import sys, voc.app, voc.cli; print(*(name for name in {SLOW} if name in sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout.split() == []
