namespace Vault.Host;

/// <summary>What a script that calls vault can rely on.</summary>
static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 2;

    /// <summary>128 + SIGINT, as a shell reports a program that was interrupted.</summary>
    public const int Interrupted = 130;
}
