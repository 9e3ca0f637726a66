using Vault.Tests.Support;
using Xunit;

namespace Vault.House.Tests;

/// <summary>A test that takes a minute: it runs in a long run only, and is counted as skipped otherwise.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class LongFactAttribute : FactAttribute
{
    public LongFactAttribute() => Skip = LongRun.Enabled ? null : "takes minutes: ./test --long";
}
