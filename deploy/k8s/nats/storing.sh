#!/bin/sh
# Asks nats-server, in its own container, whether it stores what it is given.
#
#   storing.sh alive     for Kubernetes: fails only if a restart would help
#   storing.sh healthy   for Docker Compose, where a failed check restarts nothing: fails whenever it
#                        does not store, and if a restart would help, ends the server (process 1)
#
# A server that could not write to a stream, because its disk was full, stores nothing in it until it
# is started again; there must be room by then, or it would only happen again. A cluster switches the
# JetStream of such a server off. Its status alone would tell less: while it catches up, or has no
# majority, it says 503 as well, and a restart would only delay it.
#
# Nothing here but what busybox has. wget shows no answer other than 200, so it is nc that asks.
ROOM_KB=65536 # enough for a while: what waits is a few MB

ask() {
  printf 'GET %s HTTP/1.0\r\n\r\n' "$1" | nc -w 4 127.0.0.1 8222
}

has_room() {
  free=$(df -Pk /data | awk 'END { print $4 }')
  [ "${free:-0}" -ge "$ROOM_KB" ]
}

health=$(ask /healthz)
case $health in
*"write error"*)
  echo "$health" | tail -n 1
  if has_room; then
    [ "$1" = healthy ] && kill -TERM 1
    exit 1
  fi
  [ "$1" = alive ]
  exit
  ;;
esac
case $(ask '/healthz?js-enabled-only=true') in
*" 200 "*) exit 0 ;;
*" 503 "*)
  echo "JetStream is switched off"
  [ "$1" = alive ] && ! has_room
  exit
  ;;
esac
echo "no answer: $health"
exit 1
