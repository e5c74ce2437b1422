# shellcheck shell=bash
# `./dev run`: the whole way of a real batch, shown. Sourced by ./dev.

readonly BODY=tests/data/sendgrid/sendgrid_nodejs_test_button_2018.json
readonly DATA=segrid-data
readonly DEFAULT_PORT=50051
readonly DEFAULT_WEBHOOK_PORT=8080
readonly DEFAULT_ADMIN_PORT=8081
readonly START_SECONDS=20

server_pid=
address=
webhook=
admin=

is_taken() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# The first port from this one on that nobody listens on.
free_port() {
  local port=$1
  while is_taken "$port"; do
    port=$((port + 1))
  done
  echo "$port"
}

# The server's own defaults, but for the ports that are taken.
start_server() {
  local port webhook_port admin_port arguments=()
  port=$(free_port $DEFAULT_PORT)
  webhook_port=$(free_port $DEFAULT_WEBHOOK_PORT)
  admin_port=$DEFAULT_ADMIN_PORT
  ((admin_port > webhook_port)) || admin_port=$((webhook_port + 1))
  admin_port=$(free_port "$admin_port")
  if ((port != DEFAULT_PORT)); then
    say "Port $DEFAULT_PORT is taken: using $port."
    arguments+=(--listen "127.0.0.1:$port")
  fi
  if ((webhook_port != DEFAULT_WEBHOOK_PORT || admin_port != DEFAULT_ADMIN_PORT)); then
    say "Port $DEFAULT_WEBHOOK_PORT or $DEFAULT_ADMIN_PORT is taken: using $webhook_port and $admin_port."
    printf '%s\n' "data_dir: $DATA" \
      "http: {listen: [\"127.0.0.1:$webhook_port\"]}" \
      "admin: {listen: [\"127.0.0.1:$admin_port\"]}" \
      "sources: [{name: default, receiver: file, path: tracks.ndjson}]" >build/run.yaml
    arguments+=(--config build/run.yaml)
  fi
  webhook=http://127.0.0.1:$webhook_port/v1/webhook
  admin=http://127.0.0.1:$admin_port
  if [[ -n ${SEGMENT_WRITE_KEY:-} ]]; then
    say "SEGMENT_WRITE_KEY is set, but these samples do not go to Segment. To send your own"
    say "events there, start $BIN/segrid-server yourself."
  fi
  address=127.0.0.1:$port
  env -u SEGMENT_WRITE_KEY "$BIN/segrid-server" "${arguments[@]}" >build/run.log 2>&1 &
  server_pid=$!
  trap stop_server EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM

  local deadline=$((SECONDS + START_SECONDS))
  until "$BIN/segrid" healthcheck --server "$address" >/dev/null 2>&1; do
    if ! kill -0 "$server_pid" 2>/dev/null || ((SECONDS >= deadline)); then
      cat build/run.log >&2
      die "the server did not start; its log stands above"
    fi
    sleep 0.1
  done
  say "segrid-server listens on $address. Its log: build/run.log"
}

# Asks the server to finish and waits until it has. Gives its exit code.
stop_server() {
  [[ -n $server_pid ]] || return 0
  local pid=$server_pid code=0
  server_pid=
  kill -TERM "$pid" 2>/dev/null || true
  wait "$pid" || code=$?
  return "$code"
}

# The text of a member in each line of JSON on stdin; "-" where it is missing.
member() {
  sed -E "s/.*\"$1\":\"([^\"]*)\".*/\\1/; t; s/.*/-/"
}

