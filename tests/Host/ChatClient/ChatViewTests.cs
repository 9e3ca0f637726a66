using System.Text.RegularExpressions;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

public sealed partial class ChatViewTests
{
    const string Anna = "12D3KooWAnnaAnnaAnna", Ben = "12D3KooWBenBenBen";

    static readonly DateTimeOffset noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    readonly ChatView view = new("photos", "general", Anna, TimeZoneInfo.Utc);

    static ChatShown Said(int i, string device, string text, string name, int deliveredTo = 0) =>
        new(i.ToString("x64", null), "general", device, name, (ulong)i, "", noon + TimeSpan.FromMinutes(i), text, deliveredTo);

    string[] Rows(int width = 40, int height = 10) => [.. view.Compose(width, height).Rows.Select(row => row.Text.TrimEnd())];

    [Fact]
    public void Messages_stand_above_the_line_that_is_being_written()
    {
        view.Show([Said(1, Anna, "one", "anna", 2), Said(2, Ben, "two", "ben")]);
        view.Editor.Take(new Keystroke(Key.Text, "three"));
        Assert.Equal(["", "", "", "", "", "-- 2026-05-01 --", "12:01 anna: one  ✓2", "12:02 ben: two"], Rows()[..8]);
        Assert.StartsWith("-- photos · general ---", Rows()[8], StringComparison.Ordinal);
        Assert.Equal("> three", Rows()[9]);
        Frame frame = view.Compose(40, 10);
        Assert.Equal((9, 7), (frame.CursorRow, frame.CursorColumn));
    }

    [Fact]
    public void Times_are_those_of_the_place_where_it_is_read()
    {
        ChatView elsewhere = new("photos", "general", Anna, TimeZoneInfo.CreateCustomTimeZone("there", TimeSpan.FromHours(13.5), "there", "there"));
        elsewhere.Show([Said(1, Ben, "one", "ben")]);
        string[] rows = [.. elsewhere.Compose(40, 5).Rows.Select(row => row.Text)];
        Assert.Equal(["-- 2026-05-02 --", "01:31 ben: one"], rows[1..3]);
    }

    [Fact]
    public void What_others_have_said_since_is_marked_until_one_answers()
    {
        view.Begin(Said(1, Ben, "", "").Id);
        view.Show([Said(1, Ben, "read", "ben"), Said(2, Anna, "mine", "anna"), Said(3, Ben, "news", "ben")]);
        Assert.Equal(["-- new --", "12:03 ben: news"], Rows()[6..8]);
        view.Answered();
        Assert.DoesNotContain("-- new --", Rows());
    }

    [Fact]
    public void Two_devices_with_the_same_name_are_told_apart()
    {
        view.Show([Said(1, Anna, "it is me", "anna"), Said(2, Ben, "no, me", "Anna")]);
        Assert.Contains(Rows(), row => row.Contains("anna~Anna: it is me", StringComparison.Ordinal));
        Assert.Contains(Rows(), row => row.Contains("Anna~nBen: no, me", StringComparison.Ordinal));
    }

    [Fact]
    public void News_stand_at_their_place_or_ask_for_the_whole_list()
    {
        view.Show([Said(1, Ben, "one", "ben"), Said(3, Ben, "three", "ben")]);
        Assert.True(view.Add(Said(4, Ben, "four", "ben")));
        Assert.True(view.Add(Said(3, Ben, "three, delivered", "ben", 1)));
        Assert.False(view.Add(Said(2, Ben, "two", "ben")));
        Assert.False(view.Add(Said(5, Ben, "+", "ben") with { Kind = "reaction" }));
        Assert.Equal(["one", "three, delivered", "four"], view.Lines.Select(line => line.Text!));
    }

