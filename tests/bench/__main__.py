"""All benches, one after the other: ``make bench``. Ends with 1 when a goal is missed.

python -m tests.bench [NAME …]      NAME: a file of this folder without its .py; all of them by default
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NO_BENCHES = ("__main__", "site")


def main(wanted: list[str]) -> int:
    known = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NO_BENCHES)
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        print(f"no bench {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    missed = []
    for name in wanted or known:
        print(f"--- {name}", flush=True)
        if subprocess.run([sys.executable, str(HERE / f"{name}.py")], check=False).returncode != 0:
            missed.append(name)
    print(f"--- goals missed in: {', '.join(missed)}" if missed else "--- all goals reached")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
