using Xunit;

namespace Vault.Tests.Faults;

/// <summary>A test that runs a <see cref="FaultedProcess"/>; skipped, with the reason, where the shim can't be compiled.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactWithPowerCutAttribute : FactAttribute
{
    public FactWithPowerCutAttribute() => Skip = Shim.Missing;
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class TheoryWithPowerCutAttribute : TheoryAttribute
{
    public TheoryWithPowerCutAttribute() => Skip = Shim.Missing;
}
