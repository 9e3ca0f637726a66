using System.Security.Cryptography;
using System.Text;
using Vault.Primitives;

namespace Vault.Identity;

/// <summary>
/// The one string with which a device joins: which vault, the secret key of an invite with the invite itself, where to knock and
/// with which swarm key. No secret of the vault is in it; only a check, by which the joiner knows the right ones. Its owner
/// disposes it.
/// </summary>
public sealed class Ticket : IDisposable
{
    /// <summary>A device has a few addresses, and a ticket should fit on a screen.</summary>
    public const int MaxAddresses = 8;

    public const int MaxAddressLength = 200;

    /// <summary>Of the text, white space aside.</summary>
    public const int MaxTextLength = 4096;

    const string Prefix = "vault1";
    const byte Version = 1;
    const int CheckSize = 16, SumSize = 8, InviteSize = 187;

    readonly byte[] check;

    Ticket(VaultId vault, ControlRecord invite, Ed25519Key inviteKey, byte[] check, SwarmKey swarm, IReadOnlyList<string> addresses)
    {
        Vault = vault;
        Invite = invite;
        InviteKey = inviteKey;
        this.check = check;
        Swarm = swarm;
        Addresses = addresses;
    }

    public VaultId Vault { get; }

    /// <summary>The signed invite; whoever makes a ticket stores it like any control record.</summary>
    public ControlRecord Invite { get; }

    public Role Role => ((Invite)Invite.Statement).Role;
    public HybridTime UseBy => ((Invite)Invite.Statement).UseBy;
    public SwarmKey Swarm { get; }

    /// <summary>Multiaddresses, to be tried in order.</summary>
    public IReadOnlyList<string> Addresses { get; }

    internal Ed25519Key InviteKey { get; }

