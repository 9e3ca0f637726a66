using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Vault.Tests.Faults.Child;

/// <summary>Plays the steps that a test names, each one call: <c>open f log.txt create</c>, <c>write f hello</c>, <c>sync f</c>.</summary>
sealed unsafe partial class Script(string folder)
{
    const string C = "libc";
    const int Create = 0x40 | 0x2, Append = 0x400, Cut = 0x200, Folder = 0x10000;

    readonly Dictionary<string, int> files = [];

    public int Play(string[] steps)
    {
        foreach (string step in steps)
        {
            long result = Call(step.Split(' '));
            if (result < 0)
            {
                Console.WriteLine($"{step}: error {Marshal.GetLastPInvokeError()}");
                return 1;
            }
            Console.WriteLine(step);
        }
        return 0;
    }

    long Call(ReadOnlySpan<string> step) => step switch
    {
        ["create", var f, var name] => files[f] = open(In(name), Create, 0x1A4),
        ["append", var f, var name] => files[f] = open(In(name), Create | Append, 0x1A4),
        ["recreate", var f, var name] => files[f] = open(In(name), Create | Cut, 0x1A4),
        ["folder", var f, var name] => files[f] = open(In(name), Folder, 0),
        ["write", var f, var text] => Write(f, Encoding.UTF8.GetBytes(text)),
        ["fill", var f, var letter, var count] => Write(f, Encoding.UTF8.GetBytes(new string(letter[0], Number(count)))),
        ["pwrite", var f, var at, var text] => PositionedWrite(f, Number(at), Encoding.UTF8.GetBytes(text)),
        ["cut", var f, var length] => ftruncate(files[f], Number(length)),
        ["allocate", var f, var length] => posix_fallocate(files[f], 0, Number(length)) == 0 ? 0 : -1,
        ["sync", var f] => fsync(files[f]),
        ["close", var f] => close(files[f]),
        ["rename", var from, var to] => rename(In(from), In(to)),
        ["link", var from, var to] => link(In(from), In(to)),
        ["unlink", var name] => unlink(In(name)),
        ["mkdir", var name] => mkdir(In(name), 0x1ED),
        ["map", var f] => (nint)mmap(0, 4096, 3, 1, files[f], 0),
        _ => throw new ArgumentException($"No such step: {string.Join(' ', step.ToArray())}"),
    };

    string In(string name) => name == "." ? folder : Path.Combine(folder, name);

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    long Write(string f, byte[] bytes)
    {
        fixed (byte* b = bytes) return write(files[f], b, (nuint)bytes.Length);
    }

    long PositionedWrite(string f, long at, byte[] bytes)
    {
        fixed (byte* b = bytes) return pwrite(files[f], b, (nuint)bytes.Length, at);
    }

    [LibraryImport(C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] private static partial int open(string path, int flags, int mode);
    [LibraryImport(C, SetLastError = true)] private static partial int close(int fd);
    [LibraryImport(C, SetLastError = true)] private static partial nint write(int fd, byte* bytes, nuint length);
    [LibraryImport(C, SetLastError = true)] private static partial nint pwrite(int fd, byte* bytes, nuint length, long offset);
    [LibraryImport(C, SetLastError = true)] private static partial int ftruncate(int fd, long length);
    [LibraryImport(C, SetLastError = true)] private static partial int posix_fallocate(int fd, long offset, long length);
    [LibraryImport(C, SetLastError = true)] private static partial int fsync(int fd);
    [LibraryImport(C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] private static partial int rename(string from, string to);
    [LibraryImport(C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] private static partial int link(string from, string to);
    [LibraryImport(C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] private static partial int unlink(string path);
    [LibraryImport(C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] private static partial int mkdir(string path, int mode);
    [LibraryImport(C, SetLastError = true)] private static partial void* mmap(nint address, nuint length, int protection, int flags, int fd, long offset);
}