    [Fact]
    public void Older_messages_come_into_sight_and_the_newest_are_not_taken_for_read_then()
    {
        view.Show([.. Enumerable.Range(1, 100).Select(i => Said(i, Ben, $"message {i}", "ben"))]);
        Assert.EndsWith("message 100", Rows()[7], StringComparison.Ordinal);
        view.ScrollUp(8);
        Assert.EndsWith("message 92", Rows()[7], StringComparison.Ordinal);
        Assert.Null(view.Seen);
        view.ScrollUp(10_000);
        Assert.Equal("-- 2026-05-01 --", Rows()[0]);
        view.ScrollDown(10_000);
        Assert.EndsWith("message 100", Rows()[7], StringComparison.Ordinal);
        Assert.Equal(100UL, view.Seen!.Seq);
    }

    [Fact]
    public void What_doesnt_fit_is_written_around_the_cursor()
    {
        view.Editor.Replace(string.Join('\n', Enumerable.Range(1, 30).Select(i => $"line {i}")));
        Frame frame = view.Compose(20, 8);
        Assert.Equal("  line 30", frame.Rows[7].Text);
        Assert.Equal((7, 9), (frame.CursorRow, frame.CursorColumn));
        for (int i = 0; i < 29; i++) view.Editor.Take(new Keystroke(Key.Up));
        frame = view.Compose(20, 8);
        Assert.Equal("> line 1", frame.Rows[2].Text);
        Assert.Equal(2, frame.CursorRow);
    }

    [Fact]
    public void On_any_screen_it_fits() => Seed.Check(300, random =>
    {
        ChatView any = new("photos", "general", Anna, TimeZoneInfo.Utc);
        string[] texts = ["short", "漢字かな交じり文", "e\u0301e\u0301e\u0301", "a\nb\nc", "wide 👍🏽 and long enough to be broken over several rows of it", "\e[31m\u202e", ""];
        any.Show([.. Enumerable.Range(1, random.Below(20)).Select(i => Said(i, random.Below(2) == 0 ? Anna : Ben, texts[random.Below(texts.Length)], texts[random.Below(texts.Length)]))]);
        any.Begin(null);
        any.Editor.Replace(texts[random.Below(texts.Length)].Replace("\e", "", StringComparison.Ordinal) + texts[random.Below(texts.Length)].Replace("\e", "", StringComparison.Ordinal));
        if (random.Below(2) == 0) any.Note(noon, texts[random.Below(texts.Length)]);
        if (random.Below(2) == 0) any.ScrollUp(random.Below(30));
        int width = 1 + random.Below(50), height = 1 + random.Below(15);
        Frame frame = any.Compose(width, height);
        Assert.InRange(frame.Rows.Count, 1, height);
        Assert.InRange(frame.CursorRow, 0, height - 1);
        Assert.InRange(frame.CursorColumn, 0, width - 1);
        Assert.All(frame.Rows, row => Assert.InRange(ScreenText.WidthOf(row.Text), 0, Math.Max(width, 2)));
        Assert.All(frame.Rows, row => Assert.DoesNotMatch(Acting(), row.Text));
    });

    [GeneratedRegex(@"[\p{Cc}\u202e]")]
    private static partial Regex Acting();

    [Theory]
    [InlineData("hello", nameof(ChatWord.Say), "", "hello")]
    [InlineData("//etc", nameof(ChatWord.Say), "", "/etc")]
    [InlineData("/reply 3f2a so it is", nameof(ChatWord.Reply), "3f2a", "so it is")]
    [InlineData("/reply 3f2a", nameof(ChatWord.Unknown), "", "reply")]
    [InlineData("/react 3f2a", nameof(ChatWord.React), "3f2a", "")]
    [InlineData("/file a b.txt", nameof(ChatWord.File), "", "a b.txt")]
    [InlineData("/QUIT", nameof(ChatWord.Quit), "", "")]
    [InlineData("/etc/passwd", nameof(ChatWord.Unknown), "", "etc/passwd")]
    public void What_begins_with_a_slash_is_meant_for_the_program(string typed, string word, string id, string text) =>
        Assert.Equal(new ChatTyped(Enum.Parse<ChatWord>(word), text, id), ChatTyped.Of(typed));
}
