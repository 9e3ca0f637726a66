using System.IO.Pipelines;
using System.Text;
using Vault.Identity;
using Vault.Primitives;

namespace Vault.Swarm;

/// <summary>
/// The gate before every vault protocol, /vault/gate/1, on a stream whose other end is known by its key. Four messages: the opener's
/// offer, which tells a stranger nothing; the acceptor's proof and certificates; the opener's certificates; and the acceptor's
/// welcome, or a reason. What to show and how to judge it are the pure functions of <see cref="GateProof"/>; here they are put
/// in order. Whoever doesn't know the secret gets no byte.
/// </summary>
public sealed class VaultSession(Ed25519PublicKey self, HybridClock clock, TimeProvider time)
{
    const byte Out = 0, In = 1;

    /// <summary>How the fault begins when the other side has said why this device isn't in.</summary>
    public const string TurnedAway = "the peer doesn't let this device in: ";

    /// <summary>The opener's side. Null when the other side doesn't know this vault, or doesn't say so; a <see cref="ProtocolException"/> says why one of the two isn't in.</summary>
    public async Task<VaultChannel?> OpenAsync(IDuplexPipe pipe, PeerId peer, Hash32 binding, GateVault vault, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(GateLimits.Patience, time), either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        Ed25519PublicKey other = KeyOf(peer);
        byte[] channel = binding.ToArray();
        byte[] own = GateProof.Credentials(vault.Membership(), self) ?? throw new ProtocolException("this device has no certificate of this vault that stands");
        await Frames.WriteAsync(pipe.Output, GateProof.Offer(vault.Keys, self, other, channel), either.Token);

        byte[]? answer;
        try
        {
            answer = await Frames.ReadAsync(pipe.Input, GateProof.ReplySize + GateProof.MaxCredentials, either.Token);
        }
        catch (ProtocolException)
        {
            return null; // cut off without a word: it doesn't have this vault
        }
        if (answer is null || answer.Length < GateProof.ReplySize) return null;
        if (GateProof.Check(answer.AsSpan(0, GateProof.ReplySize), vault.Keys, self, other, channel) is null)
            throw new ProtocolException("the peer speaks of this vault and doesn't know its secret");

        Admittance judged = Judge(answer.AsSpan(GateProof.ReplySize), vault, other);
        if (judged is not { Role: { } role, Member: { } member })
        {
            await Frames.WriteAsync(pipe.Output, Refusal(judged.Reason), either.Token);
            throw new ProtocolException($"the peer isn't let in: {judged.Reason}");
        }
        await Frames.WriteAsync(pipe.Output, (byte[])[In, .. own], either.Token);
        RequireWelcome(await Frames.ReadAsync(pipe.Input, 1 + GateLimits.MaxReason, either.Token));
        return new VaultChannel(vault.Id, peer, member, role, binding, pipe);
    }

    /// <summary>The acceptor's side, among the vaults it has. Null for whoever shows no secret of any of them: it has got no byte.</summary>
    public async Task<VaultChannel?> AcceptAsync(IDuplexPipe pipe, PeerId peer, Hash32 binding, IEnumerable<GateVault> vaults, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(GateLimits.Patience, time), either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        Ed25519PublicKey other = KeyOf(peer);
        byte[] channel = binding.ToArray();
        if (await Frames.ReadAsync(pipe.Input, GateProof.MaxOfferSize, either.Token) is not { } offer) return null;
        foreach (GateVault vault in vaults)
        {
            if (GateProof.Match(offer, vault.Keys, other, self, channel) is not { } epoch) continue;
            // One that was put out gets no proof that the vault is here.
            if (vault.Membership() is var known && known.Find(other) is { IsRevoked: true }) return null;
            if (GateProof.Credentials(known, self) is not { } own) return null;
            await Frames.WriteAsync(pipe.Output, (byte[])[.. GateProof.Reply(vault.Keys, epoch, other, self, channel), .. own], either.Token);
            return await AdmitAsync(pipe, peer, binding, vault, either.Token);
        }
        return null;
    }

    async Task<VaultChannel> AdmitAsync(IDuplexPipe pipe, PeerId peer, Hash32 binding, GateVault vault, CancellationToken cancel)
    {
        byte[] shown = await Frames.ReadAsync(pipe.Input, 1 + GateProof.MaxCredentials, cancel) ?? throw new ProtocolException("the peer went away at the gate");
        RequireWelcome(shown);
        Admittance judged = Judge(shown.AsSpan(1), vault, KeyOf(peer));
        if (judged is not { Role: { } role, Member: { } member })
        {
            await Frames.WriteAsync(pipe.Output, Refusal(judged.Reason), cancel);
            await LetReadAsync(pipe.Input, cancel);
            throw new ProtocolException($"the peer isn't let in: {judged.Reason}");
        }
        await Frames.WriteAsync(pipe.Output, (byte[])[In], cancel);
        return new VaultChannel(vault.Id, peer, member, role, binding, pipe);
    }

    Admittance Judge(ReadOnlySpan<byte> credentials, GateVault vault, Ed25519PublicKey device)
    {
        Admittance judged = GateProof.Judge(credentials, vault.Membership(), device, clock.Now);
        if (judged.Records.Count > 0) vault.Learn(judged.Records);
        return judged;
    }

    /// <summary>Until the other side has gone: what fails here resets the stream, and the reason would be lost.</summary>
    static async Task LetReadAsync(PipeReader input, CancellationToken cancel)
    {
        while (await input.ReadAsync(cancel) is { IsCompleted: false } more) input.AdvanceTo(more.Buffer.End);
    }

    static void RequireWelcome(byte[]? message)
    {
        if (message is null or []) throw new ProtocolException("the peer went away at the gate");
        if (message[0] != In) throw new ProtocolException($"{TurnedAway}{Encoding.UTF8.GetString(message.AsSpan(1, Math.Min(GateLimits.MaxReason, message.Length - 1)))}");
    }

    static byte[] Refusal(string? reason)
    {
        byte[] text = Encoding.UTF8.GetBytes(reason ?? "");
        return [Out, .. text.AsSpan(0, Math.Min(text.Length, GateLimits.MaxReason))];
    }

    static Ed25519PublicKey KeyOf(PeerId peer) => peer.Key ?? throw new ProtocolException("the peer's id tells no key");
}
