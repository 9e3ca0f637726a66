using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Vault.Catalog;

/// <summary>
/// A path inside a vault: text that has passed the byte rule. The rule is frozen and knows only bytes, no table of characters
/// and no system's customs, since every device must judge every path alike, for ever. What a system can't store under its name
/// gets another name there, and that is the system's affair.
/// </summary>
public sealed class VaultPath : IEquatable<VaultPath>, IComparable<VaultPath>
{
    /// <summary>What Linux takes in one call.</summary>
    public const int MaxBytes = 4096;

    /// <summary>What Linux takes as one name.</summary>
    public const int MaxComponentBytes = 255;

    /// <summary>Deeper trees are nobody's, and walking them costs.</summary>
    public const int MaxComponents = 128;

    const byte Separator = (byte)'/';

    VaultPath(string text) => Text = text;

    public string Text { get; }

    /// <summary>The last component.</summary>
    public string Name => Text[(Text.LastIndexOf('/') + 1)..];

    /// <summary>The folder it lies in; null at the top.</summary>
    public VaultPath? Parent => Text.LastIndexOf('/') is > 0 and var at ? new VaultPath(Text[..at]) : null;

    public string[] Components => Text.Split('/');

    /// <summary>All folders above it, the outermost first.</summary>
    public IEnumerable<VaultPath> Ancestors
    {
        get
        {
            for (int at = Text.IndexOf('/'); at > 0; at = Text.IndexOf('/', at + 1)) yield return new VaultPath(Text[..at]);
        }
    }

    /// <summary>Null for text that breaks the rule. It isn't normalised: that is the author's duty, <see cref="PathText"/>.</summary>
    public static VaultPath? Parse(string text)
    {
        // No more bytes than three for each unit of UTF-16; what is longer breaks the rule.
        if (text.Length > MaxBytes) return null;
        byte[] rented = ArrayPool<byte>.Shared.Rent(3 * text.Length);
        try
        {
            bool whole = Utf8.FromUtf16(text, rented, out _, out int written, replaceInvalidSequences: false) == OperationStatus.Done;
            return whole && FaultIn(rented.AsSpan(0, written)) == PathFault.None ? new VaultPath(text) : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    public static VaultPath? Parse(ReadOnlySpan<byte> utf8) => FaultIn(utf8) == PathFault.None ? new VaultPath(Encoding.UTF8.GetString(utf8)) : null;

    /// <summary>The byte rule, and what a path breaks of it first.</summary>
    public static PathFault FaultIn(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return PathFault.Empty;
        if (utf8.Length > MaxBytes) return PathFault.TooLong;
        if (!Utf8.IsValid(utf8)) return PathFault.NotUtf8;
        if (utf8.ContainsAnyInRange((byte)0, (byte)0x1F) || utf8.Contains((byte)0x7F)) return PathFault.ControlCharacter;
        if (utf8.Contains((byte)'\\')) return PathFault.Backslash;
        int components = 0;
        foreach (Range range in utf8.Split(Separator))
        {
            ReadOnlySpan<byte> component = utf8[range];
            if (component.IsEmpty) return PathFault.EmptyComponent;
            if (component is [(byte)'.'] or [(byte)'.', (byte)'.']) return PathFault.DotComponent;
            if (component.Length > MaxComponentBytes) return PathFault.ComponentTooLong;
            if (++components > MaxComponents) return PathFault.TooDeep;
        }
        return PathFault.None;
    }

    /// <summary>What lies under this name here; null if that breaks the rule.</summary>
    public VaultPath? Child(string name) => name.Contains('/', StringComparison.Ordinal) ? null : Parse($"{Text}/{name}");

    /// <summary>True for everything inside the folder, at any depth; not for the folder itself.</summary>
    public bool IsUnder(VaultPath folder) =>
        Text.Length > folder.Text.Length && Text[folder.Text.Length] == '/' && Text.StartsWith(folder.Text, StringComparison.Ordinal);

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(Text);

    public bool Equals(VaultPath? other) => other is not null && Text == other.Text;

    public override bool Equals(object? obj) => obj is VaultPath other && Equals(other);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <summary>Component by component, each in the order of its bytes: what a folder holds follows it before anything else does.</summary>
    public int CompareTo(VaultPath? other)
    {
        if (other is null) return 1;
        int same = Text.AsSpan().CommonPrefixLength(other.Text);
        if (same == Text.Length || same == other.Text.Length) return Text.Length.CompareTo(other.Text.Length);
        return Rank(Text[same]).CompareTo(Rank(other.Text[same]));
    }

    /// <summary>The same order, of paths in UTF-8: that of bytes, but for the separator, which no byte of a name comes before.</summary>
    internal static int Compare(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        int same = one.CommonPrefixLength(other);
        if (same == one.Length || same == other.Length) return one.Length.CompareTo(other.Length);
        return (one[same] == Separator ? 0 : one[same]).CompareTo(other[same] == Separator ? 0 : other[same]);
    }

    // In UTF-8 what takes two units of UTF-16 comes last; no byte of a name is as small as the separator counts here.
    static int Rank(char unit) => unit switch
    {
        '/' => 0,
        >= '\uE000' => unit - 0x800,
        >= '\uD800' => unit + 0x2000,
        _ => unit,
    };

    public override string ToString() => Text;

    public static bool operator ==(VaultPath? left, VaultPath? right) => left is null ? right is null : left.Equals(right);
    public static bool operator !=(VaultPath? left, VaultPath? right) => !(left == right);
    public static bool operator <(VaultPath left, VaultPath right) => left.CompareTo(right) < 0;
    public static bool operator >(VaultPath left, VaultPath right) => left.CompareTo(right) > 0;
    public static bool operator <=(VaultPath left, VaultPath right) => left.CompareTo(right) <= 0;
    public static bool operator >=(VaultPath left, VaultPath right) => left.CompareTo(right) >= 0;
}

/// <summary>What a path breaks of the byte rule.</summary>
public enum PathFault
{
    None,
    Empty,
    TooLong,
    NotUtf8,

    /// <summary>A byte below 20 hex, or 7F: it would speak to terminals.</summary>
    ControlCharacter,

    /// <summary>It divides names on other systems.</summary>
    Backslash,

    /// <summary>Begins or ends with a slash, or has two in a row.</summary>
    EmptyComponent,

    /// <summary>"." or "..".</summary>
    DotComponent,
    ComponentTooLong,
    TooDeep,
}
