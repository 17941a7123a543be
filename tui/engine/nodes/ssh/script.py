"""The shell texts that a node runs for its steps; they want a POSIX sh and its utilities, and nothing else.

Each text is sent to `sh -s` on the standard input of a channel: what the login shell sees is a command without quotes,
so it may be csh. A text is one compound command, read whole before it begins, so that what comes on the input after it
is there for `read`. Data is only ever in the quoted words of the `set --` before it, never in an argument or in the
environment, where other users could read it. Loops use builtins, so that a long step costs its node no new processes.

The run folder on the node (0700, its files 0600):
script      what sh runs
claim       made once and for all with O_EXCL: who makes it runs the script, or is an engine that keeps it from running.
            Its lines: the number of the process group and the system's boot id; "runner" and the process that leaves
            the exit code; in the end "code" and that. One file, because making one is the dearest part of a step
stdout, stderr   raw output
tails       the processes that stream the output to the engine, while they do
sudo.pgid   the group of the script under sudo
"""

from __future__ import annotations

from collections.abc import Iterable

MARK = "ssm-tui-step"
"""What the shells that lead a step are called in their arguments, before the name of the run folder."""

# Home comes first: the runtime folder goes with the user's last login, and /tmp with a restart. The names of run
# folders can't be guessed, and mkdir follows nothing, so it does no harm that others write to the folders below /.
_BASES = (
    '"${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/ssm-tui" "${TMPDIR:-/tmp}" /tmp /var/tmp /dev/shm'
    ' "${XDG_RUNTIME_DIR:-}"'
)

# $why says why there is no folder; $mask is the login's own umask.
_MAKE = f"""\
make() {{
  for base in {_BASES}; do
    case $base in /?*) ;; *) continue ;; esac
    run=$base/$name
    mask=$(umask; exec mkdir -m 700 "$run" 2>&1) || {{
      [ -d "$run" ] && return 0
      why=$(mkdir -p "$base" 2>&1 && exec mkdir -m 700 "$run" 2>&1) || {{ run=; continue; }}
      mask=$(umask)
    }}
    umask 077
    printf '%s' "$script" 2>/dev/null >"$run/script" && return 0
    why=$({{ printf '%s' "$script" >"$run/script"; }} 2>&1)
    # Some shells say no more of a full disk than that a printf failed.
    case $why in *[Ss]pace* | *[Dd]enied* | *[Rr]ead-only* | *uota*) ;; *) why="No space left on device" ;; esac
    why="$run: $why"
    rm -rf "$run"
    run=
    umask "$mask"
  done
  return 1
}}
"""

_FIND = f"""\
seek() {{
  for base in {_BASES}; do
    run=$base/$name
    [ -d "$run" ] && return 0
  done
  run=
  return 1
}}
"""

_BOOT = """\
boot=-
{ read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
"""

# The living processes of a group: a zombie that nobody reaps, as in many containers, is none. It has no quotes of the
# one kind, so that it can be handed on as a word.
_MEMBERS = """\
members() {
  if [ -r /proc/self/stat ]; then
    for a in /proc/[0-9]*; do
      { read -r b <"$a/stat"; } 2>/dev/null || continue
      b=${b##*) }
      case $b in [ZX]*) continue ;; esac
      b=${b#* }
      b=${b#* }
      [ "${b%% *}" != "$1" ] || echo "${a#/proc/}"
    done
  else
    ps -e -o pid= -o pgid= | while read -r a b; do [ "$b" != "$1" ] || echo "$a"; done
  fi
}
some() {
  for a; do
    if [ -r /proc/self/stat ]; then
      { read -r b <"/proc/$a/stat"; } 2>/dev/null || continue
      case ${b##*) } in [ZX]*) ;; *) return 0 ;; esac
    else
      ! kill -0 "$a" || return 0
    fi
  done
  return 1
}
end() {
  left=$(members "$1")
  i=0
  kill -TERM "-$1"
  while [ $i -lt "$2" ] && some $left; do
    i=$((i+1))
    sleep 0.1 || sleep 1
  done
  kill -KILL "-$1"
  true
}
"""

