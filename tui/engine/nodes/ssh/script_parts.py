"""What the shell texts of `script.py` are made of: functions, each for the names that it says."""

from __future__ import annotations

MARK = "ssm-tui-step"
"""What the shells that lead a step are called in their arguments, before the name of the run folder."""

# A login shell whose start files read from its input has taken the words away from the program, and maybe more.
GUARD = f"""\
[ "${{nonce:-{MARK}}}" != {MARK} ] || {{ echo "{MARK} without words"; exit 1; }}
"""

# Home comes first: the runtime folder goes with the user's last login, and /tmp with a restart. The names of run
# folders can't be guessed, and mkdir follows nothing, so it does no harm that others write to the folders below /.
BASES = (
    '"${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/ssm-tui" "${TMPDIR:-/tmp}" /tmp /var/tmp /dev/shm'
    ' "${XDG_RUNTIME_DIR:-}"'
)

# $why says why there is no folder; $mask is the login's own umask.
MAKE = f"""\
make() {{
  for base in {BASES}; do
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

FIND = f"""\
seek() {{
  for base in {BASES}; do
    run=$base/$name
    [ -d "$run" ] && return 0
  done
  run=
  return 1
}}
"""

BOOT = """\
boot=-
{ read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
"""

# The living processes of a group: a zombie that nobody reaps, as in many containers, is none. It has no quotes of the
# one kind, so that it can be handed on as a word.
MEMBERS = """\
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
ALIVE = """\
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
  group= then= code= runner= late=
  while read -r a b; do
    case $a in
      runner) runner=$b ;;
      code) code=$b ;;
      late) [ -n "$code" ] || late=1 ;;
      *) group=$a then=$b ;;
    esac
  done 2>/dev/null <"$run/claim"
  [ -z "$runner$code" ] && [ "${group:-engine}" != engine ] || return 0
  runner=$group
  for a in $(members "$group"); do ! is_ours "$a" || runner=$a; done
}
"""

# A shell that streams one file. Its number is left before it begins, and it looks once more whether the step is over,
# so that whoever ends the streams misses none.
TAIL = """'
echo $$ >>"$1/tails"
while read -r a b; do [ "$a" != code ] || exit; done <"$1/claim"
exec tail -c "+$3" -f "$1/$2" 2>/dev/null
'"""
STREAM = f"""\
stream() {{
  sh -c {TAIL} {MARK} "$run" stdout "$1" </dev/null &
  sh -c {TAIL} {MARK} "$run" stderr "$2" </dev/null >&2 &
}}
quiet() {{
  [ -e "$run/tails" ] || return 0
  while read -r a; do kill "$a" 2>/dev/null; done <"$run/tails"
}}
"""

# Ends the step's group when its time is over, whoever is there to see it. It begins when the step takes longer than a
# moment, so that short ones cost nothing, and a little later than the engine's own clock, which comes first. Only the
# sleep is known by its number: whoever ends that ends this, and it looks once more whether the step is over once the
# number is left. A script that sudo runs is ended as root, or left to the engine.
LIMIT = """\
over() {
  while read -r a b; do [ "$a" != code ] || return 0; done <"$run/claim"
  [ ! -s "$run/claim" ] && ! kill -0 "$runner"  # somebody may have removed the folder meanwhile
}
limit() {
  (
    sleep "$limit" &
    sleeper=$!
    echo "$sleeper" >"$run/limit" && ! over || { kill "$sleeper"; exit; }
    wait "$sleeper" || exit
    trap '' TERM
    ! over || exit
    echo late >>"$run/claim"
    : >"$run/limit"
    if [ -s "$run/sudo.pgid" ]; then
      read -r root <"$run/sudo.pgid"
      text="kill -TERM -$root; sleep 2; kill -KILL -$root; true"
      if [ -n "$password" ]; then
        printf '%s\\n' "$password" | sudo -S -p '' -- sh -c "$text" || exit
      else
        sudo -n -- sh -c "$text" || exit
      fi
    fi
    kill -TERM "-$$"
    sleep 2
    kill -KILL "-$$"
  ) </dev/null >/dev/null 2>&1 &
}
"""

# The rest of both streams, after the marks that set them apart from what a login shell may have said.
REST = """\
rest() {
  if [ -s "$run/stderr" ]; then
    printf '%s\\n' "$nonce" >&2
    tail -c "+$2" "$run/stderr" >&2
  fi
  [ ! -s "$run/stdout" ] || exec tail -c "+$1" "$run/stdout"
}
"""
