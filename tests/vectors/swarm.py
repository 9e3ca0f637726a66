#!/usr/bin/env python3
"""A second implementation of docs/formats-swarm.md, which writes swarm.txt beside itself.

Only Python's standard library; Ed25519 is written out below from RFC 8032, slow and obvious. It shares no code with the C# one.
"""

import hashlib
import hmac
import pathlib
import struct

P = 2 ** 255 - 19
Q = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def recover_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return P - x if x % 2 != sign else x


GY = 4 * pow(5, P - 2, P) % P
G = (recover_x(GY, 0), GY)


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + k, P - 2, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, P - 2, P) % P)


def times(n, point):
    result = (0, 1)
    while n:
        if n & 1:
            result = add(result, point)
        point = add(point, point)
        n >>= 1
    return result


def pack(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def sha512(data):
    return hashlib.sha512(data).digest()


def expand(seed):
    digest = sha512(seed)
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return scalar, digest[32:]


def public(seed):
    return pack(times(expand(seed)[0], G))


def sign(seed, message):
    scalar, prefix = expand(seed)
    r = int.from_bytes(sha512(prefix + message), "little") % Q
    point = pack(times(r, G))
    h = int.from_bytes(sha512(point + pack(times(scalar, G)) + message), "little") % Q
    return point + ((r + h * scalar) % Q).to_bytes(32, "little")


def device(key):
    return hashlib.sha256(b"vault/v1/device" + key).digest()[:16]


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


seed, other = bytes(range(32)), bytes(range(32, 64))
vault = bytes([0x77]) * 32
holder, freer = device(public(seed)), device(public(other))
lines = ["# Written by swarm.py: a second implementation of docs/formats-swarm.md."]


def case(**fields):
    lines.append("")
    for name, value in fields.items():
        lines.append(f"{name} = {value.hex() if isinstance(value, bytes) else value}".rstrip())


case(what="keys", seed=seed, key=public(seed), vault=vault, holder=holder, freer=freer)
for have, gone in (([], []), ([1], []), ([0x0102030405060708, 2 ** 64 - 1], [7, 8, 9])):
    body = bytes([1]) + holder + struct.pack(">QQQQHH", 1234567, 42, len(have) + 5, 0xFEDCBA9876543210, len(have), len(gone))
    body += b"".join(struct.pack(">Q", i) for i in have + gone)
    case(what="statement", run=1234567, sequence=42, count=len(have) + 5, sum=0xFEDCBA9876543210, have=" ".join(map(str, have)) or "-",
         gone=" ".join(map(str, gone)) or "-", signed=body + sign(seed, b"vault/v1/holdings" + vault + body))
nonce, binding = bytes([0x11]) * 32, bytes([0x22]) * 32
for block in (b"", b"any block", bytes(range(256)) * 16):
    inner = mac(nonce, block)
    case(what="proof", block=block, nonce=nonce, binding=binding, inner=inner, proof=mac(inner, b"vault/v1/block-proof" + binding + holder))
for count in (1, 3):
    ids = [hashlib.sha256(bytes([i])).digest() for i in range(count)]
    body = bytes([1]) + holder + freer + nonce + struct.pack(">IH", 600, count) + b"".join(ids)
    case(what="promise", nonce=nonce, blocks=b"".join(ids), body=body, signature=sign(seed, b"vault/v1/free-lock" + vault + body))
pathlib.Path(__file__).with_suffix(".txt").write_text("\n".join(lines) + "\n")
