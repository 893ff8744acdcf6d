//! The real program, with a capture and a cluster.

use crate::cluster::Cluster;
use crate::common::Sandbox;
use std::path::Path;

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/example.pcap");
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_a_consumer_reads_is_what_a_file_would_hold() {
    let cluster = Cluster::with_topic("flows");
    let sandbox = Sandbox::new();
    let (example, target) = (example(), cluster.target("flows"));
    let config = sandbox.put("sekisho.toml", b"sensor = \"tokyo-1\"");
    let config = config.to_str().unwrap();
    let run = |output: &str, summary: &str| {
        let arguments = [
            "replay",
            "-c",
            config,
            &example,
            "-o",
            output,
            "--summary",
            summary,
        ];
        sandbox.run(&arguments, None).expect_code(0)
    };
    run("flows.jsonl", "file.json");
    run(&target, "kafka.json");
    let file = String::from_utf8(sandbox.read("flows.jsonl")).unwrap();
    assert_eq!(cluster.read("flows").lines("tokyo-1"), file);
    assert!(file.lines().count() > 100);
    assert_eq!(sandbox.read("file.json"), sandbox.read("kafka.json"));
}
