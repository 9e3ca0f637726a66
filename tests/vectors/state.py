#!/usr/bin/env python3
"""A second implementation of docs/formats-state.md, which writes state.txt beside itself.

SHA-256, HMAC and HKDF come from the standard library; XChaCha20-Poly1305 and AES-256-GCM from libsodium. It shares no code with
the C# one: run it again after a change of format.
"""

import ctypes
import hashlib
import hmac
import pathlib
import struct

sodium = ctypes.CDLL("libsodium.so.23")
assert sodium.sodium_init() >= 0
assert sodium.crypto_aead_aes256gcm_is_available()


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hkdf(secret, label, salt=bytes(32)):
    return hmac.digest(hmac.digest(salt, secret, "sha256"), label + b"\1", "sha256")


def seal(function, key, nonce, plain, associated):
    out = ctypes.create_string_buffer(len(plain) + 16)
    function(out, None, plain, ctypes.c_ulonglong(len(plain)), associated, ctypes.c_ulonglong(len(associated)), None, nonce, key)
    return out.raw


def xchacha(*arguments):
    return seal(sodium.crypto_aead_xchacha20poly1305_ietf_encrypt, *arguments)


def gcm(*arguments):
    return seal(sodium.crypto_aead_aes256gcm_encrypt, *arguments)


vault, read = sha(b"the vault of these vectors"), sha(b"its read secret")
tag = sha(b"vault/v1/tag", vault)[:16]
position_key = hkdf(read, b"vault/v1/position")
lines = ["# Written by state.py: what docs/formats-state.md says, worked out a second time.", ""]


def case(what, **fields):
    lines.append(f"what = {what}")
    for name, value in {"vault": vault, "read": read, **fields}.items():
        lines.append(f"{name} = {value.hex() if isinstance(value, bytes) else value}")
    lines.append("")


# Names

def name_id(path):
    return hmac.digest(hkdf(position_key, b"vault/v1/names-id"), path, "sha256")[:16]


def name(path, kind, mode, modified, size, root, flags, nonce):
    parent, _, last = path.rpartition("/")
    key = tag + name_id(parent.encode()) + name_id(path.encode())
    plain = bytes([flags | (16 if root else 0), kind]) + struct.pack(">HqQ", mode, modified, size) + root + last.encode()
    value = nonce + xchacha(hkdf(position_key, b"vault/v1/names-row"), nonce, plain, key)
    case("name", path=path, kind=kind, mode=mode, modified=modified, size=size, root=root, flags=flags, nonce=nonce, key=key, value=value)


name("top", 2, 0, 0, 0, b"", 2, sha(b"nonce one")[:24])
name("Grüße/photo.jpg", 1, 0o644, 1_700_000_000_123_456_789, 5_000_000, sha(b"a block"), 1 | 4, sha(b"nonce two")[:24])

# The journal

journal_secret = hkdf(position_key, b"vault/v1/journal")


def journal(place, plain, salt, counter):
    label = b"vault/v1/journal-key"
    nonce = struct.pack(">IQ", 0, counter)
    return salt + nonce[4:] + gcm(hkdf(journal_secret, label, salt), nonce, plain, label + vault + place)


salt = sha(b"salt")[:16]
path = b"a/path"
remove = bytes([2, 0]) + struct.pack(">H", len(path)) + path
resolve = bytes([3]) + sha(b"position") + sha(b"digest") + struct.pack(">H", len(path)) + path
entry = journal(b"e" + struct.pack(">Q", 7) + sha(b"before")[:16], remove + resolve, salt, 1)
case("journal entry", salt=salt, number=7, before=sha(b"before")[:16], content=remove + resolve, path=path.decode(),
     position=sha(b"position"), digest=sha(b"digest"), value=entry)
head = struct.pack(">QQQQ", 5, 7, 8, 9) + sha(b"anchor")[:16] + sha(b"last")[:16] + struct.pack(">Q", 4711)
case("journal head", salt=salt, sequence=99, anchor=sha(b"anchor")[:16], last=sha(b"last")[:16], content=head, value=journal(b"h" + struct.pack(">Q", 99), head, salt, 1))

# Every kind of edit, with every kind of basis

def field(number, value):
    return bytes([number]) + struct.pack(">H", len(value)) + value


def padded(*fields):
    return b"".join(fields) + bytes(-sum(map(len, fields)) % 32)


def sized(value):
    return struct.pack(">H", len(value)) + value


