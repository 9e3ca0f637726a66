using System.Runtime.InteropServices;
using System.Text;

namespace Vault.Host.Tests;

/// <summary>What the C library says of a character's width: terminals ask it, or a table like it. The oracle of our own counting.</summary>
static partial class WidthInC
{
    const int Characters = 0; // LC_CTYPE

    static readonly bool known = setlocale(Characters, "C.UTF-8") != 0;

    public static int Of(Rune rune) => known ? Math.Max(0, wcwidth(rune.Value)) : throw new InvalidOperationException("this C library has no C.UTF-8");

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint setlocale(int category, string locale);

    [LibraryImport("libc")]
    private static partial int wcwidth(int character);
}
