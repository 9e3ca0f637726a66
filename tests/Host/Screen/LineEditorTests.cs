using Vault.Tests.Support;
using Xunit;

namespace Vault.Host.Tests;

public sealed class LineEditorTests
{
    readonly LineEditor editor = new(100);

    string? Press(params Key[] keys)
    {
        string? entered = null;
        foreach (Key key in keys) entered = editor.Take(new Keystroke(key)) ?? entered;
        return entered;
    }

    void Type(string text) => editor.Take(new Keystroke(Key.Text, text));

    [Fact]
    public void What_was_typed_is_sent_by_enter_and_the_line_is_empty()
    {
        Type("hello");
        Assert.Equal("hello", Press(Key.Enter));
        Assert.Equal(("", 0), (editor.Text, editor.At));
        Assert.Null(Press(Key.Enter)); // nothing is no message
    }

    [Fact]
    public void Characters_are_what_a_person_takes_for_one()
    {
        Type("ae\u0301👍🏽漢");
        Press(Key.Left, Key.Left);
        Assert.Equal(3, editor.At); // before the thumb
        Press(Key.Backspace);
        Assert.Equal("a👍🏽漢", editor.Text);
        Press(Key.Delete);
        Assert.Equal("a漢", editor.Text);
    }

    [Fact]
    public void A_line_is_begun_by_alt_enter_or_a_backslash_at_the_end()
    {
        Type("one");
        Press(Key.NewLine);
        Type("two\\");
        Assert.Null(Press(Key.Enter));
        Type("three");
        Assert.Equal("one\ntwo\nthree", Press(Key.Enter));
    }

    [Fact]
    public void Up_and_down_go_through_lines_and_then_through_what_was_sent()
    {
        Type("first");
        Press(Key.Enter);
        Type("second");
        Press(Key.Enter);
        Type("ab");
        Press(Key.NewLine);
        Type("cde");
        Press(Key.Up);
        Assert.Equal(2, editor.At); // the end of the shorter line
        Press(Key.Up);
        Assert.Equal("second", editor.Text);
        Press(Key.Up);
        Assert.Equal("first", editor.Text);
        Press(Key.Up);
        Assert.Equal("first", editor.Text);
        Press(Key.Down, Key.Down);
        Assert.Equal("ab\ncde", editor.Text); // what was being written is still there
    }

    [Fact]
    public void Words_and_ends_of_lines_are_reached_and_erased()
    {
        Type("one two three");
        Press(Key.WordLeft, Key.WordLeft);
        Assert.Equal(4, editor.At);
        Press(Key.EraseToEnd);
        Assert.Equal("one ", editor.Text);
        Press(Key.EraseWord);
        Assert.Equal("", editor.Text);
        Type("x y");
        Press(Key.Home, Key.WordRight);
        Assert.Equal(1, editor.At);
        Press(Key.EraseToStart);
        Assert.Equal(" y", editor.Text);
    }

    [Fact]
    public void What_a_message_cant_hold_is_refused_whole()
    {
        Type(new string('a', 99));
        editor.Take(new Keystroke(Key.Paste, "éé"));
        Assert.True(editor.WasRefused);
        Assert.Equal(99, editor.Text.Length);
        Type("b");
        Assert.False(editor.WasRefused);
    }

    [Fact]
    public void No_keys_break_it() => Seed.Check(300, random =>
    {
        LineEditor any = new(200);
        string[] texts = ["a", " ", "e\u0301", "漢字", "👍🏽", "\n", "\t"];
        for (int i = 0; i < 200; i++)
        {
            Key key = (Key)random.Below(Enum.GetValues<Key>().Length);
            any.Take(new Keystroke(key, key is Key.Text or Key.Paste ? texts[random.Below(texts.Length)] : ""));
            Assert.InRange(any.At, 0, any.Text.Length);
            Assert.True(any.At == any.Text.Length || !char.IsLowSurrogate(any.Text[any.At]), "the cursor stands inside a character");
        }
    });
}
