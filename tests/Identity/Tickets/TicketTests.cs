using Vault.Primitives;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Identity.Tests;

public sealed class TicketTests : IDisposable
{
    readonly TestVault vault = new();

    [Fact]
    public void A_ticket_comes_back_from_text_with_line_breaks_and_in_capitals()
    {
        Ticket ticket = vault.Ticket(Role.Writer);
        string text = ticket.ToText();
        Assert.StartsWith("vault1", text);
        Assert.Equal(text, text.ToLowerInvariant());
        foreach (string pasted in (string[])[text, text.ToUpperInvariant(), $"\n {text[..40]}\r\n{text[40..]} \t"])
        {
            using Ticket back = Identity.Ticket.Parse(pasted, out string? fault)!;
            Assert.Null(fault);
            Assert.Equal((ticket.Vault, ticket.Role, ticket.UseBy, ticket.Swarm.Fingerprint), (back.Vault, back.Role, back.UseBy, back.Swarm.Fingerprint));
            Assert.Equal(ticket.Addresses, back.Addresses);
            Assert.Equal(text, back.ToText());
        }
    }

    [Fact]
    public void A_ticket_holds_no_secret_of_the_vault()
    {
        byte[] bytes = Base32.Decode(vault.Ticket(Role.Admin).ToText().AsSpan(6))!;
        foreach (ReadOnlyMemory<byte> secret in (ReadOnlyMemory<byte>[])[vault.Keys.Current.SyncSecret.Span.ToArray(), vault.Keys.Current.ReadSecret.Span.ToArray(), vault.Keys.Root!.Seed.ToArray(), vault.Owner.Seed.ToArray()])
            Assert.Equal(-1, bytes.AsSpan().IndexOf(secret.Span));
    }

    [Fact]
    public void Each_fault_of_a_ticket_is_told_in_a_sentence_of_its_own()
    {
        string text = vault.Ticket(Role.Reader).ToText();
        Dictionary<string, string> faults = new()
        {
            ["hello"] = "begins with vault1",
            [""] = "begins with vault1",
            [text[..^1]] = "cut short or mistyped",
            [text[..100] + (text[100] == 'a' ? 'b' : 'a') + text[101..]] = "cut short or mistyped",
            [text + "0"] = "cut short or mistyped",
            ["vault1" + new string('a', 5000)] = "too long",
            [Resummed(bytes => bytes[0] = 2)] = "newer version",
            [Resummed(bytes => bytes[1] ^= 1)] = "tampered with", // another vault
            [Resummed(bytes => bytes[40] ^= 1)] = "tampered with", // another key
            [Resummed(bytes => bytes[200] ^= 1)] = "tampered with", // another role or end
            [Resummed(bytes => bytes[300] = 9)] = "isn't one that vault makes", // more addresses than a ticket holds
        };
        foreach ((string pasted, string expected) in faults)
        {
            Assert.Null(Identity.Ticket.Parse(pasted, out string? fault));
            Assert.Contains(expected, fault);
            Assert.DoesNotContain('\n', fault!);
        }

        string Resummed(Action<byte[]> change)
        {
            byte[] bytes = Base32.Decode(text.AsSpan(6))![..^8];
            change(bytes);
            return "vault1" + Base32.Encode([.. bytes, .. Hash32.Of([.. KeyLabels.TicketSum, .. bytes]).ToArray()[..8]]);
        }
    }

    [Fact]
    public void No_bent_ticket_is_taken_for_a_whole_one() => Seed.Check(LongRun.Cases(2_000, 500_000), random =>
    {
        char[] text = (textForBending ??= vault.Ticket(Role.Reader).ToText()).ToCharArray();
        int at = 6 + random.Below(text.Length - 6);
        char was = text[at];
        text[at] = "abcdefghijklmnopqrstuvwxyz234567"[random.Below(32)];
        if (text[at] == was) return;
        Assert.Null(Identity.Ticket.Parse(text, out string? fault));
        Assert.NotNull(fault);
    });

    string? textForBending;

    [Fact]
    public void Who_may_not_invite_gets_no_ticket()
    {
        Ed25519Key writer = vault.Device(Role.Writer);
        Assert.Throws<ConfigException>(() => vault.Ticket(Role.Reader, by: writer));
        Assert.Throws<LimitExceededException>(() => Identity.Ticket.Create(vault.By(vault.Owner), vault.Membership, Role.Reader, HybridTime.Never, vault.Swarm, new string[9], vault.Random));
    }

    public void Dispose() => vault.Dispose();
}
