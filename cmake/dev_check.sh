# shellcheck shell=bash
# `./dev check`: what a change must pass besides the tests. Sourced by ./dev.

readonly CHECK_STEPS=(format headers tidy proto docs durability asan tsan)
# Steps that are parts of others, to be named: what CI has the time for.
readonly CHECK_PARTS=(asan-parsers asan-core mutants long)
readonly DOCS_TESTS=(docs_test readme_test tasks_test ingress_test sizing_test api_samples_test api_reference_test
  warehouse_docs_test logs_test manual_test pages_test deploy_test dashboard_test)
readonly BUF_VERSION=1.75.0
readonly MARKDOWNLINT_VERSION=0.17.2

check_format() {
  sources | xargs clang-format --dry-run -Werror
}

# Each header of a library compiles alone.
check_headers() {
  build release all_verify_interface_header_sets
}

# All sources, or with BASE=<commit> those that changed since.
check_tidy() {
  local files=()
  mapfile -t files < <(sources | grep -E '^(core|server|client)/.*\.cc$')
  if [[ -n ${BASE:-} ]]; then
    mapfile -t files < <(printf '%s\n' "${files[@]}" |
      grep -Fx -f <(git diff --name-only "$BASE") || true)
  fi
  ((${#files[@]} > 0)) || return 0
  build release segrid_proto segrid_grpc_proto # Their generated headers are included.
  printf '%s\n' "${files[@]}" |
    xargs --max-procs "$(nproc)" --max-args 4 clang-tidy --quiet -p "$BUILD" --warnings-as-errors='*'
}

# npm_program <name> <package>: the path of a program of npm's; nothing, and a
# reason on stderr, where it is not there and cannot be fetched.
npm_program() {
  local folder=build/npm/$1
  if [[ ! -x $folder/node_modules/.bin/$1 ]] &&
    ! npm install --prefix "$folder" --no-save "$2" >build/dev.log 2>&1; then
    say "Skipped: npm cannot fetch $2, so $1 checks nothing (build/dev.log has its words)." >&2
    return 0
  fi
  say "$folder/node_modules/.bin/$1"
}

check_proto() {
  local buf
  buf=$(npm_program buf "@bufbuild/buf@$BUF_VERSION")
  if [[ -n $buf ]]; then
    (cd proto && "$OLDPWD/$buf" lint)
  fi
}

check_markdown() {
  local pages lint
  mapfile -t pages < <(git ls-files '*.md')
  lint=$(npm_program markdownlint-cli2 "markdownlint-cli2@$MARKDOWNLINT_VERSION")
  if [[ -n $lint ]]; then
    "$lint" "${pages[@]}"
  fi
}

# The rules, and the cases in which each of them fires or does not.
check_alerts() {
  fetch_programs
  if command -v promtool >/dev/null; then
    promtool check rules server/deploy/alerts.yaml
    promtool test rules tests/server/deploy/alerts_test.yaml
  else
    say "Skipped: promtool is not there and cannot be fetched, so nothing checks the alert rules."
  fi
}

# The scripts of this repository: those that say so, and those that ./dev sources.
scripts() {
  git grep --files-with-matches --extended-regexp '^#!.*\b(ba)?sh$|^# shellcheck shell=' -- ':!*.md'
}

# Checks what people and their tools read: pages, configurations, scripts,
# protos, rules of alerts, manual pages.
check_docs() {
  local yaml shell
  mapfile -t yaml < <(git ls-files '*.yaml' '*.yml')
  mapfile -t shell < <(scripts)
  check_proto
  check_markdown
  yamllint --strict "${yaml[@]}"
  shellcheck --external-sources "${shell[@]}"
  check_alerts
  make_packages
  lintian --allow-root --fail-on error,warning "$BUILD"/packages/*.deb
  # Links, commands, keys and shown output; manual pages; lines of the log; names in rules and dashboard.
  build release segrid segrid-server segrid-bench own_service api_samples
  ctest --test-dir "$BUILD" --output-on-failure -R "^($(
    IFS='|'
    say "${DOCS_TESTS[*]}"
  ))\$"
}

# The long form of what `./dev test` does briefly: 1,000 kills, the log cut off
# at 4,096 offsets, each bit of 64 KiB of it flipped, and one of each byte of a
# sorted file. Half a million stores are opened, at 1.8 ms of processor time
# each: a quarter of an hour on an idle core.
check_durability() {
  build release kill_test damage_test segrid-crash-child
  # shellcheck disable=SC2016 # The shells that xargs starts expand these.
  printf '%s\n' all:damage_test:'*OfTheLog*' 65536:damage_test:'*:-*OfTheLog*' :kill_test:'*' |
    SEGRID_KILLS=1000 xargs --max-procs "$(nproc)" --replace={} bash -c \
      'IFS=: read -r SEGRID_DAMAGES test tests <<<"{}"
       export SEGRID_DAMAGES
       exec "$0/$test" --gtest_brief=1 --gtest_filter="$tests"' "$BUILD/tests"
}

# Builds and runs every test with a sanitizer, or those in a folder below tests.
check_sanitizer() {
  local preset=$1 folder=${2:+tests/$2}
  build "$preset" ${folder:+"$folder/all"}
  ctest --test-dir "build/$preset${folder:+/$folder}" --output-on-failure --parallel "$(nproc)"
}

# Little is kept of what was freed: some tests bound their memory.
use_asan() {
  export ASAN_OPTIONS=detect_stack_use_after_return=1:quarantine_size_mb=16 UBSAN_OPTIONS=print_stacktrace=1
  export LSAN_OPTIONS=suppressions=$PWD/cmake/lsan.supp:print_suppressions=0
}

check_asan() (
  use_asan
  check_sanitizer asan
)

# The part that the integration has the time for: what reads the bytes of others.
check_asan-parsers() (
  use_asan
  for folder in codec transform crypto config; do
    check_sanitizer asan "core/$folder"
  done
)

check_asan-core() (
  use_asan
  check_sanitizer asan core
)

# Debian's gRPC is not instrumented: what happens between its own threads is
# unknown to TSan and not ours to judge.
check_tsan() {
  local options="ignore_noninstrumented_modules=1 suppressions=$PWD/cmake/tsan.supp"
  TSAN_OPTIONS="$options second_deadlock_stack=1" check_sanitizer tsan
}

# Plants small faults, one at a time, and counts those that the tests notice.
# MUTANTS=<how their ids begin> … tries only some.
check_mutants() {
  local only=()
  read -ra only <<<"${MUTANTS:-}"
  /usr/bin/python3 tests/mutants/mutants.py ${only:+--only "${only[@]}"}
}

# The full counts of the tests, and everything else that `./dev test` has no
# time for: hours. Ends in a table.
check_long() {
  build release
  check_durability
  check_asan-core
  python3 tests/long_runs.py --build "$BUILD" --logs build/long
}

run_checks() {
  local steps=("$@") step
  ((${#steps[@]} > 0)) || steps=("${CHECK_STEPS[@]}")
  local packages=("${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}")
  for step in "${steps[@]}"; do
    [[ " ${CHECK_STEPS[*]} ${CHECK_PARTS[*]} " == *" $step "* ]] ||
      die "no such check: $step (there are ${CHECK_STEPS[*]} ${CHECK_PARTS[*]})"
    [[ $step != format && $step != tidy ]] || packages+=("${CHECK_PACKAGES[@]}")
    [[ $step != docs ]] || packages+=("${DOCS_PACKAGES[@]}")
  done
  need_packages "${packages[@]}"
  need_node
  for step in "${steps[@]}"; do
    say "== check $step"
    "check_$step" # Ends the script when it fails.
  done
  say "== all checks passed: ${steps[*]}"
}
