# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_sekisho_global_optspecs
    string join \n h/help V/version
end

function __fish_sekisho_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_sekisho_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_sekisho_using_subcommand
    set -l cmd (__fish_sekisho_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c sekisho -n "__fish_sekisho_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sekisho -n "__fish_sekisho_needs_command" -s V -l version -d 'Print version'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "replay" -d 'Turn captures into flow records, without domestic traffic'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "merge" -d 'Join the shards of a replay into what one run would have given'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "capture" -d 'Turn the traffic of interfaces into flow records, without domestic traffic, until it is ended'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "watch" -d 'Show a running sensor in the terminal: rates, classes, reasons, losses, lanes'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "demo" -d 'Run made-up traffic through the whole road; needs no file, no root, no network'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "locate" -d 'Say where addresses are, and which source and rule decided'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "explain" -d 'Say whether a packet between two addresses would pass, and why'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "geo" -d 'Say what the loaded country table is'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "summary" -d 'Say what is in files of records: classes, countries, addresses, services'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "check" -d 'Read the configuration, build everything, start nothing'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "evaluate" -d 'Measure country tables: how far they disagree, by space and traffic, and how often they are wrong'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "verify" -d 'Check a ledger from its files alone: signatures, hashes, sums, and the files of records'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "purge" -d 'Remove files of records whose time is over'
complete -c sekisho -n "__fish_sekisho_needs_command" -f -a "report" -d 'Check a ledger, and say what it says: a page for reviewers, and the same figures as JSON'
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l audit -d 'Compare with what the ledger of an earlier run over the same captures counted [default: no]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l shard -d 'Read the I-th of N parts of the captures, and write a shard for `sekisho merge` [default: all]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -s c -l config -d 'Configuration file; flags win over it [default: none]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l home -d 'Country that is home, an ISO code of two letters; repeatable [default: JP]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l geo -d 'Country table: MaxMind format, a registry\'s delegated-extended statistics, or `embedded`; repeatable, and an address is foreign only if all say so [default: embedded]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l domestic-list -d 'Prefixes that are at home whatever the tables say, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l anycast-list -d 'Anycast prefixes, whose place is not known, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l site -d 'Where private addresses are: home or undetermined [default: undetermined]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l authorize -d 'Class that may pass: foreign_foreign, foreign_domestic or domestic_foreign; repeatable [default: all three; domestic_domestic can never be authorised]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l idle -d 'Seconds of packet time without a packet after which a flow ends [default: 60]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l active -d 'Seconds of packet time whose multiples no record spans [default: 300]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l max-flows -d 'Flows held at once [default: 4000000]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l format -d 'How records are written: jsonl, csv, parquet, ipfix, ipfix-uniflow, zeek-conn, zeek-conn-json, ecs, ocsf-4001, eve-flow or null [default: jsonl]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -s o -l output -d 'File for records, - for stdout, tcp://HOST:PORT, udp://HOST:PORT (best effort) or kafka://HOST:PORT/TOPIC [default: -]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l ip-encoding -d 'How parquet files hold addresses: text or binary16 [default: text]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l summary -d 'File for the summary as JSON, or - for stdout [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l ledger -d 'Folder of the ledger: counts by interval, signed, for `sekisho verify` and `report` [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l ledger-key -d 'File of the key that signs it; made if it is not there [default: DIR.key]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l lanes -d 'Lanes that work beside each other, 0 for one a core; records do not depend on it [default: 0]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l progress -d 'Progress bar on stderr: auto (on a terminal) or never [default: auto]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -l community-id -d 'Give every record the Community ID of its flow [default: no]'
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -s v -l verbose -d 'Tell more on stderr; repeat for more'
complete -c sekisho -n "__fish_sekisho_using_subcommand replay" -s h -l help -d 'Print help'
complete -c sekisho -n "__fish_sekisho_using_subcommand merge" -s c -l config -d 'Settings that the shards must have been made with; else they are refused [default: any]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand merge" -l format -d 'How records are written: any format of replay [default: as the shards were told]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand merge" -l summary -d 'File for the summary as JSON, or - for stdout [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand merge" -l ledger -d 'Folder of the ledger: counts by interval, signed, for `sekisho verify` and `report` [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand merge" -l ledger-key -d 'File of the key that signs it; made if it is not there [default: DIR.key]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand merge" -l lanes -d 'Lanes that work beside each other, 0 for one a core; records do not depend on it [default: 0]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand merge" -l progress -d 'Progress bar on stderr: auto (on a terminal) or never [default: auto]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand merge" -s v -l verbose -d 'Tell more on stderr; repeat for more'
complete -c sekisho -n "__fish_sekisho_using_subcommand merge" -s h -l help -d 'Print help'
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -s i -l interface -d 'Interface to capture from; repeatable, and several may follow one -i' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l filter -d 'What is captured, in the language of pcap-filter(7) [default: everything]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l snaplen -d 'Bytes kept of each frame; headers that do not fit are excluded as truncated [default: 512]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l ring-mib -d 'MiB of kernel memory in which the frames of each lane wait [default: 64]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l lanes -d 'Lanes; the kernel gives both directions of a flow to the same one [default: 1]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l rotate-bytes -d 'Bytes at which a file of a folder is complete [default: 268435456]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l rotate-secs -d 'Seconds after which a file of a folder is complete [default: 300]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l compress -d 'Pack files of records: zstd, none [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l state -d 'Folder of this sensor\'s own files, locked while it runs [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l metrics -d 'Show figures to Prometheus and `sekisho watch`: 127.0.0.1:9317 or unix:PATH [default: nowhere]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l sandbox -d 'Where a layer of the sandbox is missing: strict, lenient, auto [default: auto]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l duration -d 'End after so many seconds [default: on SIGINT or SIGTERM]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l count -d 'End after so many frames [default: on SIGINT or SIGTERM]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -s c -l config -d 'Configuration file; flags win over it [default: none]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l home -d 'Country that is home, an ISO code of two letters; repeatable [default: JP]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l geo -d 'Country table: MaxMind format, a registry\'s delegated-extended statistics, or `embedded`; repeatable, and an address is foreign only if all say so [default: embedded]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l domestic-list -d 'Prefixes that are at home whatever the tables say, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l anycast-list -d 'Anycast prefixes, whose place is not known, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l site -d 'Where private addresses are: home or undetermined [default: undetermined]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l authorize -d 'Class that may pass: foreign_foreign, foreign_domestic or domestic_foreign; repeatable [default: all three; domestic_domestic can never be authorised]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l idle -d 'Seconds of packet time without a packet after which a flow ends [default: 60]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l active -d 'Seconds of packet time whose multiples no record spans [default: 300]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l max-flows -d 'Flows held at once [default: 4000000]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l format -d 'How records are written: jsonl, csv, parquet, ipfix, ipfix-uniflow, zeek-conn, zeek-conn-json, ecs, ocsf-4001, eve-flow or null [default: jsonl]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -s o -l output -d 'File for records, - for stdout, tcp://HOST:PORT, udp://HOST:PORT (best effort) or kafka://HOST:PORT/TOPIC [default: -]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l ip-encoding -d 'How parquet files hold addresses: text or binary16 [default: text]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l summary -d 'File for the summary as JSON, or - for stdout [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l ledger -d 'Folder of the ledger: counts by interval, signed, for `sekisho verify` and `report` [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l ledger-key -d 'File of the key that signs it; made if it is not there [default: DIR.key]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l no-promisc -d 'See only what is sent from or to this machine'
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -l community-id -d 'Give every record the Community ID of its flow [default: no]'
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -s v -l verbose -d 'Tell more on stderr; repeat for more'
complete -c sekisho -n "__fish_sekisho_using_subcommand capture" -s h -l help -d 'Print help'
complete -c sekisho -n "__fish_sekisho_using_subcommand watch" -s c -l config -d 'Read ADDRESS from `listen` in [metrics] of the sensor\'s configuration file' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand watch" -l interval -d 'Seconds between two looks' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand watch" -l once -d 'Print one frame as text, after two intervals, and end'
complete -c sekisho -n "__fish_sekisho_using_subcommand watch" -s h -l help -d 'Print help'
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l seed -d 'Seed of the traffic: the same seed makes the same packets' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l packets -d 'Packets to make' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -s c -l config -d 'Configuration file; flags win over it [default: none]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l home -d 'Country that is home, an ISO code of two letters; repeatable [default: JP]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l geo -d 'Country table: MaxMind format, a registry\'s delegated-extended statistics, or `embedded`; repeatable, and an address is foreign only if all say so [default: embedded]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l domestic-list -d 'Prefixes that are at home whatever the tables say, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l anycast-list -d 'Anycast prefixes, whose place is not known, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l site -d 'Where private addresses are: home or undetermined [default: undetermined]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l authorize -d 'Class that may pass: foreign_foreign, foreign_domestic or domestic_foreign; repeatable [default: all three; domestic_domestic can never be authorised]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l idle -d 'Seconds of packet time without a packet after which a flow ends [default: 60]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l active -d 'Seconds of packet time whose multiples no record spans [default: 300]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l max-flows -d 'Flows held at once [default: 4000000]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l format -d 'How records are written: jsonl, csv, parquet, ipfix, ipfix-uniflow, zeek-conn, zeek-conn-json, ecs, ocsf-4001, eve-flow or null [default: jsonl]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -s o -l output -d 'File for records, - for stdout, tcp://HOST:PORT, udp://HOST:PORT (best effort) or kafka://HOST:PORT/TOPIC [default: -]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l ip-encoding -d 'How parquet files hold addresses: text or binary16 [default: text]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l summary -d 'File for the summary as JSON, or - for stdout [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l ledger -d 'Folder of the ledger: counts by interval, signed, for `sekisho verify` and `report` [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l ledger-key -d 'File of the key that signs it; made if it is not there [default: DIR.key]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l lanes -d 'Lanes that work beside each other, 0 for one a core; records do not depend on it [default: 0]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l progress -d 'Progress bar on stderr: auto (on a terminal) or never [default: auto]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -l community-id -d 'Give every record the Community ID of its flow [default: no]'
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -s v -l verbose -d 'Tell more on stderr; repeat for more'
complete -c sekisho -n "__fish_sekisho_using_subcommand demo" -s h -l help -d 'Print help'
complete -c sekisho -n "__fish_sekisho_using_subcommand locate" -s c -l config -d 'Configuration file; flags win over it [default: none]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand locate" -l home -d 'Country that is home, an ISO code of two letters; repeatable [default: JP]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand locate" -l geo -d 'Country table: MaxMind format, a registry\'s delegated-extended statistics, or `embedded`; repeatable, and an address is foreign only if all say so [default: embedded]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand locate" -l domestic-list -d 'Prefixes that are at home whatever the tables say, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand locate" -l anycast-list -d 'Anycast prefixes, whose place is not known, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand locate" -l site -d 'Where private addresses are: home or undetermined [default: undetermined]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand locate" -l json -d 'One JSON object a line: ip, place, country, reason, rule, sources'
complete -c sekisho -n "__fish_sekisho_using_subcommand locate" -s v -l verbose -d 'Tell more on stderr; repeat for more'
complete -c sekisho -n "__fish_sekisho_using_subcommand locate" -s h -l help -d 'Print help'
complete -c sekisho -n "__fish_sekisho_using_subcommand explain" -s c -l config -d 'Configuration file; flags win over it [default: none]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand explain" -l home -d 'Country that is home, an ISO code of two letters; repeatable [default: JP]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand explain" -l geo -d 'Country table: MaxMind format, a registry\'s delegated-extended statistics, or `embedded`; repeatable, and an address is foreign only if all say so [default: embedded]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand explain" -l domestic-list -d 'Prefixes that are at home whatever the tables say, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand explain" -l anycast-list -d 'Anycast prefixes, whose place is not known, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand explain" -l site -d 'Where private addresses are: home or undetermined [default: undetermined]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand explain" -l authorize -d 'Class that may pass: foreign_foreign, foreign_domestic or domestic_foreign; repeatable [default: all three; domestic_domestic can never be authorised]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand explain" -s v -l verbose -d 'Tell more on stderr; repeat for more'
complete -c sekisho -n "__fish_sekisho_using_subcommand explain" -s h -l help -d 'Print help'
complete -c sekisho -n "__fish_sekisho_using_subcommand geo" -s c -l config -d 'Configuration file; flags win over it [default: none]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand geo" -l home -d 'Country that is home, an ISO code of two letters; repeatable [default: JP]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand geo" -l geo -d 'Country table: MaxMind format, a registry\'s delegated-extended statistics, or `embedded`; repeatable, and an address is foreign only if all say so [default: embedded]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand geo" -l domestic-list -d 'Prefixes that are at home whatever the tables say, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand geo" -l anycast-list -d 'Anycast prefixes, whose place is not known, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand geo" -l site -d 'Where private addresses are: home or undetermined [default: undetermined]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand geo" -s v -l verbose -d 'Tell more on stderr; repeat for more'
complete -c sekisho -n "__fish_sekisho_using_subcommand geo" -s h -l help -d 'Print help'
complete -c sekisho -n "__fish_sekisho_using_subcommand summary" -l top -d 'Rows of each table' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand summary" -l by -d 'What is largest: bytes (on the wire), packets or flows (records)' -r -f -a "bytes\t'Bytes on the wire'
packets\t'Packets'
flows\t'Records'"
complete -c sekisho -n "__fish_sekisho_using_subcommand summary" -l progress -d 'Progress bar on stderr: auto (on a terminal) or never [default: auto]' -r -f -a "auto\t''
never\t''"
complete -c sekisho -n "__fish_sekisho_using_subcommand summary" -l json -d 'The same as one JSON object'
complete -c sekisho -n "__fish_sekisho_using_subcommand summary" -s v -l verbose -d 'Tell more on stderr; repeat for more'
complete -c sekisho -n "__fish_sekisho_using_subcommand summary" -s h -l help -d 'Print help'
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -s c -l config -d 'Configuration file; flags win over it [default: none]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l home -d 'Country that is home, an ISO code of two letters; repeatable [default: JP]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l geo -d 'Country table: MaxMind format, a registry\'s delegated-extended statistics, or `embedded`; repeatable, and an address is foreign only if all say so [default: embedded]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l domestic-list -d 'Prefixes that are at home whatever the tables say, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l anycast-list -d 'Anycast prefixes, whose place is not known, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l site -d 'Where private addresses are: home or undetermined [default: undetermined]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l authorize -d 'Class that may pass: foreign_foreign, foreign_domestic or domestic_foreign; repeatable [default: all three; domestic_domestic can never be authorised]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l idle -d 'Seconds of packet time without a packet after which a flow ends [default: 60]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l active -d 'Seconds of packet time whose multiples no record spans [default: 300]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l max-flows -d 'Flows held at once [default: 4000000]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l format -d 'How records are written: jsonl, csv, parquet, ipfix, ipfix-uniflow, zeek-conn, zeek-conn-json, ecs, ocsf-4001, eve-flow or null [default: jsonl]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -s o -l output -d 'File for records, - for stdout, tcp://HOST:PORT, udp://HOST:PORT (best effort) or kafka://HOST:PORT/TOPIC [default: -]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l ip-encoding -d 'How parquet files hold addresses: text or binary16 [default: text]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l summary -d 'File for the summary as JSON, or - for stdout [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l ledger -d 'Folder of the ledger: counts by interval, signed, for `sekisho verify` and `report` [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l ledger-key -d 'File of the key that signs it; made if it is not there [default: DIR.key]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l lanes -d 'Lanes that work beside each other, 0 for one a core; records do not depend on it [default: 0]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l progress -d 'Progress bar on stderr: auto (on a terminal) or never [default: auto]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l print -d 'Print the settings in force, as the text of a configuration file, to stdout'
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -l community-id -d 'Give every record the Community ID of its flow [default: no]'
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -s v -l verbose -d 'Tell more on stderr; repeat for more'
complete -c sekisho -n "__fish_sekisho_using_subcommand check" -s h -l help -d 'Print help'
complete -c sekisho -n "__fish_sekisho_using_subcommand evaluate" -l truth -d 'What is known to be true: PREFIX,PLACE a line, the place `domestic`, `foreign` or a country' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand evaluate" -l json -d 'File for the figures as JSON, for `sekisho report --evaluation`; - for stdout [default: none]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand evaluate" -s c -l config -d 'Configuration file; flags win over it [default: none]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand evaluate" -l home -d 'Country that is home, an ISO code of two letters; repeatable [default: JP]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand evaluate" -l geo -d 'Country table: MaxMind format, a registry\'s delegated-extended statistics, or `embedded`; repeatable, and an address is foreign only if all say so [default: embedded]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand evaluate" -l domestic-list -d 'Prefixes that are at home whatever the tables say, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand evaluate" -l anycast-list -d 'Anycast prefixes, whose place is not known, one a line; repeatable [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand evaluate" -l site -d 'Where private addresses are: home or undetermined [default: undetermined]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand evaluate" -s v -l verbose -d 'Tell more on stderr; repeat for more'
complete -c sekisho -n "__fish_sekisho_using_subcommand evaluate" -s h -l help -d 'Print help'
complete -c sekisho -n "__fish_sekisho_using_subcommand verify" -l key -d 'Key that must have signed, known from elsewhere: name+id+base64, or a file with it [default: the ledger\'s own, which shows only that the ledger agrees with itself]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand verify" -l since -d 'Checkpoint of this ledger that was kept elsewhere: finds what was cut off or written anew' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand verify" -l records -d 'File of records, or a folder of them, that must be the ledger\'s; repeatable' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand verify" -l proof -d 'Make the proof that this entry is under the signature, for somebody without the ledger' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand verify" -s o -l output -d 'File for the proof, or - for stdout, where it takes the place of the table [default: -]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand verify" -l json -d 'What was found, as one JSON object'
complete -c sekisho -n "__fish_sekisho_using_subcommand verify" -s v -l verbose -d 'Tell more on stderr; repeat for more'
complete -c sekisho -n "__fish_sekisho_using_subcommand verify" -s h -l help -d 'Print help'
complete -c sekisho -n "__fish_sekisho_using_subcommand purge" -l before -d 'Remove what expired then or before: 2026-11-22 or 2026-11-22T05:49:00Z [default: now]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand purge" -s c -l config -d 'Configuration file of the sensor, for its name and its ledger; flags win over it [default: none]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand purge" -l ledger -d 'Folder of the ledger that is to say what was removed [default: none]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand purge" -l ledger-key -d 'File of the key that signs it [default: DIR.key]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand purge" -l dry-run -d 'Only say what would be removed'
complete -c sekisho -n "__fish_sekisho_using_subcommand purge" -s v -l verbose -d 'Tell more on stderr; repeat for more'
complete -c sekisho -n "__fish_sekisho_using_subcommand purge" -s h -l help -d 'Print help'
complete -c sekisho -n "__fish_sekisho_using_subcommand report" -s o -l output -d 'File for the page, or - for stdout' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand report" -l json -d 'File for the figures as JSON, or - for stdout' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand report" -l lang -d 'Language of the page: en or ja' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand report" -l from -d 'Not before: 2026-11-16, 2026-11-16T09:00 or 2026-11-16T09:00:00Z, UTC [default: the ledger\'s begin]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand report" -l to -d 'Before, written likewise [default: the ledger\'s end]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand report" -l evaluation -d 'How sure the country tables are, as `sekisho evaluate --json` measured it: a section of the report [default: none]' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand report" -l key -d 'Key that must have signed, known from elsewhere: name+id+base64, or a file with it [default: the ledger\'s own, which shows only that the ledger agrees with itself]' -r
complete -c sekisho -n "__fish_sekisho_using_subcommand report" -l since -d 'Checkpoint of this ledger that was kept elsewhere: finds what was cut off or written anew' -r -F
complete -c sekisho -n "__fish_sekisho_using_subcommand report" -l publish -d 'Leave out small cells and single events, so that the report can be made public'
complete -c sekisho -n "__fish_sekisho_using_subcommand report" -s v -l verbose -d 'Tell more on stderr; repeat for more'
complete -c sekisho -n "__fish_sekisho_using_subcommand report" -s h -l help -d 'Print help'
