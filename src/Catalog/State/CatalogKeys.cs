using System.Buffers.Binary;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Catalog;

/// <summary>Where things lie under a vault's tag in the families of the catalog. Kinds of notes never change their meaning.</summary>
static class CatalogKeys
{
    internal const byte StateOf = (byte)'s';
    internal const byte PeerOf = (byte)'p';
    internal const byte RootOf = (byte)'r';      // by sequence
    internal const byte SequenceOf = (byte)'i';  // by root
    internal const byte WaitingOf = (byte)'w';   // file records that may come in later
    internal const byte OutsideOf = (byte)'k';   // control records that don't stand
    internal const byte EarlyOf = (byte)'e';     // control records whose time hasn't come
    internal const byte UnreadOf = (byte)'d';    // records whose sealed part can't be read
    internal const byte SuspicionOf = (byte)'f';
    internal const byte AuthorOf = (byte)'a';    // the latest time seen of an author
    internal const byte AcceptedOf = (byte)'t';  // up to when times ahead of the clock were accepted
    internal const byte ProposalOf = (byte)'u';  // the cut that others are to have seen before deletions are forgotten
    internal const byte ConflictOf = (byte)'c';  // positions with several heads
    internal const byte ReturnedOf = (byte)'b';  // records that came back after their deletion was forgotten

    internal static byte[] Leaf(VaultTag vault, in Leaf leaf) => TreeKeys.LeafKey(vault, leaf);

    /// <summary>All leaves at one position.</summary>
    internal static (byte[] From, byte[] To) At(VaultTag vault, Hash32 position)
    {
        byte[] from = new byte[VaultTag.Size + Hash32.Size], to = new byte[VaultTag.Size + Catalog.Leaf.Size + 1];
        vault.CopyTo(from);
        position.CopyTo(from.AsSpan(VaultTag.Size));
        to.AsSpan().Fill(0xFF);
        from.CopyTo(to, 0);
        return (from, to);
    }

    /// <summary>Everything of the vault in a family.</summary>
    internal static (byte[] From, byte[] To) All(VaultTag vault)
    {
        byte[] to = new byte[VaultTag.Size + Catalog.Leaf.Size + 2];
        to.AsSpan().Fill(0xFF);
        vault.CopyTo(to);
        return (vault.ToArray(), to);
    }

    /// <summary>The leaves of one half: control records, or files.</summary>
    internal static (byte[] From, byte[] To) Half(VaultTag vault, bool control)
    {
        byte[] middle = [.. vault.ToArray(), 0x80];
        (byte[] from, byte[] to) = All(vault);
        return control ? (from, middle) : (middle, to);
    }

    internal static byte[] Note(VaultTag vault, byte kind, ReadOnlySpan<byte> rest = default)
    {
        byte[] key = new byte[VaultTag.Size + 1 + rest.Length];
        vault.CopyTo(key);
        key[VaultTag.Size] = kind;
        rest.CopyTo(key.AsSpan(VaultTag.Size + 1));
        return key;
    }

    internal static byte[] Note(VaultTag vault, byte kind, ulong number)
    {
        Span<byte> rest = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(rest, number);
        return Note(vault, kind, rest);
    }

    internal static byte[] Note(VaultTag vault, byte kind, in Leaf leaf)
    {
        Span<byte> rest = stackalloc byte[Catalog.Leaf.Size];
        leaf.CopyTo(rest);
        return Note(vault, kind, rest);
    }

    internal static (byte[] From, byte[] To) Notes(VaultTag vault, byte kind) => (Note(vault, kind), Note(vault, (byte)(kind + 1)));

    /// <summary>What stands behind tag and kind.</summary>
    internal static ReadOnlySpan<byte> Rest(ReadOnlySpan<byte> key) => key[(VaultTag.Size + 1)..];
}
