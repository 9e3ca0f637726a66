using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Vault.Primitives;

/// <summary>
/// SHA-256 by the functions of OpenSSL that the base class library's own call ends in. On its way there that one makes a
/// context and looks the algorithm up, each time: 0.4 µs, where the hash of two nodes of a Merkle tree takes 0.1. The library is
/// the one that the runtime has loaded anyway; where it is another one, or lacks these functions, the base class library does it.
/// </summary>
static unsafe class Sha256
{
    const string Library = "libcrypto.so.3";
    const int ContextSize = 128; // SHA256_CTX has 112 bytes: eight words of state, two of length, sixteen of data, two counts

    static readonly delegate* unmanaged<byte*, int> init;
    static readonly delegate* unmanaged<byte*, byte*, nuint, int> update;
    static readonly delegate* unmanaged<byte*, byte*, int> final;
    static readonly bool direct;

    static Sha256()
    {
        if (!NativeLibrary.TryLoad(Library, out nint library)) return;
        if (!NativeLibrary.TryGetExport(library, "SHA256_Init", out nint first)
            || !NativeLibrary.TryGetExport(library, "SHA256_Update", out nint second)
            || !NativeLibrary.TryGetExport(library, "SHA256_Final", out nint third)) return;
        init = (delegate* unmanaged<byte*, int>)first;
        update = (delegate* unmanaged<byte*, byte*, nuint, int>)second;
        final = (delegate* unmanaged<byte*, byte*, int>)third;
        direct = true;
    }

    internal static void Hash(ReadOnlySpan<byte> data, Span<byte> digest) => Hash(data, [], [], [], digest);

    /// <summary>Of four pieces as if they were one.</summary>
    [SkipLocalsInit]
    internal static void Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, ReadOnlySpan<byte> fourth, Span<byte> digest)
    {
        if (digest.Length != Hash32.Size) throw new ArgumentException("A SHA-256 has exactly 32 bytes.", nameof(digest));
        if (!direct)
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(first);
            hash.AppendData(second);
            hash.AppendData(third);
            hash.AppendData(fourth);
            hash.GetHashAndReset(digest);
            return;
        }
        Span<byte> context = stackalloc byte[ContextSize];
        fixed (byte* state = context, output = digest)
            if (init(state) != 1 || !Add(state, first) || !Add(state, second) || !Add(state, third) || !Add(state, fourth) || final(output, state) != 1)
                throw new CryptographicException("SHA-256 failed.");
        CryptographicOperations.ZeroMemory(context); // what was hashed may have been a secret
    }

    static bool Add(byte* state, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return true;
        fixed (byte* input = data) return update(state, input, (nuint)data.Length) == 1;
    }
}
