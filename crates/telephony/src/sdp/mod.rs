//! Session descriptions (RFC 8866) as far as a G.711 audio call needs them, and offer and answer over them
//! (RFC 3264). Parsed at the edge into types; pure.

mod negotiate;
mod parse;

pub(crate) use negotiate::{Agreed, Local, Remote, accept, answer, offer};
pub(crate) use parse::{Description, parse};
