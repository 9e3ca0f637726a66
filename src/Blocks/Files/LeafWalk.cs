namespace Vault.Blocks;

/// <summary>The leaves of a file in order, from any offset on. Inner blocks are opened as the walk comes to them, one of each level at a time.</summary>
sealed class LeafWalk(BlockOpener opener, FileRef file)
{
    /// <summary>From the leaf that holds the byte at <paramref name="offset"/> to the last, each with the offset at which it begins.</summary>
    public IEnumerable<(Child Leaf, long Start)> From(long offset) => From(offset, isHere: null).Select(step => (step.Block, step.Start));

    /// <summary>The same where not all of the file is here: an inner block that isn't stands for all that lies below it.</summary>
    public IEnumerable<(Child Block, long Start)> From(long offset, Func<BlockId, bool>? isHere)
    {
        Child root = new(file.Root, file.Key, file.Size);
        if (isHere?.Invoke(root.Id) == false || opener.OpenInner(root, level: -1) is not { } top)
        {
            yield return (root, 0);
            yield break;
        }
        Stack<(Child[] Children, int Next, long Start, int Level)> path = new();
        path.Push((top.Children, 0, 0, top.Level));
        while (path.TryPop(out (Child[] Children, int Next, long Start, int Level) here))
        {
            if (here.Next == here.Children.Length) continue;
            Child child = here.Children[here.Next];
            path.Push(here with { Next = here.Next + 1, Start = here.Start + child.Length });
            if (here.Start + child.Length <= offset) continue;
            if (here.Level == 1 || isHere?.Invoke(child.Id) == false) yield return (child, here.Start);
            else path.Push((opener.OpenInner(child, here.Level - 1)!.Value.Children, 0, here.Start, here.Level - 1));
        }
    }
}
