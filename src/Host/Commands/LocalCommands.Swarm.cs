using System.Runtime.CompilerServices;
using Vault.Catalog;
using Vault.Identity;
using Vault.Libp2p.Multiaddrs;
using Vault.Primitives;

namespace Vault.Host;

// Who takes part, and the network they meet in. What needs other devices needs the daemon.
sealed partial class LocalCommands
{
    Daemon Running => daemon ?? throw new ConfigException("no daemon is running here", "start one: vault daemon run");

    public async Task<DeviceInvited> InviteAsync(InviteDevice request, CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        Role role = Roles.Parse(request.Role);
        IReadOnlyList<string> addresses = Running.TicketAddresses;
        if (request.Expires <= TimeSpan.Zero || request.Expires > LongestPeriod) throw new ConfigException("that is no time to use a ticket in", $"up to {LongestPeriod.TotalDays:0} days can be given");
        HybridTime useBy = HybridTime.At(home.Time.GetUtcNow() + request.Expires);
        using Ticket ticket = Ticket.Create(AuthorOf(entry), catalog.Membership, role, useBy, home.SwarmKeys.Own, addresses, home.Random);
        catalog.Add([ticket.Invite]);
        return new DeviceInvited(ticket.ToText(), entry.Vault.ToString(), entry.Name, Roles.Text(role), useBy.Moment, addresses);
    }

    public async Task<VaultJoined> JoinAsync(JoinVault request, CancellationToken stop)
    {
        await EnterAsync(stop, make: true);
        using Ticket ticket = Ticket.Parse(request.Ticket, out string? fault) ?? throw new ConfigException(fault!, "a ticket comes from vault invite on a device of the vault");
        OfferSpace? offer = request is { Capacity: null, Class: null, Site: null } ? null : new OfferSpace("", request.Capacity, request.Class, request.Site);
        return await Running.JoinAsync(ticket, request.Name, offer is null ? null : keys => Offered(offer, ticket.Vault, Daemon.UsualProfile(keys, home.Random)), request.OnDemand, stop);
    }

    public async IAsyncEnumerable<MemberListed> MembersAsync(string vault, [EnumeratorCancellation] CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(vault, stop);
        ILookup<DeviceId, Suspicion> suspicions = catalog.Suspicions.ToLookup(suspicion => suspicion.Author);
        foreach (Member member in catalog.Membership.Members.OrderBy(member => member.Admitted)) yield return Told(member, entry, suspicions[member.Device]);
    }

    public async Task<DeviceRevoked> RevokeAsync(RevokeDevice request, CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        Member subject = FindMember(catalog.Membership, entry, request.Device);
        ControlAuthor author = AuthorOf(entry);
        // What it wrote so far stays, what it deleted stays deleted; only what it says from now on is nothing.
        IEnumerable<Hash32> keep = catalog.WrittenBy(subject.Device).Select(leaf => leaf.Digest);
        IReadOnlyList<ControlRecord> revocation = author.Revoke(catalog.Membership, subject.Key, keep);
        Membership without = catalog.Membership.With(revocation);
        bool renewed = without.NeedsNewEpoch;
        // In one commit: whoever ends in between, nobody is out without new secrets, and no member hears of the secrets first.
        catalog.Add(renewed ? [.. revocation, author.NewEpoch(without)] : revocation);
        home.Ring.Keep();
        return new DeviceRevoked(entry.Vault.ToString(), subject.Peer.ToString(), subject.Profile?.OpenName(entry.Keys), renewed);
    }

    public async Task<DeviceRetired> RetireAsync(RetireDevice request, CancellationToken stop)
    {
        (KeyRingEntry entry, VaultCatalog catalog) = await OpenVaultAsync(request.Vault, stop);
        Member subject = FindMember(catalog.Membership, entry, request.Device);
        if (!subject.IsActive) throw new ConfigException($"{subject.Profile?.OpenName(entry.Keys) ?? subject.Peer.ToString()} is out already", $"vault members {entry.Name} shows who is in");
        catalog.Add(AuthorOf(entry).Retire(catalog.Membership, subject.Key));
        return new DeviceRetired(entry.Vault.ToString(), subject.Peer.ToString(), subject.Profile?.OpenName(entry.Keys));
    }

    public async IAsyncEnumerable<PeerListed> PeersAsync([EnumeratorCancellation] CancellationToken stop)
    {
        await EnterAsync(stop);
        foreach (PeerListed peer in Running.Peers()) yield return peer;
    }

    public async Task<PeerDialed> DialAsync(string address, CancellationToken stop)
    {
        await EnterAsync(stop);
        Multiaddr parsed = Multiaddr.Parse(address) ?? throw new ConfigException($"'{address}' is no address", "an address looks like /ip4/192.168.1.7/tcp/4171/p2p/12D3Koo…");
        return await Running.DialAsync(parsed, stop);
    }

