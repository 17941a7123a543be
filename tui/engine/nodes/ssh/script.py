"""The shell texts that a node runs for its steps; they want a POSIX sh and its utilities, and nothing else.

Each text is sent to `sh -s` on the standard input of a channel: what the login shell sees is a command without quotes,
so it may be csh. A text is one compound command, read whole before it begins, so that what comes on the input after it
is there for `read`. Data is only ever in the quoted words of the `set --` before it, never in an argument or in the
environment, where other users could read it. Loops use builtins, so that a long step costs its node no new processes.

The run folder on the node (0700, its files 0600):
script      what sh runs
claim       made once and for all with O_EXCL: who makes it runs the script, or is an engine that keeps it from running.
            Its lines: the number of the process group and the system's boot id; "runner" and the process that leaves
            the exit code; "late" where the step ran into its time-out; in the end "code" and the exit code. One file,
            because making one is the dearest part of a step
stdout, stderr   raw output
tails       the processes that stream the output to the engine, while they do
limit       the process that sleeps until the step's time is over
sudo.pgid   the group of the script under sudo
"""

from __future__ import annotations

from collections.abc import Iterable

from tui.engine.nodes.ssh.script_parts import (
    ALIVE,
    BASES,
    BOOT,
    FIND,
    GUARD,
    LIMIT,
    MAKE,
    MARK,
    MEMBERS,
    REST,
    STREAM,
)

# Under sudo the script may get a session of its own (use_pty), so it leaves its group's number for the one who ends it.
_INNER = """'
group=$$
if [ -r /proc/self/stat ]; then read -r a a a a group a </proc/$$/stat; else group=$(ps -o pgid= -p $$); fi
echo $group >"$1/sudo.pgid"
if [ -n "$2" ] && ! cd -- "$2" 2>/dev/null; then
  echo "ssm-tui: the working directory $2 does not exist, or root may not enter it" >&2
  exit 1
fi
exec sh "$1/script" </dev/null
'"""

# The leader (B) only listens to the engine; the runner (R), forked from it, runs the script and tells how it went. When
# the link drops, B's input ends: it ends the streams and itself, and R goes on. SIGTERM is caught, not ignored, so that
# the script's processes get it with its default.
START = f"""\
{{
nonce=$1 name=$2 script=$3 cwd=$4 sudo=$5 password=$6 limit=$7
shift 7
say() {{ printf '\\n%s %s\\n' "$nonce" "$*"; }}
{MAKE}{BOOT}{STREAM}{LIMIT}{GUARD}\
# There is a group of this number where this shell leads it, and no other process can.
kill -0 "-$$" 2>/dev/null || {{ say nogroup; exit; }}
if [ -n "$password" ]; then
  case $(command -v printf) in printf) ;; *) say failed "its sh can't hand a password on in memory"; exit ;; esac
fi
make || {{ say failed "$why"; exit; }}
set -C
printf '%s\\n' "$$ $boot" 2>/dev/null >"$run/claim" || {{
  [ -s "$run/claim" ] || say failed "$run: No space left on device"
  exit
}}
set +C
: >"$run/stdout" 2>"$run/stderr"
(
  trap : TERM
  umask "$mask"
  exec 3>&2 2>/dev/null  # what the shell has to say of a script that a signal ended is none of its output
  code=
  if [ -n "$sudo" ]; then
    if [ -n "$password" ]; then
      printf '%s\\n' "$password" |
        sudo -S -p '' -- env "$@" sh -c {_INNER} {MARK} "$run" "$cwd" >>"$run/stdout" 2>>"$run/stderr" 3>&-
    else
      sudo -n -- env "$@" sh -c {_INNER} {MARK} "$run" "$cwd" </dev/null >>"$run/stdout" 2>>"$run/stderr" 3>&-
    fi
    code=$?
    [ -s "$run/sudo.pgid" ] || code="$code refused"
  else
    export "$@"
    if [ -n "$cwd" ] && ! cd -- "$cwd" 2>/dev/null; then
      echo "ssm-tui: the working directory $cwd does not exist, or this user may not enter it" >>"$run/stderr"
      code=1
    else
      sh "$run/script" </dev/null >>"$run/stdout" 2>>"$run/stderr" 3>&-
      code=$?
    fi
  fi
  echo "code $code" 2>/dev/null >>"$run/claim"
  kill -9 $$
  if [ -e "$run/tails" ]; then
    ! read -r a <"$run/limit" || kill "$a"
    while read -r a; do kill "$a" 2>/dev/null; done <"$run/tails"
    exit
  fi
  say over "$code"
  if [ -s "$run/stderr" ]; then
    printf '%s\\n' "$nonce" >&3
    cat "$run/stderr" >&3
  fi
  [ ! -s "$run/stdout" ] || exec cat "$run/stdout"
) </dev/null &
runner=$!
echo "runner $runner" 2>/dev/null >>"$run/claim"
streams=
while read -r a; do
  if [ -z "$streams" ]; then
    streams=1
    : >>"$run/tails"
    printf '%s\\n' "$nonce" >&2
    say running
    stream 1 1
    limit
  fi
  if [ -r /proc/self/stat ]; then
    {{ read -r a a state a <"/proc/$runner/stat"; }} 2>/dev/null || state=Z
    [ "$state" != Z ] || break
  fi
done
if [ -z "$streams" ]; then
  : >>"$run/tails"
  limit
fi
quiet
exit
}}
"""

