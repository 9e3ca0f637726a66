using System.Collections.Concurrent;

namespace Vault.Primitives;

/// <summary>
/// Remembers what checking a signature said, for code that runs inside <see cref="Begin"/>: where a thousand simulated devices check the
/// same message, it is checked once. An answer is found by a hash of all that it depends on, so it is what checking again would say. For
/// any thread that inherits the caller's context; elsewhere nothing is remembered.
/// </summary>
public sealed class SignatureMemo : IDisposable
{
    /// <summary>Answers that are kept, 40 bytes each and what the table takes; beyond it everything is forgotten and checked anew.</summary>
    const int Most = 1 << 20;

    static readonly AsyncLocal<SignatureMemo?> current = new();

    readonly ConcurrentDictionary<Hash32, bool> answers = new();
    long asked, made;

    SignatureMemo() { }

    internal static SignatureMemo? Current => current.Value;

    /// <summary>Checks that were asked for, and those among them that were made.</summary>
    public (long Asked, long Made) Checks => (Interlocked.Read(ref asked), Interlocked.Read(ref made));

    public static SignatureMemo Begin() => current.Value = new SignatureMemo();

    internal bool Verify(in Ed25519PublicKey key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Interlocked.Increment(ref asked);
        // Key and signature have fixed lengths, so what follows them can only be the message.
        byte[] all = new byte[Ed25519PublicKey.Size + Ed25519PublicKey.SignatureSize + message.Length];
        key.Bytes.CopyTo(all);
        signature.CopyTo(all.AsSpan(Ed25519PublicKey.Size));
        message.CopyTo(all.AsSpan(Ed25519PublicKey.Size + Ed25519PublicKey.SignatureSize));
        Hash32 name = Hash32.Of(all);
        if (answers.TryGetValue(name, out bool known)) return known;
        Interlocked.Increment(ref made);
        bool answer = key.Check(message, signature);
        if (answers.Count >= Most) answers.Clear();
        answers[name] = answer;
        return answer;
    }

    public void Dispose()
    {
        if (current.Value == this) current.Value = null;
    }
}
