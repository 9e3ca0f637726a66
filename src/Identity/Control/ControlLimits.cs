namespace Vault.Identity;

/// <summary>How large what is said about members may get. A record beyond a limit is no record, on every device.</summary>
public static class ControlLimits
{
    /// <summary>As for file records: what a peer can make us read before we know who signed it.</summary>
    public const int MaxBody = 16 * 1024;

    public const int MaxRecord = MaxBody + Primitives.Ed25519PublicKey.SignatureSize;

    /// <summary>Certificates from the root down to a device. Deciding about a record costs a walk up.</summary>
    public const int MaxChain = 16;

    /// <summary>Whole leaf digests in a page, so that it fits in a body.</summary>
    public const int MaxKeptPerPage = 480;

    /// <summary>Two million records of one device can be kept when it is revoked.</summary>
    public const int MaxKeepPages = 4096;

    /// <summary>Devices that one record can seal new secrets to. It is also what a vault is meant for: people who know each other.</summary>
    public const int MaxRecipients = 240;

    /// <summary>Devices in a cut: all that were ever in, so more than can be in at once.</summary>
    public const int MaxCut = 512;

    /// <summary>Copies of a block that may be asked for.</summary>
    public const int MaxCopies = 32;

    /// <summary>In bytes of UTF-8, of a vault's or a device's name.</summary>
    public const int MaxName = KeyRingEntry.MaxNameLength;
}
