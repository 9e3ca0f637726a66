using System.Runtime.InteropServices;
using Xunit;

namespace Vault.Primitives.Tests;

public static partial class NativeLibrariesTests
{
    static NativeLibrariesTests() => NativeLibraries.Use(typeof(NativeLibrariesTests).Assembly, "nosuchthing", "libnosuchthing7", "libnosuchthing.so.7");

    [Fact]
    public static void A_missing_library_is_a_fault_that_names_the_package()
    {
        ConfigException fault = Assert.Throws<ConfigException>(() => nosuchthing_init());
        Assert.Equal("the library libnosuchthing isn't installed", fault.Message);
        Assert.Equal("apt-get install libnosuchthing7", fault.Hint);
    }

    [LibraryImport("nosuchthing")] private static partial int nosuchthing_init();
}
