#!/usr/bin/env python3
"""A second implementation of docs/formats-catalog.md, which writes catalog.txt beside itself.

SHA-256 and HMAC come from the standard library; SipHash, the cells, the tree and the messages are written here from the
document. It shares no code with the C# one: run it again after a change of format.
"""

import hashlib
import hmac
import math
import pathlib
import struct

M64 = (1 << 64) - 1


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf(position, content):
    return position + sha(b"vault/v1/catalog-leaf", position, content)


def bit(key, t):
    return key[t // 8] >> (7 - t % 8) & 1


def tree(keys, t=0):
    """Bit by bit, as the definition says."""
    if len(keys) < 2:
        return keys[0][32:] if keys else bytes(32)
    zero, one = [k for k in keys if not bit(k, t)], [k for k in keys if bit(k, t)]
    if not zero or not one:
        return tree(keys, t + 1)
    return sha(b"vault/v1/catalog-node", struct.pack(">H", t), tree(zero, t + 1), tree(one, t + 1))


def root(vault, keys):
    return sha(b"vault/v1/catalog-root", vault, tree(keys), struct.pack(">Q", len(keys)), b"\1")


def proof(keys, position, contents):
    """Down the path that the position's bits take, bit by bit."""
    steps, at, rest = [], 0, list(keys)
    while len(rest) > 1:
        halves = [[k for k in rest if bit(k, at) == side] for side in (0, 1)]
        if halves[0] and halves[1]:
            side = bit(position + bytes(32), at)
            steps.append(struct.pack(">H", at) + tree(halves[1 - side]))
            rest = halves[side]
        at += 1
    head = rest[0][:32] + contents[rest[0]] if rest else bytes(64)
    return b"\1" + struct.pack(">Q", len(keys)) + head + struct.pack(">H", len(steps)) + b"".join(steps)


def rotl(x, n):
    return (x << n | x >> (64 - n)) & M64


def siphash(key, number):
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rounds(n):
        for _ in range(n):
            v[0] = (v[0] + v[1]) & M64
            v[1] = rotl(v[1], 13) ^ v[0]
            v[0] = rotl(v[0], 32)
            v[2] = (v[2] + v[3]) & M64
            v[3] = rotl(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & M64
            v[3] = rotl(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & M64
            v[1] = rotl(v[1], 17) ^ v[2]
            v[2] = rotl(v[2], 32)

    for word in (number, 8 << 56):
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def indices(state, end):
    i = 0
    while i < end:
        yield i
        state = (state + 0x9E3779B97F4A7C15) & M64
        z = state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & M64
        z = (z ^ z >> 27) * 0x94D049BB133111EB & M64
        z ^= z >> 31
        draw = (z >> 32) + 0.5
        i = max(math.ceil(math.sqrt(float(i + 1) * (i + 2) * 4294967296.0 / draw + 0.25) - 1.5), i + 1)


def identifier(key):
    return int.from_bytes(key[:2] + key[32:38], "big")


def cells(keys, sip, count):
    ids, checks, counts = [0] * count, [0] * count, [0] * count
    for key in keys:
        number = identifier(key)
        hashed = siphash(sip, number)
        for i in indices(hashed, count):
            ids[i] ^= number
            checks[i] ^= hashed & (1 << 48) - 1
            counts[i] = counts[i] + 1 & 0xFFFF
    return b"".join(struct.pack(">Q", ids[i]) + checks[i].to_bytes(6, "big") + struct.pack(">H", counts[i]) for i in range(count))


def tag(root_hash, side, channel):
    return hmac.digest(root_hash, b"vault/v1/sync-tag" + bytes([side]) + channel, "sha256")


def varint(n):
    out = b""
    while n >= 0x80:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])


def id_list(numbers):
    out, bucket = b"", 0
    for number in sorted(numbers):
        out += varint((number >> 48) - bucket) + (number & (1 << 48) - 1).to_bytes(6, "big")
        bucket = number >> 48
    return out


out = ["# Written by catalog.py: a second implementation of the catalog's tree, sketch and messages.", ""]


def case(**fields):
    for name, value in fields.items():
        out.append(f"{name} = {value.hex() if isinstance(value, bytes) else value}".rstrip())
    out.append("")


vault, sketch, channel = bytes(range(32)), bytes(range(0x80, 0xA0)), bytes(range(0xC0, 0xE0))
contents = {}
for i in range(1000):
    # Every seventh has the position of the one before: two versions of one path.
    position, content = sha(b"position %d" % (i - (i % 7 == 6))), sha(b"content %d" % i)
    contents[leaf(position, content)] = content
made = list(contents)

for number in (0, 1, 0x0706050403020100, M64):
    hashed = siphash(sketch[:16], number)
    case(what="mapping", key=sketch[:16], number=number, hash=hashed, cells=" ".join(str(i) for i in indices(hashed, 1 << 24)))

for count in (0, 1, 2, 3, 8, 1000):
    keys = made[:count]
    case(what="set", vault=vault, count=count, leaves=b"".join(sorted(keys)) if count < 100 else f"{count} made", tree=tree(keys), root=root(vault, keys),
         sketch=sketch, cells=cells(keys, sketch[:16], 32), channel=channel, primary=tag(root(vault, keys), 1, channel), secondary=tag(root(vault, keys), 2, channel))
    wanted = keys[0][:32] if keys else bytes(32)
    case(what="proof", vault=vault, root=root(vault, keys), position=wanted, present=1 if keys else 0, content=contents[keys[0]] if keys else bytes(32),
         proof=proof(keys, keys[0] if keys else wanted, contents) if not keys or sum(k[:32] == wanted for k in keys) == 1 else "")
    nowhere = sha(b"nowhere")
    case(what="proof", vault=vault, root=root(vault, keys), position=nowhere, present=0, content=bytes(32), proof=proof(keys, nowhere, contents))

# A proof file needs a record whose body has the form of one: nothing in it is opened, and no signature looked at.
device, time, position = sha(b"device")[:16], struct.pack(">Q", 1_790_000_000_000 << 16), b"\xff" + sha(b"file")[1:]
body = b"\x01\x01" + position + device + b"\x01" + device + time + sha(b"root block") + struct.pack(">I", 0) + (sha(b"sealed") * 4)[: 24 + 16 + 32]
record, content, path = body + bytes(64), sha(b"vault/v1/record-body", body), "Bilder/Käse.jpg".encode()
keys = made[:20] + [leaf(position, content)]
for what, where, shown in (("present", position, record), ("absent", sha(b"nowhere"), b"")):
    shows = proof(keys, where, contents | {keys[-1]: content})
    parts = b"".join(struct.pack(">H", len(part)) + part for part in (path, shows, shown))
    case(what="proof-file", shows=what, vault=vault, root=root(vault, keys), path=path, file=b"vaultproof\x01" + vault + where + parts)

some = sorted(identifier(key) for key in made[:5])
hashes = [bytes(32) if i % 3 else sha(b"child %d" % i) for i in range(16)]
present = sum(1 << 15 - i for i in range(16) if hashes[i] != bytes(32))
messages = {
    "hello": b"\x01\x01\x00" + struct.pack(">QQIQIQ", 5, 77, 8, 9, 10, 11) + tag(root(vault, made[:5]), 1, channel) + cells(made[:5], sketch[:16], 4),
    "probe": b"\x01\x01\x01" + struct.pack(">QQIQIQ", 5, 77, 8, 9, 10, 11) + tag(root(vault, made[:5]), 2, channel),
    "more-cells": b"\x02" + struct.pack(">II", 64, 200) + cells(made[:5], sketch[:16], 2),
    "ask-cells": b"\x03" + struct.pack(">I", 456),
    "ask-ids": b"\x04",
    "ids": b"\x05\x01" + id_list(some),
    "ask-nodes": b"\x06\x00\x0c" + bytes.fromhex("0010 1230 fff0".replace(" ", "")),
    "nodes-short": b"\x07\x00" + b"\x00" + struct.pack(">H", present) + b"".join(h[:16] for h in hashes if h != bytes(32))
                   + b"\x01\x05" + b"".join(struct.pack(">Q", n) for n in some),
    "nodes-full": b"\x07\x01" + b"\x00" + struct.pack(">H", present) + b"".join(h for h in hashes if h != bytes(32)) + b"\x02\x03" + b"".join(sorted(made[:3])),
    "need": b"\x08\x00" + id_list(some[:2]),
    "records": b"\x09\x01\x00" + varint(3) + b"abc" + varint(200) + bytes(range(200)),
    "news": b"\x09\x00\x01" + varint(1) + b"x",
    "done": b"\x0a\x01" + sha(b"tag"),
}
for name, message in messages.items():
    case(what="message", name=name, bytes=message)

# What lies in the local database after two changes: five leaves came, then one left and three came; and the cells stored then.
before, after = made[:5], [made[0], *made[2:8]]
vault_tag = sha(b"vault/v1/tag", vault)[:16]
buckets = {}
for key in after:
    buckets.setdefault(key[:2], []).append(key)
toggles = [struct.pack(">I", len(gone)) + b"".join(struct.pack(">Q", identifier(key)) for key in gone + came) for gone, came in (([], before), (made[1:2], made[5:8]))]
state = struct.pack(">QQ", 8, len(after)) + tree(after)
stored = struct.pack(">Q", 8) + hmac.digest(sketch[:16], b"vault/v1/sketch-cells", "sha256") + cells(after, sketch[:16], 4096)
case(what="rows", vault=vault, sketch=sketch, leaves=b"".join(vault_tag + key for key in sorted(after)), state_key=vault_tag + b"s", state=state + sha(state)[:8],
     buckets=b"".join(vault_tag + b"b" + bucket + tree(sorted(keys)) for bucket, keys in sorted(buckets.items())),
     toggles_key=vault_tag + b"t" + struct.pack(">Q", 7), first=toggles[0], second=toggles[1], cells_key=vault_tag + b"c", cells_hash=sha(stored + sha(stored)))


# A note of the stat cache

def hkdf(secret, label):
    return hmac.digest(hmac.digest(bytes(32), secret, "sha256"), label + b"\1", "sha256")


read = sha(b"a read secret")
position_key = hkdf(read, b"vault/v1/position")
path, target, name, day, noted = "/home/käthe/Bilder".encode(), b"Pictures/2030", "Käse.jpg".encode(), 21_915, made[3]
stat = {"kind": 1, "mode": 0o4755, "size": 5_000_000_000, "modified": 1_893_456_000_123_456_789, "changed": -1, "inode": M64, "device": 0x80000000FD00}
folder = hmac.digest(hkdf(position_key, b"vault/v1/stat-place"), struct.pack(">I", len(path)) + path + target, "sha256")
key = vault_tag + folder[:8] + hmac.digest(hkdf(position_key, b"vault/v1/stat-place"), folder + name, "sha256")[:16]
stamp = hmac.digest(hkdf(position_key, b"vault/v1/stat-stamp"), key + struct.pack(">BIQqqQQ", *stat.values()), "sha256")[:16]
case(what="stat note", vault=vault, read=read, path=path, target=target, name=name, day=day, leaf=noted, **stat, key=key, value=struct.pack(">I", day) + stamp + noted)

pathlib.Path(__file__).with_name("catalog.txt").write_text("\n".join(out).rstrip("\n") + "\n")
