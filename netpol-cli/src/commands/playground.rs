//! `netpol playground`: the built-in page, with the given manifests opened.

use crate::args::{Args, PlaygroundArgs};
use crate::exit::{Exit, Failure};

/// A build without the page.
#[cfg(not(feature = "playground"))]
pub(crate) fn run(_: &Args, _: &PlaygroundArgs) -> Result<Exit, Failure> {
    Err(Failure::Other(HOW.to_owned()))
}

/// How to get the page.
const HOW: &str = "this build of netpol has no page in it; in the repository, `cargo xtask playground` builds and serves it, \
     and `cargo xtask playground --out DIR` writes it to a folder";

/// Serves the page until the program is interrupted.
#[cfg(feature = "playground")]
pub(crate) fn run(args: &Args, playground: &PlaygroundArgs) -> Result<Exit, Failure> {
    use crate::page::{Manifests, Page};
    use crate::{input, page};

    if page::FILES.is_empty() {
        return Err(Failure::Other(HOW.to_owned()));
    }
    let manifests = match input::load(&args.input) {
        Ok(inputs) => Some(Manifests::of(&inputs, args)?),
        Err(Failure::NoInput) => None,
        Err(failure) => return Err(failure),
    };
    let page = Page { files: page::FILES, manifests };
    let server = page::listen(playground.port)
        .map_err(|e| Failure::Other(format!("127.0.0.1:{} cannot be listened on: {e}", playground.port)))?;
    let question = if page.manifests.is_some() { "?local" } else { "" };
    let address = page::address(&server).ok_or_else(|| Failure::Other("the server has no address".to_owned()))?;
    crate::render::stream::print(args.color, &format!("http://{address}/{question}\n"))?;
    page.serve(&server, &address);
    Ok(Exit::Met)
}
