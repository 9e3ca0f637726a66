namespace Vault.Tests.Support;

/// <summary>Waits for what nobody tells of.</summary>
public static class Until
{
    /// <summary>Looks again and again; a condition that doesn't come true in time ends the test.</summary>
    public static async Task TrueAsync(Func<bool> holds, TimeSpan patience)
    {
        using CancellationTokenSource end = new(patience);
        while (!holds()) await Task.Delay(10, end.Token);
    }
}
