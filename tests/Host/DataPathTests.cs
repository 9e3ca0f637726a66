using Vault.Primitives;
using Xunit;

namespace Vault.Host.Tests;

public sealed class DataPathTests
{
    static string Locate(string? option, params (string Name, string Value)[] environment) =>
        DataPath.Locate(option, name => environment.Where(variable => variable.Name == name).Select(variable => variable.Value).FirstOrDefault());

    [Fact]
    public void The_option_comes_before_everything() =>
        Assert.Equal("/d", Locate("/d", ("VAULT_HOME", "/v"), ("XDG_DATA_HOME", "/x"), ("HOME", "/h")));

    [Fact]
    public void VAULT_HOME_comes_before_the_data_folder_of_the_system() =>
        Assert.Equal("/v", Locate(null, ("VAULT_HOME", "/v"), ("XDG_DATA_HOME", "/x"), ("HOME", "/h")));

    [Fact]
    public void The_data_folder_of_the_system_holds_one_of_our_own() => Assert.Equal("/x/vault", Locate(null, ("XDG_DATA_HOME", "/x"), ("HOME", "/h")));

    [Fact]
    public void Without_any_setting_it_lies_in_the_home_directory() => Assert.Equal("/h/.local/share/vault", Locate(null, ("HOME", "/h")));

    [Fact]
    public void Empty_settings_are_no_settings() => Assert.Equal("/h/.local/share/vault", Locate("", ("VAULT_HOME", ""), ("XDG_DATA_HOME", ""), ("HOME", "/h")));

    [Fact]
    public void A_relative_XDG_folder_is_ignored_as_its_specification_asks() =>
        Assert.Equal("/h/.local/share/vault", Locate(null, ("XDG_DATA_HOME", "x"), ("HOME", "/h")));

    [Fact]
    public void A_relative_folder_of_the_user_is_taken_from_where_he_stands() =>
        Assert.Equal(Path.Combine(Environment.CurrentDirectory, "d"), Locate("d"));

    [Fact]
    public void With_nowhere_to_go_the_user_is_told_how_to_name_a_folder() => Assert.Contains("--data", Assert.Throws<ConfigException>(() => Locate(null)).Hint);
}
