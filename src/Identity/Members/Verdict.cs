namespace Vault.Identity;

/// <summary>Whether a control record counts, and if not, the first reason in this order.</summary>
public enum Verdict
{
    Stands,
    /// <summary>The certificate that it is signed under, or its invite, isn't known or doesn't stand; that may change.</summary>
    Unfounded,
    /// <summary>Signed under somebody else's certificate, or with the key of another invite.</summary>
    NotTheirs,
    /// <summary>Claims to be no later than what it is founded on.</summary>
    Untimely,
    /// <summary>The issuer's role isn't enough.</summary>
    Role,
    /// <summary>The issuer's certificate, or the invite, had run out.</summary>
    RunOut,
    /// <summary>The issuer, or the invite, was revoked, and this wasn't kept.</summary>
    Revoked,
    /// <summary>Would outlast the certificate that it is signed under.</summary>
    Outlasts,
    /// <summary>Too far from the root.</summary>
    TooDeep,
    /// <summary>Another device used the invite first, or another key has this device id, or another epoch this number.</summary>
    Taken,
    /// <summary>There is a later one, of which only the latest counts: settings, and a device's profile.</summary>
    Superseded,
    /// <summary>A keep page that no revocation leads to.</summary>
    Loose,
}