devices, times = sorted(sha(b"device %d" % i)[:16] for i in range(2)), [1_893_456_000_000 << 16, (1_893_456_000_000 << 16) + 7]
basis = bytes([2, 2]) + b"".join(device + struct.pack(">Q", time) for device, time in zip(devices, times))
old, new, block, content_key = "alt/Käse".encode(), b"new/place", sha(b"block"), sha(b"content key")
file_fields = [field(2, struct.pack(">H", 0o644)), field(3, struct.pack(">q", 1_893_456_000_000_000_001)), field(4, struct.pack(">q", 77)), field(5, content_key)]
edits = {
    "put": bytes([1]) + basis + bytes([1]) + block + sized(padded(field(1, old), *file_fields)),
    "put over anything": bytes([1, 0, 2]) + bytes(32) + sized(padded(field(1, old), field(2, struct.pack(">H", 0o755)))),
    "put beside": bytes([1, 1, 3]) + bytes(32) + sized(padded(field(1, old), field(6, b"../target"))),
    "remove": bytes([2]) + basis + sized(old),
    "resolve": bytes([3]) + sha(b"position") + sha(b"digest") + sized(old),
    "move": bytes([4]) + basis + bytes([1]) + block + sized(padded(field(1, new), *file_fields)) + sized(old),
}
for number, (kind, bytes_of) in enumerate(edits.items()):
    case("edit", name=kind, first=devices[0], second=devices[1], time0=times[0], time1=times[1], old=old, new=new, block=block, content_key=content_key,
         position=sha(b"position"), digest=sha(b"digest"), bytes=bytes_of)

# Rows in the clear

record_leaf, root, device, ms = sha(b"position") + sha(b"digest"), sha(b"a root"), devices[0], 1_893_456_000_123


def row(name, family, key, value):
    case("row", name=name, family=family, key=tag + key, value=value, leaf=record_leaf, root=root, device=device)


row("root", "catalog", b"r" + struct.pack(">Q", 42), root + struct.pack(">q", ms))
row("way back", "catalog", b"i" + root[:16], struct.pack(">Q", 42))
row("peer", "catalog", b"p" + device, struct.pack(">IQQq", 0xCAFEBABE, 99, 41, ms))
row("author", "catalog", b"a" + device, struct.pack(">Q", times[1]))
row("suspicion", "catalog", b"f" + device + bytes([2]) + record_leaf, struct.pack(">q", ms))
row("returned", "catalog", b"b" + record_leaf, struct.pack(">q", ms))
row("applied", "journal", b"a" + struct.pack(">Q", 7), struct.pack(">Q", 42))

# Rows with a record in them: this one has the form of one, and nobody looks at its signature.

position = bytes([0x80 | sha(b"position")[0]]) + sha(b"position")[1:]
body = bytes([1, 1]) + position + device + bytes([1]) + device + struct.pack(">Q", times[0]) + sha(b"block") + bytes(4) + (sha(b"sealed") * 4)[: 24 + 16 + 32]
record = body + bytes(64)
held = position + sha(b"vault/v1/catalog-leaf", position, sha(b"vault/v1/record-body", body))
for name, family, key, value in (
    ("wanted record", "records", held, b"\1" + record),
    ("replaced", "history", held, b"\1" + struct.pack(">q", ms) + b"\1" + record),
    ("held aside", "history", held, b"\2" + struct.pack(">q", ms) + b"\0" + record),
    ("waits for its time", "catalog", b"w" + held, b"\2" + record),
    ("in conflict", "catalog", b"c" + position, b""),
    ("unread", "catalog", b"d" + held, b""),
):
    case("record row", name=name, family=family, key=tag + key, value=value, record=record)

# Frames: as it is, and compressed. (A zstd frame may say that a byte is repeated; no library is needed to write that one.)

message = b"\x09\x00\x00" + bytes([0xFD, 0x04]) + b"A" * 637  # records: one of 637 equal bytes
zstd = bytes.fromhex("28b52ffd") + bytes([0x60]) + struct.pack("<H", len(message) - 256) \
    + (len(message) - 637 << 3).to_bytes(3, "little") + message[:-637] + (637 << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"A"
case("frame", message=b"\x04", frame=struct.pack(">I", 1) + b"\x04")
case("frame", message=message, frame=struct.pack(">II", 4 + len(zstd) | 1 << 31, len(message)) + zstd)

# The row of the state

case("state", value=bytes([1]) + struct.pack(">QIBQQQQQ", 12345, 0xCAFEBABE, 1 | 4, 10, 3, 1 << 40, 1_700_000_000_000 << 16, 0xFEDCBA9876543210),
     sequence=12345, incarnation=0xCAFEBABE, files=10, folders=3, bytes=1 << 40, issued=1_700_000_000_000 << 16, mending=0xFEDCBA9876543210)

pathlib.Path(__file__).with_name("state.txt").write_text("\n".join(lines[:-1]) + "\n")
