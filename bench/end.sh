# Sourced by the scripts that start what is measured.

# end_process PID SECONDS: asks it to end, and kills it when it has not by then
end_process() {
  kill -TERM "$1" || return 0
  for _ in $(seq $(($2 * 10))); do
    alive "$1" || return 0
    sleep 0.1
  done
  kill -KILL "$1" || true
}

# A program is gone from /proc/PID/exe before its sockets are closed; its state tells the end.
alive() {
  grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"
}
