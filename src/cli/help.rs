//! The texts of `--help`: examples for every command, and what the exit codes mean.

pub(super) const ABOUT: &str = "Turns network traffic into flow records, and excludes domestic traffic before anything is kept";

// Prose is one line a paragraph, which clap wraps; examples stay below 80 columns, which it leaves.
pub(super) const LONG_ABOUT: &str = "\
sekisho (関所, checkpoint) decides packet by packet, before anything is analysed or kept, whether both \
ends of the traffic could be at home, and drops what could. Of the rest it keeps flow records: \
addresses, ports, times and counts, never content. Every packet is counted exactly once, kept or \
excluded by a named reason, and the books must balance. A signed ledger of \
counts says what was done, and others check it from its files alone.

Three ways in:
  analyst    sekisho replay capture.pcap -o flows.jsonl
             sekisho summary flows.jsonl
             sekisho demo        (made-up traffic: no file, no root, no network)
  operator   sekisho check /etc/sekisho/sekisho.toml
             sekisho capture -i eth1 -o /var/lib/sekisho/records/
             sekisho watch
  reviewer   sekisho verify ledger --key lab.pub
             sekisho report ledger -o report.html
             sekisho explain 8.8.8.8 1.1.1.1

sekisho is a filter. It is not a permission to capture.";

pub(super) const EXIT_CODES_SHORT: &str = "Examples and exit codes: sekisho --help. Options and defaults of a command: sekisho COMMAND --help.";

pub(super) const EXIT_CODES: &str = "\
Exit codes:
   0  done
   1  done, but an input was damaged or partly unreadable; everything readable was processed
   2  the command line was not understood
   3  the books do not balance, records were lost, or a ledger does not hold
  65  an input is not what the command reads
  66  no such input, ledger or interface
  70  a fault of the program itself
  74  results or the ledger could not be written, or an interface went away
  75  another sensor uses the state folder
  77  this user may not do that
  78  the configuration, a country table or an authorisation is refused";

pub(super) const REPLAY: &str = "\
Examples:
  sekisho replay capture.pcap -o flows.jsonl
  sekisho replay day1/ day2/ --format csv -o flows.csv --summary books.json
  zcat capture.pcap.gz | sekisho replay - --home DE --geo country.mmdb
  sekisho replay capture.pcap --authorize foreign_domestic --format null
  sekisho replay capture.pcap -o flows.jsonl --ledger books
  sekisho replay capture.pcap --geo country.mmdb --format null --audit books
  sekisho replay /mnt/captures --shard 1/2 -o /mnt/shards/

Records go to stdout or a file, the summary table to stderr. For the same inputs, table, settings and \
version the records are the same byte for byte, whatever the number of lanes. Output files appear under \
their name only when the run is done, and only their owner can read them.

Exit codes: 0 done, 1 damaged input, 2 usage, 3 books do not balance or nothing in the ledger to compare \
with, 65 not a capture, 66 no such input or ledger, 74 output failed, 77 permission, 78 configuration.";

