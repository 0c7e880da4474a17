/**
 * What a shell needs to complete `spoor`: a few lines that ask `spoor complete` for every answer.
 *
 * The scripts hand words over as they were typed and never let the shell evaluate them: pressing
 * Tab after `spoor run $(…` runs nothing.
 *
 * @module
 */

/** A shell that completions are made for. */
export type Shell = "bash" | "zsh" | "fish" | "powershell";

/** The line that asks for folders; the shell knows them better. */
export const FOLDERS_WANTED = ":folders";

const BASH = `# bash completion for spoor: eval "$(spoor completions bash)" in ~/.bashrc
_spoor() {
  local line=\${COMP_LINE:0:COMP_POINT} words current prefix="" value
  IFS=$' \\t' read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=\${words[\${#words[@]} - 1]}
  # bash ends a word at ":" and "=": what comes before the last of them is there already
  [[ $COMP_WORDBREAKS == *[:=]* ]] && prefix=\${current%"\${current##*[:=]}"}
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    if [[ $value == "${FOLDERS_WANTED}" ]]; then
      while IFS= read -r value; do COMPREPLY+=("$value/"); done < <(compgen -d -- "\${current#"$prefix"}")
      compopt -o nospace 2>/dev/null
    else
      COMPREPLY+=("\${value#"$prefix"}")
    fi
  done < <(spoor complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _spoor spoor
`;

const ZSH = `#compdef spoor
# zsh completion for spoor: eval "$(spoor completions zsh)" in ~/.zshrc, after compinit
_spoor() {
  local -a candidates
  local value description
  while IFS=$'\\t' read -r value description; do
    if [[ $value == "${FOLDERS_WANTED}" ]]; then
      _path_files -/
      return
    fi
    candidates+=("\${value//:/\\\\:}:$description")
  done < <(spoor complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe spoor candidates
}
if [[ "\${funcstack[1]}" == _spoor ]]; then _spoor "$@"; else compdef _spoor spoor; fi
`;

const FISH =
  `# fish completion for spoor: spoor completions fish > ~/.config/fish/completions/spoor.fish
function __spoor_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    spoor complete -- $words[2..-1] "$current" 2>/dev/null | while read -l line
        if string match -q -- "${FOLDERS_WANTED}*" $line
            __fish_complete_directories "$current"
        else
            echo $line
        end
    end
end
complete -c spoor -f -a "(__spoor_complete)"
`;

const POWERSHELL =
  `# PowerShell completion for spoor: spoor completions powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName spoor -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -le $cursorPosition } | ForEach-Object { $_.ToString() })
    # An empty word gets lost on the way to a program; "" in quotes stands for it
    if ($wordToComplete -eq '') { $words += '""' }
    spoor complete -- @words 2>$null | ForEach-Object {
        $value, $description = $_ -split "\`t", 2
        if ($value -eq '${FOLDERS_WANTED}') {
            Get-ChildItem -Directory -Name "$wordToComplete*"
        } else {
            if (-not $description) { $description = $value }
            [System.Management.Automation.CompletionResult]::new(
                $value, $value, 'ParameterValue', $description)
        }
    }
}
`;

/** The script for each shell. */
export const SHELL_SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};

/** All shells. */
export const SHELLS = Object.keys(SHELL_SCRIPTS) as readonly Shell[];