    /// <summary>Makes an invite and the ticket for it.</summary>
    /// <param name="swarm">Copied.</param>
    public static Ticket Create(ControlAuthor author, Membership membership, Role role, HybridTime useBy, SwarmKey swarm, IReadOnlyList<string> addresses, RandomSource random,
        HybridTime? notAfter = null)
    {
        if (addresses.Count > MaxAddresses) throw new LimitExceededException($"a ticket holds at most {MaxAddresses} addresses");
        if (!addresses.All(IsAddress)) throw new ArgumentException("An address is 1 to 200 printable ASCII characters.", nameof(addresses));
        Ed25519Key key = Ed25519Key.Generate(random);
        try
        {
            ControlRecord invite = author.Invite(membership, key.Public, role, useBy, notAfter);
            SecretEpoch first = author.Keys.Epoch(0) ?? throw new InvalidOperationException("These keys lack the first epoch.");
            byte[] check = CheckOf(author.Keys.Vault, role, first) ?? throw new ConfigException("a blind holder can't invite readers");
            return new Ticket(author.Keys.Vault, invite, key, check, SwarmKey.FromBytes(swarm.Secret.Span), [.. addresses]);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Reads a ticket as it was pasted: line breaks in it and capitals don't matter.</summary>
    /// <param name="fault">A sentence for the person who pasted it.</param>
    public static Ticket? Parse(ReadOnlySpan<char> pasted, out string? fault)
    {
        fault = null;
        if (pasted.Length > 2 * MaxTextLength) return Faulty(out fault, "this is too long for a ticket");
        StringBuilder text = new(pasted.Length);
        foreach (char c in pasted)
            if (!char.IsWhiteSpace(c)) text.Append(char.ToLowerInvariant(c));
        string ticket = text.ToString();
        if (!ticket.StartsWith(Prefix, StringComparison.Ordinal)) return Faulty(out fault, $"this is no ticket: a ticket begins with {Prefix}");
        if (ticket.Length > MaxTextLength) return Faulty(out fault, "this is too long for a ticket");
        if (Base32.Decode(ticket.AsSpan(Prefix.Length)) is not { Length: > SumSize } bytes) return Faulty(out fault, Mistyped);
        using SecretBytes wiped = SecretBytes.Copy(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return Read(wiped.Span, out fault);
    }

    /// <summary>The ticket as text. Whoever sees it can join, until somebody has.</summary>
    public string ToText()
    {
        using SecretWriter writer = new();
        writer.Add(Version);
        writer.Add(Vault.Key.ToArray());
        writer.Add(InviteKey.Seed);
        writer.Add(check);
        writer.Add(Swarm.Secret.Span);
        writer.Add(Invite.Encode().Span);
        writer.Add((byte)Addresses.Count);
        foreach (string address in Addresses)
        {
            writer.Add((byte)address.Length);
            writer.Add(Encoding.ASCII.GetBytes(address));
        }
        writer.Add(SumOf(writer.Written));
        return Prefix + Base32.Encode(writer.Written);
    }

    /// <summary>Whether these secrets of the first epoch are those that the ticket's maker has.</summary>
    internal bool IsRight(SecretEpoch first) =>
        CheckOf(Vault, Role, first) is { } own && CryptographicOperations.FixedTimeEquals(own, check);

    const string Mistyped = "this ticket is cut short or mistyped: copy all of it again";

    static Ticket? Read(ReadOnlySpan<byte> bytes, out string? fault)
    {
        fault = null;
        if (bytes[0] != Version) return Faulty(out fault, "this ticket was made by a newer version: upgrade vault");
        if (!CryptographicOperations.FixedTimeEquals(SumOf(bytes[..^SumSize]), bytes[^SumSize..])) return Faulty(out fault, Mistyped);

        ByteReader reader = new(bytes[1..^SumSize]);
        VaultId vault = new(reader.TakeHash());
        ReadOnlySpan<byte> seed = reader.Take(Ed25519Key.SeedSize), check = reader.Take(CheckSize), swarm = reader.Take(SwarmKey.Size), signed = reader.Take(InviteSize);
        List<string> addresses = [];
        int count = reader.TakeByte();
        for (int i = 0; i < count && !reader.Failed; i++) addresses.Add(Encoding.Latin1.GetString(reader.Take(reader.TakeByte())));
        if (!reader.AtEnd || count > MaxAddresses || !addresses.All(IsAddress)) return Faulty(out fault, "this ticket isn't one that vault makes");
        if (ControlRecord.Parse(vault, signed.ToArray()) is not { Statement: Invite invite } record) return Faulty(out fault, Tampered);
        Ed25519Key key = Ed25519Key.FromSeed(seed);
        if (key.Public == invite.InviteKey) return new Ticket(vault, record, key, check.ToArray(), SwarmKey.FromBytes(swarm), addresses);
        key.Dispose();
        return Faulty(out fault, Tampered);
    }

    const string Tampered = "this ticket was tampered with: its invite isn't signed for this vault and key";

    static Ticket? Faulty(out string? fault, string says)
    {
        fault = says;
        return null;
    }

    static bool IsAddress(string address) => address.Length is > 0 and <= MaxAddressLength && address.All(c => c is > ' ' and <= '~');

    static byte[] SumOf(ReadOnlySpan<byte> bytes)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(KeyLabels.TicketSum);
        hash.AppendData(bytes);
        return hash.GetHashAndReset()[..SumSize];
    }

    // A blind holder gets no read secret, so its ticket can't speak of it. Null when it would have to and isn't there.
    static byte[]? CheckOf(VaultId vault, Role role, SecretEpoch first)
    {
        bool reads = role >= Role.Reader;
        if (reads && !first.CanRead) return null;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(KeyLabels.TicketCheck);
        hash.AppendData(vault.Key.ToArray());
        hash.AppendData(first.SyncSecret.Span);
        if (reads) hash.AppendData(first.ReadSecret.Span);
        return hash.GetHashAndReset()[..CheckSize];
    }

    public void Dispose()
    {
        InviteKey.Dispose();
        Swarm.Dispose();
    }
}
