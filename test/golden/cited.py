# SPDX-License-Identifier: ISC
"""Every requirement that a decision can meet is cited by a line that decides it.

    cited.py FOLDER

What is met elsewhere is named here, with where.
"""

import pathlib
import re
import sys

NEEDED = {
    "DANE": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 22},
    "STS": {1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17},
    "POL": {1, 3},
    "RTLS": {2, 4, 5, 6},
    "MAP": {5, 6, 7, 8, 9, 10, 11, 12, 13},
    "SRV": {1, 2, 3},
    "DSRV": {1, 3, 4},
    "row": set(range(1, 10)),
}
ELSEWHERE = {
    "DANE-20": "test/unit/policy/identity.c: names in certificates",
    "DANE-24, STS-19": "the auditor",
    "MAP-01 to MAP-04": "the policy service",
    "RTLS-01, RTLS-07": "the relay",
}


def cited(text):
    """What the comments of a file cite: {("DANE", 1), ...}."""
    found = set()
    for line in text.splitlines():
        comment = line.partition(" #")[2]
        if not comment or "->" not in line:
            continue
        found |= {(word, int(number)) for word, number in re.findall(r"\b([A-Z]+)-(\d+)\b", comment)}
        for numbers in re.findall(r"\brows? ((?:\d+(?:, | and )?)+)", comment):
            found |= {("row", int(number)) for number in re.findall(r"\d+", numbers)}
    return found


def main():
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.txt"))
    found = set().union(*(cited(path.read_text()) for path in files if path.name != "wrong.txt"))
    missing = [f"{word}-{number}" for word, numbers in NEEDED.items()
               for number in sorted(numbers) if (word, number) not in found]
    control = cited("a -> b # DANE-01, rows 2 and 3\n# DANE-02\nc -> d\n")
    good = control == {("DANE", 1), ("row", 2), ("row", 3)}
    print("1..2")
    print("ok 1 - every requirement is cited" if not missing else
          f"not ok 1 - nobody cites {', '.join(missing)}")
    print("ok 2 - control: what is cited" if good else f"not ok 2 - control: {control}")


main()
