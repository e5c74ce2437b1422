#!/bin/sh
# A PostgreSQL server for a test, from Debian's package: how it is made, started and ended, once for tests in C++ and
# in Python. It listens on a unix socket in FOLDER only; its superuser `segrid` needs no password.
#
#   postgres.sh programs                     the folder of its programs; fails where it is not installed
#   postgres.sh make FOLDER                  a new server's files, in an empty folder
#   postgres.sh start FOLDER [NAME=VALUE]…   with settings; without fsync unless they say so
#   postgres.sh stop FOLDER fast|immediate
#   postgres.sh kill FOLDER                  SIGKILL to all of its processes at once, as a crash
#   postgres.sh run FOLDER PROGRAM [ARG]…    one of its programs, as its user
set -eu

programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
[ -x "$programs/initdb" ] || exit 1
verb=$1
folder=${2:-}
cd /

# PostgreSQL refuses to run as root; Debian's package brings this user.
as_user() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
  else
    "$@"
  fi
}

case $verb in
  programs) echo "$programs" ;;
  make)
    if [ "$(id -u)" = 0 ]; then chown postgres:postgres "$folder"; fi
    as_user "$programs/initdb" -D "$folder/data" -U segrid -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
    ;;
  start)
    shift 2
    settings="-c listen_addresses='' -c fsync=off -k $folder"
    for setting; do settings="$settings -c $setting"; done
    as_user "$programs/pg_ctl" start -D "$folder/data" -l "$folder/log" -w -o "$settings" >/dev/null || {
      cat "$folder/log" >&2
      exit 1
    }
    ;;
  stop) as_user "$programs/pg_ctl" stop -D "$folder/data" -m "$3" -w >/dev/null ;;
  kill)
    postmaster=$(head -n 1 "$folder/data/postmaster.pid")
    # Stopped first, so that it starts no new children while the old ones end.
    kill -STOP "$postmaster"
    processes="$(pgrep -P "$postmaster") $postmaster"
    # shellcheck disable=SC2086
    kill -KILL $processes || true
    # Until the last has let go of the shared memory, the next start is refused. A process that nobody has waited for has.
    for process in $processes; do
      while [ -e "/proc/$process" ] && ! grep -q '^State:.Z' "/proc/$process/status" 2>/dev/null; do :; done
    done
    rm -f "$folder/data/postmaster.pid" "$folder"/.s.PGSQL.*.lock
    ;;
  run)
    shift 2
    program=$1
    shift
    as_user "$programs/$program" "$@"
    ;;
  *) exit 2 ;;
esac
