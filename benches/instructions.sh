#!/usr/bin/env bash
# Instructions a packet of each stage with all before it, counted by callgrind: the same on every run,
# whatever else the machine does. Compares with benches/instructions.tsv and fails where a count has
# grown by more than 5 %; ACCEPT=1 writes the file anew.
set -euo pipefail
cd "$(dirname "$0")/.."
recorded=benches/instructions.tsv
packets=50000

binary=$(cargo bench --locked --bench stages --no-run --message-format=json 2>/dev/null |
  python3 -c 'import json,sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("target", {}).get("name") == "stages" and message.get("executable"):
        print(message["executable"])')

count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$binary" "$1" "$2" $packets 2>&1 |
    sed -n 's/.*Collected : //p'
}

new=$(mktemp)
trap 'rm -f "$new"' EXIT
for mix in imix min64 hdr96; do
  setup=$(count none $mix)
  for stage in read decode locate gate lane; do
    total=$(count $stage $mix)
    printf '%s\t%s\t%d\n' $mix $stage $(((total - setup) / packets))
  done
done >"$new"

if [ "${ACCEPT:-0}" = 1 ]; then
  cp "$new" "$recorded"
fi
paste "$recorded" "$new" | awk -F'\t' '
  { printf "%-6s %-7s %5d instructions a packet, recorded %d\n", $4, $5, $6, $3 }
  $1 != $4 || $2 != $5 || $6 > $3 * 1.05 + 1 { grown = 1 }
  END { if (grown) print "more instructions than recorded: see above"; exit grown }'
