using System.Text;
using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

public sealed class FramePainterTests
{
    [Fact]
    public void What_is_painted_is_the_frame_whatever_was_there_before() => Seed.Check(100, random =>
    {
        int width = 5 + random.Below(30), height = 2 + random.Below(8);
        FramePainter painter = new(colours: random.Below(2) == 0);
        ScreenPicture picture = new(width, height);
        string[] texts = ["", "plain", "漢字", "e\u0301", "a longer row"];
        picture.Draw(Encoding.UTF8.GetBytes(FramePainter.Begin));
        for (int i = 0; i < 6; i++)
        {
            Row[] rows = [.. Enumerable.Range(0, random.Below(height + 1)).Select(_ => Row.Of(ScreenText.Cut(texts[random.Below(texts.Length)], width), (Look)random.Below(16)))];
            Frame frame = new(width, height, rows, random.Below(height), random.Below(width));
            picture.Draw(Encoding.UTF8.GetBytes(painter.Paint(frame)));
            Assert.Equal(string.Join('\n', rows.Select(row => row.Text).Concat(Enumerable.Repeat("", height - rows.Length))), picture.Text);
            Assert.Equal((frame.CursorRow, frame.CursorColumn), (picture.Row, picture.Column));
        }
        picture.Draw(Encoding.UTF8.GetBytes(painter.End()));
        Assert.False(picture.IsOnOwnScreen || picture.MarksPastes);
    });

    [Fact]
    public void A_row_that_is_the_same_isnt_sent_again()
    {
        FramePainter painter = new(colours: false);
        painter.Paint(new Frame(20, 3, [Row.Of("one"), Row.Of("two"), Row.Of("three")], 0, 0));
        string sent = painter.Paint(new Frame(20, 3, [Row.Of("one"), Row.Of("2"), Row.Of("three")], 0, 0));
        Assert.Contains("2", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("one", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("three", sent, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_colours_nothing_is_dressed() =>
        Assert.DoesNotContain("m", new FramePainter(colours: false).Paint(new Frame(9, 1, [Row.Of("x", Look.Bold | Look.Red)], 0, 0)), StringComparison.Ordinal);
}
