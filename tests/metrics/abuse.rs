//! FAULTS row 51: whatever is sent to the endpoint, the next scrape is served.

use crate::client::{LONG, SCRAPE, connect, read_all, scrape, send, series, serve};
use sekisho::metrics::{Board, Serving};
use sekisho::time::Timestamp;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

fn serving() -> Serving {
    let names: Vec<String> = (0..16).map(|number| format!("eth{number}")).collect();
    let interfaces = names.iter().map(String::as_str);
    serve(&Arc::new(Board::new(Timestamp::ZERO, interfaces, 64)))
}

/// A scrape, and that it took less than a second.
#[track_caller]
fn scrape_in_time(serving: &Serving) -> String {
    let begin = Instant::now();
    let text = scrape(serving);
    assert!(
        begin.elapsed() < Duration::from_secs(1),
        "{:?}",
        begin.elapsed()
    );
    text
}

/// Whether the other side has closed.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let closed = match stream.read(&mut [0; 64]) {
        Ok(0) => true,
        Ok(_) => false,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    };
    stream.set_nonblocking(false).unwrap();
    closed
}

/// Waits until something holds.
#[track_caller]
fn await_that(mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < LONG);
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn row_51_a_thousand_idle_connections_do_not_keep_a_scrape_waiting() {
    let serving = serving();
    let mut idle: Vec<TcpStream> = (0..1_000)
        .map(|number| {
            let mut stream = connect(&serving);
            // Half of them begin a request and never go on.
            if number % 2 == 0 {
                let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: ");
            }
            stream
        })
        .collect();
    let text = scrape_in_time(&serving);
    assert!(series(&text)["sekisho_scrapes_refused_total"] >= 984.0);
    let mut open = 0;
    await_that(|| {
        open = idle
            .iter_mut()
            .filter_map(|stream| (!is_closed(stream)).then_some(()))
            .count();
        open <= 16
    });
    println!("{open} of 1000 are still open");
    scrape_in_time(&serving);
    // Those that are left are closed when their time is over.
    await_that(|| idle.iter_mut().all(is_closed));
    scrape_in_time(&serving);
}

#[test]
fn row_51_scrapes_are_served_while_idle_connections_keep_coming() {
    let serving = serving();
    let end = AtomicBool::new(false);
    thread::scope(|scope| {
        let flood = scope.spawn(|| {
            let mut held = std::collections::VecDeque::new();
            let mut opened = 0_u64;
            while !end.load(Ordering::Relaxed) {
                held.push_back(connect(&serving));
                opened += 1;
                // Sixteen come in the time in which a scraper sends its request even on a busy machine.
                thread::sleep(Duration::from_millis(1));
                if held.len() > 200 {
                    held.pop_front();
                }
            }
            opened
        });
        for _ in 0..20 {
            scrape_in_time(&serving);
            thread::sleep(Duration::from_millis(25));
        }
        end.store(true, Ordering::Relaxed);
        println!("{} idle connections came meanwhile", flood.join().unwrap());
    });
}

#[test]
fn row_51_those_that_ask_and_do_not_read_hold_nothing_up() {
    let serving = serving();
    let slow: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = connect(&serving);
            stream.write_all(SCRAPE).unwrap();
            stream
        })
        .collect();
    scrape_in_time(&serving);
    drop(slow);
}

#[test]
fn row_51_huge_heads_many_fields_and_garbage_are_refused_and_closed() {
    let serving = serving();
    let mut fields = "GET /metrics HTTP/1.1\r\n".to_owned();
    for number in 0..1_000 {
        fields.push_str(&format!("X-{number}: y\r\n"));
    }
    fields.push_str("\r\n");
    let huge = format!(
        "GET /metrics HTTP/1.1\r\nX: {}\r\n\r\n",
        "a".repeat(1 << 20)
    );
    let path = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(1 << 20));
    let endless = vec![b'A'; 1 << 20];
    let requests: [&[u8]; 9] = [
        fields.as_bytes(),
        huge.as_bytes(),
        path.as_bytes(),
        &endless,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /metrics HTTP/9.9\r\n\r\n",
        b"GET /metrics\0 HTTP/1.1\r\nHost: x\r\n\r\n",
        &[0xff; 512],
    ];
    for request in requests {
        let begin = Instant::now();
        let response = send(&serving, request);
        let start = String::from_utf8_lossy(&request[..request.len().min(30)]);
        assert!(
            !response.head.contains(" 200 "),
            "{start:?}: {}",
            response.head
        );
        assert!(!response.body.contains("sekisho_"), "{start:?}");
        // Closed at the latest when its time was over.
        assert!(begin.elapsed() < Duration::from_secs(20), "{start:?}");
    }
    scrape_in_time(&serving);
}

#[test]
fn row_51_of_requests_in_a_row_one_is_answered() {
    let serving = serving();
    let mut stream = connect(&serving);
    let _ = stream.write_all(&SCRAPE.repeat(50));
    let bytes = read_all(&mut stream);
    let text = String::from_utf8_lossy(&bytes);
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 1);
    scrape_in_time(&serving);
}

#[test]
fn a_connection_without_a_word_is_closed_after_five_seconds_and_the_end_waits_for_none() {
    let serving = serving();
    let mut stream = connect(&serving);
    let begin = Instant::now();
    assert!(read_all(&mut stream).is_empty());
    let waited = begin.elapsed();
    assert!(
        waited > Duration::from_secs(4) && waited < Duration::from_secs(20),
        "{waited:?}"
    );
    let _idle = connect(&serving);
    let begin = Instant::now();
    drop(serving);
    assert!(begin.elapsed() < Duration::from_secs(2));
}
