#!/usr/bin/env python3
"""A second implementation of docs/formats.md's block formats, which writes blocks.txt beside itself.

Only Python's standard library: SHA-256 and HMAC come from it, ChaCha20-Poly1305, XChaCha20, HKDF, the chunker and the trees are
written out below, slow and obvious. It shares no code with the C# one: run it again after a change of format.
"""

import base64
import hashlib
import hmac
import pathlib
import struct

MASK64 = (1 << 64) - 1


# RFC 8439 and draft-irtf-cfrg-xchacha.

def rotate(value, by):
    return (value << by | value >> (32 - by)) & 0xFFFFFFFF


def rounds(state):
    s = list(state)
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            for x, y, z, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                s[x] = (s[x] + s[y]) & 0xFFFFFFFF
                s[z] = rotate(s[z] ^ s[x], by)
    return s


CONSTANT = struct.unpack("<4I", b"expand 32-byte k")


def chacha_block(key, counter, nonce):
    state = CONSTANT + struct.unpack("<8I", key) + (counter,) + struct.unpack("<3I", nonce)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(state, rounds(state))))


def chacha(key, nonce, text):
    out = bytearray()
    for i in range(0, len(text), 64):
        stream = chacha_block(key, 1 + i // 64, nonce)
        out += bytes(a ^ b for a, b in zip(text[i:i + 64], stream))
    return bytes(out)


def poly1305(key, text):
    r, s = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF, int.from_bytes(key[16:], "little")
    total = 0
    for i in range(0, len(text), 16):
        total = (total + int.from_bytes(text[i:i + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    return ((total + s) & ((1 << 128) - 1)).to_bytes(16, "little")


def padded(text):
    return text + bytes(-len(text) % 16)


def seal(key, nonce, text, associated):
    sealed = chacha(key, nonce, text)
    tag = poly1305(chacha_block(key, 0, nonce)[:32], padded(associated) + padded(sealed) + struct.pack("<QQ", len(associated), len(sealed)))
    return sealed + tag


def xseal(key, nonce, text, associated):
    words = rounds(CONSTANT + struct.unpack("<8I", key) + struct.unpack("<4I", nonce[:16]))
    return seal(struct.pack("<8I", *words[:4], *words[12:]), bytes(4) + nonce[16:], text, associated)


# The example of RFC 8439, section 2.8.2, before anything relies on the above.
assert seal(bytes(range(0x80, 0xA0)), bytes.fromhex("070000004041424344454647"),
            b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
            bytes.fromhex("50515253c0c1c2c3c4c5c6c7"))[-16:].hex() == "1ae10b594f09e26a7e902ecbd0600691"


def expand(key, label, length):
    block, out = b"", b""
    for counter in range(1, 256):
        if len(out) >= length:
            break
        block = hmac.digest(key, block + label + bytes([counter]), "sha256")
        out += block
    return out[:length]


def hkdf(secret, label):
    return expand(hmac.digest(bytes(32), secret, "sha256"), label, 32)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# Blocks.

def cid(block_id):
    return "b" + base64.b32encode(b"\x01\x55\x12\x20" + block_id).decode().lower().rstrip("=")


def sealed_block(convergence, level, links, body):
    public = b"VB\x01" + bytes([level]) + struct.pack(">H", len(links)) + b"".join(links)
    key = hmac.digest(convergence, b"vault/v1/block-key" + public + sha256(body), "sha256")
    return public + seal(key, bytes(12), body, public), key


def leaf(convergence, payload, flag=0):
    return sealed_block(convergence, 0, [], bytes([flag]) + payload)


def inner(convergence, level, children):
    body = b"\0" + b"".join(key + struct.pack(">Q", length) for _, key, length in children)
    return sealed_block(convergence, level, [child[0] for child in children], body)


def tree(convergence, nodes):
    """The tree above these nodes (id, key, length), level by level. Returns the root and the sizes of the groups of each level."""
    shape, level = [], 0
    while len(nodes) > 1:
        level += 1
        groups, group = [], []
        for node in nodes:
            group.append(node)
            ends = len(group) >= 256 and int.from_bytes(node[0][:2], "big") & 511 == 0
            if ends or len(group) == 2048:
                groups.append(group)
                group = []
        if group:
            groups.append(group)
        shape.append(",".join(str(len(group)) for group in groups))
        nodes = []
        for group in groups:
            block, key = inner(convergence, level, group)
            nodes.append((sha256(block), key, sum(length for _, _, length in group)))
    return nodes[0], shape


def file_ref(node):
    return node[0] + node[1] + struct.pack(">Q", node[2])


# Chunking.

def gear_table(seed):
    return struct.unpack("<256Q", expand(seed, b"vault/v1/gear", 2048))


def chunks(gear, content, least, normal, most):
    """Every hash from the chunk's first byte on, without skipping."""
    rare, frequent = MASK64 // (4 * normal), MASK64 // (normal // 4)
    found, start = [], 0
    while start < len(content):
        value, end = 0, min(start + most, len(content))
        length = end - start
        for i in range(start, end):
            value = (2 * value + gear[content[i]]) & MASK64
            so_far = i + 1 - start
            if so_far > least and value < (rare if so_far <= normal else frequent):
                length = so_far
                break
        found.append(length)
        start += length
    return found


def noise(label, length):
    """SHA-256 of label and counter (8 bytes, big-endian), end to end."""
    return b"".join(sha256(label, struct.pack(">Q", i)) for i in range((length + 31) // 32))[:length]


out = ["# Written by blocks.py: a second implementation of the block formats.", ""]


def case(what, **fields):
    out.append(f"what = {what}")
    for name, value in fields.items():
        out.append(f"{name} = {value.hex() if isinstance(value, bytes) else value}".rstrip())
    out.append("")


read_secret, sync_secret = bytes([0x33]) * 32, bytes([0x22]) * 32
convergence, chunker_seed = hkdf(read_secret, b"vault/v1/convergence"), hkdf(read_secret, b"vault/v1/chunker")
case("secrets", sync=sync_secret, read=read_secret, convergence=convergence, chunker=chunker_seed)

block_id = sha256(b"any block")
case("block id", block=b"any block", id=block_id, cid=cid(block_id))

for name, content in (("empty leaf", b""), ("leaf", b"hello, vault")):
    block, key = leaf(convergence, content)
    case(name, content=content, block=block, id=sha256(block), key=key, ref=file_ref((sha256(block), key, len(content))))

# A zstd frame by hand (RFC 8878): single segment, content size in 2 bytes less 256, one last block of one repeated byte.
zeros = 4000
frame = b"\x28\xb5\x2f\xfd\x60" + struct.pack("<H", zeros - 256) + struct.pack("<I", zeros << 3 | 1 << 1 | 1)[:3] + b"\0"
block, key = leaf(convergence, frame, flag=1)
case("compressed leaf", zeros=zeros, frame=frame, block=block, id=sha256(block), key=key)

children = [(sha256(b"child", bytes([i])), sha256(b"key", bytes([i])), 1000 + i) for i in range(3)]
block, key = inner(convergence, 1, children)
case("inner block", children=b"".join(file_ref(child) for child in children), level=1, block=block, id=sha256(block), key=key, length=3003)

for name, count, start in (("tree by ids", 3000, None), ("tree that never ends", 4200, b"\x00\x01"), ("tree that always ends", 600, b"\x02\x00")):
    nodes = []
    for i in range(count):
        node = sha256(b"leaf", struct.pack(">I", i))
        nodes.append((node if start is None else start + node[2:], sha256(b"key", struct.pack(">I", i)), i + 1))
    root, shape = tree(convergence, nodes)
    case(name, leaves=count, **({} if start is None else {"start": start}), shape=" ".join(shape), ref=file_ref(root))

gear = gear_table(chunker_seed)
case("gear", seed=chunker_seed, table=struct.pack("<256Q", *gear))
for name, length, sizes in (("chunks, default sizes", 4 << 20, (64 << 10, 192 << 10, 1 << 20)), ("chunks, small sizes", 1 << 16, (64, 256, 1024))):
    found = chunks(gear, noise(name.encode(), length), *sizes)
    case(name, length=length, min=sizes[0], normal=sizes[1], max=sizes[2], lengths=",".join(map(str, found)))

# A whole file: noise doesn't compress, so every leaf is plain.
content = noise(b"file", 100_000)
at, nodes = 0, []
for length in chunks(gear, content, 16, 64, 256):
    block, key = leaf(convergence, content[at:at + length])
    nodes.append((sha256(block), key, length))
    at += length
root, shape = tree(convergence, nodes)
case("file", label=b"file", length=len(content), min=16, normal=64, max=256, leaves=len(nodes), shape=" ".join(shape), ref=file_ref(root))

# What lies in the two databases.
tag, now, until = bytes(range(0x10, 0x20)), 1767323045678, 1767409445678
block, key = leaf(convergence, b"hello, vault")
leaf_id = sha256(block)
case("stored block", tag=tag, block=block, bytesKey=b"b" + tag + leaf_id, infoKey=b"i" + tag + leaf_id, info=struct.pack(">IB", len(block), 0))
case("pin", tag=tag, root=leaf_id, reason=1, owner=b"owner", key=tag + leaf_id + b"\1owner", value=b"")
case("pin with an end", tag=tag, root=leaf_id, reason=7, untilMs=until, key=tag + leaf_id + b"\7", value=struct.pack(">Q", until))
case("condemned", tag=tag, id=leaf_id, nowMs=now, key=tag + leaf_id, value=struct.pack(">Q", now))
damage = b"its bytes are not what was stored"
case("quarantine", tag=tag, id=leaf_id, nowMs=now, key=tag + leaf_id, value=struct.pack(">Q", now) + b"\0" + damage)

stamping, sealing = hkdf(read_secret, b"vault/v1/import-stamp"), hkdf(read_secret, b"vault/v1/import-journal")
description, nonce = b"/photos/a.jpg 12345", bytes(range(0x40, 0x58))
stamp = hmac.digest(stamping, description, "sha256")


def journal_entry(sequence, ids, secret):
    where = tag + stamp + struct.pack(">I", sequence)
    public = struct.pack(">QI", now, len(ids)) + b"".join(ids)
    return where, public + nonce + xseal(sealing, nonce, secret, where + public)


leaves = [(sha256(b"first"), sha256(b"first key"), 500), (sha256(b"second"), sha256(b"second key"), 700)]
secret = struct.pack(">Q", 0) + b"".join(key + struct.pack(">I", length) for _, key, length in leaves)
where, value = journal_entry(0, [each[0] for each in leaves], secret)
case("import checkpoint", tag=tag, read=read_secret, description=description, nowMs=now, nonce=nonce, stamp=stamp,
     leaves=b"".join(file_ref(each) for each in leaves), key=where, value=value)
done = (leaf_id, key, 12)
where, value = journal_entry(0xFFFFFFFF, [leaf_id], file_ref(done))
case("finished import", tag=tag, read=read_secret, description=description, nowMs=now, nonce=nonce, ref=file_ref(done), key=where, value=value)

case("schema marker of blocks", key=b"\0\0schema", value=struct.pack("<II", 2, 0) + b"vault 0.1")
case("schema marker of meta", key=b"\0\0schema", value=struct.pack("<II", 1, 0) + b"vault 0.1")

# A segment with two blocks, and what the index says of them.
segment, number = b"vault segment 1\n", 7
blocks, index = [leaf(convergence, content)[0] for content in (b"hello, vault", b"another")], []
for block in blocks:
    header = b"VSR1" + struct.pack(">I", len(block)) + tag + sha256(block)
    segment += header + sha256(header)[:8]
    index.append((b"i" + tag + sha256(block), struct.pack(">IBII", len(block), 0, number, len(segment))))
    segment += block
case("segment", number=number, tag=tag, first=blocks[0], second=blocks[1], bytes=segment)
case("block in a segment", first=index[0][0], firstInfo=index[0][1], second=index[1][0], secondInfo=index[1][1])
case("indexed segment", key=b"s" + struct.pack(">I", number), value=struct.pack(">Q", len(segment)))

pathlib.Path(__file__).with_name("blocks.txt").write_text("\n".join(out).rstrip("\n") + "\n")
