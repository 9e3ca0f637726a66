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

# Rows in the clear

case("state", value=bytes([1]) + struct.pack(">QIBQQQQQ", 12345, 0xCAFEBABE, 1 | 4, 10, 3, 1 << 40, 1_700_000_000_000 << 16, 0xFEDCBA9876543210),
     sequence=12345, incarnation=0xCAFEBABE, files=10, folders=3, bytes=1 << 40, issued=1_700_000_000_000 << 16, mending=0xFEDCBA9876543210)

pathlib.Path(__file__).with_name("state.txt").write_text("\n".join(lines[:-1]) + "\n")
