#!/usr/bin/env python3
"""A second implementation of docs/formats-control.md, which writes control.txt beside itself.

HKDF, HMAC, base32 and SHA-256 come from the standard library; Ed25519, X25519 and the ciphers from libsodium, which has vectors
of its own in tests/Primitives. It shares no code with the C# one: run it again after a change of format.
"""

import base64
import ctypes
import hashlib
import hmac
import pathlib
import struct

sodium = ctypes.CDLL("libsodium.so.23")
assert sodium.sodium_init() >= 0


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hkdf(secret, info, length=32):
    return hmac.digest(hmac.digest(bytes(32), secret, "sha256"), info + b"\1", "sha256")[:length]


class Key:
    """An Ed25519 key from its seed, and the same key for X25519."""

    def __init__(self, seed):
        self.seed = seed
        public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        sodium.crypto_sign_ed25519_seed_keypair(public, secret, seed)
        self.public, self.secret = public.raw, secret.raw
        self.id = sha(b"vault/v1/device", self.public)[:16]

    def sign(self, message):
        out = ctypes.create_string_buffer(64)
        sodium.crypto_sign_ed25519_detached(out, None, message, ctypes.c_ulonglong(len(message)), self.secret)
        return out.raw

    def point(self):
        out = ctypes.create_string_buffer(32)
        assert sodium.crypto_sign_ed25519_pk_to_curve25519(out, self.public) == 0
        return out.raw


def scalarmult(secret, point):
    out = ctypes.create_string_buffer(32)
    assert sodium.crypto_scalarmult_curve25519(out, secret, point) == 0
    return out.raw


def scalarmult_base(secret):
    out = ctypes.create_string_buffer(32)
    sodium.crypto_scalarmult_curve25519_base(out, secret)
    return out.raw


def chacha(key, plain, associated):
    out = ctypes.create_string_buffer(len(plain) + 16)
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(
        out, None, plain, ctypes.c_ulonglong(len(plain)), associated, ctypes.c_ulonglong(len(associated)), None, bytes(12), key)
    return out.raw


def xchacha(key, nonce, plain, associated):
    out = ctypes.create_string_buffer(len(plain) + 16)
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        out, None, plain, ctypes.c_ulonglong(len(plain)), associated, ctypes.c_ulonglong(len(associated)), None, nonce, key)
    return out.raw


def sealed_to(device, throwaway, label, plain, associated):
    public, point = scalarmult_base(throwaway), device.point()
    return chacha(hkdf(scalarmult(throwaway, point), label + public + point), plain, associated)


root, owner, writer, box, joiner, invite_key = (Key(bytes([n]) * 32) for n in (0x11, 0x44, 0x45, 0x46, 0x47, 0x48))
vault = root.public
sync, read = bytes([0x22]) * 32, bytes([0x33]) * 32
NEVER = 2**64 - 1
DAY = 86_400_000 << 16
START = 1_900_000_000_000 << 16
clock = START


class Record:
    def __init__(self, key, certificate, kind, statement, time=None):
        global clock
        clock = time or clock + 1
        self.time = clock
        self.body = struct.pack(">BBQ", 1, kind, clock) + key.public + (certificate.content if certificate else bytes(32)) + statement
        self.content = sha(b"vault/v1/control", self.body)
        self.position = bytes([self.content[0] & 0x7F]) + self.content[1:]
        self.leaf = sha(b"vault/v1/catalog-leaf", self.position, self.content)
        self.bytes = self.body + key.sign(b"vault/v1/control-signature" + vault + self.content)


