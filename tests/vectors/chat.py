#!/usr/bin/env python3
"""A second implementation of docs/formats-chat.md, which writes chat.txt beside itself.

SHA-256, HMAC and HKDF come from the standard library; Ed25519 and XChaCha20-Poly1305 from libsodium, which has vectors of its
own in tests/Primitives. It shares no code with the C# one: run it again after a change of format.
"""

import ctypes
import hashlib
import hmac
import pathlib
import struct

sodium = ctypes.CDLL("libsodium.so.23")
assert sodium.sodium_init() >= 0

SEED, ROOT_SEED = bytes(range(32)), bytes(range(32, 64))
SYNC, READ = bytes([0x51]) * 32, bytes([0x52]) * 32
NONCE = bytes(range(0xC0, 0xD8))
EPOCH = 0


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.digest(key, b"".join(parts), "sha256")


def hkdf(secret, label):
    return mac(mac(bytes(32), secret), label + b"\1")


def keypair(seed):
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
    sodium.crypto_sign_ed25519_seed_keypair(public, secret, seed)
    return public.raw, secret.raw


def sign(seed, message):
    signature = ctypes.create_string_buffer(64)
    sodium.crypto_sign_ed25519_detached(signature, None, message, ctypes.c_ulonglong(len(message)), keypair(seed)[1])
    return signature.raw


def xchacha(key, nonce, plain, associated):
    out = ctypes.create_string_buffer(len(plain) + 16)
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        out, None, plain, ctypes.c_ulonglong(len(plain)), associated, ctypes.c_ulonglong(len(associated)), None, nonce, key)
    return out.raw


def device(seed):
    return sha(b"vault/v1/device", keypair(seed)[0])[:16]


def head(feed, sequence, time, digest):
    return feed + struct.pack(">QQ", sequence, time) + digest


def room_tag(room):
    return mac(hkdf(READ, b"vault/v1/room"), b"vault/v1/chat-room-tag", room.encode())[:16]


def witnessed(root, counters):
    out = root + struct.pack(">H", len(counters))
    for author, latest in sorted(counters):
        out += author + struct.pack(">Q", latest)
    return out


def body(kind, room, text, target, root, counters):
    room, text = room.encode(), text.encode()
    return bytes([1, kind]) + target + bytes([len(room)]) + room + struct.pack(">H", len(text)) + text + witnessed(root, counters)


def seal(tag, feed, sequence, plain):
    key = mac(hkdf(READ, b"vault/v1/room"), b"vault/v1/chat-room-key", tag)
    filled = struct.pack(">H", len(plain)) + plain
    filled += bytes(-len(filled) % 64)
    return NONCE + xchacha(key, NONCE, filled, feed + struct.pack(">Q", sequence))


def witness(feed, sequence, root, counters):
    if not counters:
        return bytes(32)
    blind = mac(hkdf(READ, b"vault/v1/room"), b"vault/v1/chat-witness-blind", feed, struct.pack(">Q", sequence))
    return sha(b"vault/v1/chat-witness", blind, witnessed(root, counters))


def header(feed, sequence, previous, time, tag, sealed, committed, heads):
    out = b"\1" + feed + struct.pack(">Q", sequence) + previous + struct.pack(">QI", time, EPOCH) + tag
    out += sha(sealed) + struct.pack(">I", len(sealed)) + committed + struct.pack(">H", len(heads))
    return out + b"".join(sorted(heads))


def main():
    vault = keypair(ROOT_SEED)[0]
    me, other = device(SEED), device(bytes([9]) * 32)
    feed, theirs = me + struct.pack(">I", 0), other + struct.pack(">I", 1)
    lines, previous, time = [], bytes(32), 1_700_000_000_000 << 16
    talk = [
        (1, "general", "Hello, world", bytes(32), []),
        (2, "general", "…and another: ünïcode", sha(b"target"), [head(theirs, 7, time + 5, sha(b"seen"))]),
        (1, "café", "x" * 300, bytes(32), []),
        (5, "general", "", sha(b"target"), []),
    ]
    for i, (kind, room, text, target, heads) in enumerate(talk):
        sequence, at = i + 1, time + 10 * (i + 1)
        counters = [(me, at - 1), (other, 77)][: i]
        plain = body(kind, room, text, target, sha(b"root", bytes([i])), counters)
        tag = room_tag(room)
        sealed = seal(tag, feed, sequence, plain)
        made = header(feed, sequence, previous, at, tag, sealed, witness(feed, sequence, sha(b"root", bytes([i])), counters), heads)
        digest = sha(b"vault/v1/chat-header", made)
        lines += [
            f"what = message", f"kind = {kind}", f"room = {room}", f"text = {text}", f"target = {target.hex()}",
            f"sequence = {sequence}", f"time = {at}", f"previous = {previous.hex()}", f"tag = {tag.hex()}", f"plain = {plain.hex()}",
            f"sealed = {sealed.hex()}", f"header = {made.hex()}", f"hash = {digest.hex()}",
            f"signature = {sign(SEED, b'vault/v1/chat-signature' + vault + digest).hex()}", "",
        ]
        previous = digest
    start = [
        "# Made by chat.py from docs/formats-chat.md.", "", "what = keys", f"vault = {vault.hex()}", f"seed = {SEED.hex()}",
        f"sync = {SYNC.hex()}", f"read = {READ.hex()}", f"device = {me.hex()}", f"other = {other.hex()}", "",
    ]
    pathlib.Path(__file__).with_suffix(".txt").write_text("\n".join(start + lines).rstrip("\n") + "\n")


main()
