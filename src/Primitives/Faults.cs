namespace Vault.Primitives;

// The faults of this program, all of them. An answer (absent, forged, malformed) is not a fault: it is a null, a Try… or a
// small result. A fault is caught in three places only: at the connection, by the daemon's supervisor, and in Main, which
// prints Message on one line and Hint, where there is one, on the next.

/// <summary>A fault whose text is meant for the person at the terminal.</summary>
public abstract class VaultException(string message, string? hint = null, Exception? inner = null) : Exception(message, inner)
{
    public string? Hint { get; } = hint;
}

/// <summary>Stored bytes that are not what was stored.</summary>
public sealed class CorruptDataException(string message, string? hint = null, Exception? inner = null) : VaultException(message, hint, inner);

/// <summary>A peer that doesn't keep to the protocol.</summary>
public sealed class ProtocolException(string message, string? hint = null, Exception? inner = null) : VaultException(message, hint, inner);

/// <summary>The disk or the database refuses: full, read-only, locked, failing.</summary>
public sealed class StoreException(string message, string? hint = null, Exception? inner = null) : VaultException(message, hint, inner);

/// <summary>Something grew past the limit that was set for it.</summary>
public sealed class LimitExceededException(string message, string? hint = null, Exception? inner = null) : VaultException(message, hint, inner);

/// <summary>What the user or the machine set up doesn't work: a missing library, a wrong key, a bad setting.</summary>
public sealed class ConfigException(string message, string? hint = null, Exception? inner = null) : VaultException(message, hint, inner);