    /// <param name="import">The text of a swarm key file that becomes the own one.</param>
    public async Task<SwarmKeyShown> SwarmKeyAsync(bool renew, string? import, bool reveal, CancellationToken stop)
    {
        await EnterAsync(stop, make: true);
        if (renew) home.SwarmKeys.Renew();
        if (import != null)
        {
            using SwarmKey brought = SwarmKey.Parse(System.Text.Encoding.UTF8.GetBytes(import)) ?? throw new ConfigException("this is no swarm key file", "its first line is /key/swarm/psk/1.0.0/");
            home.SwarmKeys.Adopt(brought);
        }
        if ((renew || import != null) && daemon != null) await daemon.UseNetworksAsync();
        return new SwarmKeyShown(home.SwarmKeys.Own.Fingerprint, [.. home.SwarmKeys.Keys.Skip(1).Select(key => key.Fingerprint)], reveal ? home.SwarmKeys.Own.ToFileText() : null);
    }

    public Task<LimitsShown> LimitsAsync(SetLimits request, CancellationToken stop)
    {
        Vault.Swarm.TransferLimits limits = Running.Limits;
        (long? upload, long? download) = (request.Upload is { } up ? ByteRate.Parse(up) : limits.Upload.BytesPerSecond, request.Download is { } down ? ByteRate.Parse(down) : limits.Download.BytesPerSecond);
        (limits.Upload.BytesPerSecond, limits.Download.BytesPerSecond) = (upload, download);
        return Task.FromResult(new LimitsShown(upload, download));
    }

    public Task<DaemonStatus> DaemonStatusAsync(CancellationToken stop) => Task.FromResult(Running.Status());

    public Task<bool> StopDaemonAsync(CancellationToken stop)
    {
        Running.RequestStop();
        return Task.FromResult(true);
    }

    ControlAuthor AuthorOf(KeyRingEntry entry) => new(entry.Keys, home.Device.Key, home.Clock, home.Random);

    MemberListed Told(Member member, KeyRingEntry entry, IEnumerable<Suspicion> suspicions)
    {
        string state = member.IsRevoked ? "revoked" : member.Retired != null ? "retired" : member.RoleAt(home.Clock.Now) is null ? "expired" : "active";
        return new MemberListed(member.Peer.ToString(), member.Profile?.OpenName(entry.Keys), Roles.Text(member.Role), state, member.Admitted.Moment,
            member.NotAfter == HybridTime.Never ? null : member.NotAfter.Moment, member.Key == home.Device.Key.Public, [.. suspicions.GroupBy(suspicion => suspicion.Kind).OrderBy(kind => kind.Key).Select(Told)]);
    }

    static string Told(IGrouping<SuspicionKind, Suspicion> seen)
    {
        string what = seen.Key switch
        {
            SuspicionKind.Equivocation => "wrote two versions under one time: it was copied, or says different things to different devices",
            SuspicionKind.ForgedVector => "claimed to have seen a version of this device that there never was: an edit made here would have gone, and was kept",
            _ => "wrote something that this device doesn't remember writing: it was put back to an earlier state, or its key is in use elsewhere",
        };
        int times = seen.Count();
        return $"{what} ({(times == 1 ? "once" : $"{times} times")}, last on {seen.Max(suspicion => suspicion.Seen).UtcDateTime:yyyy-MM-dd})";
    }

    static Member FindMember(Membership membership, KeyRingEntry entry, string text)
    {
        Member[] named = [.. membership.Members.Where(member => member.Peer.ToString() == text || member.Profile?.OpenName(entry.Keys) == text)];
        if (named.Length == 0 && text.Length > 0) named = [.. membership.Members.Where(member => member.Peer.ToString().StartsWith(text, StringComparison.Ordinal))];
        return named switch
        {
            [{ } only] => only,
            [] => throw new ConfigException($"there is no device '{text}' in {entry.Name}", $"vault members {entry.Name} shows those there are"),
            _ => throw new ConfigException($"'{text}' could be any of {named.Length} devices", "write more of its peer id"),
        };
    }
}

/// <summary>Roles as people write them.</summary>
static class Roles
{
    public static Role Parse(string text) => text switch
    {
        "blind" => Role.Blind,
        "read" => Role.Reader,
        "write" => Role.Writer,
        "admin" => Role.Admin,
        _ => throw new ConfigException($"'{text}' is no role", "roles are blind, read, write and admin"),
    };

    public static string Text(Role role) => role switch
    {
        Role.Blind => "blind",
        Role.Reader => "read",
        Role.Writer => "write",
        _ => "admin",
    };
}
