#!/usr/bin/env python3
"""A second implementation of docs/formats.md's identity formats, which writes identity.txt beside itself.

HKDF, base32, base64 and SHA-256 come from the standard library; Ed25519, Argon2id and XChaCha20-Poly1305 from libsodium,
which has vectors of its own in tests/Primitives. It shares no code with the C# one: run it again after a change of format.
"""

import base64
import ctypes
import hashlib
import hmac
import pathlib
import struct

sodium = ctypes.CDLL("libsodium.so.23")
assert sodium.sodium_init() >= 0

PASSPHRASE = b"correct horse battery staple"
PASSES, MEMORY_KIB = 2, 64  # little, so that the tests stay quick
SALT, NONCE = bytes(range(0xA0, 0xB0)), bytes(range(0xC0, 0xD8))


def public_key(seed):
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
    sodium.crypto_sign_ed25519_seed_keypair(public, secret, seed)
    return public.raw


def hkdf(secret, label, length=32):
    key, block, out = hmac.digest(bytes(32), secret, "sha256"), b"", b""
    for counter in range(1, 256):
        if len(out) >= length:
            break
        block = hmac.digest(key, block + label + bytes([counter]), "sha256")
        out += block
    return out[:length]


def argon2id(passphrase, salt):
    out = ctypes.create_string_buffer(32)
    done = sodium.crypto_pwhash_argon2id(
        out, ctypes.c_ulonglong(32), passphrase, ctypes.c_ulonglong(len(passphrase)), salt,
        ctypes.c_ulonglong(PASSES), ctypes.c_size_t(MEMORY_KIB * 1024), 2)
    assert done == 0
    return out.raw


def xchacha(key, nonce, plain, associated):
    out = ctypes.create_string_buffer(len(plain) + 16)
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        out, None, plain, ctypes.c_ulonglong(len(plain)), associated, ctypes.c_ulonglong(len(associated)), None, nonce, key)
    return out.raw


def key_file(kind, payload, sealed):
    file = b"vaultkey" + bytes([1, kind, 1 if sealed else 0])
    if sealed:
        file += struct.pack(">II", PASSES, MEMORY_KIB) + SALT + NONCE
        payload = xchacha(argon2id(PASSPHRASE, SALT), NONCE, payload, file)
    file += payload
    return file + hashlib.sha256(file).digest()


def vault_keys(root_public, root_seed, epochs):
    out = root_public + (b"\1" + root_seed if root_seed else b"\0") + struct.pack(">H", len(epochs))
    for number, sync, read in sorted(epochs):
        out += struct.pack(">IB", number, 1 if read else 0) + sync + (read or b"")
    return out


def entry(keys, name, exported):
    mark = hashlib.sha256(b"vault/v1/exported" + keys).digest() if exported else bytes(32)
    return keys + bytes([len(name)]) + name + mark


def armour(file):
    text = base64.b64encode(file).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN VAULT RECOVERY FILE-----", *lines, "-----END VAULT RECOVERY FILE-----", ""])


out = ["# Written by identity.py: a second implementation of the identity formats.", ""]


def case(**fields):
    for name, value in fields.items():
        out.append(f"{name} = {value.hex() if isinstance(value, bytes) else value}".rstrip())
    out.append("")


root_seed, sync, read = bytes([0x11]) * 32, bytes([0x22]) * 32, bytes([0x33]) * 32
root_public = public_key(root_seed)
case(what="vault", root=root_seed, id=root_public, text=base64.b32encode(root_public).decode().lower().rstrip("="),
     tag=hashlib.sha256(b"vault/v1/tag" + root_public).digest()[:16])
case(what="epoch", sync=sync, read=read, **{
    name: hkdf(sync if name in ("gate", "topic", "gossip", "sketch") else read, b"vault/v1/" + name.encode())
    for name in ("gate", "topic", "gossip", "sketch", "position", "record", "convergence", "chunker", "room")})

device_seed = bytes([0x44]) * 32
case(what="device", seed=device_seed, clear=key_file(1, device_seed, False), passphrase=PASSPHRASE, passes=PASSES,
     memoryKiB=MEMORY_KIB, random=SALT + NONCE, sealed=key_file(1, device_seed, True))

# The creator of one vault, with a second epoch; a blind holder of another, whose name isn't ASCII.
other_public = public_key(bytes([0x55]) * 32)
own = vault_keys(root_public, root_seed, [(0, sync, read), (7, bytes([0x66]) * 32, bytes([0x77]) * 32)])
blind = vault_keys(other_public, None, [(0, bytes([0x88]) * 32, None)])
named = sorted([(own, "photos".encode()), (blind, "Größe".encode())])
ring = struct.pack(">H", 2) + b"".join(entry(keys, name, False) for keys, name in named)
case(what="ring", clear=key_file(2, ring, False), creator=root_public, blind=other_public)

swarm = bytes(range(32))
exported = struct.pack(">H", 2) + b"".join(entry(keys, name, True) for keys, name in named)
recovery = armour(key_file(3, device_seed + b"\1" + swarm + exported, True))
case(what="recovery", device=device_seed, swarm=swarm, passphrase=PASSPHRASE, passes=PASSES, memoryKiB=MEMORY_KIB,
     random=SALT + NONCE, text=recovery.encode())

head = b"/key/swarm/psk/1.0.0/\n"
case(what="swarm", key=swarm, fingerprint=hkdf(swarm, b"vault/v1/swarm-fingerprint", 8), base16=head + b"/base16/\n" + swarm.hex().encode() + b"\n",
     base64=head + b"/base64/\n" + base64.b64encode(swarm) + b"\n", bin=head + b"/bin/\n" + swarm)

case(what="swarms", own=swarm, brought=bytes([0x99]) * 32, until=1 << 40,
     clear=key_file(4, b"\2" + swarm + bytes([255]) * 8 + bytes([0x99]) * 32 + struct.pack(">Q", 1 << 40), False))

pathlib.Path(__file__).with_name("identity.txt").write_text("\n".join(out).rstrip("\n") + "\n")
