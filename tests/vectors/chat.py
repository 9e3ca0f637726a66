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


def shown_witness(feed, sequence, root, counters):
    if not counters:
        return b""
    return mac(hkdf(READ, b"vault/v1/room"), b"vault/v1/chat-witness-blind", feed, struct.pack(">Q", sequence)) + witnessed(root, counters)


def witness(feed, sequence, root, counters):
    return sha(b"vault/v1/chat-witness", shown_witness(feed, sequence, root, counters)) if counters else bytes(32)


def header(feed, sequence, previous, time, tag, sealed, committed, heads):
    out = b"\1" + feed + struct.pack(">Q", sequence) + previous + struct.pack(">QI", time, EPOCH) + tag
    out += sha(sealed) + struct.pack(">I", len(sealed)) + committed + struct.pack(">H", len(heads))
    return out + b"".join(sorted(heads))


def certificate(public, time):
    """The founder's admission of itself: a control record, as docs/formats-control.md has it."""
    record = struct.pack(">BBQ", 1, 64, time) + keypair(ROOT_SEED)[0] + bytes(32) + public + bytes([4]) + struct.pack(">Q", 2**64 - 1)
    return record + sign(ROOT_SEED, b"vault/v1/control-signature" + keypair(ROOT_SEED)[0] + sha(b"vault/v1/control", record))


def sized(size, part):
    return len(part).to_bytes(size, "big") + part


def fork_proof(one, two):
    """Both as (hash, signed header)."""
    (_, first), (_, second) = sorted([one, two])
    return sized(2, first) + sized(2, second)


def rows(vault, feed, messages, fork):
    """What lies in family chat of a device that took all this in and has said nothing itself."""
    tag, me, found, kept = sha(b"vault/v1/tag", vault)[:16], feed[:16], {}, 0
    name_key = mac(hkdf(READ, b"vault/v1/room"), b"vault/v1/chat-room-name")
    for m in messages:
        place = feed + struct.pack(">Q", m["sequence"])
        moment = struct.pack(">Q", m["time"]) + place
        room = room_tag(m["room"])
        kept += len(m["signed"]) + len(m["sealed"])
        found[tag + b"m" + place], found[tag + b"b" + place], found[tag + b"i" + m["hash"]] = m["signed"], m["sealed"], place
        found[tag + b"t" + room + moment] = b""
        key = tag + b"r" + room
        found[key] = NONCE + xchacha(name_key, NONCE, m["room"].encode(), key)
        if any(m["target"]):
            found[tag + b"x" + m["target"] + moment] = b""
        if m["kind"] == 5:
            found[tag + b"e" + m["target"] + me] = b""
    last = messages[-1]
    found[tag + b"h" + feed] = head(feed, last["sequence"], last["time"], last["hash"]) + struct.pack(">Q", kept)
    found[tag + b"k" + me + feed] = struct.pack(">Q", last["sequence"])
    found[tag + b"f" + feed] = fork
    return sorted(found.items())


def main():
    vault = keypair(ROOT_SEED)[0]
    me, other = device(SEED), device(bytes([9]) * 32)
    feed, theirs = me + struct.pack(">I", 0), other + struct.pack(">I", 1)
    lines, messages, previous, time = [], [], bytes(32), 1_700_000_000_000 << 16
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
        signed = made + sign(SEED, b"vault/v1/chat-signature" + vault + digest)
        shown = shown_witness(feed, sequence, sha(b"root", bytes([i])), counters)
        messages.append({"kind": kind, "room": room, "target": target, "sequence": sequence, "time": at, "hash": digest, "signed": signed, "sealed": sealed, "shown": shown})
        previous = digest

    # The same device said something else in the second place, to somebody else.
    plain = body(1, "general", "Hello, other world", bytes(32), sha(b"root"), [])
    sealed = seal(room_tag("general"), feed, 2, plain)
    made = header(feed, 2, messages[0]["hash"], time + 21, room_tag("general"), sealed, bytes(32), [])
    digest = sha(b"vault/v1/chat-header", made)
    other_history = (digest, made + sign(SEED, b"vault/v1/chat-signature" + vault + digest))
    fork = fork_proof((messages[1]["hash"], messages[1]["signed"]), other_history)
    lines += ["what = fork", f"first = {messages[1]['signed'].hex()}", f"second = {other_history[1].hex()}", f"bytes = {fork.hex()}", ""]

    heads = [head(feed, m["sequence"], m["time"], m["hash"]) for m in messages]
    with_body, without = messages[0], messages[1]
    for name, wire in [
        ("heads", b"\1\1" + heads[3] + head(theirs, 7, time + 5, sha(b"seen"))),
        ("moved", b"\1\2" + heads[2]),
        ("forks", b"\2" + fork),
        ("ask", b"\3" + feed + struct.pack(">QH", 2, 2048) + b"\1"),
        ("answer", b"\4\1" + sized(2, with_body["signed"]) + sized(2, with_body["sealed"]) + sized(2, without["signed"]) + sized(2, b"")),
        ("nothing", b"\4\1"),
    ]:
        lines += ["what = wire", f"name = {name}", f"bytes = {wire.hex()}", ""]

    record = certificate(keypair(SEED)[0], time)
    bundle = b"vault/v1/chat-bundle\n" + vault + struct.pack(">I", 1) + sized(4, record) + struct.pack(">I", 1) + feed + struct.pack(">Q", len(messages))
    bundle += b"".join(sized(2, m["signed"]) + sized(2, m["shown"]) for m in messages)
    bundle += struct.pack(">I", 1) + sized(4, fork)
    lines += ["what = bundle", f"certificate = {record.hex()}", f"bytes = {bundle.hex()}", ""]

    for key, value in rows(vault, feed, messages, fork):
        lines += ["what = row", f"key = {key.hex()}", f"value = {value.hex()}", ""]

    start = [
        "# Made by chat.py from docs/formats-chat.md.", "", "what = keys", f"vault = {vault.hex()}", f"seed = {SEED.hex()}",
        f"sync = {SYNC.hex()}", f"read = {READ.hex()}", f"device = {me.hex()}", f"other = {other.hex()}", "",
    ]
    pathlib.Path(__file__).with_suffix(".txt").write_text("\n".join(start + lines).rstrip("\n") + "\n")


main()
