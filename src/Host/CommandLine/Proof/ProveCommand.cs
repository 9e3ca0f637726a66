using System.CommandLine;
using Vault.Catalog;
using Vault.Primitives;

namespace Vault.Host;

/// <summary>
/// vault prove VAULT PATH: a file that shows, to whoever has a vault's root and no vault, that a record is in it. With --check
/// such a file is looked at, which needs no store.
/// </summary>
static class ProveCommand
{
    const string Ending = ".proof";

    public static Command Create(Terminal terminal)
    {
        Argument<string?> vault = Words.VaultOrNone(terminal);
        Argument<string?> path = new("path") { Description = "A file or folder in the vault", HelpName = "PATH", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> target = new("--out", "-o") { Description = "Write the proof to FILE (else PATH's own name with .proof, here)", HelpName = "FILE" };
        Option<bool> absent = new("--absent") { Description = "Prove that there is nothing at PATH" };
        Option<string?> check = new("--check") { Description = "Check a proof file instead of making one; needs no vault and no store", HelpName = "FILE" };
        Option<string?> root = new("--root") { Description = "The root to check against: 64 hex digits, as vault root prints them", HelpName = "HEX" };
        TaughtCommand command = new("prove", "write a proof that a file is in a vault, or check one",
            "vault prove photos Pictures/deed.pdf", "vault root photos", "vault prove --check deed.pdf.proof --root 8d0f…64 digits", "vault prove photos Pictures/never.jpg --absent")
        { vault, path, target, absent, check, root };
        command.Validators.Add(line =>
        {
            bool checks = line.GetValue(check) != null;
            if (checks && line.GetValue(vault) != null) line.AddError("--check takes a file and a root, and no vault");
            else if (checks && line.GetValue(root) is null) line.AddError("--check needs the root to check against: --root HEX");
            else if (!checks && line.GetValue(path) is null) line.AddError("say which VAULT and PATH to prove, or --check FILE");
            else if (line.GetValue(root) is { } hex && !Hash32.TryParse(hex, out _)) line.AddError($"'{hex}' is no root: it has 64 hex digits, as vault root prints them");
        });
        command.SetAction(async (line, stop) =>
        {
            if (line.GetValue(check) is { } file) return Check(terminal, file, line.GetValue(root)!);
            string inside = line.GetValue(path)!;
            await using ICommands commands = Session.Open(line, terminal);
            EntryProof proof = await commands.ProveAsync(new ProveEntry(line.GetValue(vault)!, inside, line.GetValue(absent)), stop);
            string written = line.GetValue(target) ?? inside.Trim('/').Split('/')[^1] + Ending;
            Write(written, proof.Proof);
            terminal.Output.WriteLine($"{terminal.Name(written)} proves {(proof.Present ? terminal.Name(proof.Path) : $"that nothing is at {terminal.Name(proof.Path)}")} under the root {proof.Root}");
            return ExitCode.Done;
        });
        return command;
    }

    static void Write(string path, byte[] proof)
    {
        try
        {
            using FileStream file = new(path, FileMode.CreateNew);
            file.Write(proof);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(File.Exists(path) ? $"{path} exists already" : $"can't write {path}: {fault.Message}", "name another file with -o FILE", fault);
        }
    }

    static int Check(Terminal terminal, string path, string hex)
    {
        _ = Hash32.TryParse(hex, out Hash32 root); // the line was refused otherwise
        ProofFile proof = ProofFile.Decode(Read(path)) ?? throw new ConfigException($"{path} is no proof file", "vault prove VAULT PATH writes one; perhaps it was cut short on its way");
        ProofVerdict verdict = proof.Check(root);
        if (verdict == ProofVerdict.Nothing) throw new ConfigException("the proof doesn't lead to this root", "it was made of another root, or changed on its way: ask for a new one and the root of that moment");
        TextWriter output = terminal.Output;
        string what = verdict == ProofVerdict.Absent ? "absent" : proof.Record!.Kind == RecordKind.Tombstone ? "removed" : "present";
        output.WriteLine($"{what}: {terminal.Name(proof.Path)}");
        output.WriteLine($"vault {proof.Vault}");
        output.WriteLine($"root {root}");
        if (proof.Record is not { } record) return ExitCode.Done;
        if (record.Root is { } block) output.WriteLine($"block {block}");
        output.WriteLine($"written by device {record.Author} at {record.Time.Moment:u}");
        return ExitCode.Done;
    }

    static byte[] Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] bytes = new byte[ProofFile.MaxSize + 1]; // one more than a proof can have is no proof
            return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"the proof file can't be read: {fault.Message}", inner: fault);
        }
    }
}
