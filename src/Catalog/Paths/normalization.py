#!/usr/bin/env python3
"""Writes normalization.txt, what normalising names to NFC takes of the Unicode character database.

    normalization.py [FOLDER]     where UnicodeData.txt and its neighbours lie; by default where Debian's unicode-data puts them

Run it again for a newer Unicode: characters that are in normalization.txt never change (Unicode promises that), some are added.
"""

import pathlib
import re
import sys
import textwrap

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/unicode")

version = re.search(r"DerivedNormalizationProps-([\d.]+)\.txt", (folder / "DerivedNormalizationProps.txt").read_text()).group(1)

excluded = set()
for line in (folder / "DerivedNormalizationProps.txt").read_text().splitlines():
    fields = [field.strip() for field in line.split("#")[0].split(";")]
    if len(fields) == 2 and fields[1] == "Full_Composition_Exclusion":
        first, _, last = fields[0].partition("..")
        excluded.update(range(int(first, 16), int(last or first, 16) + 1))

classes, pairs, splits = {}, [], []
for line in (folder / "UnicodeData.txt").read_text().splitlines():
    fields = line.split(";")
    point, combining, mapping = int(fields[0], 16), int(fields[3]), fields[5]
    if combining:
        classes.setdefault(combining, []).append(point)
    if mapping and not mapping.startswith("<"):  # those in angle brackets are of compatibility, which NFC leaves alone
        parts = mapping.split()
        assert len(parts) in (1, 2)
        (splits if point in excluded else pairs).append(f"{point:04X}=" + "+".join(parts))


def ranges(points):
    start = end = points[0]
    for point in points[1:] + [None]:
        if point == end + 1 if point is not None else False:
            end = point
            continue
        yield f"{start:04X}" if start == end else f"{start:04X}-{end:04X}"
        start = end = point


def lines(word, items):
    return [f"{word} {line}" for line in textwrap.wrap(" ".join(items), 128 - len(word), break_on_hyphens=False, break_long_words=False)]


out = [
    f"# Of Unicode {version}, written by normalization.py: combining classes; characters that are two others together; characters",
    "# that are others and never come back. Hangul syllables follow a formula.",
]
for combining, points in sorted(classes.items()):
    out += lines(f"class {combining}", list(ranges(points)))
out += lines("pairs", pairs) + lines("split", splits)
(pathlib.Path(__file__).parent / "normalization.txt").write_text("\n".join(out) + "\n")
