using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// /vault/secrets/1, behind the gate: one message from the acceptor, the secrets that the opener's role entitles it to, sealed to its key.
/// The opener asks when records speak of an epoch that it hasn't got, and believes only what those records vouch for.
/// </summary>
static class SecretsProtocol
{
    public const string Id = "/vault/secrets/1";

    /// <summary>The opener's side.</summary>
    public static async Task AskAsync(VaultChannel channel, LackedSecrets lacked, TimeProvider time, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(GateLimits.Patience, time), either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        if (await Frames.ReadAsync(channel.Pipe.Input, SealedSecrets.MaxSize, either.Token) is { Length: > 0 } box) lacked.Take(box);
    }

    /// <summary>The acceptor's side. Empty for one whose role has ended meanwhile.</summary>
    public static async Task AnswerAsync(VaultChannel channel, GateVault vault, HybridClock clock, RandomSource random, TimeProvider time, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(GateLimits.Patience, time), either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        byte[] box = SealedSecrets.Seal(vault.Keys, vault.Membership(), channel.Member.Key, clock.Now, random) ?? [];
        await Frames.WriteAsync(channel.Pipe.Output, box, either.Token);
        await channel.Pipe.Output.CompleteAsync();
    }
}
