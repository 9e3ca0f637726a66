#!/usr/bin/env python3
"""A second implementation of docs/formats-records.md, which writes records.txt beside itself.

SHA-256, HMAC and HKDF come from the standard library; Ed25519 and XChaCha20-Poly1305 from libsodium, which has vectors of its
own in tests/Primitives. It shares no code with the C# one: run it again after a change of format.
"""

import ctypes
import datetime
import hashlib
import hmac
import pathlib
import struct

sodium = ctypes.CDLL("libsodium.so.23")
assert sodium.sodium_init() >= 0

FILE, FOLDER, SYMLINK, TOMBSTONE = 1, 2, 3, 4


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hkdf(secret, label):
    return hmac.digest(hmac.digest(bytes(32), secret, "sha256"), label + b"\1", "sha256")


def keypair(seed):
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
    sodium.crypto_sign_ed25519_seed_keypair(public, secret, seed)
    return public.raw, secret.raw


def sign(secret, message):
    out = ctypes.create_string_buffer(64)
    sodium.crypto_sign_ed25519_detached(out, None, message, ctypes.c_ulonglong(len(message)), secret)
    return out.raw


def xchacha(key, nonce, plain, associated):
    out = ctypes.create_string_buffer(len(plain) + 16)
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        out, None, plain, ctypes.c_ulonglong(len(plain)), associated, ctypes.c_ulonglong(len(associated)), None, nonce, key)
    return out.raw


def device_id(public):
    return sha(b"vault/v1/device", public)[:16]


def position(read_secret, path):
    digest = hmac.digest(hkdf(read_secret, b"vault/v1/position"), path, "sha256")
    return bytes([digest[0] | 0x80]) + digest[1:]


def field(tag, value):
    return bytes([tag]) + struct.pack(">H", len(value)) + value


def entry(path, mode=0, modified=0, size=0, key=b"", target=b"", tags=(), mime=b"", application=b"", user=b"", extensions=()):
    plain = field(1, path)
    plain += field(2, struct.pack(">H", mode)) if mode else b""
    plain += field(3, struct.pack(">q", modified)) if modified else b""
    plain += field(4, struct.pack(">q", size)) if size else b""
    for tag, value in ((5, key), (6, target), (7, b"".join(bytes([len(t)]) + t for t in sorted(set(tags)))), (8, mime), (9, application), (10, user)):
        plain += field(tag, value) if value else b""
    for tag, value in sorted(extensions):
        plain += field(tag, value)
    return plain + bytes(-len(plain) % 32)


def vector(entries):
    return bytes([len(entries)]) + b"".join(device + struct.pack(">Q", time) for device, time in sorted(entries.items()))


out = ["# Written by records.py: a second implementation of the catalog's records.", ""]


def case(**fields):
    out.extend(f"{name} = {value.hex() if isinstance(value, bytes) else value}".rstrip() for name, value in fields.items())
    out.append("")


ROOT_SEED, SYNC, READ = bytes(range(32)), [bytes([0x20 + i]) * 32 for i in range(2)], [bytes([0x40 + i]) * 32 for i in range(2)]
VAULT = keypair(ROOT_SEED)[0]
SEEDS = [bytes([0x60 + i]) * 32 for i in range(3)]
DEVICES = [device_id(keypair(seed)[0]) for seed in SEEDS]
case(what="keys", root_seed=ROOT_SEED, vault=VAULT, sync0=SYNC[0], read0=READ[0], sync7=SYNC[1], read7=READ[1],
     seed0=SEEDS[0], seed1=SEEDS[1], seed2=SEEDS[2], device0=DEVICES[0], device1=DEVICES[1], device2=DEVICES[2])


def record(name, author, kind, path, versions, epoch=0, root=b"", **of):
    """Epochs are 0 and 7; the position always comes from 0."""
    open_part = b"\1" + bytes([kind]) + position(READ[0], path) + DEVICES[author] + vector({DEVICES[d]: t for d, t in versions.items()})
    open_part += (root or bytes(32)) + struct.pack(">I", epoch)
    plain, nonce = entry(path, **of), sha(b"nonce of ", name.encode())[:24]
    body = open_part + nonce + xchacha(hkdf(READ[1 if epoch else 0], b"vault/v1/record"), nonce, plain, open_part)
    content = sha(b"vault/v1/record-body", body)
    signature = sign(keypair(SEEDS[author])[1], b"vault/v1/record-signature" + VAULT + content)
    time = datetime.datetime.fromtimestamp((versions[author] >> 16) // 1000, datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    digest = sha(b"vault/v1/catalog-leaf", open_part[2:34], content)
    stem, dot, extension = path.decode().rpartition(".")
    mark = f" (conflict {time} {DEVICES[author].hex()[:8]} {digest.hex()[:8]})"
    case(what="record", name=name, author=author, kind=kind, path=path, versions=" ".join(f"{d}:{t}" for d, t in versions.items()), epoch=epoch,
         root=root, mode=of.get("mode", 0), modified=of.get("modified", 0), size=of.get("size", 0), key=of.get("key", b""), target=of.get("target", b""),
         tags=b",".join(of.get("tags", ())), mime=of.get("mime", b""), application=of.get("application", b""), user=of.get("user", b""),
         extensions=" ".join(f"{tag}:{value.hex()}" for tag, value in of.get("extensions", ())),
         nonce=nonce, plain=plain, position=open_part[2:34], content=content, digest=digest, conflict=((stem + mark + dot + extension) if dot else path.decode() + mark).encode(),
         bytes=body + signature)


T = 1893456000000 << 16  # 2030-01-01
record("file", 0, FILE, b"dir/file.txt", {0: T}, root=sha(b"root"), mode=0o644, modified=1893456000123456789, size=1234, key=sha(b"key"))
record("empty file at the epoch", 0, FILE, b"empty", {0: T + 1}, root=sha(b"empty"), key=sha(b"empty key"))
record("new epoch", 1, FILE, b"dir/file.txt", {0: T, 1: T + (5 << 16), 2: T + 3}, epoch=7, root=sha(b"root 2"), mode=0o4755, modified=-1, size=(1 << 63) - 1, key=sha(b"key 2"))
record("everything", 2, FILE, "Fotos/Ferien/Café.jpeg".encode(), {2: T + 9, 0: T}, root=sha(b"photo"), mode=0o600, modified=1, size=5_000_000, key=sha(b"photo key"),
       tags=(b"2030", b"beach", "Ärger".encode()), mime=b"image/jpeg", application=b"vault 0.1.0", user="José".encode(), extensions=((11, b"eleven"), (200, b""), (255, bytes(40))))
record("folder", 1, FOLDER, b"dir/empty", {1: T}, mode=0o755, modified=1893456000000000000)
record("symlink", 1, SYMLINK, b"dir/link", {1: T}, modified=1893456000000000000, target=b"../../etc/passwd\n")
record("tombstone", 2, TOMBSTONE, b"dir/file.txt", {0: T, 1: T + (5 << 16), 2: T + (6 << 16)}, epoch=7)
record("padded to the step", 0, FOLDER, b"x" * 29, {0: T})
record("just over it", 0, FOLDER, b"x" * 30, {0: T})

pathlib.Path(__file__).with_name("records.txt").write_text("\n".join(out).rstrip("\n") + "\n")