# Says how a step stands. Of one that is over it gives the rest of the output; one that runs it follows, and each line
# that comes on the input has it look again. Where nothing ever ran it makes sure that nothing ever will.
ATTACH = f"""\
{{
nonce=$1 name=$2 out=$3 err=$4 mark=$5 script=
say() {{ printf '\\n%s %s\\n' "$nonce" "$*"; }}
{MAKE}{FIND}{BOOT}{MEMBERS}{ALIVE}{STREAM}{REST}{GUARD}\
if seek; then told=untaken; else told=absent; make || {{ say absent 0; exit; }}; fi
set -C
if echo engine 2>/dev/null >"$run/claim"; then
  since=0
  {{ read -r since a </proc/uptime; }} 2>/dev/null
  say "$told" "$since"
  exit
fi
set +C
look
case $group in
  engine) say mine; exit ;;
  '') say empty; exit ;;
esac
ended() {{
  if [ -n "$late" ]; then say late; else say over "$code"; fi
  rest "$out" "$err"
  exit
}}
[ -z "$code" ] || ended
[ "$then" = "$boot" ] || [ -n "$late" ] || {{ say rebooted; rest "$out" "$err"; exit; }}
if [ "$then" != "$boot" ] || ! is_ours "$runner"; then
  look
  [ -z "$code$late" ] || ended
  # What a dead runner left behind is ended, if it is ours: no other process has these words in its environment, or the
  # folder's name in its arguments.
  for a in $(members "$group"); do
    if is_ours "$a" || grep -q "$mark" "/proc/$a/environ" 2>/dev/null; then kill -9 "-$group" 2>/dev/null; break; fi
  done
  say lost
  rest "$out" "$err"
  exit
fi
say running
printf '%s\\n' "$nonce" >&2
quiet
: >"$run/tails"
stream "$out" "$err"
while read -r a; do
  look
  [ -z "$code" ] || break
  runs "$runner" || break
done
quiet
exit
}}
"""

# Ends the whole group: TERM, a moment of grace, KILL; and the script's own group under sudo likewise.
KILL = f"""\
{{
nonce=$1 name=$2 grace=$3 password=$4 script=
say() {{ printf '\\n%s %s\\n' "$nonce" "$*"; }}
{MAKE}{FIND}{BOOT}{MEMBERS}{ALIVE}{GUARD}\
seek || make || {{ say absent 0; exit; }}
set -C
if echo engine 2>/dev/null >"$run/claim"; then say untaken; exit; fi
set +C
look
case $group in
  engine) say mine; exit ;;
  '') say empty; exit ;;
esac
if [ -n "$code" ]; then say over "$code"; exit; fi
if [ "$then" != "$boot" ] || ! is_ours "$runner"; then
  [ -z "$late" ] || {{ say over late; exit; }}
  say killed
  exit
fi
root=
if [ -s "$run/sudo.pgid" ]; then read -r root <"$run/sudo.pgid"; fi
lib='{MEMBERS}'
why=
if [ -n "$root" ]; then
  as_root() {{ sudo "$@" -- sh -c "exec 2>/dev/null; $lib end $root $grace" 2>&1; }}
  if [ -n "$password" ]; then
    why=$(printf '%s\\n' "$password" | as_root -S -p '')
  else
    why=$(as_root -n </dev/null)
  fi
  [ $? = 0 ] || why=${{why:-sudo refused}}
fi
end "$group" "$grace" 2>/dev/null
[ -z "$why" ] || {{ say left "$root $why"; exit; }}
say killed
exit
}}
"""

# How much output there is, in bytes.
MEASURE = f"""\
{{
nonce=$1 name=$2
{FIND}
seek || exit
# Not wc: where it reads the file it never comes to the end of one that grows faster.
size() {{ set -- $(ls -ln "$1"); echo "$5"; }}
printf '\\n%s size %s\\n' "$nonce" "$(size "$run/stdout") $(size "$run/stderr")"
exit
}}
"""

# Removes run folders whose results the engine has stored, and those of this node that nobody came for in a day.
TIDY = f"""\
{{
node=$2
shift 2
for base in {BASES}; do
  case $base in /?*) ;; *) continue ;; esac
  for name do [ ! -d "$base/$name" ] || rm -rf "$base/$name"; done
done
[ -n "$node" ] || exit
for base in {BASES}; do
  for old in $(find "$base/." ! -name . -prune -type d -name "ssm-tui.*.$node.*" -mtime +1 2>/dev/null); do
    code=
    while read -r a b; do [ "$a" != code ] && [ "$a" != late ] || code=1; done 2>/dev/null <"$old/claim"
    [ -z "$code" ] || rm -rf "$old"
  done
done
exit
}}
"""


def program(text: str, words: Iterable[str]) -> bytes:
    """Give what `sh -s` reads: a text, and before it the words that it works on.

    All words are on one line: a start file that reads lines from its input leaves none of theirs to sh.

    Raises: OSError where a word has a NUL, which no shell can hold.
    """
    quoted = " ".join("'" + word.replace("'", "'\\''").replace("\n", "'\"$n\"'") + "'" for word in words)
    if "\0" in quoted:
        raise OSError("a NUL character can't be handed to a shell")
    return f"n=${{IFS#??}}; set -- {quoted}\n{text}".encode("utf-8", "surrogateescape")
