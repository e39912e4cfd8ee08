#!/bin/sh
# Makes the secrets that docker-compose.yml names, once: what is there stays as it is. Run it in the project's folder.
set -eu
umask 077
folder=${1:-.data/secrets}
mkdir -p "$folder" deploy/compose/config
random() { od -An -tx1 -N"$1" /dev/urandom | tr -d ' \n'; }
make() { # make NAME VALUE
  if [ -s "$folder/$1" ]; then echo "$folder/$1 is there"; return; fi
  printf '%s' "$2" >"$folder/$1"
  echo "$folder/$1 made"
}
make postgres_password "$(random 24)"
make database_url "postgres://shadowbill:$(cat "$folder/postgres_password")@postgres:5432/shadowbill"
make session_key "$(random 32)"
# The program runs as user 1000 and reads its two secrets itself; only root and that user should be able to.
if [ "$(id -u)" = 0 ]; then chown 1000 "$folder/database_url" "$folder/session_key"; fi
[ -e deploy/compose/config/shadowbill.yml ] || echo "next: write deploy/compose/config/shadowbill.yml, see docs/CONFIG.md"