# A process whose number was given to another one is told apart by its arguments, which have the folder's name.
_ALIVE = """\
runs() {
  if [ -r /proc/self/stat ]; then
    { read -r a a state a <"/proc/$1/stat"; } 2>/dev/null || return 1
    case $state in [ZX]) return 1 ;; esac
  else
    kill -0 "$1" 2>/dev/null
  fi
}
is_ours() {
  if [ -r /proc/self/stat ]; then
    found=$(tr '\\0' ' ' 2>/dev/null <"/proc/$1/cmdline")
  else
    found=$(ps -o args= -p "$1" 2>/dev/null)
  fi
  case $found in *"$name"*) runs "$1" ;; *) return 1 ;; esac
}
look() {
  group= then= code= runner=
  while read -r a b; do
    case $a in runner) runner=$b ;; code) code=$b ;; *) group=$a then=$b ;; esac
  done 2>/dev/null <"$run/claim"
  [ -z "$runner$code" ] && [ "${group:-engine}" != engine ] || return 0
  runner=$group
  for a in $(members "$group"); do ! is_ours "$a" || runner=$a; done
}
"""

# A shell that streams one file. Its number is left before it begins, and it looks once more whether the step is over,
# so that whoever ends the streams misses none.
_TAIL = """'
echo $$ >>"$1/tails"
while read -r a b; do [ "$a" != code ] || exit; done <"$1/claim"
exec tail -c "+$3" -f "$1/$2" 2>/dev/null
'"""
_STREAM = f"""\
stream() {{
  sh -c {_TAIL} {MARK} "$run" stdout "$1" </dev/null &
  sh -c {_TAIL} {MARK} "$run" stderr "$2" </dev/null >&2 &
}}
quiet() {{
  [ -e "$run/tails" ] || return 0
  while read -r a; do kill "$a" 2>/dev/null; done <"$run/tails"
}}
"""

# The rest of both streams, after the marks that set them apart from what a login shell may have said.
_REST = """\
rest() {
  if [ -s "$run/stderr" ]; then
    printf '%s\\n' "$nonce" >&2
    tail -c "+$2" "$run/stderr" >&2
  fi
  [ ! -s "$run/stdout" ] || exec tail -c "+$1" "$run/stdout"
}
"""

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
nonce=$1 name=$2 script=$3 cwd=$4 sudo=$5 password=$6
shift 6
say() {{ printf '\\n%s %s\\n' "$nonce" "$*"; }}
{_MAKE}{_BOOT}{_STREAM}
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
  fi
  if [ -r /proc/self/stat ]; then
    {{ read -r a a state a <"/proc/$runner/stat"; }} 2>/dev/null || state=Z
    [ "$state" != Z ] || break
  fi
done
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
{_MAKE}{_FIND}{_BOOT}{_MEMBERS}{_ALIVE}{_STREAM}{_REST}
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
if [ -n "$code" ]; then say over "$code"; rest "$out" "$err"; exit; fi
[ "$then" = "$boot" ] || {{ say rebooted; printf '%s\\n' "$nonce" >&2; rest "$out" "$err"; exit; }}
if ! is_ours "$runner"; then
  look
  if [ -n "$code" ]; then say over "$code"; rest "$out" "$err"; exit; fi
  # What a dead runner left behind is ended, if it is ours: no other process has these words in its environment.
  for a in $(members "$group"); do
    if grep -q "$mark" "/proc/$a/environ" 2>/dev/null; then kill -9 "-$group" 2>/dev/null; break; fi
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
{_MAKE}{_FIND}{_BOOT}{_MEMBERS}{_ALIVE}
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
if [ "$then" != "$boot" ] || ! is_ours "$runner"; then say killed; exit; fi
root=
if [ -s "$run/sudo.pgid" ]; then read -r root <"$run/sudo.pgid"; fi
lib='{_MEMBERS}'
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
{_FIND}
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
for base in {_BASES}; do
  case $base in /?*) ;; *) continue ;; esac
  for name do [ ! -d "$base/$name" ] || rm -rf "$base/$name"; done
done
[ -n "$node" ] || exit
for base in {_BASES}; do
  for old in $(find "$base/." ! -name . -prune -type d -name "ssm-tui.*.$node.*" -mtime +1 2>/dev/null); do
    code=
    while read -r a b; do [ "$a" != code ] || code=$b; done 2>/dev/null <"$old/claim"
    [ -z "$code" ] || rm -rf "$old"
  done
done
exit
}}
"""


def program(text: str, words: Iterable[str]) -> bytes:
    """Give what `sh -s` reads: a text, and before it the words that it works on.

    Raises: OSError where a word has a NUL, which no shell can hold.
    """
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    if "\0" in quoted:
        raise OSError("a NUL character can't be handed to a shell")
    return f"set -- {quoted}\n{text}".encode("utf-8", "surrogateescape")
