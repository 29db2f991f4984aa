//! Serves the page of the playground on the loopback interface.

use crate::args::Args;
use crate::exit::Failure;
use netpol_core::Inputs;
use serde::Serialize;
use std::io::{self, Cursor};
use std::net::Ipv4Addr;
use tiny_http::{Header, Method, Request, Response, Server};

/// The files of the page by their paths; none, if it was not built.
pub(crate) const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// What the page opens: the form of `manifests.json`.
#[derive(Debug)]
pub(crate) struct Manifests {
    json: String,
}

#[derive(Serialize)]
struct Given<'a> {
    files: Vec<File<'a>>,
    options: Options<'a>,
}

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    text: &'a str,
}

/// The options of the command line, as the page has them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Options<'a> {
    namespace: &'a str,
    profile: &'a str,
    pod_cidrs: Vec<String>,
    service_cidrs: Vec<String>,
    ignore_kinds: &'a [String],
    keep_going: bool,
}

impl Manifests {
    /// The inputs with the options of the command line.
    pub(crate) fn of(inputs: &Inputs, args: &Args) -> Result<Self, Failure> {
        let texts = |cidrs: &[ipnet::IpNet]| cidrs.iter().map(ToString::to_string).collect();
        let given = Given {
            files: inputs.texts().map(|(name, text)| File { name, text }).collect(),
            options: Options {
                namespace: &args.input.namespace,
                profile: args.input.profile.name,
                pod_cidrs: texts(&args.input.pod_cidr),
                service_cidrs: texts(&args.input.service_cidr),
                ignore_kinds: &args.input.ignore_kind,
                keep_going: args.input.keep_going,
            },
        };
        let json = serde_json::to_string(&given).map_err(|e| Failure::Other(e.to_string()))?;
        Ok(Self { json })
    }
}

/// A page and what it opens.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) files: &'static [(&'static str, &'static [u8])],
    pub(crate) manifests: Option<Manifests>,
}

/// Listens on loopback; port 0 is one that is free.
pub(crate) fn listen(port: u16) -> io::Result<Server> {
    Server::http((Ipv4Addr::LOCALHOST, port)).map_err(io::Error::other)
}

/// Host and port of a server.
pub(crate) fn address(server: &Server) -> Option<String> {
    server.server_addr().to_ip().map(|address| address.to_string())
}

impl Page {
    /// Answers until the program ends.
    pub(crate) fn serve(&self, server: &Server, address: &str) {
        for request in server.incoming_requests() {
            let response = self.response(&request, address);
            // Whoever has asked may be gone.
            drop(request.respond(response));
        }
    }

    fn response(&self, request: &Request, address: &str) -> Response<Cursor<Vec<u8>>> {
        // A name that somebody else resolves to this machine is not ours: his pages could read along.
        let port = address.rsplit(':').next().unwrap_or_default();
        let hosts = [address.to_owned(), format!("localhost:{port}")];
        let host = request.headers().iter().find(|h| h.field.equiv("Host")).map(|h| h.value.as_str());
        if !host.is_some_and(|host| hosts.iter().any(|known| known == host)) {
            return refused(403, "this page is served to this machine alone");
        }
        if !matches!(request.method(), Method::Get | Method::Head) {
            return refused(405, "only GET is answered");
        }
        let path = request.url().split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
        if path == "manifests.json" {
            return match &self.manifests {
                Some(given) => response(200, "application/json", given.json.clone().into_bytes()),
                None => refused(404, "no manifests were given"),
            };
        }
        let name = if path.is_empty() { "index.html" } else { path };
        match self.files.iter().find(|(known, _)| *known == name) {
            Some((name, bytes)) => response(200, media_type(name), bytes.to_vec()),
            None => refused(404, "there is no such file"),
        }
    }
}

fn refused(status: u16, why: &str) -> Response<Cursor<Vec<u8>>> {
    response(status, "text/plain; charset=utf-8", format!("{why}\n").into_bytes())
}

fn response(status: u16, media_type: &str, bytes: Vec<u8>) -> Response<Cursor<Vec<u8>>> {
    let headers = [
        ("Content-Type", media_type),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ];
    let headers = headers.into_iter().filter_map(|(name, value)| Header::from_bytes(name, value).ok());
    headers.fold(Response::from_data(bytes).with_status_code(status), Response::with_header)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript",
        "css" => "text/css",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpStream;

    const PAGE: &[(&str, &[u8])] = &[("index.html", b"the page"), ("assets/a.wasm", b"wasm")];

    /// Asks a server with this page.
    fn ask(page: Page, request: &str) -> String {
        let server = listen(0).unwrap();
        let address = address(&server).unwrap();
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "{}\r\nConnection: close\r\n\r\n", request.replace("HERE", &address)).unwrap();
        let received = server.recv().unwrap();
        let response = page.response(&received, &address);
        received.respond(response).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    fn page(manifests: Option<&str>) -> Page {
        Page { files: PAGE, manifests: manifests.map(|json| Manifests { json: json.to_owned() }) }
    }

    #[test]
    fn files_are_served_as_what_they_are() {
        let root = ask(page(None), "GET /?local HTTP/1.1\r\nHost: HERE");
        assert!(root.starts_with("HTTP/1.1 200") && root.ends_with("the page"), "{root}");
        assert!(root.contains("text/html") && root.contains("nosniff"), "{root}");
        let wasm = ask(page(None), "GET /assets/a.wasm HTTP/1.1\r\nHost: HERE");
        assert!(wasm.contains("application/wasm"), "{wasm}");
    }

    #[test]
    fn manifests_are_served_where_there_are_any() {
        let given = ask(page(Some("{}")), "GET /manifests.json HTTP/1.1\r\nHost: HERE");
        assert!(given.contains("application/json") && given.ends_with("{}"), "{given}");
        let none = ask(page(None), "GET /manifests.json HTTP/1.1\r\nHost: HERE");
        assert!(none.starts_with("HTTP/1.1 404"), "{none}");
    }

    #[test]
    fn others_are_refused() {
        for (request, status) in [
            ("GET / HTTP/1.1\r\nHost: evil.example", "403"),
            ("GET /manifests.json HTTP/1.1\r\nHost: evil.example", "403"),
            ("POST / HTTP/1.1\r\nHost: HERE", "405"),
            ("GET /../Cargo.toml HTTP/1.1\r\nHost: HERE", "404"),
            ("GET /nothing HTTP/1.1\r\nHost: HERE", "404"),
        ] {
            let answer = ask(page(Some("{}")), request);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
        }
    }
}