pub(super) const MERGE: &str = "\
Examples:
  sekisho replay /mnt/captures --shard 1/2 -o /mnt/shards/
  sekisho replay /mnt/captures --shard 2/2 -o /mnt/shards/
  sekisho merge flows.jsonl /mnt/shards/*.sekisho
  sekisho merge flows.csv /mnt/shards/*.sekisho --format csv --ledger books

Shards may be made anywhere. Records, summary and ledger are those of one run over all captures, byte for byte: flows that go on from one \
part into the next are joined. Settings are those of the shards; country tables, lists and authorisations are \
read from where the shards read them, and must be the same. Every piece of a record must be one that these admit, but \
a shard bears no signature: with -c, what it was made with is the file's and not its own word. Where joining cannot be shown to be exact (a flow \
table that could have been full), the captures are read again as one run, if they are there. A shard holds \
the admitted traffic of its part: keep it like records.

Exit codes: 0 done, 1 an input was damaged, 2 usage, 3 books do not balance, 65 not a shard, or not every \
shard once, 66 no such file, 74 output failed, 77 permission, 78 shards of different settings, or tables that \
changed.";

#[cfg(feature = "live")]
pub(super) const CAPTURE: &str = "\
Examples:
  sekisho capture -i eth1 -o /var/lib/sekisho/records/
  sekisho capture -i eth1 -i eth2 --filter 'not port 22' --duration 60 -o flows.jsonl
  sekisho capture -i eth1 --format null --summary - --count 1000000
  sekisho capture -c /etc/sekisho/sekisho.toml -i eth1 --metrics 127.0.0.1:9317

It needs the capability CAP_NET_RAW, not root, and gives that up, with all files and system calls that it \
does not need, before it decodes the first frame: so what it writes to must belong to the user it runs as. \
Records are written as they end: to stdout, to a file that \
appears under its name at the end, or, with / at its end, into a folder of files named by time, each of \
which appears under its name when it is complete. Nothing that is slow holds the capture up: records that \
cannot be written in time are counted as lost, and what the kernel dropped stands in the summary.

Signals: SIGINT or SIGTERM reads what was captured, writes everything and closes the books; a second one \
ends at once, with exit code 130. SIGHUP reads the configuration, the lists and the country tables again: \
all of it serves, or none. SIGUSR1 completes the present file now.

Exit codes: 0 done, 1 an interface carried nothing for a time, 2 usage, 3 books do not balance or records \
were lost, 65 a link type that is not decoded, 66 no such interface, 74 output failed or an interface went \
away, 75 another sensor uses the state folder, 77 permission, 78 configuration, filter or sandbox.";

pub(super) const WATCH: &str = "\
Examples:
  sekisho watch
  sekisho watch unix:/run/sekisho/metrics.sock
  sekisho watch -c /etc/sekisho/sekisho.toml
  sekisho watch --once | grep -A 4 losses

The sensor shows its metrics where `--metrics` or `listen` in [metrics] says; nothing else is asked of it, \
and it does not run slower for being watched. Rates are means of the last three looks. In red: what is \
being lost now, books that do not balance, no answer. Keys: q quits, p lets the screen stand still, r counts \
from now on, ? explains. With NO_COLOR set there are no colours.

Exit codes: 0 done, 2 usage or no terminal, 65 what answers is no sensor, 66 nobody answers, 77 permission, \
78 configuration.";

pub(super) const DEMO: &str = "\
Examples:
  sekisho demo
  sekisho demo --seed 7 --packets 1000000 -o flows.jsonl
  sekisho demo --authorize foreign_domestic --summary books.json

The traffic is made by the seed alone: hosts at home and abroad, tunnels, fragments, noise. \
Records are written only where -o or --format says so.";

pub(super) const LOCATE: &str = "\
Examples:
  sekisho locate 8.8.8.8 2001:db8::1
  sekisho locate --json - < addresses.txt
  sekisho locate --geo country.mmdb --geo embedded 203.0.113.9

An address is domestic, foreign or undetermined; `excluded` stands where the address itself keeps a \
packet back (multicast, special-purpose). What is not an address is named on stderr, the others are \
still answered, and the exit code is 65.";

pub(super) const EXPLAIN: &str = "\
Examples:
  sekisho explain 8.8.8.8 1.1.1.1
  sekisho explain 10.0.0.7 8.8.8.8 --site home
  sekisho explain 8.8.8.8 1.1.1.1 --authorize foreign_domestic

The sections named in the answer are those of docs/rules.md.";

pub(super) const GEO: &str = "\
Examples:
  sekisho geo
  sekisho geo --geo country.mmdb --geo embedded --home JP";

pub(super) const EVALUATE: &str = "\
Examples:
  sekisho evaluate --geo country.mmdb --geo embedded
  sekisho evaluate --geo country.mmdb --geo embedded --json evaluation.json capture.pcap
  sekisho evaluate --geo country.mmdb --truth known.csv capture.pcap

Flows are counted as TCP openings (SYN without ACK), which need no address. Rates of error are of flows whose \
ends are all in the list of the truth, with Wilson's interval of 95 %.

Exit codes: 0 done, 1 an input was damaged, 2 usage, 65 not a capture, 66 no such input, 74 output failed, \
78 a table or list is refused.";

pub(super) const SUMMARY: &str = "\
Examples:
  sekisho summary flows.jsonl
  sekisho summary --by packets --top 20 /var/lib/sekisho/records/
  sekisho replay capture.pcap | sekisho summary -
  sekisho summary --json flows.jsonl

A country counts for the records of either end, and an address likewise, so these shares add up to more than \
all. Bytes are those on the wire. Of each list of addresses or services 1,048,576 are kept at once; beyond \
that the smallest are dropped, and the table says by how much a sum may be too small.

Exit codes: 0 done, 1 damaged lines were passed over, 2 usage, 65 not records, 66 no such file, 77 permission.";

pub(super) const CHECK: &str = "\
Examples:
  sekisho check
  sekisho check /etc/sekisho/sekisho.toml
  sekisho check /etc/sekisho/sekisho.toml --print > in-force.toml

Exit codes: 0 all would start, 2 usage, 74 a result could not be written there, 77 this user may not \
write there, 78 something is refused.";

pub(super) const VERIFY: &str = "\
Examples:
  sekisho verify /var/lib/sekisho/ledger
  sekisho verify ledger --key lab.pub --since checkpoint.last-month
  sekisho verify ledger --key lab.pub --records /var/lib/sekisho/records
  sekisho verify ledger --proof 17 -o entry-17.tlog-proof

Nothing is asked but the files. A ledger that was rolled back to what it was, or written anew with another \
key, agrees with itself: keep its key.pub and, from time to time, its checkpoint where nobody who keeps the \
ledger can reach them, and give them with --key and --since. Entries after the last signature are counted \
apart: a sensor that runs has some.

Exit codes: 0 all holds, 2 usage, 3 something is wrong, 66 no ledger or no such file, 74 the proof could not \
be written, 77 permission.";

pub(super) const PURGE: &str = "\
Examples:
  sekisho purge --dry-run /var/lib/sekisho/records/
  sekisho purge /var/lib/sekisho/records/
  sekisho purge --before 2026-11-22 flows.jsonl
  sekisho purge -c /etc/sekisho/sekisho.toml /var/lib/sekisho/records/

A file goes when the latest `expires_at` of its records is over, so [retention] must have been set when they \
were written. Only complete files of records are touched (.jsonl, .csv, conn.log, and these with .zst), no link is \
followed, and what is damaged or does not say when it expires is left and named. With a ledger (--ledger, or \
[ledger] of the configuration) the deletion is entered there; a sensor that runs does it at the end of its \
interval.

Exit codes: 0 done, 1 a damaged file was left, 2 usage, 66 no such file, 74 a file could not be removed, 77 \
permission.";

pub(super) const REPORT: &str = "\
Examples:
  sekisho report /var/lib/sekisho/ledger -o report.html
  sekisho report ledger -o report.ja.html --lang ja --json report.json
  sekisho report ledger -o november.html --from 2026-11-01 --to 2026-12-01
  sekisho report ledger -o public.html --publish --key lab.pub
  sekisho report ledger -o report.html --evaluation evaluation.json
  sekisho report ledger --json -

The page is one file: it runs no script and asks for nothing. Whether the ledger holds stands at its top; \
compare the key with one that you have from elsewhere. With --publish, counts of 1 to 19 packets are left \
out of every figure, and times are whole hours. The same ledger gives the same bytes. An evaluation is measured \
apart from the ledger: no signature covers it, and the page says so.

Exit codes: 0 done, 2 usage, 3 written, but something is wrong with the ledger, 65 not an evaluation, 66 no ledger or no such \
file, 74 the report could not be written, 77 permission.";
