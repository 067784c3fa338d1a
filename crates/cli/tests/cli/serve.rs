//! `serve`, over real sockets: what it answers, to whom, and what it never does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::world::World;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A running server, which ends with the test.
struct Server {
    child: Child,
    address: SocketAddr,
    announced: String,
}

impl Server {
    fn start(world: &World, arguments: &[&str]) -> Self {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("sagewarden"))
            .arg("serve")
            .args(arguments)
            .current_dir(world.path("."))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut announced = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut announced).unwrap();
        let place = announced.strip_prefix("http://").unwrap();
        let address = place.split('/').next().unwrap().parse().unwrap();
        Server {
            child,
            address,
            announced: announced.trim().to_owned(),
        }
    }

    /// Sends bytes as they are, and gives all that comes back.
    fn send(&self, bytes: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    }

    fn get(&self, path: &str, headers: &str) -> String {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"
        ))
    }

    fn status(&self, path: &str, headers: &str) -> u16 {
        status(&self.get(path, headers))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn status(answer: &str) -> u16 {
    let code = answer.split(' ').nth(1).unwrap_or_default();
    code.parse().unwrap_or_else(|_| panic!("{answer:?}"))
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

/// Two snapshots, a day apart, and beside them what is none.
fn history() -> World {
    let world = World::with_notebook();
    for day in ["2026-11-01", "2026-11-02"] {
        let folder = format!("history/{day}");
        let ran = world.run(&["convert", "raw", "-o", &folder, "--as-of", day]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    world.write("history/notes.txt", "not a snapshot");
    world.write("history/other.json", "{}");
    world.write("secret/manifest.json", "{}");
    world
}

#[test]
fn the_latest_snapshot_and_each_by_its_name_and_nothing_else() {
    let world = history();
    let server = Server::start(&world, &["history", "--listen", "127.0.0.1:0"]);
    let latest = server.get("/", "");
    assert_eq!(status(&latest), 200, "{latest:.400}");
    assert!(body(&latest).starts_with("<!doctype html>"));
    assert_eq!(server.status("/at/2026%2D11%2D02", ""), 200);
    let earlier = server.get("/at/2026%2D11%2D01", "");
    assert_eq!(status(&earlier), 200);
    assert_ne!(body(&earlier), body(&latest));
    for path in [
        "/at/2026-11-03",
        "/at/notes%2Etxt",
        "/at/other%2Ejson",
        "/at/%2E%2E",
        "/at/..%2Fsecret",
        "/at/../secret",
        "/at/..%2F..%2F..%2Fetc%2Fpasswd",
        "/../../../../etc/passwd",
        "/history/notes.txt",
        "//etc/passwd",
        "/at/%00",
        "/favicon.ico",
    ] {
        assert_eq!(server.status(path, ""), 404, "{path}");
    }
}

#[test]
fn every_answer_says_what_a_browser_may_do_with_it() {
    let world = history();
    let server = Server::start(&world, &["history", "--listen", "127.0.0.1:0"]);
    for path in ["/", "/none"] {
        let answer = server.get(path, "");
        let (head, _) = answer.split_once("\r\n\r\n").unwrap();
        let head = head.to_ascii_lowercase();
        for wanted in [
            "content-security-policy: default-src 'none'; script-src 'sha256-",
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "referrer-policy: no-referrer",
            "cache-control: no-store",
            "cross-origin-resource-policy: same-origin",
            "cross-origin-opener-policy: same-origin",
        ] {
            assert!(head.contains(wanted), "{path} lacks {wanted}: {head}");
        }
        assert!(!head.contains("access-control-allow"), "{head}");
        assert!(!head.contains("unsafe"), "{head}");
    }
}

#[test]
fn only_reading_is_answered_and_a_head_has_no_body() {
    let world = history();
    let server = Server::start(&world, &["history", "--listen", "127.0.0.1:0"]);
    let send = |method: &str| {
        server.send(&format!(
            "{method} / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
        ))
    };
    let head = send("HEAD");
    assert_eq!((status(&head), body(&head)), (200, ""));
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let answer = send(method);
        assert_eq!(status(&answer), 405, "{method}");
        assert!(
            answer
                .to_ascii_lowercase()
                .contains("\r\nallow: get, head\r\n")
        );
    }
    // What is no HTTP ends the connection and not the server.
    for noise in [
        "\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\u{0}\u{1}\r\n\r\n",
    ] {
        let answer = server.send(noise);
        assert!(!answer.contains("200 OK"), "{noise:?}: {answer}");
    }
    let endless = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n",
        "x".repeat(1 << 20)
    );
    assert!(!server.send(&endless).contains("200 OK"));
    assert_eq!(server.status("/", ""), 200);
}

#[test]
fn a_host_name_that_somebody_pointed_here_is_not_answered() {
    let world = history();
    let more = [
        "history",
        "--listen",
        "127.0.0.1:0",
        "--host",
        "posture.test",
    ];
    let server = Server::start(&world, &more);
    let asked =
        |host: &str| status(&server.send(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")));
    assert_eq!(asked("rebound.example.com"), 421);
    assert_eq!(asked("posture.test"), 200);
    assert_eq!(asked(&server.address.to_string()), 200);
    assert_eq!(status(&server.send("GET / HTTP/1.1\r\n\r\n")), 421);
}

#[test]
fn a_token_opens_the_pages_and_leaves_the_address() {
    let world = history();
    world.write("token", SECRET);
    let more = [
        "history",
        "--listen",
        "127.0.0.1:0",
        "--token-file",
        "token",
    ];
    let server = Server::start(&world, &more);
    assert!(server.announced.ends_with(&format!("/?token={SECRET}")));
    let refused = server.get("/", "");
    assert_eq!(status(&refused), 401);
    assert!(!refused.contains(SECRET) && !refused.contains("<script"));
    assert_eq!(server.status("/at/2026%2D11%2D01", ""), 401);
    assert_eq!(
        server.status("/?token=0123456789abcdef0123456789abcdee", ""),
        401
    );
    let bearer = format!("Authorization: Bearer {SECRET}\r\n");
    assert_eq!(server.status("/", &bearer), 200);
    let welcome = server.get(&format!("//evil.example.com/?token={SECRET}"), "");
    assert_eq!(status(&welcome), 303);
    assert!(
        welcome.to_ascii_lowercase().contains("\r\nlocation: /\r\n"),
        "{welcome}"
    );
    let cookie = welcome
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .and_then(|cookie| cookie.split(';').next())
        .unwrap();
    assert_eq!(server.status("/", &format!("Cookie: {cookie}\r\n")), 200);
}

#[test]
fn beyond_this_machine_there_is_always_a_token() {
    let world = history();
    let mut server = Server::start(&world, &["history", "--listen", "0.0.0.0:0"]);
    let (_, token) = server.announced.split_once("?token=").unwrap();
    assert_eq!(token.len(), 64);
    let bearer = format!("Authorization: Bearer {token}\r\n");
    server.address.set_ip([127, 0, 0, 1].into());
    assert_eq!(server.status("/", ""), 401);
    assert_eq!(server.status("/", &bearer), 200);
}

#[test]
fn a_folder_is_asked_for_and_a_token_worth_the_name() {
    let world = history();
    let line = world.refused(&["serve", "raw/none"]);
    assert!(line.contains("`raw/none` is no folder"), "{line}");
    world.write("short", "letmein");
    let line = world.refused(&["serve", "history", "--token-file", "short"]);
    assert!(line.contains("32 characters"), "{line}");
    let line = world.refused(&["serve", "history", "--listen", "192.0.2.1:80"]);
    assert!(line.contains("cannot listen on `192.0.2.1:80`"), "{line}");
}

#[test]
#[cfg(unix)]
fn a_link_out_of_the_folder_is_not_followed() {
    let world = history();
    std::fs::create_dir(world.path("inside")).unwrap();
    std::os::unix::fs::symlink(world.path("history/2026-11-01"), world.path("inside/out")).unwrap();
    let server = Server::start(&world, &["inside", "--listen", "127.0.0.1:0"]);
    assert_eq!(server.status("/at/out", ""), 404);
    assert_eq!(server.status("/", ""), 404);
}
