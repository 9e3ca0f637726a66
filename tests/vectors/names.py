#!/usr/bin/env python3
"""Names in the form NFC as Python's unicodedata makes them: writes names.txt beside itself.

The C# tables come from another place (src/Catalog/Paths/normalization.py, Debian's copy of the Unicode database), and the code
shares nothing. Texts are drawn by a formula from the characters that matter, and their results hashed; some are written out,
and so is every hundredth line of Unicode's own NormalizationTest.txt if Debian's unicode-data is installed.
"""

import bz2
import hashlib
import pathlib
import unicodedata

out = [f"# Written by names.py with the tables of Unicode {unicodedata.unidata_version}.", ""]


def case(**fields):
    out.extend(f"{name} = {value.hex() if isinstance(value, bytes) else value}".rstrip() for name, value in fields.items())
    out.append("")


def utf8(text):
    return text.encode("utf-8")


def nfc(text):
    return unicodedata.normalize("NFC", text)


# Every character by itself, a hash for each 65,536.
for plane in range(17):
    digest = hashlib.sha256()
    for point in range(plane << 16, (plane + 1) << 16):
        if not 0xD800 <= point < 0xE000:
            digest.update(utf8(nfc(chr(point))))
    case(what="plane", plane=plane, hash=digest.digest())

# Characters with a class or parts, what composes with others, syllables and their pieces, and a few that do nothing.
points = [p for p in range(0x110000) if not 0xD800 <= p < 0xE000 and not 0xAC00 <= p < 0xD7A4
          and (unicodedata.combining(chr(p)) or (unicodedata.decomposition(chr(p)) and not unicodedata.decomposition(chr(p)).startswith("<")))]
for p in list(points):
    points += [ord(c) for c in unicodedata.normalize("NFD", chr(p))]
points = sorted({*points, *range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A7, 0x11C3), 0xAC00, 0xAC01, 0xD7A3, 0x41, 0x7A, 0x4E00, 0x1F600})
case(what="points", points=utf8("".join(map(chr, points))))

state = 1


def draw(below):
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
    return (state >> 33) % below


for block in range(20):
    digest = hashlib.sha256()
    for _ in range(5000):
        text = "".join(chr(points[draw(len(points))]) for _ in range(1 + draw(8)))
        digest.update(utf8(nfc(text)) + b"\n")
    case(what="block", block=block, hash=digest.digest())

for text in ("e\u0301", "\u00e9", "Cafe\u0301/Re\u0301sume\u0301.txt", "\u1112\u1161\u11ab\u1100\u1173\u11af", "q\u0307\u0323", "\u212b", "\u0344", "\u0958",
             "\u0f73\u0f75", "\U0001d15e", "\u0300\u0301", "a\u0315\u0300\u05ae\u0300b", "\u1e0a\u0323", "\ufb1d", "\u03d3\u0301", "plain ASCII", "\u304b\u3099"):
    case(what="text", text=utf8(text), nfc=utf8(nfc(text)))

official = pathlib.Path("/usr/share/unicode/NormalizationTest.txt.bz2")
lines = bz2.decompress(official.read_bytes()).decode().splitlines() if official.exists() else []
for line in [line for line in lines if line[:1] not in "#@"][::100]:
    columns = ["".join(chr(int(point, 16)) for point in column.split()) for column in line.split(";")[:5]]
    case(what="text", text=utf8(columns[0]), nfc=utf8(columns[1]))
    case(what="text", text=utf8(columns[2]), nfc=utf8(columns[1]))

pathlib.Path(__file__).with_name("names.txt").write_text("\n".join(out).rstrip("\n") + "\n")
