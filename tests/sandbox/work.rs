//! What a sensor does after its start, all of it inside.

use crate::inside::path;
use crossbeam_channel::{bounded, select};
use rustix::event::{PollFd, PollFlags, Timespec, epoll, eventfd, poll};
use sekisho::export::{Compress, Format, Rotated, Rotation, Written};
use sekisho::geo::{self, SourceSpec, Table};
use sekisho::sandbox::{Mode, Plan, begin, enter};
use sekisho::source::LinkWatch;
use sekisho::time::Timestamp;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

pub(crate) fn all() {
    begin();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut links = LinkWatch::new(["lo"]).unwrap();
    let folder = path("out");
    let mut rotated = open(&folder);
    let plan = Plan {
        read: vec![path("in/geo.mmdb"), path("in/list.txt")],
        write: vec![folder, path("out/summary.json")],
        ..Plan::default()
    };
    println!("{}", enter(&plan, Mode::Strict).unwrap());
    tables();
    records(&mut rotated);
    threads();
    serve(&listener, client);
    wait_for_events(&mut links);
    the_c_library();
    summary();
}

fn open(folder: &std::path::Path) -> Rotated {
    let rotation = Rotation {
        bytes: 8,
        nanos: u64::MAX,
    };
    Rotated::open(
        folder,
        Format::Jsonl,
        rotation,
        Compress::None,
        false,
        Timestamp::ZERO,
    )
    .unwrap()
}

/// As a reload builds them: from the binary, from a database, and with a list.
fn tables() {
    for sources in [
        vec![SourceSpec::Embedded],
        vec![SourceSpec::File(path("in/geo.mmdb"))],
    ] {
        let settings = geo::Settings {
            sources,
            domestic_lists: vec![path("in/list.txt")],
            ..geo::Settings::default()
        };
        Table::build(&settings).unwrap();
    }
}

fn records(rotated: &mut Rotated) {
    for _ in 0..3 {
        rotated
            .write(
                &"{\"src\":1}\n".into(),
                &Written::default(),
                Timestamp::ZERO,
            )
            .unwrap();
        rotated.tick(Timestamp::ZERO).unwrap();
    }
    rotated.rotate().unwrap();
}

fn threads() {
    let (send, receive) = bounded::<Vec<u8>>(2);
    let lanes: Vec<_> = (0..4)
        .map(|lane| {
            let send = send.clone();
            let lane = thread::Builder::new()
                .name(format!("lane {lane}"))
                .spawn(move || {
                    // Of another arena, and large enough for a mapping of its own.
                    send.send(vec![7; 1 << 20]).unwrap();
                    thread::sleep(Duration::from_millis(1));
                });
            lane.unwrap()
        })
        .collect();
    drop(send);
    let writer = thread::spawn(move || {
        let mut packed = Vec::new();
        loop {
            select! {
                recv(receive) -> batch => match batch {
                    Ok(batch) => packed.extend(zstd::encode_all(&batch[..], 3).unwrap()),
                    Err(_) => break,
                },
                default(Duration::from_millis(1)) => {}
            }
        }
        packed
    });
    for lane in lanes {
        lane.join().unwrap();
    }
    let packed = writer.join().unwrap();
    assert_eq!(zstd::decode_all(&packed[..]).unwrap().len(), 4 << 20);
    assert!(thread::available_parallelism().unwrap().get() > 0);
    let scoped = thread::scope(|scope| scope.spawn(|| 7).join().unwrap());
    assert_eq!(scoped, 7);
}

fn serve(listener: &TcpListener, mut client: TcpStream) {
    listener.set_nonblocking(true).unwrap();
    wait(listener);
    let (mut served, _) = listener.accept().unwrap();
    served.set_nonblocking(false).unwrap();
    served.set_nodelay(true).unwrap();
    served
        .set_read_timeout(Some(Duration::from_secs(9)))
        .unwrap();
    client.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    let mut asked = [0; 12];
    served.read_exact(&mut asked).unwrap();
    let parts = [
        io::IoSlice::new(b"HTTP/1.1 200 OK\r\n"),
        io::IoSlice::new(b"\r\nup 1\n"),
    ];
    assert_eq!(served.write_vectored(&parts).unwrap(), 24);
    assert!(served.take_error().unwrap().is_none());
    served.peer_addr().unwrap();
    served.local_addr().unwrap();
    served.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("up 1\n"), "{answer}");
}

fn wait(source: &impl AsFd) {
    let timeout = Timespec {
        tv_sec: 9,
        tv_nsec: 0,
    };
    let mut polled = [PollFd::new(source, PollFlags::IN)];
    assert_eq!(poll(&mut polled, Some(&timeout)).unwrap(), 1);
}

/// As signals, stops, links and an event loop come.
fn wait_for_events(links: &mut LinkWatch) {
    let (mut asked, mut asks) = UnixStream::pair().unwrap();
    asked.set_nonblocking(true).unwrap();
    let signals = [signal_hook::consts::SIGUSR1];
    let write = asks.try_clone().unwrap();
    for signal in signals {
        signal_hook::low_level::pipe::register(signal, write.try_clone().unwrap()).unwrap();
        signal_hook::low_level::raise(signal).unwrap();
    }
    asks.write_all(b"x").unwrap();
    wait(&asked);
    assert!(asked.read(&mut [0; 8]).unwrap() >= 1);
    assert!(links.changes().is_empty());
    let (read, mut write) = io::pipe().unwrap();
    write.write_all(b"x").unwrap();
    let epolled = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let woken = eventfd(1, rustix::event::EventfdFlags::NONBLOCK).unwrap();
    for (data, source) in [(1, read.as_fd()), (2, woken.as_fd())] {
        let data = epoll::EventData::new_u64(data);
        epoll::add(&epolled, source, data, epoll::EventFlags::IN).unwrap();
    }
    let mut events = Vec::with_capacity(4);
    let buffer = rustix::buffer::spare_capacity(&mut events);
    assert_eq!(epoll::wait(&epolled, buffer, None).unwrap(), 2);
    rustix::io::ioctl_fionbio(&read, true).unwrap();
}

fn the_c_library() {
    let name = c"a lane";
    rustix::thread::set_name(name).unwrap();
    assert_eq!(rustix::thread::name().unwrap().as_c_str(), name);
    rustix::thread::sched_getaffinity(None).unwrap();
    rustix::thread::sched_yield();
    let _ = io::stderr().is_terminal();
    // Seeded by the kernel.
    let _ = std::collections::HashSet::from([1]);
    assert!(
        rustix::process::getrlimit(rustix::process::Resource::Nofile)
            .current
            .is_some()
    );
    std::env::current_dir().unwrap();
}

/// As a summary or a partitioned output is written.
fn summary() {
    let folder = path("out/date=2026-11-22");
    fs::create_dir(&folder).unwrap();
    let mut file = tempfile::NamedTempFile::new_in(path("out")).unwrap();
    file.write_all(b"{}").unwrap();
    file.as_file().sync_all().unwrap();
    file.persist(folder.join("summary.json")).unwrap();
    let moved = path("out/summary.json");
    fs::rename(folder.join("summary.json"), &moved).unwrap();
    io::copy(
        &mut File::open(&moved).unwrap(),
        &mut File::create(folder.join("copy.json")).unwrap(),
    )
    .unwrap();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    File::open(&moved).unwrap().lock().unwrap();
    fs::remove_file(moved).unwrap();
}
