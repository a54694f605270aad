//! Completions for bash. Those of `clap_complete` offer options where a file is expected, split names with spaces, and
//! find no command of a program whose name has a hyphen (clap's issue 6421).

use super::Offer;
use clap::{Arg, Command};
use std::fmt::Write;
use trace_fields::Field;

/// What all commands share. `cur` is the word to complete, `offer` what it can be.
const FRAME: &str = r#"
_mtrace_tool_offer() {
    local cur=$1 offer=$2 before='' word
    case $offer in
        file | folder)
            # Readline then quotes the names and ends folders with a slash.
            compopt -o filenames 2>/dev/null
            [[ $offer == file ]] && offer=-f || offer=-d
            while IFS= read -r word; do
                COMPREPLY+=("$word")
            done < <(compgen "$offer" -- "$cur")
            return
            ;;
        field)
            offer=$_mtrace_tool_fields
            # Of several, separated by commas, the last one.
            [[ $cur == *,* ]] && before=${cur%,*},
            ;;
    esac
    for word in $(compgen -W "$offer" -- "${cur#"$before"}"); do
        COMPREPLY+=("$before$word")
    done
}

_mtrace_tool() {
    local cur=$2 index=1 count=0 command='' option='' known='' ended='' word
    local commands options arguments offer
    COMPREPLY=()
    _mtrace_tool_command
    while ((index < COMP_CWORD)); do
        word=${COMP_WORDS[index]}
        index=$((index + 1))
        if [[ $word == = && -n $known ]]; then
            # `--option=value` is three words here.
            option=$known
        elif [[ -n $option ]]; then
            option=''
        elif [[ -n $ended || $word != -?* ]]; then
            if [[ " $commands " == *" $word "* ]]; then
                command="$command $word"
                _mtrace_tool_command
            else
                count=$((count + 1))
            fi
        elif [[ $word == -- ]]; then
            ended=1
        else
            _mtrace_tool_option "$word" && option=$word
        fi
        known=''
        [[ $word == --* ]] && known=$word
    done
    if [[ $cur == = && -n $known ]]; then
        option=$known cur=''
    fi
    if [[ -n $option ]]; then
        _mtrace_tool_option "$option"
        _mtrace_tool_offer "$cur" "$offer"
    elif [[ $cur == -* && -z $ended ]]; then
        _mtrace_tool_offer "$cur" "$options"
    elif [[ -n $commands ]]; then
        _mtrace_tool_offer "$cur" "$commands"
    elif ((${#arguments[@]} == 0)); then
        _mtrace_tool_offer "$cur" "$options"
    else
        # The last one stands for all further ones.
        ((count < ${#arguments[@]})) || count=$((${#arguments[@]} - 1))
        _mtrace_tool_offer "$cur" "${arguments[count]}"
    fi
}

complete -F _mtrace_tool mtrace-tool
"#;

/// The script for a program with these commands.
pub(super) fn script(program: &Command) -> String {
    let mut of_command = String::new();
    let mut of_option = String::new();
    command(program, "", &mut of_command, &mut of_option);
    let fields: Vec<&str> = Field::all().iter().map(|field| field.name).collect();
    let mut script = format!("_mtrace_tool_fields='{}'\n\n", fields.join(" "));
    script.push_str("# What there is in a command: further ones, options, and what its arguments can be.\n");
    let _ = writeln!(script, "_mtrace_tool_command() {{\n    case $command in\n{of_command}    esac\n}}\n");
    script.push_str("# What the value of an option can be; fails where it takes none.\n");
    script.push_str("_mtrace_tool_option() {\n    case \"$command $1\" in\n");
    let _ = writeln!(script, "{of_option}        *) return 1 ;;\n    esac\n}}");
    script.push_str(FRAME);
    script
}

/// The lines of a command, which stands after `above`, and of those below it.
fn command(of: &Command, above: &str, of_command: &mut String, of_option: &mut String) {
    let subs: Vec<&Command> = of.get_subcommands().filter(|sub| !sub.is_hide_set()).collect();
    let commands: Vec<&str> = subs.iter().map(|sub| sub.get_name()).collect();
    let shown = || of.get_arguments().filter(|argument| !argument.is_hide_set());
    let options: Vec<String> = shown().flat_map(names).collect();
    let arguments: Vec<String> =
        of.get_positionals().map(|argument| format!("'{}'", Offer::of(argument))).collect();
    let _ = writeln!(
        of_command,
        "        '{above}') commands='{}' options='{}' arguments=({}) ;;",
        commands.join(" "),
        options.join(" "),
        arguments.join(" ")
    );
    for argument in
        shown().filter(|argument| !argument.is_positional() && argument.get_action().takes_values())
    {
        let names: Vec<String> = names(argument).map(|name| format!("'{above} {name}'")).collect();
        let _ = writeln!(of_option, "        {}) offer='{}' ;;", names.join(" | "), Offer::of(argument));
    }
    for sub in subs {
        command(sub, &format!("{above} {}", sub.get_name()), of_command, of_option);
    }
}

/// How an option is typed.
fn names(argument: &Arg) -> impl Iterator<Item = String> {
    let short = argument.get_short().map(|letter| format!("-{letter}"));
    short.into_iter().chain(argument.get_long().map(|name| format!("--{name}")))
}