def sealed_name(name, label, key, number, kind, nonce):
    plain = bytes([len(name)]) + name
    plain += bytes(-len(plain) % 64)
    return struct.pack(">BIB", len(plain) // 64, number, kind) + nonce + xchacha(key, nonce, plain, label + vault)


def epoch_number(generation, author, time):
    return generation << 16 | int.from_bytes(sha(b"vault/v1/epoch-number", author.id, struct.pack(">Q", time))[:2], "big")


out = ["# Written by control.py: a second implementation of the formats of docs/formats-control.md.", ""]


def case(what, **fields):
    for name, value in {"what": what, **fields}.items():
        out.append(f"{name} = {value.hex() if isinstance(value, bytes) else value}".rstrip())
    out.append("")


def record_case(name, record, signer, certificate=None, **fields):
    case("record", name=name, vault=vault, seed=signer.seed, certificate=certificate.bytes if certificate else b"", time=record.time,
         bytes=record.bytes, content=record.content, position=record.position, leaf=record.leaf, **fields)


case("device", key=owner.public, id=owner.id)

admin = Record(root, None, 64, owner.public + bytes([4]) + struct.pack(">Q", NEVER))
record_case("certificate", admin, root, subject=owner.public, role=4, notAfter=NEVER)
letters = Record(owner, admin, 64, writer.public + bytes([3]) + struct.pack(">Q", START + 9 * DAY))
record_case("certificate", letters, owner, admin, subject=writer.public, role=3, notAfter=START + 9 * DAY)
blind = Record(owner, admin, 64, box.public + bytes([1]) + struct.pack(">Q", NEVER))
record_case("certificate", blind, owner, admin, subject=box.public, role=1, notAfter=NEVER)

invite = Record(owner, admin, 65, invite_key.public + bytes([2]) + struct.pack(">QQ", START + 7 * DAY, NEVER))
record_case("invite", invite, owner, admin, inviteKey=invite_key.public, role=2, useBy=START + 7 * DAY, notAfter=NEVER)
proof = invite_key.sign(b"vault/v1/invite-proof" + vault + invite.content + joiner.public)
admission = Record(writer, letters, 66, invite.content + invite_key.public + joiner.public + proof)
record_case("admission", admission, writer, letters, invite=invite.content, subject=joiner.public, proof=proof)

digests = sorted(sha(b"kept", bytes([n])) for n in range(5))
second = Record(owner, admin, 68, bytes(32) + struct.pack(">H", 2) + b"".join(digests[3:]))
record_case("keep page", second, owner, admin, next=bytes(32), digests=b"".join(digests[3:]))
first = Record(owner, admin, 68, second.content + struct.pack(">H", 3) + b"".join(digests[:3]))
record_case("keep page", first, owner, admin, next=second.content, digests=b"".join(digests[:3]))
revocation = Record(owner, admin, 67, writer.public + struct.pack(">I", 2) + first.content)
record_case("revocation", revocation, owner, admin, subject=writer.public, pages=2, first=first.content)
retirement = Record(box, blind, 69, box.public)
record_case("retirement", retirement, box, blind, subject=box.public)

# An epoch: the read secret is drawn, then the throwaway key; seats by device id.
new_read, throwaway = bytes([0x55]) * 32, bytes([0x66]) * 32
new_sync = hkdf(new_read, b"vault/v1/epoch-sync")
number = epoch_number(1, owner, clock + 1)
named = vault + struct.pack(">I", number)
seats = b""
for device, reads in sorted([(owner, 1), (box, 0)], key=lambda seat: seat[0].id):
    seats += device.id + bytes([reads]) + sealed_to(device, throwaway, b"vault/v1/sealed-epoch", new_read if reads else new_sync, named + bytes([reads]))
epoch = Record(owner, admin, 70, struct.pack(">I", number) + sha(b"vault/v1/sync-check", named, new_sync) + sha(b"vault/v1/read-check", named, new_read)
               + scalarmult_base(throwaway) + struct.pack(">H", 2) + seats)
record_case("epoch", epoch, owner, admin, number=number, read=new_read, sync=new_sync, random=new_read + throwaway, blind=box.seed,
            certificates=admin.bytes + blind.bytes)

cut = sorted([(owner.id, START + 5), (writer.id, START + 9)])
tombstones = Record(owner, admin, 71, struct.pack(">H", 2) + b"".join(device + struct.pack(">Q", time) for device, time in cut))
record_case("cut", tombstones, owner, admin, owner=START + 5, writer=START + 9)

nonce = bytes(range(0xC0, 0xD8))
name = sealed_name("Größe".encode(), b"vault/v1/vault-name", hkdf(read, b"vault/v1/name"), 0, 2, nonce)
settings = Record(owner, admin, 72, struct.pack(">BBHB", 3, 2, 90, 1) + name)
record_case("settings", settings, owner, admin, copies=3, minimum=2, days=90, text="Größe", sync=sync, read=read, random=nonce)
unnamed = Record(owner, admin, 72, struct.pack(">BBHB", 2, 1, 30, 0) + b"\0")
record_case("settings", unnamed, owner, admin, copies=2, minimum=1, days=30)
long_name = b"the box in the attic, " * 4
name = sealed_name(long_name, b"vault/v1/device-name", hkdf(sync, b"vault/v1/blind-name"), 0, 1, nonce)
profile = Record(box, blind, 73, struct.pack(">BQQ", 1, 1 << 40, 7) + name)
record_case("profile", profile, box, blind, kind=1, capacity=1 << 40, site=7, text=long_name.decode(), sync=sync, random=nonce)

# A ticket, what a joiner makes of it, and what it is answered.
check = sha(b"vault/v1/ticket-check", vault, sync, read)[:16]
swarm, address = bytes(range(32)), b"/ip4/192.0.2.1/tcp/4001"
ticket = bytes([1]) + vault + invite_key.seed + check + swarm + invite.bytes + bytes([1, len(address)]) + address
ticket += sha(b"vault/v1/ticket-sum", ticket)[:8]
text = "vault1" + base64.b32encode(ticket).decode().lower().rstrip("=")
channel = bytes(range(0x80, 0xA0))
bound = invite_key.sign(b"vault/v1/join-proof" + vault + invite.content + joiner.public + channel)
request = bytes([1]) + vault + joiner.public + proof + bound + invite.bytes
plain = struct.pack(">HIB", 1, 0, 1) + sync + read
secrets = scalarmult_base(throwaway) + sealed_to(joiner, throwaway, b"vault/v1/sealed-secrets", plain, vault)
shown = [admission, invite, letters, admin]
answer = struct.pack(">BI", 0, len(secrets)) + secrets + struct.pack(">H", len(shown)) + b"".join(struct.pack(">H", len(r.bytes)) + r.bytes for r in shown)
case("ticket", text=text, vault=vault, invite=invite_key.seed, swarm=swarm, address=address.decode(), sync=sync, read=read, channel=channel, joiner=joiner.seed,
     request=request, answer=answer)

gate = hkdf(sync, b"vault/v1/gate")
bound = vault + struct.pack(">I", 0) + owner.public + writer.public + channel
case("gate", vault=vault, sync=sync, dialer=owner.public, listener=writer.public, channel=channel,
     offer=hmac.digest(gate, b"vault/v1/gate-dialer" + bound, "sha256"),
     reply=struct.pack(">I", 0) + hmac.digest(gate, b"vault/v1/gate-listener" + bound, "sha256"))

pathlib.Path(__file__).with_name("control.txt").write_text("\n".join(out).rstrip("\n") + "\n")