# One line per event: what SendGrid said, and what became of it.
show_outcomes() {
  local outcomes=$1 event outcome
  printf '\n  %2s  %-18s %-26s %-25s %s\n' '#' 'SendGrid' 'Segment' 'time' 'messageId'
  paste -d '\t' <(grep -oE '"event": *"[^"]*"' "$BODY" | sed -E 's/.*"([^"]*)"$/\1/') "$outcomes" |
    while IFS=$'\t' read -r event outcome; do
      local index=${outcome#*:}
      index=${index%%,*}
      if [[ $outcome == *'"track":'* ]]; then
        printf '  %2d  %-18s %-26s %-25s %s\n' "$index" "$event" "$(member event <<<"$outcome")" \
          "$(member timestamp <<<"$outcome")" "$(member messageId <<<"$outcome")"
      else
        printf '  %2d  %-18s %s\n' "$index" "$event" "${outcome#*,}" | tr -d '"}' | sed 's/:/: /'
      fi
    done
}

# Sends the batch through Transform. Leaves `events`, `tracks`, `skipped` and
# `rejected`.
show_transform() {
  local outcomes=build/run.outcomes
  "$BIN/segrid" transform "$BODY" --server "$address" --format outcomes >"$outcomes" 2>build/run.err
  events=$(grep -cE '"event": *"' "$BODY")
  tracks=$(grep -c '"track":' "$outcomes" || true)
  skipped=$(grep -c '"skipped":' "$outcomes" || true)
  rejected=$(grep -c '"rejected":' "$outcomes" || true)
  say
  say "Transform: $BODY"
  show_outcomes "$outcomes"
  say
  say "  $events events = $tracks Tracks + $skipped skipped + $rejected rejected"
  ((events == tracks + skipped + rejected)) || die "not every event is accounted for"
  say
  say "One of the Tracks, as Segment gets it:"
  say
  grep -m 1 '"Email Link Clicked"' "$outcomes" | sed -E 's/^\{"index":[0-9]+,"track":(.*)\}$/\1/' |
    python3 -m json.tool --indent 2 --no-ensure-ascii | sed 's/^/  /'
}

# The number behind a name in `name=number …`.
number() {
  sed -nE "s/.*\b$1=([0-9]+).*/\1/p" build/run.forward
}

# Sends the batch through Forward, waits for the delivery, and looks whether
# every Track is where it belongs.
show_forward() {
  say
  say "Forward: the same batch, delivered"
  say
  "$BIN/segrid" forward "$BODY" --server "$address" --wait >build/run.forward
  sed 's/^/  /' build/run.forward
  (($(number accepted) + $(number duplicate) == tracks && $(number skipped) == skipped &&
    $(number rejected) == rejected)) || die "Forward does not account for every event"

  local delivered=$DATA/tracks.ndjson found=0 id
  while read -r id; do
    grep -qF "$id" "$delivered" || die "a Track with $id is not in $delivered"
    found=$((found + 1))
  done < <("$BIN/segrid" transform "$BODY" --server "$address" --source default --format tracks \
    2>build/run.err | grep -oE '"messageId":"[^"]*"')
  ((found == tracks)) || die "$found Tracks are in $delivered, not $tracks"
  say
  (($(number duplicate) == 0)) ||
    say "  Duplicates were accepted in an earlier run: they are not delivered twice."
  say "  The $found Tracks are in $delivered"
}

# Loads the batch into a SQLite file, through a server of its own with a source of the receiver `warehouse`, and shows a
# query on it.
show_warehouse() {
  local config=build/run-warehouse.yaml socket=unix:build/run-warehouse.sock pid code=0
  local query='SELECT event, count(*) AS events, min("timestamp") AS first FROM mail_events.tracks GROUP BY event ORDER BY event'
  printf '%s\n' "data_dir: $DATA/warehouse" "grpc: {listen: [\"$socket\"]}" "http: {listen: []}" "admin: {listen: []}" \
    "sources: [{name: mail_events, receiver: warehouse, database: \"sqlite:events.db\"}]" >"$config"
  "$BIN/segrid-server" --config "$config" >build/run-warehouse.log 2>&1 &
  pid=$!
  local deadline=$((SECONDS + START_SECONDS))
  until "$BIN/segrid" healthcheck --server "$socket" >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null || ((SECONDS >= deadline)); then
      cat build/run-warehouse.log >&2
      die "the server with the warehouse did not start; its log is above"
    fi
    sleep 0.1
  done
  "$BIN/segrid" forward "$BODY" --server "$socket" --wait >build/run.rows || code=$?
  kill -TERM "$pid"
  wait "$pid" || code=$?
  ((code == 0)) || die "the batch did not get into the warehouse; see build/run-warehouse.log"
  say
  say "Warehouse: the same batch as rows of tables, in $DATA/warehouse/events.db. See docs/warehouse.md."
  say
  say "  $query;"
  say
  python3 - "$DATA/warehouse/events.db" "$query" <<'END'
import sqlite3
import sys

tables = sqlite3.connect(":memory:")
tables.execute("ATTACH ? AS mail_events", (sys.argv[1],))
found = tables.execute(sys.argv[2])
lines = [[column[0] for column in found.description]] + [[str(value) for value in row] for row in found]
widths = [max(map(len, column)) for column in zip(*lines)]
for line in lines:
    print("  " + " | ".join(word.ljust(width) for word, width in zip(line, widths)).rstrip())
END
}

show_what_next() {
  local segrid=$BIN/segrid at="--server $address"
  say
  say "Serving on $address until Ctrl-C. To try next, in another terminal:"
  say
  printf '  %-66s %s\n' \
    "$segrid transform your-body.json --format outcomes" "what would become of your events" \
    "$segrid forward your-body.json $at" "deliver them" \
    "$segrid status $at" "how the delivery is going" \
    "tail -f $DATA/tracks.ndjson" "the Tracks as they are delivered" \
    "$admin/" "the status page, for a browser" \
    "curl $admin/metrics" "what Prometheus sees" \
    "curl --data-binary @your-body.json $webhook" "the same, as SendGrid would post it" \
    "$BIN/segrid-server --help" "a configuration: to Segment, filters, TLS"
  say
  say "SendGrid bodies to play with: tests/data/sendgrid/"
  say
}

run_server() {
  local once=false
  case ${1:-} in
    --once) once=true ;;
    '') ;;
    *) die "run: unknown option $1 (there is --once)" ;;
  esac
  start_server
  show_transform
  show_forward
  show_warehouse
  if ! $once; then
    show_what_next
    trap 'say; say "Stopping."; stop_server; exit' INT TERM
    wait "$server_pid" || die "the server ended by itself; see build/run.log"
    return
  fi
  stop_server || die "the server did not stop cleanly; see build/run.log"
  say
  say "Every event is accounted for."
}
