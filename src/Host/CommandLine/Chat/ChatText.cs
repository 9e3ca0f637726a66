using System.Globalization;
using System.Text;

namespace Vault.Host;

/// <summary>Messages as people read them, on a screen or in a pipe: whatever is in them, they are no commands to a terminal.</summary>
static class ChatText
{
    public static string Line(ChatShown shown, bool harmless)
    {
        StringBuilder line = new();
        line.Append(CultureInfo.InvariantCulture, $"{Amounts.Time(shown.Time)}  {Safe(shown.Name ?? shown.Device[..Math.Min(12, shown.Device.Length)])}: {What(shown, harmless)}");
        foreach (ChatReaction reaction in shown.Reactions ?? []) line.Append(CultureInfo.InvariantCulture, $"  [{Safe(reaction.Mark)} {Safe(reaction.Device)}]");
        if (shown.Edited) line.Append("  (edited)");
        return line.ToString();

        string Safe(string text) => harmless ? Harmless.Text(text) : text;
    }

    /// <summary>What it says; further lines of it are set in.</summary>
    public static string What(ChatShown shown, bool harmless)
    {
        if (shown.Erased) return "(erased)";
        if (shown.Text is not { } text) return "(can't be read here)";
        string said = string.Join("\n    ", text.ReplaceLineEndings("\n").Split('\n').Select(line => harmless ? Harmless.Text(line) : line));
        return shown.Kind switch
        {
            null => said,
            "file" => $"file {said}",
            "reply" => $"(to {shown.Target?[..8]}) {said}",
            "edit" => $"(instead of {shown.Target?[..8]}) {said}",
            "reaction" => $"({said} on {shown.Target?[..8]})",
            "erase" => $"(erases {shown.Target?[..8]})",
            "marker" => $"* {said}",
            var kind => $"({kind}) {said}",
        };
    }

    /// <summary>What a verification found, a sentence a line; what is longer is evidence in hex.</summary>
    public static IEnumerable<string> Verified(ChatVerified verified)
    {
        yield return $"{Amounts.Count(verified.Messages, "message")} in {Amounts.Count(verified.Feeds, "feed")}: every chain and signature checked";
        yield return $"witnesses: {verified.Matched} matched, {verified.NotComparable} not comparable, {Amounts.Count(verified.Contradictions.Count, "contradiction")}";
        foreach (ChatGapShown gap in verified.Gaps) yield return Gap(gap);
        foreach (ChatForkShown fork in verified.Forks)
        {
            yield return Fork(fork);
            yield return $"  signed: {fork.First}";
            yield return $"  signed: {fork.Second}";
        }
        if (verified.Contradictions is [{ } first, ..])
        {
            yield return $"contradiction: message {first.Seq} of {Harmless.Text(first.Name ?? first.Device)}: {first.What}";
            yield return $"  signed: {first.Message}";
            if (first.Against != null) yield return $"  against: {first.Against}";
        }
        if (verified.Exported != null) yield return $"the evidence is in {verified.Exported}; vault chat verify {verified.Exported} checks it anywhere";
    }

    public static string Gap(ChatGapShown gap) => $"{Amounts.Count((long)gap.Messages, "message")} of {Harmless.Text(gap.Name ?? gap.Device)} known, not received";

    public static string Fork(ChatForkShown fork) => $"{Harmless.Text(fork.Name ?? fork.Device)} has signed two different messages {fork.Seq}: one of them was shown to some and one to others";
}
